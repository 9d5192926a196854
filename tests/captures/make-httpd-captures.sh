#!/usr/bin/env bash
# Makes httpd-baseline.pcap, httpd-regex.pcap and httpd-slowloris.pcap: real clients (curl, ab, wrk,
# slowhttptest) talk to Apache httpd over loopback while tcpdump listens.
#
#   tests/captures/make-httpd-captures.sh [--port PORT] [--out DIR]
#
# The server is the instrumented one of scripts/lib/httpd.sh (fetched and built when it is missing),
# run without recording. Needs the right to capture on lo: root, or tcpdump with cap_net_raw. Ends
# all that it started. How hard the regular expression is hit: each further letter doubles the work,
# and with 22 PCRE's match limit ends it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/lib/common.sh"
. "$here/../../scripts/lib/httpd.sh"

port=18510
out=$here
while [ $# -gt 0 ]; do
	case $1 in
	--port) port=$2 && shift ;;
	--out) out=$2 && shift ;;
	*)
		sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
	shift
done
for tool in curl ab wrk slowhttptest tcpdump; do
	command -v $tool >/dev/null || die "$tool is missing"
done
url=http://127.0.0.1:$port

work=$(mktemp -d)
server=
dump=
loris=
finish() {
	local pid
	for pid in $loris $dump $server; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT

server_start() {
	local argv
	httpd_configure "$port"
	mapfile -t argv < <(server_as_user && httpd_command)
	"${argv[@]}" >"$work/server.log" 2>&1 &
	server=$!
	for _ in {1..100}; do
		curl --silent --output /dev/null "$url/" && return
		kill -0 "$server" || die "httpd did not start: $(cat "$work/server.log")"
		sleep 0.1
	done
	die "httpd does not answer on port $port"
}

dump_start() {
	: >"$work/$1.log"
	tcpdump -i lo -s 0 -U -Z "$(id -un)" -w "$work/$1" "tcp port $port" 2>"$work/$1.log" &
	dump=$!
	for _ in {1..100}; do
		grep -q '^tcpdump: listening' "$work/$1.log" && return
		sleep 0.1
	done
	die "tcpdump does not start: $(cat "$work/$1.log")"
}

dump_stop() {
	kill -INT "$dump"
	wait "$dump" || true
	dump=
	grep -q '^0 packets dropped by kernel' "$work/$1.log" || die "lost: $(cat "$work/$1.log")"
	mv "$work/$1" "$out/$1"
	say "$out/$1: $(stat -c %s "$out/$1") bytes, $(sessions "$out/$1") sessions"
}

sessions() {
	tcpdump -nr "$1" 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn' 2>/dev/null | wc -l
}

# get URL...: one connection, one request after the other.
get() {
	local argv=() one
	for one in "$@"; do
		argv+=(--output /dev/null "$url$one")
	done
	curl --silent --show-error --max-time 60 "${argv[@]}"
}

# news COUNT: an address that the rule for news has a hard time with.
news() {
	printf '/news/%s.xhtml' "$(printf "%$1s" '' | tr ' ' a)"
}

baseline() {
	get /
	get /news/spring-sale-2024.html
	get /news/we-moved.html /news/a.html /news/opening-hours-in-winter-2025.html
	get /no/such/page
	get /news/2023.xhtml
	get / /large.txt /news/hello-world.html
	curl --silent --head --output /dev/null "$url/large.txt"
	ab -q -n 12 -c 3 "$url/news/spring-sale-2024.html" >/dev/null
	ab -q -k -n 20 -c 2 "$url/" >/dev/null
	# wrk counts in seconds: it is stopped after twenty answers on two connections.
	cat >"$work/twenty.lua" <<-'END'
		local left = 20
		function response() left = left - 1; if left <= 0 then wrk.thread:stop() end end
	END
	wrk -t 1 -c 2 -d 1 -s "$work/twenty.lua" "$url/news/we-moved.html" >/dev/null
	sleep 0.5
}

regex() {
	local count clients=()
	get /news/spring-sale-2024.html
	for count in 20 21 20 21 20 21; do
		get "$(news $count)" &
		clients+=($!)
		get "$(news $count)" "$(news $((count - 1)))"
	done
	get / /news/we-moved.html
	wait "${clients[@]}"
	sleep 0.5
}

# More connections than the server has threads, each a header line every two seconds. The capture ends
# while they are open.
slowloris() {
	get /news/spring-sale-2024.html
	get /
	slowhttptest -H -c 40 -r 40 -i 2 -x 12 -l 60 -p 3 -u "$url/" >"$work/loris.log" 2>&1 &
	loris=$!
	sleep 10
}

httpd_fetch
httpd_build
server_start
for name in baseline regex slowloris; do
	dump_start "httpd-$name.pcap"
	$name
	dump_stop "httpd-$name.pcap"
done
