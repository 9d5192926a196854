#!/usr/bin/env bash
# What tracing costs a real server, against the same server without it.
#
# usage: bench/costs.sh [--rounds N] [--seconds T] [--ping-pong] [SERVER...] [-- WAY...]
#        bench/costs.sh --quick
#   --quick       what each instrument costs nginx, 5 pairs of a second each way, and of those that watch
#                 threads switch also with --ping-pong: eight minutes
#   --ping-pong   one client on the server's own processor, so that each request is two switches: the worst
#                 case for all that looks at switches, which 16 clients hide
#   SERVER  httpd, nginx, redis (default: all); built from Debian's source the first time
#   WAY     how it is traced (default: all of them):
#     dormant    built with flowdar cc and marked by flowdar patch, libraries loaded, no recording
#     sessions   the same, recorded with --detail session
#     io         the plain build, recorded with --io --detail io
#     io-unwatched   the same without off_cpu events (a C library without restartable sequences)
#     sample     the plain build, recorded with --sample and sessions of none
#     io-sample  the plain build, recorded with --io --detail io --sample
#     perf, perf-all  the plain build, perf record -F 99 of its threads with frame pointers, and of all
#                processors with stacks of 8 KiB
#     auto       built with flowdar cc, recorded with --functions auto --budget 5%
#     functions  the same, every function
#     cyg, cyg-fast  built with -finstrument-functions, lttng-ust-cyg-profile(-fast), an LTTng session
#     uftrace, uftrace-2us   built with flowdar cc, uftrace record -P . (-t 2us)
#     xray       built by clang -fxray-instrument, its FDR log
#     strace, perf-trace, gdb   the plain build; gdb with one breakpoint that continues
# Each way is measured N times (7), always next to the plain server: T seconds (3) of wrk or
# redis-benchmark on loopback, keep-alive, 16 connections, after a second of the same (auto: four).
# Printed: the medians of the ratios of requests per second and of the server's processor time per request,
# what the recorder and LTTng's daemons (or perf) took per request, as a part of the plain server's, and what
# was recorded.
# Settings: FLOWDAR (build/release/bin/flowdar), FLOWDAR_CACHE.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
FLOWDAR=${FLOWDAR:-$source_dir/build/release/bin/flowdar}
. "$source_dir/bench/costs_servers.sh"
. "$source_dir/bench/median.sh"
. "$source_dir/bench/costs_ways.sh"

rounds=7 seconds=3 clients=16 pinned=() servers=() ways=()
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
	--quick)
		"$0" --rounds 5 --seconds 1 nginx -- dormant sessions io io-unwatched sample io-sample functions perf-all
		exec "$0" --rounds 5 --seconds 1 --ping-pong nginx -- io io-unwatched sample perf perf-all
		;;
	--ping-pong) clients=1 pinned=(taskset -c 0) ;;
	--rounds) rounds=$2; shift ;;
	--seconds) seconds=$2; shift ;;
	--) shift; ways=("$@"); break ;;
	*) servers+=("$1") ;;
	esac
	shift
done
[ ${#servers[@]} -gt 0 ] || servers=(httpd nginx redis)
[ ${#ways[@]} -gt 0 ] || ways=(dormant sessions io io-unwatched sample io-sample auto functions perf perf-all
	cyg cyg-fast uftrace uftrace-2us xray strace perf-trace gdb)

# A mount namespace with a session daemon of its own, where that is permitted: nobody else's
# recording is in the figures.
if [ -z "${COSTS_PRIVATE:-}" ] && unshare -m -p -f --mount-proc true 2>/dev/null; then
	[ "$clients" = 16 ] || servers=(--ping-pong "${servers[@]}")
	COSTS_PRIVATE=1 exec unshare -m -p -f --kill-child --mount-proc bash "$0" \
		--rounds "$rounds" --seconds "$seconds" "${servers[@]}" -- "${ways[@]}"
fi
if [ -n "${COSTS_PRIVATE:-}" ]; then
	mkdir -p /run/lttng && mount -t tmpfs tmpfs /run/lttng && mount -t tmpfs tmpfs /dev/shm
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/flowdar-costs.XXXXXX")
trap 'way_end 2>/dev/null; [ -n "${COSTS_KEEP:-}" ] || rm -rf "$work"' EXIT

# cpu_of PID...: processor time of the processes and their descendants, in clock ticks. Children that
# were reaped are in their parent's figures.
cpu_of() {
	local pid sum=0 stat
	for pid in "$@" $(descendants "$@"); do
		stat=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || continue
		sum=$((sum + $(echo "$stat" | awk '{ print $12 + $13 + $14 + $15 }')))
	done
	echo $sum
}

descendants() {
	local pid child
	for pid in "$@"; do
		for child in $(pgrep -P "$pid"); do
			echo "$child"
			descendants "$child"
		done
	done
}

# recorders: processor time of what records, in clock ticks; LTTng's daemons are ours where the world is.
recorders() {
	local pid sum=0
	for pid in $tracer $(way_recorder) ${COSTS_PRIVATE:+$(pgrep lttng-sess) $(pgrep lttng-cons)}; do
		sum=$((sum + $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{ print $12 + $13 }' | grep . || echo 0)))
	done
	echo $sum
}

# measured SERVER: load for some seconds; sets requests_s, cpu_us (of the server, a request) and
# recorder_us (of what records it).
measured() {
	local server=$1 before after requests pids recorder
	pids=$(server_pids "$server")
	recorder=$(recorders)
	# shellcheck disable=SC2086
	before=$(cpu_of $pids)
	requests=$(load_"$server")
	requests=${requests:-0}
	# shellcheck disable=SC2086
	after=$(cpu_of $pids)
	requests_s=$(awk "BEGIN { print $requests / $seconds }")
	cpu_us=$(awk "BEGIN { print ($after - $before) * 1e6 / $(getconf CLK_TCK) / ($requests + 1e-9) }")
	recorder_us=$(awk "BEGIN { print ($(recorders) - $recorder) * 1e6 / $(getconf CLK_TCK) / ($requests + 1e-9) }")
}

# once SERVER WAY: starts the server that way, warms it up, measures, ends it. A budget needs some
# seconds of load until it has settled.
once() {
	local warm_up=1
	[ "$2" != auto ] || warm_up=4
	way_start "$1" "$2" || return
	server_ready "$1" || { way_end; return 1; }
	way_attach "$1" "$2"
	seconds=$warm_up load_"$1" >/dev/null
	measured "$1"
	way_end
}

printf '%-7s %-12s %6s %10s %11s %8s %s\n' server way pairs throughput cpu/request recorder recorded
for server in "${servers[@]}"; do
	for way in "${ways[@]}"; do
		: >"$work/ratios" && : >"$work/cpu" && : >"$work/recorder"
		way_possible "$server" "$way" || continue
		for _ in $(seq "$rounds"); do
			once "$server" plain || { echo "the plain $server failed" >&2; exit 1; }
			plain_s=$requests_s plain_us=$cpu_us
			recorded=
			once "$server" "$way" || { recorded='it failed'; break; }
			awk "BEGIN { print $requests_s / $plain_s }" >>"$work/ratios"
			awk "BEGIN { print $cpu_us / $plain_us }" >>"$work/cpu"
			awk "BEGIN { print $recorder_us / $plain_us }" >>"$work/recorder"
		done
		printf '%-7s %-12s %6d %10.3f %11.3f %8.3f %s\n' "$server" "$way" "$(wc -l <"$work/ratios")" \
			"$(median <"$work/ratios")" "$(median <"$work/cpu")" "$(median <"$work/recorder")" "$recorded"
	done
done
