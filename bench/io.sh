#!/usr/bin/env bash
# What the preload costs a server: throughput and processor time a request, against the plain server.
#
# usage: bench/io.sh [BUILD-DIRECTORY [PAIRS [SECONDS [SERVER...]]]]
#        (as root, after: ninja -C BUILD-DIRECTORY libflowdar-io; defaults: 7 pairs of 3 s; nginx,
#        redis, httpd; wrk, redis-benchmark and the servers from Debian's packages)
#
# In a world of its own, with a session daemon. Each round runs the server three times, in an order
# that changes from round to round, on one core, the load on another:
#	plain  as it is
#	off    preloaded, nothing is recorded
#	on     preloaded, all events at the level of I/O are recorded, sessions as well, into memory
# A ratio is that of a round's two runs; the medians of the rounds' ratios are what counts. Processor
# time is that of the server's processes, user and system, read from /proc.
set -euo pipefail
FLOWDAR_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FLOWDAR_BUILD=$(realpath "${1:-$FLOWDAR_SOURCE/build/release}")
export FLOWDAR=$FLOWDAR_BUILD/bin/flowdar
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
pairs=${2:-7}
span=${3:-3}
servers=("${@:4}")
[ ${#servers[@]} -gt 0 ] || servers=(nginx redis httpd)
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

modules=/usr/lib/apache2/modules
cat > "$WORK/httpd.conf" << END
ServerRoot $WORK
ServerName localhost
DefaultRuntimeDir $WORK
PidFile $WORK/httpd.pid
ErrorLog $WORK/httpd.err
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
Listen 127.0.0.1:$port
DocumentRoot $WORK/www
User nobody
Group nogroup
KeepAlive On
MaxKeepAliveRequests 0
ServerLimit 1
StartServers 1
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

# run SERVER MODE: prints requests per second, microseconds of processor time a request.
run() {
	local server=$1 mode=$2 pid before after requests seconds
	[ "$mode" != on ] || trace begin
	if [ "$mode" = plain ]; then
		(taskset -c 0 bash -c "$(declare -f "${server}_start"); WORK=$WORK port=$port ${server}_start") > "$WORK/$server.log" 2>&1 &
	else
		(
			export LD_PRELOAD=$helpers:$library FLOWDAR_IO_SESSIONS=1 LTTNG_UST_REGISTER_TIMEOUT=10000
			taskset -c 0 bash -c "$(declare -f "${server}_start"); WORK=$WORK port=$port ${server}_start"
		) > "$WORK/$server.log" 2>&1 &
	fi
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

median() {
	sort -n | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'
}

lttng-sessiond --no-kernel --daemonize > /dev/null 2>&1
orders=("plain off on" "on plain off" "off on plain" "plain on off" "off plain on" "on off plain")
for server in "${servers[@]}"; do
	: > "$WORK/ratios"
	[ "$server" != redis ] || redis_rate=$(run redis plain | cut -d' ' -f1)
	for ((round = 0; round < pairs; round++)); do
		declare -A rate=() cost=()
		for mode in ${orders[round % 6]}; do
			read -r "rate[$mode]" "cost[$mode]" < <(run "$server" "$mode")
		done
		printf '%s plain %s/s %s us, off %s/s %s us, on %s/s %s us\n' "$server" "${rate[plain]}" \
			"${cost[plain]}" "${rate[off]}" "${cost[off]}" "${rate[on]}" "${cost[on]}"
		awk "BEGIN { print ${rate[off]} / ${rate[plain]}, ${cost[off]} / ${cost[plain]}, \
			${rate[on]} / ${rate[plain]}, ${cost[on]} / ${cost[plain]} }" >> "$WORK/ratios"
	done
	printf '%s: median of %d pairs: off %.3f (CPU a request %.3f), on %.3f (CPU %.3f)\n' "$server" "$pairs" \
		"$(cut -d' ' -f1 "$WORK/ratios" | median)" "$(cut -d' ' -f2 "$WORK/ratios" | median)" \
		"$(cut -d' ' -f3 "$WORK/ratios" | median)" "$(cut -d' ' -f4 "$WORK/ratios" | median)"
done
