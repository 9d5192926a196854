#!/usr/bin/env bash
# Debian's nginx, redis and httpd, preloaded: their clients are sessions, and nothing disturbs them.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
for tool in nginx redis-server redis-cli curl wrk jq; do
	command -v $tool >/dev/null || { echo "skipped: needs $tool"; exit 77; }
done
[ "$FLOWDAR_TEST_NAMESPACE" = own ] || { echo "skipped: needs root, to get a world of its own"; exit 77; }
export FLOWDAR_IO_SESSIONS=1 FLOWDAR_IO_BYTES=16
port=$((7310 + RANDOM % 80))
mkdir "$work/www"
head -c 1000 /dev/zero | tr '\0' x >"$work/www/index.html"
chmod 755 "$work" "$work/www"

until_served() {
	for _ in $(seq 1200); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
		sleep 0.05
	done
	fail "nobody listens: $(cat "$work"/*.err)"
}

until_gone() {
	for _ in $(seq 1200); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.05
	done
	fail "process $1 does not end"
}

# events: ends the trace; $work/all gets "PID TID EVENT FIELDS", of all programs.
events() {
	lttng stop "$session" >"$work/lttng.log"
	! grep -i 'discarded\|lost' "$work/lttng.log" || fail "events were lost"
	lttng destroy "$session" >/dev/null
	babeltrace2 "$work/trace" | sed -nE 's/^.* flowdar:([a-z_]+): \{[^{]*\}, \{ vpid = ([0-9]+), vtid = ([0-9]+), procname = "[^"]*" \}, \{ (.*) \}$/\2 \3 \1 \4/p' >"$work/all"
	rm -rf "$work/trace"
}

# count PATTERN: how many events fit.
count() {
	grep -c -E -- "$1" "$work/all" || true
}

# paired: every session that began has ended, once, in its process.
paired() {
	sed -nE 's/^([0-9]+) [0-9]+ session_begin key = (0x[0-9A-F]+).*/\1 \2/p' "$work/all" | sort >"$work/begun"
	sed -nE 's/^([0-9]+) [0-9]+ session_end key = (0x[0-9A-F]+).*/\1 \2/p' "$work/all" | sort >"$work/ended"
	diff "$work/begun" "$work/ended" || fail "sessions that begin and end are not the same"
	[ -z "$(uniq -d "$work/begun")" ] || fail "a session begins twice"
}

# get: one request on a connection of its own; its local port and bytes go to $work/clients.
get() {
	curl -s -o /dev/null -w '%{local_port} %{size_header} %{size_download} %{size_request} %{http_code}\n' \
		"$@" >>"$work/clients"
}

# http SERVER: the clients in $work/clients are the sessions of the trace, byte for byte.
http() {
	local client header body request code key
	paired
	while read -r client header body request code; do
		[ "$code" = 200 ] || fail "$1 answered $code"
		key=$(sed -nE "s/^([0-9]+) [0-9]+ session_begin key = (0x[0-9A-F]+), peer = \"127.0.0.1:$client\", fd = ([0-9]+).*/\1 \2 \3/p" "$work/all")
		[ "$(wc -l <<<"$key")" = 1 ] && [ -n "$key" ] || fail "$1: not one session of port $client: $key"
		awk -v session="$key" 'BEGIN { split(session, s, " ") }
			$1 != s[1] { next }
			$3 == "session_begin" { if ($6 == s[2] ",") on = 1 }
			$3 == "session_end" && $6 == s[2] { on = 0 }
			on && $3 == "io" { sub(",", "", $6); sub(",", "", $9)
				if ($9 == s[3] && $12 > 0) sum[$6] += $12 }
			END { print sum[1] + 0, sum[2] + 0 }' "$work/all" >"$work/sums"
		[ "$(cat "$work/sums")" = "$request $((header + body))" ] ||
			fail "$1: port $client: read and written $(cat "$work/sums"), but $request and $((header + body))"
	done <"$work/clients"
	[ "$(wc -l <"$work/clients")" = "$(grep -c . "$work/begun")" ] || fail "$1: more sessions than clients"
	[ "$(count 'bytes label = "read", .*\[0\] = 0x47, \[1\] = 0x45, \[2\] = 0x54,')" -ge "$(wc -l <"$work/clients")" ] ||
		fail "$1: the requests' bytes are not there"
	echo "$1: $(wc -l <"$work/clients") clients are $(wc -l <"$work/begun") sessions, all bytes counted"
}

# ---- nginx: master, two workers, reloads ----

cat >"$work/nginx.conf" <<END
worker_processes 2;
user root;
pid $work/nginx.pid;
error_log $work/nginx.err;
events { worker_connections 512; }
http { access_log $work/access.log; server { listen 127.0.0.1:$port; root $work/www; } }
END
nginx_start() {
	preloaded libflowdar-io.so nginx -c "$work/nginx.conf" -e "$work/nginx.err"
}

nginx_stop() {
	local pid
	pid=$(cat "$work/nginx.pid")
	kill "$pid"
	until_gone "$pid"
}

until_served_by_http() {
	for _ in $(seq 1200); do
		[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")" = 200 ] && return
		sleep 0.05
	done
	fail "no answer: $(cat "$work/nginx.err")"
}

nginx_sessions() {
	local old
	: >"$work/clients"
	nginx_start
	until_served
	trace_create
	trace_start
	for _ in 1 2 3 4 5; do get "http://127.0.0.1:$port/"; done
	old=$(pgrep -P "$(cat "$work/nginx.pid")" | head -n 1)
	kill -HUP "$(cat "$work/nginx.pid")"
	until_gone "$old"
	for _ in 1 2 3 4 5; do get "http://127.0.0.1:$port/"; done
	# A worker that is killed is replaced, and the next is traced as well.
	kill -KILL "$(pgrep -P "$(cat "$work/nginx.pid")" | head -n 1)"
	for _ in 1 2 3 4 5; do get "http://127.0.0.1:$port/"; done
	nginx_stop
	events
	http nginx
}

# ---- redis: one thread, an allocator of its own ----

redis_sessions() {
	local pid answer
	preloaded libflowdar-io.so redis-server --port "$port" --save '' --bind 127.0.0.1 >"$work/redis.err" 2>&1 &
	pid=$!
	until_served
	# A client from before the recording: its session begins when it is heard of again.
	exec 9<>"/dev/tcp/127.0.0.1/$port"
	printf 'PING\r\n' >&9
	read -r answer <&9
	trace_create
	trace_start
	printf 'PING\r\n' >&9
	read -r answer <&9
	[ "$answer" = $'+PONG\r' ] || fail "redis answers $answer"
	exec 9>&-
	for i in 1 2 3 4 5; do
		redis-cli -p "$port" set "key$i" "value$i" >/dev/null
		[ "$(redis-cli -p "$port" get "key$i")" = "value$i" ] || fail "redis"
	done
	redis-cli -p "$port" shutdown nosave >/dev/null 2>&1 || true
	until_gone "$pid"
	events
	# The last client's connection is closed by the server's end, not by close().
	[ "$(count session_begin)" = 12 ] || fail "redis: $(count session_begin) sessions"
	[ "$(count session_end)" -ge 11 ] || fail "redis: $(count session_end) ends of sessions"
	# *3 $3 SET $4 key1 $6 value1; +OK; $6 value1
	[ "$(count 'bytes label = "read", total = 35,')" = 5 ] || fail "redis: what was set"
	[ "$(count 'bytes label = "write", total = 5, .*\[0\] = 0x2B, \[1\] = 0x4F, \[2\] = 0x4B,')" = 5 ] || fail "redis: OK"
	[ "$(count 'bytes label = "write", total = 12,')" = 5 ] || fail "redis: what was got"
	[ "$(count 'bytes label = "write", total = 7,')" = 1 ] || fail "redis: the client from before"
	echo "redis: 12 clients are 12 sessions"
}

# ---- httpd: threads that get connections from a listener, graceful restarts ----

httpd_sessions() {
	local pid modules=/usr/lib/apache2/modules child
	if ! command -v apache2 >/dev/null; then
		echo "httpd: not installed, left out"
		return
	fi
	cat >"$work/httpd.conf" <<END
ServerRoot $work
ServerName localhost
DefaultRuntimeDir $work
PidFile $work/httpd.pid
ErrorLog $work/httpd.err
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
Listen 127.0.0.1:$port
DocumentRoot $work/www
User nobody
Group nogroup
StartServers 1
ServerLimit 4
ThreadsPerChild 8
MinSpareThreads 1
MaxSpareThreads 32
MaxRequestWorkers 32
END
	: >"$work/clients"
	trace_create
	trace_start
	preloaded libflowdar-io.so apache2 -f "$work/httpd.conf" -k start
	for _ in $(seq 1200); do
		[ -s "$work/httpd.pid" ] && grep -q 'resuming normal' "$work/httpd.err" && break
		sleep 0.05
	done
	pid=$(cat "$work/httpd.pid")
	for _ in 1 2 3 4 5; do get "http://127.0.0.1:$port/index.html"; done
	child=$(pgrep -P "$pid" | head -n 1)
	kill -USR1 "$pid"
	until_gone "$child"
	for _ in 1 2 3 4 5; do get "http://127.0.0.1:$port/index.html"; done
	sleep 2.5 # lingering closes
	kill -WINCH "$pid"
	until_gone "$pid"
	events
	# A worker that is stopped wakes its listener by a connection to itself.
	awk 'FNR == NR { ports[$1]; next } $3 == "session_begin" { split($0, p, "127.0.0.1:"); split(p[2], q, "\"")
		if (!(q[1] in ports)) { drop[$1 " " $6]; next } }
		$3 == "session_end" && (($1 " " $6 ",") in drop) { next } { print }' "$work/clients" "$work/all" >"$work/own"
	mv "$work/own" "$work/all"
	http httpd
	[ "$(count thread_begin)" -ge 18 ] || fail "httpd: $(count thread_begin) threads began"
	[ "$(count thread_begin)" = "$(count thread_end)" ] || fail "httpd: $(count thread_end) threads ended"
}

# ---- what goes wrong ----

# Many more clients than descriptors: it serves on, and the sessions are those that were accepted.
without_descriptors() {
	trace_create
	trace_start
	(
		ulimit -n 48
		nginx_start
	)
	until_served
	wrk -t1 -c120 -d1s "http://127.0.0.1:$port/" >"$work/wrk.txt"
	grep -q 'Too many open files' "$work/nginx.err" || fail "there were descriptors enough"
	until_served_by_http
	nginx_stop
	events
	paired
	[ "$(wc -l <"$work/begun")" -ge 20 ] || fail "out of descriptors: only $(wc -l <"$work/begun") sessions"
	echo "out of descriptors: serves on; $(wc -l <"$work/begun") sessions"
}

# load: a second of it, in which all is answered.
load() {
	wrk -t1 -c32 -d1s "http://127.0.0.1:$port/index.html" >"$work/wrk.txt"
	! grep -q 'Non-2xx\|Socket errors' "$work/wrk.txt" || fail "$(cat "$work/wrk.txt")"
	sed -nE 's/^ *([0-9]+) requests in.*/\1/p' "$work/wrk.txt"
}

with_full_buffer() {
	local served
	{
		lttng create "$session" --output="$work/trace"
		lttng enable-channel -u -s "$session" --subbuf-size=4K --num-subbuf=2 events
		lttng enable-event -u -s "$session" -c events 'flowdar:*'
	} >"$work/lttng.log"
	trace_start
	nginx_start
	until_served
	# With nobody to empty it. There is one in this world.
	pkill -STOP -x lttng-consumerd || fail "no consumer daemon"
	served=$(load)
	pkill -CONT -x lttng-consumerd
	nginx_stop
	lttng stop "$session" >"$work/lttng.log"
	lttng destroy "$session" >/dev/null
	grep -q -i discarded "$work/lttng.log" || fail "the buffer was large enough"
	rm -rf "$work/trace"
	echo "full buffer: $served requests served, $(grep -i -o '[0-9]* events.*discarded' "$work/lttng.log" | head -n 1)"
}

without_daemon() {
	local served
	served=$(unshare --mount bash -c "
		mount -t tmpfs none /run && mount -t tmpfs none /dev/shm || exit 1
		export LTTNG_HOME=/nonexistent LD_PRELOAD=$helpers:$libraries/libflowdar-io.so
		exec nginx -c '$work/nginx.conf' -e '$work/nginx.err'") || fail "no start without a daemon"
	until_served
	served=$(load)
	nginx_stop
	echo "no session daemon: $served requests served"
}

nginx_sessions
redis_sessions
httpd_sessions
without_descriptors
with_full_buffer
without_daemon
