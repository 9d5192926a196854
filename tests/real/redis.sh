#!/usr/bin/env bash
# redis from its Debian source, marked by flowdar patch: each client a session with begin and end, each
# command a request, and with I/O threads the clients' way to them and back.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=servers_lib.sh
. "$FLOWDAR_SOURCE/tests/real/servers_lib.sh"
need redis-cli redis-benchmark
have redis

# talk COMMAND...: to the server, each word a word.
talk() {
	redis-cli -p "$port" "$@" 2>&1
}

note "sessions and commands"
serve redis marks session
same "answers" "$({
	talk set a 1
	talk get a
	talk nonsense x
	printf 'incr a\nget a\n' | talk
} | cut -c1-11 | xargs)" "OK 1 ERR unknown 2 2"
talk rpush list a b c >/dev/null
talk lrange list 0 -1 >/dev/null
talk debug sleep 0 >/dev/null
talk auth secret-word >/dev/null
served
sessions_check 8
# With "COMMAND" redis-cli asks what commands there are.
same "commands" "$(sed -n 's/.*request_begin.* what = "\([^"]*\)".*/\1/p' "$recording.events" | sort | uniq -c | xargs)" \
	"1 COMMAND 1 auth 1 debug 2 get 1 incr 1 lrange 1 nonsense 1 rpush 1 set"
requests_check 10
same "a command that is not known" "$(events request_begin 'what = "nonsense"')" 1
same "secrets" "$(grep -c secret-word "$recording.events")" 0
pairs_check

note "functions"
serve redis functions all
redis-benchmark -p "$port" -c 4 -n 400 -t get -q >"$WORK/benchmark.err" 2>&1 || fail "redis-benchmark"
served
# Besides, the benchmark asks for the server's configuration.
same "commands that are GET" "$(events request_begin 'what = "GET"')" 400
requests_check "$(events request_begin)"
sessions_check "$(events session_begin)"
functions_check 100
shipped_check redis command "$(events request_begin)"

note "I/O threads"
serve redis threads session 3
redis-benchmark -p "$port" -c 32 -n 3000 -P 4 -t set -q >"$WORK/benchmark.err" 2>&1 || fail "redis-benchmark"
served
same "commands that are SET" "$(events request_begin 'what = "SET"')" 3000
requests_check "$(events request_begin)"
sessions_check "$(events session_begin)"
# The main thread takes a share itself.
handoffs_check "io threads" 10 own
handoffs_check "io threads done" 10 own
same "threads that took clients" "$(cut -d ' ' -f 3 "$recording.handoffs" | sort -u | wc -l)" 1
handoffs "io threads" >"$recording.handoffs"
same "threads that they were given to" "$(cut -d ' ' -f 3 "$recording.handoffs" | sort -u | wc -l)" 3
pairs_check
exit 0
