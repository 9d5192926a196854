#!/usr/bin/env bash
# From a capture and a server to the sessions that hurt, the function, and a report: one command.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
server=$FLOWDAR_BUILD/bin/demo_httpd
cd "$work"
mkdir www
echo hello >www/index.html

fail() {
	echo "$1"
	[ ! -s said ] || cat said
	exit 1
}

# 33 sessions of the capture, the first and the last of them guilty. The server gives a match up early here,
# so that recording it takes seconds.
status=0
"$FLOWDAR" hunt "$FLOWDAR_SOURCE/tests/captures/demo-hidden.pcap.gz" -o hunt -q --bytes 8 \
	--filter 'portrange 48134-48400 or port 51274' \
	-- "$server" --port 0 --root www --max-steps=1000000 >said 2>&1 || status=$?
[ $status = 0 ] || fail "hunt: expected 0, not $status"
grep -q 'left: 2 of 33 sessions' hunt/found.txt || fail "not the two guilty sessions"
head -n 1 hunt/verdict.txt | grep 'match' >/dev/null || fail "the verdict is of something else: $(head -n 1 hunt/verdict.txt)"
for name in smallest.pcap normal.pcap base/recording.json bad/recording.json report.html again.sh; do
	[ -s "hunt/$name" ] || fail "no $name"
done
if grep -oE '<code>([a-z]+) in \1</code>' hunt/report.html; then fail "a wait in itself"; fi
[ "$(grep -ac 'match?s=aaaaaaaaaaaaaaaaaaaa!' hunt/smallest.pcap)" -ge 1 ] || fail "smallest.pcap has no attack"

# again.sh: every option is a word of its own
mkdir bin
printf '#!/bin/sh\nprintf "<%%s>" "$@"\necho\n' >bin/flowdar
chmod +x bin/flowdar
PATH=$PWD/bin:$PATH sh hunt/again.sh >said || fail "again.sh does not run"
grep -Eq '<--clones><[0-9]+><--min-duration=1us><--><[^>]*demo_httpd>' said || fail "again.sh: options run together"

# Time in one function, of recordings of every run: one of the attacks is left. Another name is told.
status=0
"$FLOWDAR" reduce "$FLOWDAR_SOURCE/tests/captures/demo-attack.pcap" -q --test function:pattern_match --over 5 --trust 1 --confirm 1 \
	--bytes 0 --baseline "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" -o one.pcap \
	-- "$server" --port 0 --root www --max-steps=20000 >said 2>&1 || status=$?
[ $status = 0 ] && grep -q 'left: 1 of 15 sessions' said && grep -Eq '[0-9.]+ [mu]?s in pattern_match a session' said ||
	fail "function: expected 0, not $status, and one attack"
grep -aq 'match?s=aaaaaaaaaaaaaaaa' one.pcap || fail "function: not an attack"
status=0
"$FLOWDAR" reduce "$FLOWDAR_SOURCE/tests/captures/demo-attack.pcap" -q --test function:pattern_mtach --over 5ms --trust 1 \
	-o none.pcap -- "$server" --port 0 --root www --max-steps=20000 >said 2>&1 || status=$?
[ $status = 4 ] && grep -q 'no call of pattern_mtach was recorded' said || fail "function: expected 4, not $status, and why"
[ ! -e none.pcap ] || fail "function: what does not hurt is written"

status=0
"$FLOWDAR" hunt nothing.pcap -o hunt -- "$server" >said 2>&1 || status=$?
[ $status = 1 ] && grep -q 'hunt: is not empty' said || fail "a directory that is in use: expected 1, not $status"

# A directory of the user's own stays; one that the hunt made and left empty does not.
mkdir mine
for name in mine made; do
	status=0
	"$FLOWDAR" hunt nothing.pcap -o $name -- "$server" >said 2>&1 || status=$?
	[ $status = 1 ] || fail "no capture: expected 1, not $status"
done
[ -d mine ] || fail "the user's own directory was removed"
[ ! -e made ] || fail "an empty directory is left"

# Ctrl-C while it records: what hurts is found already. On a machine that is so full that the search cannot tell
# (status 4) there is nothing to record: then once more.
recording() {
	grep -q 'recording what is normal' said
}
for try in 1 2 3; do
	rm -rf stopped
	"$FLOWDAR" hunt "$FLOWDAR_SOURCE/tests/captures/demo-hidden.pcap.gz" -o stopped --bytes 0 --jobs 2 \
		--filter 'portrange 48134-48200 or port 51274' \
		-- "$server" --port 0 --root www --max-steps=1000000 >said 2>&1 &
	hunt=$!
	until recording || ! kill -0 $hunt 2>/dev/null; do sleep 0.1; done
	! recording || kill -TERM $hunt 2>/dev/null || true
	status=0
	wait $hunt || status=$?
	[ $status = 4 ] && [ $try != 3 ] || break
done
[ $status = 130 ] || fail "stopped while it records: expected 130, not $status"
grep -q 'stopped while recording' said && [ -s stopped/smallest.pcap ] || fail "what hurts is not there, or not said"
echo "two of 33 sessions, and $(head -n 1 hunt/verdict.txt | grep -o 'match[a-z_]*' | head -n 1)"
