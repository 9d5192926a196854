#!/usr/bin/env bash
# Lockstep, run after run: a capture is played in lockstep at a recorded server that was started anew, and each
# session's calls by `flowdar log`, in their order, with what they returned, are the same in all runs. All
# functions of nginx and redis are recorded, which are built from Debian's sources the first time. Waits are
# left out as times are: a call is one only when it had to wait.
#
#	usage: tests/drills/lockstep.sh [RUNS [SERVER...]]     20 runs; demo_httpd, nginx, redis
: "${FLOWDAR_SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${FLOWDAR_BUILD:=$FLOWDAR_SOURCE/build/debug}"
: "${FLOWDAR:=$FLOWDAR_BUILD/bin/flowdar}"
export FLOWDAR FLOWDAR_BUILD FLOWDAR_SOURCE
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=../real/servers_lib.sh
. "$FLOWDAR_SOURCE/tests/real/servers_lib.sh"
runs=${1:-20}
[ $# -lt 1 ] || shift
[ $# -gt 0 ] || set -- demo_httpd nginx redis
need jq
cd "$WORK" || exit 1
different=0
# What a server does by its clock, for whoever it works for then: that is no call of the session.
declare -A clock=([nginx]="ngx_time_update" [redis]="serverCron|getMonotonicUs_posix")

# The same chance for all: the seed of redis' hash tables.
yes flowdar | head -c 65536 >chance
mount --bind chance /dev/urandom

# start SERVER: recorded into $recording, on $port.
start() {
	if [ "$1" != demo_httpd ]; then
		rm -rf "$WORK/recorded"
		serve "$1" recorded all
		return
	fi
	recording=$WORK/recorded
	rm -rf "$recording"
	port=$(free_port)
	mkdir -p www
	echo hello >www/index.html
	flowdar record -o "$recording" -- "$SERVER" --port "$port" --root "$PWD/www" >"$recording.err" 2>&1 &
	recorder=$!
	wait_for_port "$port" "$recorder" || fail "demo_httpd does not start"
}

# play SERVER CAPTURE RUN: one recorded run; what each session's calls were goes to SERVER.RUN.
play() {
	local sources=()
	# redis trusts no other address.
	[ "$1" != redis ] || sources=(--sources 127.0.0.1)
	start "$1"
	flowdar replay "$2" --to "127.0.0.1:$port" "${sources[@]}" --lockstep --order-out "$1.order.$3" --steps-out "$1.steps" \
		>"$1.replay" 2>"$1.replay.err" || fail "$1: replay: $(cat "$1.replay" "$1.replay.err")"
	wait_for 10 all_gone || fail "$1 does not close its connections"
	sleep 0.3
	kill -TERM "$recorder"
	wait "$recorder"
	[ "$(field "$recording" discarded)" = 0 ] || fail "events were lost"
	flowdar log "$recording" --unfolded --format json >"$1.log" || fail "log"
	jq -r --arg clock "${clock[$1]:-}" '
		def calls: select(.name | test("^(" + $clock + ")$") | not) |
			select(.kind == "call" and .session > 0 and .of != "wait"), (.below[]? | calls);
		[.items[] | calls] | group_by(.session)[] | group_by(.tid) | sort_by(.[0].start_epoch_ns)[][] |
			"\(.session) \(.name) \(.result // "")"' \
		"$1.log" >"$1.$3"
}

for server; do
	capture=$FLOWDAR_SOURCE/tests/captures/replay-$server.pcap
	[ "$server" != demo_httpd ] || capture=$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap
	[ "$server" = demo_httpd ] || have "$server"
	alike=0
	for run in $(seq "$runs"); do
		play "$server" "$capture" "$run"
		if cmp -s "$server.1" "$server.$run" && cmp -s "$server.order.1" "$server.order.$run"; then
			alike=$((alike + 1))
		else
			different=1
			note "$server, run $run: $(diff "$server.1" "$server.$run" | head -20)"
		fi
	done
	[ "$(wc -l <"$server.1")" -gt 100 ] || fail "$server: only $(wc -l <"$server.1") calls: nothing to compare"
	note "$server: $alike of $runs runs alike: $(wc -l <"$server.1") calls of" \
		"$(cut -d ' ' -f 1 "$server.1" | sort -u | wc -l) sessions; $(grep 'In lockstep' "$server.replay")"
done
[ $different = 0 ] || fail "not all runs were alike"
