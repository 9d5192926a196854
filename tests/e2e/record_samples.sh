#!/usr/bin/env bash
# flowdar record --sample: a server as Debian ships it, and which of its functions an attack hits.
. "$(dirname "$0")/private.sh"
. "$(dirname "$0")/apache.sh"

have_apache || { echo "skipped: needs apache2-bin"; exit 77; }
command -v ab > /dev/null || { echo "skipped: needs apache2-utils"; exit 77; }
need_samples

configure_apache <<'RULES'
RewriteRule ^/((a+)+)+$ /index.html
RULES

# recorded NAME PATH [COMMAND...]: 100 requests for it, or $requests, each on a connection of its own; the server is started by
# the command.
recorded() {
	"$FLOWDAR" record -q -o "$WORK/$1" --io --sample -- \
		"${@:3}" "${APACHE[@]}" > "$WORK/$1.out" 2> "$WORK/$1.err" &
	local recorder=$!
	wait_for 60 curl -s -o /dev/null "http://127.0.0.1:$APACHE_PORT/index.html" || fail "$1: the server did not start"
	ab -q -n "${requests:-100}" -c 2 "http://127.0.0.1:$APACHE_PORT$2" > "$WORK/$1.ab" 2>&1 || fail "$1: ab: exit status $?"
	kill -INT $recorder
	wait $recorder
	[ "$(field "$WORK/$1" sample_hz)" = 99 ] || fail "$1: sample_hz: $(field "$WORK/$1" sample_hz)"
	[ "$(field "$WORK/$1" samples_lost)" = "" ] || fail "$1: $(field "$WORK/$1" samples_lost) samples were lost"
}

note "the usual, and a pattern that backtracks: a millisecond or more of each request"
recorded usual /index.html
requests=12 recorded few '/aaaaaaaaaa!'
# In a pid namespace, where the kernel's numbers of threads are not the trace's; by a script and another program, which
# become the server.
recorded attack '/aaaaaaaaaaa-a-secret-that-no-file-may-hold!' unshare -p -f --mount-proc --kill-child \
	sh -c 'exec env "$@"' sh

note "nearly all of what the attack costs is in its sessions, named"
"$FLOWDAR" analyze "$WORK/attack" --by sample --sort total --format json --limit 0 > "$WORK/attack.json" ||
	fail "analyze: exit status $?"
jq -e '.samples_taken >= 15' "$WORK/attack.json" > /dev/null || fail "$(jq .samples_taken "$WORK/attack.json") samples"
jq -e '.places.session >= 0.9 * (.samples_taken - .places.price)' "$WORK/attack.json" > /dev/null ||
	fail "places: $(jq -c .places "$WORK/attack.json")"
jq -e '.stacks_cut <= 0.05 * .samples_taken' "$WORK/attack.json" > /dev/null || fail "stacks are cut"
jq -e '.samples[] | select(.function == "ap_regexec_len" and .component == "apache2") | .total_part > 0.5' \
	"$WORK/attack.json" > /dev/null || fail "ap_regexec_len is not in it"

note "diff names the regular expression, though no function was recorded"
"$FLOWDAR" diff "$WORK/usual" "$WORK/attack" > "$WORK/diff" || fail "diff: exit status $?"
head -n 1 "$WORK/diff" | grep -E -q '^(pcre2_match_8 \(libpcre2-8\)|ap_regexec_len \(apache2\)) runs .* by samples$' ||
	fail "the verdict: $(head -n 1 "$WORK/diff")"
sed -n 2p "$WORK/diff" | grep -q '^  confidence: \(low\|medium\): ' || fail "confidence: $(sed -n 2p "$WORK/diff")"
"$FLOWDAR" diff "$WORK/usual" "$WORK/attack" --format json | jq -e '.samples.outcome == "found"' > /dev/null ||
	fail "JSON: no samples"

note "and so do the flame graph and the report, which draw them"
"$FLOWDAR" flame --baseline "$WORK/usual" "$WORK/attack" -o "$WORK/flame.svg" > "$WORK/flame.out" ||
	fail "flame: exit status $?"
cmp <(head -n 1 "$WORK/diff") <(head -n 1 "$WORK/flame.out") || fail "flame says otherwise than diff"
grep -q 'data-name="ap_regexec_len"' "$WORK/flame.svg" || fail "flame: no ap_regexec_len"
grep -q 'of the processor, by samples' "$WORK/flame.svg" || fail "flame: does not say what it is of"
"$FLOWDAR" report "$WORK/usual" "$WORK/attack" -o "$WORK/report.html" > "$WORK/report.out" || fail "report: exit status $?"
cmp <(head -n 1 "$WORK/diff") <(head -n 1 "$WORK/report.out") || fail "the report says otherwise than diff"
grep -q '<section id="sampled-subject" class="flame">' "$WORK/report.html" || fail "report: no samples"

note "too few samples: how many sessions it takes, and not that it should have been recorded so"
"$FLOWDAR" diff "$WORK/usual" "$WORK/few" --format json > "$WORK/few.json" 2> "$WORK/few.err"
# A dozen requests are about one sample: now and then there is none, and then nothing is found.
jq -e '(.samples.outcome | IN("too few samples", "nothing")) and (.verdict | .function == null and
	(.sentence + .reason | contains("record with --sample") | not)) and
	(.samples.outcome == "nothing" or (.verdict.sentence | contains("too few samples to tell")))' "$WORK/few.json" > /dev/null ||
	fail "few: $(jq -c '.samples.outcome, .verdict' "$WORK/few.json")"

note "a trace that is cut does not say whose the samples are: low"
cp -r "$WORK/attack" "$WORK/cut"
stream=$(find "$WORK/cut/trace" -name 'sessions_*' -printf '%s %p\n' | sort -n | tail -n 1)
truncate -s $((${stream%% *} / 2)) "${stream#* }"
"$FLOWDAR" diff "$WORK/usual" "$WORK/cut" --format json > "$WORK/cut.json" 2> "$WORK/cut.err"
jq -e '.verdict.confidence == "low" and (.samples.outcome != "found" or (.verdict.reason | contains("subject")))' "$WORK/cut.json" \
	> /dev/null || fail "cut: $(jq -c .verdict "$WORK/cut.json")"

note "the same against itself: nothing"
"$FLOWDAR" diff "$WORK/attack" "$WORK/attack" --format json > "$WORK/same.json"
jq -e '.samples.outcome == "nothing" and .verdict.function == null' "$WORK/same.json" > /dev/null ||
	fail "against itself: $(jq -c '[.samples.outcome, .verdict.function]' "$WORK/same.json")"

note "what clients sent is in no file of it"
grep -r -q 'a-secret-that-no-file' "$WORK/attack" && fail "stacks were kept"
tail -c +21 "$WORK/attack/samples" | zstd -dc > "$WORK/body" || fail "samples are no zstd frame"
grep -q 'a-secret-that-no-file' "$WORK/body" && fail "stacks were kept"
grep -q ap_regexec_len "$WORK/body" || fail "no names in the samples"

note "without samples, and options that are wrong"
rm "$WORK/usual/samples"
"$FLOWDAR" analyze "$WORK/usual" --by sample > /dev/null 2> "$WORK/none.err" && fail "no samples, and status 0"
grep -q 'no samples were recorded' "$WORK/none.err" || fail "no samples: $(cat "$WORK/none.err")"
# wrong TEXT OPTION...: refused with a line that says so.
wrong() {
	local text=$1
	shift
	"$FLOWDAR" record -o "$WORK/none" "$@" -- true 2> "$WORK/wrong.err" && fail "not refused: $*"
	grep -q -- "$text" "$WORK/wrong.err" || fail "does not say \"$text\": $*"
	[ ! -e "$WORK/none" ] || fail "something half-made stays: $*"
}
wrong 'from 1 to 999' --sample=0
wrong 'from 1 to 999' --sample=1000
wrong 'a snapshot has no samples' --sample --snapshot
echo "passed"
