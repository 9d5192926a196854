#!/usr/bin/env bash
# flowdar record --attach: servers that run already, with flowdar's libraries in them.
. "$(dirname "$0")/private.sh"

libraries=liblttng-ust-fork.so.1:liblttng-ust-fd.so.1
for library in libflowdar libflowdar-io libflowdar-functions; do
	libraries=$libraries:$FLOWDAR_BUILD/lib/flowdar/$library.so
done

# serve NAME COMMAND...: runs a server with the libraries in it; sets $served and $port.
serve() {
	local name=$1
	shift
	LD_PRELOAD=$libraries "$@" > "$WORK/$name.out" 2>&1 &
	served=$!
	wait_for 10 grep -q 'listening on' "$WORK/$name.out" || fail "the server did not start"
	port=$(port_of "$WORK/$name.out")
	curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer from the server"
}

# attach NAME PIDS OPTIONS...: records in the background; sets $recorder.
attach() {
	local name=$1 pids=$2
	shift 2
	set -m
	timeout --foreground 300 "$FLOWDAR" record -o "$WORK/$name" --attach "$pids" "$@" \
		> "$WORK/$name.out2" 2> "$WORK/$name.err" &
	recorder=$!
	set +m
	wait_for 25 grep -q '^recording' "$WORK/$name.err" || fail "$name did not start"
}

note "a server that runs: recorded for a while, and left alone"
serve one "$SERVER" --port 0
attach first "$served"
for _ in 1 2 3; do curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"; done
end_recorder "$recorder"
[ "$(field "$WORK/first" ended)" = interrupted ] || fail "ended: $(field "$WORK/first" ended)"
[ "$(field "$WORK/first" attached)" = "$served" ] || fail "attached: $(field "$WORK/first" attached)"
[ "$(field "$WORK/first" events)" = "$(referee "$WORK/first")" ] || fail "wrong count"
[ "$(printed "$WORK/first" | grep -c flowdar:session_begin:)" = 3 ] || fail "3 requests, other sessions"
printed "$WORK/first" | grep -q flowdar:calls: || fail "no calls"
curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "the server is gone"

note "the same again, ended by Ctrl-C"
attach second "$served"
curl -s -o /dev/null "http://127.0.0.1:$port/"
kill -INT "$recorder"
wait "$recorder"
status=$?
[ $status = 130 ] || fail "exit status $status"
[ "$(printed "$WORK/second" | grep -c flowdar:session_begin:)" = 1 ] || fail "1 request, other sessions"
curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "the server is gone"

note "a recorder that is killed leaves the server alone, too"
attach third "$served"
curl -s -o /dev/null "http://127.0.0.1:$port/"
sleep 1.5
kill -9 "$(pgrep -P "$recorder" -x flowdar || echo "$recorder")"
wait "$recorder" 2> /dev/null
nobody_records() {
	! pgrep -f 'flowdar record' > /dev/null && ! pgrep -x lttng-sessiond > /dev/null
}
wait_for 20 nobody_records || fail "the watchdog stays"
printed "$WORK/third" | grep -q flowdar:session_begin: || fail "nothing can be read"
curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "the server is gone"
kill "$served"
wait "$served"
nothing_left

note "children are recorded, also when only the parent is named"
LD_PRELOAD=$libraries bash -c '"$0" --port 0 & wait' "$SERVER" > "$WORK/family.out" 2>&1 &
parent=$!
wait_for 10 grep -q 'listening on' "$WORK/family.out" || fail "the server did not start"
port=$(port_of "$WORK/family.out")
attach family "$parent"
curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"
end_recorder "$recorder"
printed "$WORK/family" | grep -q flowdar:session_begin: || fail "no session of the child"

note "a server that ends meanwhile"
attach ends "$parent"
pkill -P "$parent" -x demo_httpd
wait "$recorder" || fail "exit status $?"
[ "$(field "$WORK/ends" ended)" = "server exited" ] || fail "ended: $(field "$WORK/ends" ended)"
nothing_left

note "what cannot be attached to"
sleep 100 &
"$FLOWDAR" record -o "$WORK/none" --attach $! 2> "$WORK/none.err" && fail "recorded"
grep -q "flowdar's libraries are not in it" "$WORK/none.err" || fail "does not say why"
kill $!
"$FLOWDAR" record -o "$WORK/none" --attach 4000000 2> "$WORK/none.err" && fail "recorded"
grep -q "there is no process 4000000" "$WORK/none.err" || fail "does not say why"
[ ! -e "$WORK/none" ] || fail "something half-made stays"
nothing_left
echo ok
