#!/usr/bin/env bash
# The demo server's manners: answers, refusals, bounds, and a clean end while clients hang on.
set -euo pipefail
: "${FLOWDAR_BUILD:?is set by ctest: the build directory}"
source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
command -v curl >/dev/null || { echo "skipped: needs curl"; exit 77; }
work=$(mktemp -d)
servers=()
finish() {
	kill "${servers[@]}" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
fail() {
	echo "FAILED: $*"
	exit 1
}

cp -r "$source/tests/servers/demo_httpd/www" "$work/www"
ln -s /etc/passwd "$work/www/link"
mkfifo "$work/www/fifo"
# start SECONDS: a server that waits so long for its clients; sets $server, $port and $url.
start() {
	log=$work/log.$1
	"$FLOWDAR_BUILD/bin/demo_httpd" --port=0 --threads=3 --root="$work/www" --timeout="$1" \
		--max-steps=1000000 >"$log" 2>&1 &
	server=$!
	servers+=("$server")
	for _ in {1..1200}; do
		grep -q listening "$log" && break
		sleep 0.05
	done
	port=$(sed -n 's/.*:\([0-9]*\),.*/\1/p' "$log")
	[ -n "$port" ] || fail "not listening: $(cat "$log")"
	url=http://127.0.0.1:$port
}
start 60

# answers STATUS TEXT CURL_ARGUMENT...: TEXT is part of the body.
answers() {
	local status=$1 text=$2 got
	shift 2
	got=$(curl -s -m 120 -o "$work/body" -w '%{http_code}' "$@") || got="none, curl ended with $?"
	[ "$got" = "$status" ] || fail "$*: status $got, expected $status"
	grep -q -e "$text" "$work/body" || fail "$*: '$(cat "$work/body")' lacks '$text'"
}
zeros() {
	head -c "$1" /dev/zero | tr '\0' "$2"
}
answers 200 'It works' "$url/"
answers 200 'static file' "$url/static/hello.txt"
answers 404 '' --path-as-is "$url/static/../match.c"
answers 404 '' "$url/static/%2e%2e/match.c"
answers 404 '' "$url/static//etc/passwd"
answers 404 '' "$url/static/link"
answers 404 '' "$url/static/fifo"
answers 404 '' "$url/static/"
answers 400 '' "$url/static/%00"
answers 404 '' "$url/matches"
answers 405 '' -X DELETE "$url/match?s=a"
answers 405 '' -X E "$url/match?s=a"
answers 200 '^match' "$url/match?s=aaaa"
answers 200 '^no match' "$url/match?t=x&s=aa+b"
answers 400 '' "$url/match"
answers 400 '' "$url/match?s=%4"
answers 503 '' "$url/match?s=$(zeros 40 a)!"
answers 200 '^hello there$' "$url/echo?s=hello%20there"
answers 200 "^$(zeros 1000 x)\$" --data "$(zeros 1000 x)" "$url/echo"
answers 200 '^expected$' -H 'Expect: 100-continue' --data expected "$url/echo"
zeros 65537 x >"$work/large"
answers 413 '' --data-binary "@$work/large" "$url/echo"
answers 400 '' -H 'Content-Length: 1x' "$url/"
answers 411 '' -H 'Transfer-Encoding: chunked' --data x "$url/echo"
answers 431 '' -H "X: $(zeros 9000 x)" "$url/"

# raw TEXT: the first line of the answer to what no client would send.
raw() {
	local line
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	printf '%b' "$1" >&5
	read -r -t 120 line <&5 || line='no answer'
	exec 5>&-
	echo "$line" | tr -d '\r'
}
[ "$(raw 'nonsense\r\n\r\n')" = 'HTTP/1.1 400 Bad Request' ] || fail "nonsense is not refused"
[ "$(raw 'GET / HTTP/2\r\n\r\n')" = 'HTTP/1.1 505 HTTP Version Not Supported' ] || fail "HTTP/2"
[ "$(raw 'GET / HTTP/1.1\r\nno colon\r\n\r\n')" = 'HTTP/1.1 400 Bad Request' ] || fail "no colon"
[ "$(raw 'GET /\0 HTTP/1.1\r\n\r\n')" = 'HTTP/1.1 400 Bad Request' ] || fail "a zero byte"
[ "$(raw 'GET /x HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n')" = 'HTTP/1.1 404 Not Found' ] || fail "two at once"

# Three connections in one.
[ "$(curl -s -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects} ' "$url/" "$url/static/hello.txt" "$url/match?s=a")" = '1 0 0 ' ] ||
	fail "connections are not kept alive"
# From here on a server that is in a hurry: the other would give us time, when the machine gives us none.
start 1
[ "$(raw 'GET / HTTP/1.1\r\nHos')" = 'HTTP/1.1 408 Request Timeout' ] || fail "a slow client"
# More clients than workers, some of whom only hang on.
for _ in {1..6}; do
	{ exec 6<>"/dev/tcp/127.0.0.1/$port"; exec sleep 600; } &
	hanging+=("$!")
done
answers 200 'It works' "$url/"
kill -TERM "$server"
status=0
wait "$server" || status=$?
kill "${hanging[@]}"
[ $status = 0 ] || fail "ended with $status: $(cat "$log")"
"$FLOWDAR_BUILD/bin/demo_httpd" --pattern='(' 2>"$work/log" && fail "a bad pattern is accepted"
grep -q 'pattern (: a group lacks its )' "$work/log" || fail "said $(cat "$work/log")"
"$FLOWDAR_BUILD/bin/demo_httpd" --port=99999 2>/dev/null && fail "a bad port is accepted"
echo "polite"
