#!/usr/bin/env bash
# The README's blocks are pasted into a shell as they stand: in a folder that has what a reader has, a
# server and two captures. The server is the demo's, in a network of its own, so that port 8080 is free.
set -euo pipefail
if [ "${FLOWDAR_PASTE:-}" != yes ]; then
	unshare -n true 2>/dev/null || { echo "skipped: needs root, for a network of its own"; exit 77; }
	FLOWDAR_PASTE=yes exec unshare -n bash "$0"
fi
: "${FLOWDAR_SOURCE:?}"
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
ip link set lo up
readme=$FLOWDAR_SOURCE/README.md
mkdir "$WORK/paste" "$WORK/empty"
cd "$WORK/paste"
PATH=$(dirname "$FLOWDAR"):$PATH
# A reader's server has an option for the port and files of its own; this one gives up on a match before long,
# so that the attack is recorded and read in seconds.
cat >server <<END
#!/bin/sh
exec $SERVER --max-steps=100000 --root $FLOWDAR_SOURCE/tests/servers/demo_httpd/www "\$@"
END
chmod +x server
cp "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" normal.pcap
cp "$FLOWDAR_SOURCE/tests/captures/demo-attack.pcap" attack.pcap

# block WORD: the indented block of the README that has the word.
block() {
	awk -v word="$1" '/^    / { text = text substr($0, 5) "\n"; next }
		/^$/ { if (index(text, word)) printf "%s", text; text = ""; next }
		{ text = "" }' "$readme"
}

# paste NAME WORD: that block, each line as if typed; the first that fails ends it.
paste_block() {
	local text
	text=$(block "$2")
	[ -n "$text" ] || fail "the README has no block with '$2'"
	bash -e -c "$text" >"$WORK/$1.out" 2>"$WORK/$1.err" </dev/null || fail "$1: status $?"
	note "pasted: $1"
}

# ---- the two commands: each says what it would do ----
while read -r line; do
	(cd "$FLOWDAR_SOURCE" && bash -c "${line%%#*} --help") | grep . >/dev/null || fail "$line --help"
done < <(block scripts/demo)

# ---- step 1: the rebuild, of a program of one file; the C lines compile ----
printf 'int main(void)\n{\n\treturn 0;\n}\n' >hello.c
printf 'hello: hello.c\n\t$(CC) -O2 -o hello hello.c\n' >Makefile
bash -e -c "$(block 'flowdar cc' | grep '^make')" >"$WORK/make.out" 2>"$WORK/make.err" || fail "make with flowdar cc"
readelf -S hello | grep patchable >/dev/null || fail "hello has no patchable functions"
{
	echo '#include <netinet/in.h>'
	awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside && /^#/' "$readme"
	echo 'void f(struct sockaddr_in peer, int fd, void *connection); void f(struct sockaddr_in peer, int fd, void *connection) {'
	awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside && !/^#/' "$readme"
	echo '}'
} >marks.c
cc -Wall -Werror -c -I"$FLOWDAR_SOURCE/instrument/include" marks.c 2>"$WORK/cc.err" || fail "the README's C does not compile"
note "pasted: the C lines"

# ---- steps 2 and 3 ----
paste_block record 'flowdar record -o base'
# Where the server gave up on a match its answer is another than the captured one.
played() {
	jq -e -s "length > 0 and all(.verdict | IN($2))" "$1/replay.jsonl" >/dev/null || fail "$1: not every session was played well"
}
played base '"ok"'
played bad '"ok", "differs"'
for name in base bad; do
	[ "$(field "$name" discarded)" = 0 ] || fail "$name: events were lost"
done
paste_block diff 'flowdar diff base bad'
grep -Eq '^match_from|^match_split|^pattern_match' "$WORK/diff.out" || { cat "$WORK/diff.out"; fail "the verdict names something else"; }
paste_block ask 'flowdar analyze bad --by session'
xmllint --noout bad.svg || fail "bad.svg is no XML"
grep -q '</html>' report.html || fail "report.html is not whole"
[ "$(babeltrace2 bad.ctf 2>/dev/null | grep -c flowdar:)" -gt 100 ] || fail "babeltrace2 does not read bad.ctf"

# The server is started by a shell that becomes it: its number stays the one that the trace tells.
plugins=$FLOWDAR_BUILD/lib/babeltrace2/plugins
if [ -e "$plugins/babeltrace-plugin-flowdar.so" ]; then
	babeltrace2 --plugin-path "$plugins" base >"$WORK/base.out" 2>"$WORK/base.err" || fail "babeltrace2 does not read base"
	[ "$(grep -o 'vpid = [0-9]*' "$WORK/base.out" | sort -u)" = "vpid = $(flowdar info base --format json | jq '.processes[-1].pid')" ] ||
		fail "another process: $(grep -o 'vpid = [0-9]*' "$WORK/base.out" | sort | uniq -c)"
fi

# ---- the line that plays alone ----
./server --port 8080 >"$WORK/alone.out" 2>&1 &
alone=$!
wait_for 10 grep -q listening "$WORK/alone.out" || fail "the server does not listen"
line=$(grep -oE '`flowdar replay [^`]*`' "$readme" | tr -d '`' | head -n 1)
bash -e -c "${line/attack/normal}" >"$WORK/replay.out" 2>"$WORK/replay.err" || fail "$line"
kill "$alone"
wait "$alone" || true
nothing_left
note "the README can be pasted"
