#!/usr/bin/env bash
# Apache httpd from its Debian source, marked by flowdar patch, with the worker and with the event MPM:
# each client a session with begin and end, each request, sound or not, and the way of each connection
# from the listener to the workers, and with the event MPM back again; streams of HTTP/2 at the same time.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=servers_lib.sh
. "$FLOWDAR_SOURCE/tests/real/servers_lib.sh"
need nghttp
have httpd

# say_raw TEXT: sends it and prints the status of each answer.
say_raw() {
	printf '%b' "$1" | curl -sS --max-time 10 "telnet://127.0.0.1:$port" 2>>"$WORK/curl.err" |
		grep -a -o '^HTTP/1.1 ...' | cut -c 10-12 | tr '\n' ' '
}

# ask_http2 [-u] PATH...: the status of each, in the order of numbers, all at the same time over one connection of
# HTTP/2; -u begins with HTTP/1.1.
ask_http2() {
	local urls=() upgrade=()
	[ "$1" != -u ] || { upgrade=(-u) && shift; }
	urls=("${@/#/http://127.0.0.1:$port}")
	timeout 120 nghttp -n -v "${upgrade[@]}" "${urls[@]}" 2>"$WORK/nghttp.err" |
		sed -n 's/.*:status: \([0-9]*\)$/\1/p' | sort | xargs
}

# named_events NAME: events of that name, after the name that the server has given their thread and a
# colon. LTTng's procname is the one of a thread's first event, which is before httpd has named it: the
# name is in the last thread_begin, and in procname for a thread that was there before.
named_events() {
	awk -v name="$1" '
		match($0, /vtid = [0-9]+/) { thread = substr($0, RSTART, RLENGTH) }
		match($0, /procname = "[^"]*"/) {
			procname = substr($0, RSTART + 12, RLENGTH - 13)
			if (!(thread in names)) names[thread] = procname
		}
		/flowdar:thread_begin/ && match($0, / name = "[^"]*"/) {
			names[thread] = substr($0, RSTART + 9, RLENGTH - 10)
		}
		index($0, "flowdar:" name ":") { print names[thread] ": " $0 }' "$recording.events"
}

# The same for both.
clients() {
	ask / / /none # one connection, three requests
	ask /large.txt
	say_raw 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
	say_raw 'nonsense\r\n\r\n'
	say_raw "GET /$(printf '%09000d' 0) HTTP/1.1\r\nHost: a\r\n\r\n"
}

marks_check() {
	same "answers" "$(clients)" "200 200 404 200 200 404 400 414 "
	served
	sessions_check 5
	requests_check 8
	same "requests for /none" "$(events request_begin 'what = "GET /none HTTP/1.1"')" 2
	same "results" "$(sed -n 's/.*request_end.* result = \([0-9]*\) .*/\1/p' "$recording.events" |
		sort | uniq -c | xargs)" "4 200 1 400 2 404 1 414"
	pairs_check
	# The key goes through the queue, so the pairs are the sessions' own.
	same "keys in the fd queue" "$(handoffs "fd queue" | cut -d ' ' -f 1 | sort -u)" \
		"$(keys_of session_begin)"
	same "threads that take, and are no workers" \
		"$(named_events handoff_take | grep '"fd queue"' | grep -c -v '^worker [0-9]*:')" 0
	same "threads that put, and are not the listener" \
		"$(named_events handoff_put | grep '"fd queue"' | grep -c -v '^listener:')" 0
}

# What a worker waited for its queue is no connection's: their time is about what they were open.
queue_check() {
	flowdar analyze "$recording" --by session --limit 0 --format json >"$recording.json" ||
		fail "analyze"
	same "connections with more than a second beyond what they were open" \
		"$(jq '[.sessions[] | select(.time_ns > .open_ns + 1e9)] | length' "$recording.json")" 0
}

open_calls() {
	jq --arg name "$1" '[.functions[] | select(.function == $name) | .unfinished_calls] | max // 0' \
		"$recording.functions"
}

functions_run() {
	sleep 2 # all workers have begun
	wait_for 60 all_rest || fail "the workers do not come to rest"
	ab -q -k -c 4 -n 60 "http://127.0.0.1:$port/" >"$WORK/ab.err" 2>&1 || fail "ab"
	served
	requests_check 60
	sessions_check 4
	# Tracing ends before the server does: workers without work are in the wait for it, each in one.
	functions_check 250 worker_thread thread_start dummy_worker ap_queue_pop_something apr_thread_cond_wait
	same "workers that wait for work, in the wait and in what waits" \
		"$(open_calls apr_thread_cond_wait)" "$(open_calls ap_queue_pop_something)"
	queue_check
}

note "worker MPM"
serve httpd worker session worker
marks_check
handoffs_check "fd queue" 5
same "hand-offs, one a connection" "$(wc -l <"$recording.handoffs")" 5
note "worker MPM, functions"
serve httpd worker-functions all worker
functions_run

note "event MPM"
serve httpd event session event
marks_check
handoffs_check "fd queue" 5
handoffs_check "pollset" 1
note "event MPM: a client that is silent is taken back by the listener, and closed by a worker"
serve httpd event-timeout session event
(
	exec 3<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&3
	cat <&3 >/dev/null # until it is closed
)
served
sessions_check 1
requests_check 1
handoffs_check "pollset" 1
handoffs_check "linger chain" 1
pairs_check
note "HTTP/2: begun as such, asked for by HTTP/1.1, and streams at the same time"
serve httpd event-http2 session event
same "answers" "$(ask_http2 / /none /large.txt)" "200 200 404"
same "answers after HTTP/1.1" "$(ask_http2 -u /none)" "404"
same "answers" "$(ask_http2 / /news/a-b.html /?{1..6} /large.txt)" "200 200 200 200 200 200 200 200 200"
served
sessions_check 3
requests_check 14 # the one that was upgraded, too
same "results" "$(sed -n 's/.*request_end.* result = \([0-9]*\) .*/\1/p' "$recording.events" | sort | uniq -c | xargs)" "1 101 11 200 2 404"
same "requests for /none" "$(events request_begin 'what = "GET /none HTTP/2.0"')" 2
handoffs_check "HTTP/2 streams" 13
same "threads that take, and are not those of HTTP/2" \
	"$(named_events handoff_take | grep '"HTTP/2 streams"' | grep -c -v '^h2 worker [0-9]*:')" 0
pairs_check
note "event MPM, functions"
serve httpd event-functions all event
functions_run
exit 0
