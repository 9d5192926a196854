#!/usr/bin/env bash
# The tool's own threads under ThreadSanitizer, at what they do together: the recorder, its drain and its
# samples under load, snapshots, an attached server, a mirror, a replay with its own threads, readers by
# several jobs. FLOWDAR is of the preset tsan; nothing is suppressed.
. "$(dirname "$0")/private.sh"

if ! "$FLOWDAR" --version > "$WORK/version" 2>&1; then
	echo "skipped: ThreadSanitizer does not run here: $(tail -n 1 "$WORK/version")"
	exit 77
fi
# GLib's own pools of memory hand pieces from thread to thread under locks of its own.
export G_SLICE=always-malloc
export TSAN_OPTIONS="log_path=$WORK/tsan exitcode=66 halt_on_error=0 history_size=4"
captures=$FLOWDAR_SOURCE/tests/captures

# clean WHAT: nobody has reported anything so far.
clean() {
	local report
	for report in "$WORK"/tsan.*; do
		[ ! -e "$report" ] || { head -n 60 "$report"; fail "$1: ThreadSanitizer reports, $(cat "$WORK"/tsan.* | grep -c '^WARNING') in all"; }
	done
	echo "clean: $1"
}

# load PORT SECONDS: requests, two at a time.
load() {
	for _ in 1 2; do
		( end=$((SECONDS + $2)); while [ $SECONDS -lt $end ]; do curl -s -o /dev/null "http://127.0.0.1:$1/match?s=aaab"; done ) &
	done
}

# recorded NAME OPTIONS...: records the demo server under load, until Ctrl-C.
recorded() {
	local name=$1 port recorder status=0
	shift
	set -m
	"$FLOWDAR" record -q -o "$WORK/$name" "$@" -- "$SERVER" --port 0 > "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	set +m
	wait_for 30 grep -q 'listening on' "$WORK/$name.out" || fail "$name did not start"
	port=$(port_of "$WORK/$name.out")
	load "$port" 2
	sleep 2
	[ "$name" != snapshot ] || { kill -USR1 $recorder; sleep 1; }
	kill -INT $recorder
	wait $recorder || status=$?
	clean "record $*"
	[ $status = 130 ] || [ $status = 0 ] || fail "$name: exit status $status"
}

recorded plain --detail all
recorded tight --memory 32M --subbuf-size 256K --max-size 100M --io --bytes 64
recorded lossless --lossless --crash-safe
recorded snapshot --snapshot --trigger 'session>2s'
recorded sampled --io --sample=199

note "a server that runs already"
libraries=liblttng-ust-fork.so.1:liblttng-ust-fd.so.1
for library in libflowdar libflowdar-io libflowdar-functions; do
	libraries=$libraries:$FLOWDAR_BUILD/lib/flowdar/$library.so
done
LD_PRELOAD=$libraries "$SERVER" --port 0 > "$WORK/server.out" 2>&1 &
served=$!
wait_for 10 grep -q 'listening on' "$WORK/server.out" || fail "the server did not start"
port=$(port_of "$WORK/server.out")
"$FLOWDAR" record -q -o "$WORK/attached" --attach $served --duration 2s > /dev/null 2> "$WORK/attached.err" &
recorder=$!
load "$port" 2
wait $recorder || fail "attached: exit status $?"
clean "record --attach"

note "replay, with its threads"
"$FLOWDAR" replay "$captures/demo-attack.pcap" --to "127.0.0.1:$port" --clones 20 -o "$WORK/journal" > /dev/null 2> "$WORK/replay.err"
[ $? -le 1 ] || fail "replay: $(cat "$WORK/replay.err")"
clean replay

note "mirror"
LD_PRELOAD='' "$SERVER" --port 0 > "$WORK/shadow.out" 2>&1 &
shadow=$!
wait_for 10 grep -q 'listening on' "$WORK/shadow.out" || fail "the second server did not start"
"$FLOWDAR" mirror -i lo --from "127.0.0.1:$port" --to "127.0.0.1:$(port_of "$WORK/shadow.out")" > "$WORK/mirror.out" 2> "$WORK/mirror.err" &
mirror=$!
sleep 1
load "$port" 2
sleep 2.5
kill -INT $mirror
wait $mirror
[ $? != 66 ] || fail "mirror: reports"
clean mirror
kill $served $shadow

note "readers, two at a time"
"$FLOWDAR" analyze "$WORK/plain" "$WORK/lossless" --jobs 2 --no-cache > /dev/null || fail "analyze: $?"
"$FLOWDAR" diff "$WORK/plain" "$WORK/lossless" --no-cache > /dev/null 2>&1
[ $? != 66 ] || fail "diff: reports"
"$FLOWDAR" analyze "$WORK/plain" --jobs 1 --no-cache --format json > "$WORK/one.json" || fail "analyze in one thread: $?"
"$FLOWDAR" analyze "$WORK/plain" --jobs 2 --no-cache --format json > "$WORK/two.json" || fail "analyze in two threads: $?"
cmp "$WORK/one.json" "$WORK/two.json" || fail "analyze: two threads say something else than one"
"$FLOWDAR" export "$WORK/plain" --ctf "$WORK/ctf" 2> /dev/null || fail "export: $?"
"$FLOWDAR" info "$WORK/sampled" > /dev/null || fail "info: $?"
"$FLOWDAR" analyze "$WORK/sampled" --by sample > /dev/null || fail "analyze --by sample: $?"
clean "analyze, diff, export, info"
wait
nothing_left
echo ok
