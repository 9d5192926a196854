#!/usr/bin/env bash
# flowdar hunt --sample: from a capture and a server as Debian ships it to the sessions that hurt and the function.
. "$(dirname "$0")/private.sh"
. "$(dirname "$0")/apache.sh"

have_apache || { echo "skipped: needs apache2-bin"; exit 77; }
need_samples
configure_apache <<'RULES'
RewriteCond %{QUERY_STRING} ^s=((a+)+)$
RewriteRule ^ - [F]
RULES

note "33 sessions, two of them with a string that the pattern backtracks on"
status=0
"$FLOWDAR" hunt "$FLOWDAR_SOURCE/tests/captures/demo-hidden.pcap.gz" -o "$WORK/hunt" -q --sample --bytes 0 \
	--filter 'portrange 48134-48400 or port 51274' -- "${APACHE[@]}" \
	> "$WORK/hunt.err" 2>&1 || status=$?
[ $status = 0 ] || fail "exit status $status"
grep -q 'left: 2 of 33 sessions' "$WORK/hunt/found.txt" || fail "not the two: $(cat "$WORK/hunt/found.txt")"
cat "$WORK/hunt/verdict.txt" | head -n 3
head -n 1 "$WORK/hunt/verdict.txt" | grep -E -q '^(pcre2_match_8 \(libpcre2-8\)|ap_regexec_len \(apache2\)) runs .* by samples$' ||
	fail "the verdict: $(head -n 1 "$WORK/hunt/verdict.txt")"
[ "$(field "$WORK/hunt/bad" sample_hz)" = 499 ] || fail "sample_hz: $(field "$WORK/hunt/bad" sample_hz)"
grep -E -q -- '--clones [0-9]+ --io --sample=499 -- ./usr/sbin/apache2. ' "$WORK/hunt/again.sh" ||
	fail "again.sh: $(grep record "$WORK/hunt/again.sh")"
"$FLOWDAR" hunt "$FLOWDAR_SOURCE/tests/captures/demo-hidden.pcap.gz" -o "$WORK/none" --sample=0 -- true \
	> "$WORK/wrong" 2>&1 && fail "--sample=0 is taken"
grep -q 'from 1 to 999' "$WORK/wrong" || fail "$(cat "$WORK/wrong")"
[ ! -e "$WORK/none" ] || fail "something half-made stays"

note "where the kernel lets nobody sample, the search goes on: the server does it itself"
. "$(dirname "$0")/no_perf.sh"
"$WORK/no_perf" "$FLOWDAR" hunt "$FLOWDAR_SOURCE/tests/captures/demo-hidden.pcap.gz" -o "$WORK/none" --sample -- \
	touch "$WORK/started" > "$WORK/refused" 2>&1
grep -q -e 'samples cannot be had' "$WORK/refused" && fail "$(cat "$WORK/refused")"
[ -e "$WORK/started" ] || fail "the server was not started: $(cat "$WORK/refused")"
echo "passed"
