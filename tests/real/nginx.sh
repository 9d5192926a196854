#!/usr/bin/env bash
# nginx from its Debian source, marked by flowdar patch: each client a session with begin and end, each
# request, files read by the thread pool, and a server behind it, all owned by the right session; with
# each of the event loop's modules that Linux has.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=servers_lib.sh
. "$FLOWDAR_SOURCE/tests/real/servers_lib.sh"
have nginx

# marks_check EVENTS: by that module of the event loop.
marks_check() {
	local codes
	note "$1: sessions, requests, threads, one behind the other"
	serve nginx "marks-$1" session "$1"
	codes=$(
		ask / / /none # one connection, three requests
		ask /large.txt
		ask /behind/large.txt /behind/
		printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
			curl -sS --max-time 5 "telnet://127.0.0.1:$port" | grep -a -c '^HTTP/1.1' # pipelined
		printf 'nonsense\r\n\r\n' | curl -sS --max-time 5 "telnet://127.0.0.1:$port" | grep -a -c '^HTTP/1.1 400'
	)
	same "answers" "$(echo "$codes" | tr '\n' ' ')" "200 200 404 200 200 200 2 1 "
	served
	# Those of the server behind are connections too: nginx asked them of itself, through a socket.
	sessions_check $((5 + 2))
	requests_check $((3 + 1 + 2 + 2 + 1 + 2))
	same "requests for /none" "$(events request_begin 'what = "GET /none HTTP/1.1"')" 2
	same "results" "$(sed -n 's/.*request_end.* result = \([0-9]*\) .*/\1/p' "$recording.events" | sort | uniq -c | xargs)" \
		"8 200 1 400 2 404"
	same "notes of the server behind" "$(events note 'key = "upstream"')" 2
	# Other modules cannot be told of what threads have done.
	if [ "$1" = epoll ]; then
		handoffs_check "thread pool" 1
		handoffs_check "thread pool done" 1
	fi
	pairs_check
}

for events in epoll poll select; do
	marks_check $events
done

note "functions, and clients that come and go at the same time"
serve nginx functions all
ab -q -k -c 4 -n 200 "http://127.0.0.1:$port/" >"$WORK/ab.out" 2>&1 || fail "ab: $(cat "$WORK/ab.out")"
served
requests_check 200
sessions_check 4
functions_check 100
shipped_check nginx request 200
note "the same by poll: what waits for events is nobody's"
serve nginx functions-poll function poll
ab -q -k -c 4 -n 200 "http://127.0.0.1:$port/" >"$WORK/ab.out" 2>&1 || fail "ab: $(cat "$WORK/ab.out")"
served
sessions_check 4
functions_check 100
same "calls of the loop that sessions have" "$(jq '[.functions[] | select(.function == "ngx_poll_process_events") | .calls] | add // 0' \
	"$recording.functions")" 0
exit 0
