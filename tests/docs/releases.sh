#!/usr/bin/env bash
# The commands of docs/releases.md, as they stand: two releases of the demo server, of which the new one does
# something for every request that the old one did not.
set -euo pipefail
if [ "${FLOWDAR_PASTE:-}" != yes ]; then
	unshare -n true 2>/dev/null || { echo "skipped: needs root, for a network of its own"; exit 77; }
	FLOWDAR_PASTE=yes exec unshare -n bash "$0"
fi
: "${FLOWDAR_SOURCE:?}"
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
ip link set lo up
page=$FLOWDAR_SOURCE/docs/releases.md
servers=$FLOWDAR_SOURCE/tests/servers/demo_httpd
PATH=$(dirname "$FLOWDAR"):$PATH
mkdir "$WORK/paste"
cd "$WORK/paste"
cp "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" usual.pcap

# release NAME [audit]: the server built as the page says, beside a start script that gives it the port and the
# files. With audit it looks through something for every request, which the other does not.
release() {
	mkdir -p "$1/src"
	cp "$servers"/*.[ch] "$1/src"
	[ -z "${2:-}" ] || awk '/^bool route_answer\(/ {
			print "static __attribute__((noinline)) unsigned audit(unsigned n)\n{"
			print "\tfor (volatile unsigned i = 0; i < 20000; i++)\n\t\tn += i;\n\treturn n;\n}\n"
			print
			getline
			print "{\n\t(void)audit(1);"
			next
		}
		{ print }' "$servers/route.c" >"$1/src/route.c"
	flowdar cc -w -D_GNU_SOURCE -O2 -g -I"$FLOWDAR_SOURCE" -I"$FLOWDAR_SOURCE/instrument/include" "$1"/src/*.c \
		-o "$1/demo_httpd" -lpthread -ldl || fail "$1 is not built"
	printf '#!/bin/sh\nexec %s/demo_httpd --port 8080 --root %s/www\n' "$PWD/$1" "$servers" >"$1/server"
	chmod +x "$1/server"
}

release old
release new audit

# block WORD: the page's code with it.
block() {
	awk -v word="$1" '/^        / { text = text substr($0, 9) "\n"; next }
		{ if (index(text, word)) printf "%s", text; text = "" }' "$page"
}

for word in 'flowdar record -o old' 'flowdar calibrate -o calm' 'flowdar diff old1 new1 --baseline'; do
	text=$(block "$word")
	[ -n "$text" ] || fail "the page has no block with '$word'"
	bash -e -c "$text" >"$WORK/pasted.out" 2>"$WORK/pasted.err" </dev/null || fail "$word: status $?"
done
for run in old1 old2 old3 new1 new2 new3; do
	[ -s "$run/replay.jsonl" ] || fail "$run: nothing was played"
done
head -n 1 "$WORK/pasted.out"
grep -q 'audit' "$WORK/pasted.out" || { cat "$WORK/pasted.out"; fail "what is new in the new release is not named"; }

# The job: whatever a busy machine lets it say of times, what is new is in it.
text=$(awk '/^## In CI/ { on = 1 } on && /^    / { print substr($0, 5) }' "$page")
status=0
bash -c "$text" >"$WORK/pasted.out" 2>"$WORK/pasted.err" </dev/null || status=$?
case $status in
0 | 3 | 4) grep -q audit "$WORK/pasted.out" || fail "CI: what is new is not named: $(cat "$WORK/pasted.out")" ;;
*) fail "CI: status $status: $(tail -n 5 "$WORK/pasted.out" "$WORK/pasted.err")" ;;
esac
note "CI: status $status"
[ -s report.html ] || fail "CI: no report"
nothing_left
note "docs/releases.md can be pasted"
