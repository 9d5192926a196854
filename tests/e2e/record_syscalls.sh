#!/usr/bin/env bash
# flowdar analyze --by syscall: how often a server made which system calls, as strace -c counts them in the
# same run, and for whom.
. "$(dirname "$0")/private.sh"

PORT=$(free_port)

[ -x /usr/sbin/nginx ] || { echo "skipped: needs nginx"; exit 77; }
command -v ab > /dev/null || { echo "skipped: needs apache2-utils"; exit 77; }
command -v strace > /dev/null || { echo "skipped: needs strace"; exit 77; }
strace -c -o /dev/null true 2> /dev/null || { echo "skipped: strace cannot trace here"; exit 77; }

mkdir -p "$WORK/htdocs"
head -c 3000 /dev/zero | tr '\0' x > "$WORK/htdocs/index.html"
chmod 755 "$WORK"
cat > "$WORK/nginx.conf" <<CONF
daemon off; master_process off; pid $WORK/nginx.pid; error_log $WORK/nginx.log;
events { }
http {
	access_log off; root $WORK/htdocs; sendfile on;
	client_body_temp_path $WORK/tmp/b; proxy_temp_path $WORK/tmp/p; fastcgi_temp_path $WORK/tmp/f;
	uwsgi_temp_path $WORK/tmp/u; scgi_temp_path $WORK/tmp/s;
	server { listen 127.0.0.1:$PORT; }
}
CONF

note "nginx, recorded and watched by strace: 40 connections, and 5 with 20 requests each"
"$FLOWDAR" record -q -o "$WORK/rec" --io -- /usr/sbin/nginx -p "$WORK" -c "$WORK/nginx.conf" > "$WORK/rec.out" 2>&1 &
recorder=$!
wait_for 15 test -s "$WORK/nginx.pid" || fail "the server did not start"
server=$(cat "$WORK/nginx.pid")
# Successful calls of its only thread; what records writes in threads of its own.
strace -c -z -p "$server" -o "$WORK/strace" 2> "$WORK/strace.err" &
tracer=$!
wait_for 10 grep -q attached "$WORK/strace.err" || { echo "skipped: strace cannot attach: $(cat "$WORK/strace.err")"; exit 77; }
ab -q -n 40 -c 1 "http://127.0.0.1:$PORT/index.html" > "$WORK/ab" 2>&1 || fail "ab: exit status $?"
ab -q -k -n 100 -c 5 "http://127.0.0.1:$PORT/index.html" > "$WORK/ab" 2>&1 || fail "ab: exit status $?"
# rests: nginx waits for more, and goes on doing so: it has closed what its clients have.
rests() {
	for _ in 1 2 3 4 5; do
		grep -q '^State:.S' "/proc/$server/status" || return
		[ -z "$(ss -H -t -n state established state close-wait "sport = :$PORT")" ] || return
		sleep 0.02
	done
}
wait_for 30 rests || fail "nginx does not come to rest"
kill -INT $tracer
wait $tracer
kill -INT $recorder
wait $recorder

# counted NAME...: how many of these strace counted.
counted() {
	local names=$*
	awk -v names=" $names " 'index(names, " " $NF " ") { all += $4 } END { print all + 0 }' "$WORK/strace"
}
# told NAME: what flowdar has of it, of sessions and not.
told() {
	jq -s --arg name "$1" '[.[].syscalls[] | select(.call == $name) | .calls - .errors] | add // 0' \
		"$WORK/sessions.json" "$WORK/server.json"
}
"$FLOWDAR" analyze "$WORK/rec" --by syscall --format json > "$WORK/sessions.json" || fail "analyze: exit status $?"
"$FLOWDAR" analyze "$WORK/rec" --by syscall --server --format json > "$WORK/server.json" || fail "analyze: exit status $?"
"$FLOWDAR" analyze "$WORK/rec" --by syscall
cat "$WORK/strace"
same() {
	local name=$1 strace
	shift
	strace=$(counted "$@")
	[ "$strace" -gt 0 ] || fail "$name: strace has none of it"
	[ "$(told "$name")" = "$strace" ] || fail "$name: $(told "$name"), strace -c counts $strace"
}
same accept accept accept4
same read recvfrom read
same write writev sendfile
same epoll_ctl epoll_ctl
# strace's are those of the files that were sent, too.
[ "$(told close)" = 45 ] || fail "close: $(told close) of 45 connections"
# It was in one when strace came, and in one when it left.
waits=$(told epoll_wait)
strace=$(counted epoll_wait)
[ $((waits - strace)) -ge 0 ] && [ $((waits - strace)) -le 2 ] || fail "epoll_wait: $waits, strace -c counts $strace"

note "for whom, and how much"
jq -e '.session_count == 45 and .io and ([.syscalls[] | select(.call == "read")][0] | .sessions == 45)' \
	"$WORK/sessions.json" > /dev/null || fail "sessions: $(jq -c . "$WORK/sessions.json")"
sent=$(jq '[.syscalls[] | select(.call == "write").bytes] | add' "$WORK/sessions.json")
[ "$sent" -gt $((140 * 3000)) ] && [ "$sent" -lt $((140 * 3600)) ] || fail "$sent bytes were sent in 140 answers of 3,000"
jq -e '[.syscalls[] | select(.call == "epoll_wait")][0].waiting_ns > 2e8' "$WORK/server.json" > /dev/null ||
	fail "the server waited for nothing: $(jq -c . "$WORK/server.json")"
"$FLOWDAR" analyze "$WORK/rec" --by syscall --format csv | head -n 1 | grep -q '^call,calls,' || fail "CSV"
"$FLOWDAR" analyze "$WORK/rec" --by syscall --session 127.0.0.2 2> "$WORK/none.err" && fail "a client that there is not"
grep -q 'no session is of client 127.0.0.2' "$WORK/none.err" || fail "$(cat "$WORK/none.err")"

note "and the report has them"
"$FLOWDAR" report "$WORK/rec" -o "$WORK/report.html" > /dev/null || fail "report: exit status $?"
grep -q '<section id="syscalls">' "$WORK/report.html" || fail "the report has no system calls"
grep -q '<tr><th scope="row"><code>write</code></th><td class="n" data-v="6\.22[0-9]*">6.2</td>' "$WORK/report.html" ||
	fail "the report: $(grep -A 3 'id="syscalls"' "$WORK/report.html")"
echo "passed"
