#!/usr/bin/env bash
# flowdar replay --lockstep measured: steps a second at the echo server, and against the same capture as
# fast as it goes (--asap), with one session at a time and with 64; and how much processor time of its own a step takes,
# which does not depend on who else is there.
#
# usage: bench/lockstep.sh
# Settings: FLOWDAR (build/release/bin/flowdar), FLOWDAR_BUILD (for its echo_server), ROUNDS (5).
# Runs in a network namespace of its own where that is permitted, so that it may capture.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
export FLOWDAR=${FLOWDAR:-$source_dir/build/release/bin/flowdar}
export FLOWDAR_BUILD=${FLOWDAR_BUILD:-$source_dir/build/release}
if [ -z "${IN_NAMESPACE:-}" ] && unshare -rn true 2>/dev/null; then
	IN_NAMESPACE=1 exec unshare -rn bash "$0" "$@"
fi
. "$source_dir/tests/e2e/replay_lib.sh"
. "$source_dir/bench/median.sh"
if [ -n "${IN_NAMESPACE:-}" ]; then
	ip link set lo up
fi
rounds=${ROUNDS:-5}
need jq dumpcap
[ -x "$FLOWDAR" ] || fail "no flowdar at $FLOWDAR: build it, or set FLOWDAR"
cd "$replay_work"
echo_start

# One client, 1,000 lines on one connection; ten clones of it are 10,000 sends and 20 other steps.
dumpcap -q -i lo -P -w talk.pcap -f "tcp port $port" 2>dump.log &
dump=$!
replay_pids+=("$dump")
wait_for dumpcap grep -q 'File:' dump.log
(
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	for i in $(seq 1000); do
		echo "line $i" >&5
		read -r -u 5 _
	done
)
sleep 1.2
kill "$dump" 2>/dev/null || true
wait "$dump" || true

# rate [OPTION...]: sends a second; the program's own processor time for one, in us, goes to the file took.
rate() {
	local TIMEFORMAT='%U %S'
	{ time "$FLOWDAR" replay talk.pcap --to "127.0.0.1:$port" --clones 10 --format json "$@" >said 2>&3; } 3>&2 2>timed
	jq -r '.replay[0] | if .ok == .sessions then .sends / .elapsed_ns * 1e9 else error("not all ok") end' said
	tail -n 1 timed | awk -v sends="$(jq -r '.replay[0].sends' said)" '{ printf "%.1f\n", ($1 + $2) * 1e6 / sends }' >took
}

# ratio A B
ratio() {
	awk "BEGIN { printf \"%.3f\", $1 / $2 }"
}

printf 'sends a second (load %s), and us of processor for one of lockstep:\n%10s %10s %10s %10s %10s %10s\n' \
	"$(cut -d ' ' -f 1 /proc/loadavg)" lockstep asap-1 asap-64 /asap-1 /asap-64 us
for _ in $(seq "$rounds"); do
	step=$(rate --lockstep)
	cost=$(cat took)
	one=$(rate --asap --concurrency 1)
	many=$(rate --asap)
	printf '%10.0f %10.0f %10.0f %10s %10s %10s\n' "$step" "$one" "$many" "$(ratio "$step" "$one" | tee -a one)" \
		"$(ratio "$step" "$many" | tee -a many)" "$cost"
	echo >>one
	echo >>many
	echo "$step" >>steps
	echo "$cost" >>costs
	sleep 1.1 # the ports of this run
done
printf 'median: %.0f steps a second; ratios %.3f, %.3f; %s us of processor a step\n' "$(median <steps)" "$(grep . one | median)" \
	"$(grep . many | median)" "$(median <costs)"
