#!/usr/bin/env bash
# Lockstep from gdb: the command file that is installed lets the capture go on step by step, the server stops at
# its breakpoints, and the capture waits for it.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
need gdb
cd "$replay_work"
mkdir www
echo hello >www/index.html
port=$(free_port)
"$FLOWDAR_BUILD/bin/demo_httpd" --port "$port" --root www >server.log 2>&1 &
server_pid=$!
replay_pids+=("$server_pid")
wait_for "the server" port_open "$port"
timeout 300 "$FLOWDAR" replay "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" --to "127.0.0.1:$port" --lockstep --step \
	--control pipe --steps-out steps.jsonl --quiet 5ms </dev/null >out 2>err &
pid=$!
wait_for "the pause" grep -q 'next is step 1' err
FLOWDAR_CONTROL=$PWD/pipe timeout 300 gdb -nx -batch -x "$FLOWDAR_SOURCE/replay/lockstep/lockstep.gdb" -p "$server_pid" \
	-ex 'break route_answer' -ex 'flowdar-step 2' -ex 'shell sleep 1; wc -l <steps.jsonl >steps.at' -ex 'backtrace 1' \
	-ex 'flowdar-where' -ex 'flowdar-until 8' -ex 'delete' -ex 'flowdar-go' -ex 'detach' >gdb.out 2>&1 || fail "gdb: $(cat gdb.out)"
[ "$(grep -c 'hit Breakpoint 1' gdb.out)" = 2 ] || fail "the breakpoint was not met twice: $(cat gdb.out)"
# The second step's bytes are in the server, which has not answered them: it is not over.
[ "$(cat steps.at)" = 1 ] || fail "$(cat steps.at) steps were over while the server stood in the second's request"
wait $pid || fail "the run failed: $(cat err out)"
grep -q '227 of 227 steps' out || fail "not all steps were played: $(cat out)"
echo "step by step from gdb, and to the end"
