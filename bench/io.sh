#!/usr/bin/env bash
# What the preload costs a server: throughput and processor time a request, against the plain server.
#
# usage: bench/io.sh [BUILD-DIRECTORY [PAIRS [SECONDS [SERVER...]]]]
#        (as root, after: ninja -C BUILD-DIRECTORY libflowdar-io io_calls; defaults: 7 pairs of 3 s;
#        calls, nginx, redis, httpd; wrk, redis-benchmark and the servers from Debian's packages)
#
# In a world of its own, with a session daemon. Each round runs the server four times, in an order
# that changes from round to round, on one core, the load on another:
#	plain  as it is
#	ust    with LTTng's libraries preloaded and nothing of ours
#	off    preloaded, nothing is recorded
#	on     preloaded, all events at the level of I/O are recorded, sessions as well, into memory
# A ratio is that of a round's two runs; the medians of the rounds' ratios are what counts. Processor
# time is that of the server's processes, user and system, read from /proc. "calls" is no server but
# bench/io_calls.c: nanoseconds of single calls.
set -euo pipefail
FLOWDAR_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FLOWDAR_BUILD=$(realpath "${1:-$FLOWDAR_SOURCE/build/release}")
export FLOWDAR=$FLOWDAR_BUILD/bin/flowdar
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
. "$FLOWDAR_SOURCE/bench/median.sh"
pairs=${2:-7}
span=${3:-3}
servers=("${@:4}")
[ ${#servers[@]} -gt 0 ] || servers=(calls nginx redis httpd)
library=$FLOWDAR_BUILD/lib/flowdar/libflowdar-io.so
[ -r "$library" ] || fail "no $library: ninja -C $FLOWDAR_BUILD libflowdar-io"
helpers=liblttng-ust-fork.so.1:liblttng-ust-fd.so.1
port=${FLOWDAR_BENCH_PORT:-7300}
ticks=$(getconf CLK_TCK)

# ---- servers: NAME_start runs it in the foreground, NAME_load prints requests and seconds ----

mkdir "$WORK/www"
head -c 612 /dev/zero | tr '\0' x > "$WORK/www/index.html"
cat > "$WORK/nginx.conf" << END
daemon off;
worker_processes 1;
user root;
pid $WORK/nginx.pid;
error_log $WORK/nginx.err;
events { worker_connections 1024; }
http {
	access_log off;
	keepalive_requests 1000000;
	sendfile on;
	server { listen 127.0.0.1:$port; root $WORK/www; }
}
END
nginx_start() {
	exec nginx -c "$WORK/nginx.conf" -e "$WORK/nginx.err"
}

# shellcheck source=../scripts/lib/apache2-conf.sh
. "$FLOWDAR_SOURCE/scripts/lib/apache2-conf.sh"
apache2_conf_begin "$WORK" "$port" "$WORK/www" > "$WORK/httpd.conf"
cat >> "$WORK/httpd.conf" << END
User nobody
Group nogroup
KeepAlive On
MaxKeepAliveRequests 0
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
END
chmod 755 "$WORK" "$WORK/www"
httpd_start() {
	exec apache2 -f "$WORK/httpd.conf" -D FOREGROUND
}

redis_start() {
	exec redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --daemonize no
}

wrk_load() {
	wrk -t1 -c"$1" -d"${span}s" "http://127.0.0.1:$port/index.html" |
		awk '/requests in/ { sub("s,", "", $4); print $1, $4 }'
}
nginx_load() { wrk_load 64; }
httpd_load() { wrk_load 32; }

# As many requests as the first run says take so long.
redis_load() {
	local count=$((${redis_rate:-30000} * span)) rate
	rate=$(redis-benchmark -p "$port" -t get -c 50 -n "$count" --csv | awk -F'"' '/GET/ { print $4 }')
	echo "$count $(awk "BEGIN { print $count / $rate }")"
}

# ---- measuring ----

# The processor time of a process and its descendants, in ticks.
ticks_of() {
	local pid all=$1 more=$1
	while more=$(pgrep -d, -P "$more"); do all+=,$more; done
	for pid in ${all//,/ }; do
		sed -E 's/.*\) //' "/proc/$pid/stat" | cut -d' ' -f12,13
	done | awk '{ sum += $1 + $2 } END { print sum }'
}

trace() {
	case $1 in
	begin)
		lttng -q create bench --output /dev/shm/bench > /dev/null
		lttng -q enable-channel -u -s bench c --subbuf-size 1M --num-subbuf 8
		lttng -q enable-event -u -s bench -c c 'flowdar:*' --loglevel TRACE_DEBUG_UNIT
		lttng -q add-context -u -s bench -c c -t vpid -t vtid
		lttng -q start bench
		;;
	end)
		lttng stop bench > "$WORK/stop.txt"
		lttng -q destroy bench > /dev/null
		;;
	esac
}

# preload MODE: for what this shell starts from now on.
preload() {
	case $1 in
	plain) ;;
	ust) export LD_PRELOAD=$helpers:liblttng-ust.so.1 ;;
	*) export LD_PRELOAD=$helpers:$library FLOWDAR_IO_SESSIONS=1 ;;
	esac
	export LTTNG_UST_REGISTER_TIMEOUT=10000
}

# calls MODE: the nanoseconds of each call.
calls() {
	[ "$1" != on ] || trace begin
	(
		preload "$1"
		taskset -c 0 "$FLOWDAR_BUILD/bench/io_calls"
	) | awk -v mode="$1" '{ printf "%s %s %s ns\n", $1, mode, $2 }'
	[ "$1" != on ] || trace end
	rm -rf /dev/shm/bench
}

# run SERVER MODE: prints requests per second, microseconds of processor time a request.
run() {
	local server=$1 mode=$2 pid before after requests seconds
	[ "$mode" != on ] || trace begin
	(
		preload "$mode"
		taskset -c 0 bash -c "$(declare -f "${server}_start"); WORK=$WORK port=$port ${server}_start"
	) > "$WORK/$server.log" 2>&1 &
	pid=$!
	wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || fail "$server does not listen"
	sleep 0.3
	before=$(ticks_of "$pid")
	read -r requests seconds < <(taskset -c 1 bash -c "$(declare -f wrk_load "${server}_load"); port=$port span=$span redis_rate=${redis_rate:-} ${server}_load")
	after=$(ticks_of "$pid")
	[ -n "$requests" ] || fail "no load on $server"
	kill "$pid" $(pgrep -P "$pid") 2> /dev/null || true
	wait "$pid" 2> /dev/null || true
	[ "$mode" != on ] || trace end
	rm -rf /dev/shm/bench
	awk "BEGIN { printf \"%.0f %.2f\\n\", $requests / $seconds, ($after - $before) / $ticks * 1e6 / $requests }"
}

lttng-sessiond --no-kernel --daemonize > /dev/null 2>&1
orders=("plain ust off on" "on plain ust off" "off on plain ust" "ust off on plain")
for server in "${servers[@]}"; do
	if [ "$server" = calls ]; then
		for mode in plain ust off on; do calls "$mode"; done | sort -s -k1,1
		continue
	fi
	: > "$WORK/ratios"
	[ "$server" != redis ] || redis_rate=$(run redis plain | cut -d' ' -f1)
	for ((round = 0; round < pairs; round++)); do
		declare -A rate=() cost=()
		line=$server
		for mode in ${orders[round % 4]}; do
			read -r "rate[$mode]" "cost[$mode]" < <(run "$server" "$mode")
		done
		for mode in plain ust off on; do line+=", $mode ${rate[$mode]}/s ${cost[$mode]} us"; done
		echo "$line"
		for mode in ust off on; do
			awk "BEGIN { print \"$mode\", ${rate[$mode]} / ${rate[plain]}, ${cost[$mode]} / ${cost[plain]} }" >> "$WORK/ratios"
		done
	done
	for mode in ust off on; do
		printf '%s: %s: median of %d pairs: %.3f of the throughput, %.3f of the CPU a request\n' "$server" "$mode" "$pairs" \
			"$(sed -n "s/^$mode //p" "$WORK/ratios" | cut -d' ' -f1 | median)" \
			"$(sed -n "s/^$mode //p" "$WORK/ratios" | cut -d' ' -f2 | median)"
	done
done
