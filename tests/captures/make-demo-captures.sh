#!/usr/bin/env bash
# Makes demo-baseline.pcap, demo-attack.pcap and demo-hidden.pcap.gz: real clients (curl, ab, wrk) talk to
# demo_httpd over loopback while tcpdump listens.
#
#   tests/captures/make-demo-captures.sh [--server DEMO_HTTPD] [--out DIR]
#
# The server listens on a free port of its own. Needs the right to capture on lo (root, or tcpdump
# with cap_net_raw). Ends all that it started. The attack's sizes are below: each further "a" doubles
# the matcher's work.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
server=$root/build/release/bin/demo_httpd
out=$here
while [ $# -gt 0 ]; do
	case $1 in
	--server) server=$2 && shift ;;
	--out) out=$2 && shift ;;
	*)
		sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
	shift
done

die() {
	echo "make-demo-captures.sh: $*" >&2
	exit 1
}
[ -x "$server" ] || die "no server at $server: build demo_httpd, or say --server"
for tool in curl ab wrk tcpdump; do
	command -v $tool >/dev/null || die "$tool is missing"
done

work=$(mktemp -d)
server_pid=
dump_pid=
finish() {
	local pid
	for pid in $dump_pid $server_pid; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT

# wait_for PATTERN FILE: until a line of the file matches; it is somebody's output.
wait_for() {
	local tries=0
	until grep -q "$1" "$2" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || die "nothing like '$1' within 10 s: $(cat "$2")"
		sleep 0.1
	done
}

"$server" --port=0 --threads=4 --max-steps=0 --root="$root/tests/servers/demo_httpd/www" >"$work/server" 2>&1 &
server_pid=$!
wait_for 'listening on' "$work/server"
port=$(sed -n 's/.*listening on [0-9.]*:\([0-9]*\),.*/\1/p' "$work/server")
url=http://127.0.0.1:$port

dump_start() {
	tcpdump -i lo -s 0 -U -Z "$(id -un)" -w "$work/$1.pcap" "tcp port $port" 2>"$work/$1.log" &
	dump_pid=$!
	wait_for 'listening on' "$work/$1.log"
}

# Stops when the file has not grown for half a second, so the last FINs are in it.
dump_stop() {
	local before=-1 now=0
	while [ "$now" != "$before" ]; do
		before=$now
		sleep 0.5
		now=$(stat -c %s "$work/$1.pcap")
	done
	kill -INT "$dump_pid"
	wait "$dump_pid" || true
	dump_pid=
	grep -q '^0 packets dropped by kernel' "$work/$1.log" || die "packets lost: $(cat "$work/$1.log")"
	mv "$work/$1.pcap" "$out/$1.pcap"
	echo "$out/$1.pcap: $(stat -c %s "$out/$1.pcap") bytes, $(sessions "$out/$1.pcap") sessions"
}

sessions() {
	tcpdump -nr "$1" 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn' 2>/dev/null | wc -l
}

get() {
	curl --silent --show-error --max-time 60 --output /dev/null "$@"
}

# match TEXT: one request on one connection.
match() {
	get "$url/match?s=$1"
}

# a COUNT: so many of them.
a() {
	printf "%$1s" '' | tr ' ' a
}

baseline() {
	local text
	get "$url/"
	get "$url/static/hello.txt"
	get --head "$url/"
	get "$url/no/such/file"
	for text in '' a aaaa aaaaaaaa aab Hello%20world user-42 AAAA; do
		match "$text"
	done
	get "$url/echo?s=hello%20there"
	get --data 'A body that comes back a piece at a time, as slowly as the server likes to.' "$url/echo"
	# Several requests on one connection.
	get "$url/" -o /dev/null "$url/static/hello.txt" -o /dev/null "$url/match?s=aaa"
	get "$url/match?s=aaaaa" -o /dev/null "$url/match?s=none" -o /dev/null "$url/echo?s=again"
	ab -q -n 20 -c 4 "$url/match?s=aaaaaa" >/dev/null
	ab -q -k -n 20 -c 2 "$url/static/hello.txt" >/dev/null
	ab -q -n 6 -c 2 "$url/echo?s=slowly" >/dev/null
	# wrk counts in seconds: it is stopped after ten answers on each of two connections.
	cat >"$work/ten.lua" <<-'END'
		local left = 20
		function response() left = left - 1; if left <= 0 then wrk.thread:stop() end end
	END
	wrk -t 1 -c 2 -d 1 -s "$work/ten.lua" "$url/match?s=aaa" >/dev/null
}

# One every 0.15 s: when it is played back at a traced server, which is slower, it should be the
# matcher that makes clients wait, more than the queue in front of it.
attack() {
	local count clients=()
	match aaaa
	for count in 16 17 16 18 17 16 17 18 16 17 18 19; do
		match "$(a "$count")!" &
		clients+=($!)
		sleep 0.15
	done
	get "$url/static/hello.txt"
	match aaa
	wait "${clients[@]}"
}

# 1,000 ordinary sessions of one to three requests, and in three of them one that backtracks: for reduce and
# hunt, packed, because it is large. The guilty are the sessions 153, 518 and 871.
hidden() {
	local session texts=(a aaaa aab Hello%20world user-42 AAAA) urls arguments n k
	for session in {0..999}; do
		urls=()
		n=$((session % 3 + 1))
		for ((k = 0; k < n; k++)); do
			case $(((session * 7 + k * 3) % 5)) in
			0) urls+=("$url/") ;;
			1) urls+=("$url/static/hello.txt") ;;
			*) urls+=("$url/match?s=${texts[(session + k) % 6]}") ;;
			esac
		done
		case $session in
		153 | 518 | 871) urls[n / 2]="$url/match?s=$(a 20)!" ;;
		esac
		# Each further address has an output of its own.
		arguments=("${urls[0]}")
		for ((k = 1; k < n; k++)); do
			arguments+=(-o /dev/null "${urls[k]}")
		done
		get "${arguments[@]}"
	done
}

for name in baseline attack hidden; do
	dump_start "demo-$name"
	$name
	dump_stop "demo-$name"
done
gzip -9nf "$out/demo-hidden.pcap"
