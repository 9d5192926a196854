#!/usr/bin/env bash
# flowdar replay measured: against wrk, and by the sizes and paces it promises.
#
# usage: bench/replay.sh [PART...]       PART: wrk, tls, loop, open, lag, scale (default: all of them)
#   wrk    requests per CPU second of the load generator, keep-alive HTTP against nginx as fast as
#          possible, wrk and replay in turns; each round gives a ratio, the median is printed
#   tls    the same over TLS 1.3, against h2load and wrk
#   loop   the same for a bare loop on libuv and one on epoll (bench/replay_loop.c; needs libuv)
#   open   20,000 sessions open at once: resident memory of replay
#   lag    10,000 sends a second for 10 s on one core: quantiles of the lag
#   scale  a capture of 60 s at --speed 100: how long it takes
# Settings: FLOWDAR (build/release/bin/flowdar), FLOWDAR_BUILD (for its echo_server), ROUNDS (5);
#   REQUESTS (4000): of tls, on a connection of replay's. With few of them handshakes are what it does,
#   of which the others make 64 in all; the last column is of an h2load that makes as many.
# Runs in a network namespace of its own where that is permitted, so that it may capture.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
export FLOWDAR=${FLOWDAR:-$source_dir/build/release/bin/flowdar}
export FLOWDAR_BUILD=${FLOWDAR_BUILD:-$source_dir/build/release}
# More than the hard limit of open files is for the privileged: not in a namespace of one's own.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -H -n)"
if [ -z "${IN_NAMESPACE:-}" ] && unshare -rn true 2>/dev/null; then
	IN_NAMESPACE=1 exec unshare -rn bash "$0" "$@"
fi
. "$source_dir/tests/e2e/replay_lib.sh"
. "$source_dir/bench/median.sh"
if [ -n "${IN_NAMESPACE:-}" ]; then
	ip link set lo up
fi
PATH=$PATH:/usr/sbin
rounds=${ROUNDS:-5}
requests=${REQUESTS:-4000}
TIMEFORMAT='%U %S'
need jq taskset
[ -x "$FLOWDAR" ] || fail "no flowdar at $FLOWDAR: build it, or set FLOWDAR"
cd "$replay_work"
# The generator on one core, the server on another, where there are two.
core=0
server_core=$(($(nproc) > 1 ? 1 : 0))

# figure KEY
figure() {
	jq -r "[.replay[].$1] | add" summary.json
}

# capture_to FILE [OPTION...]: what goes over lo to and from $port from now on; capture_end.
capture_to() {
	rm -f dump.log
	dumpcap -q -i lo -P -w "$1" "${@:2}" -f "tcp port $port" 2>dump.log &
	dump=$!
	replay_pids+=("$dump")
	wait_for dumpcap grep -q 'File:' dump.log
}

capture_end() {
	sleep 1.2
	kill "$dump" 2>/dev/null || true
	wait "$dump" || true
}

part_wrk() {
	local ours theirs rate
	need wrk nginx dumpcap
	nginx_start
	taskset -acp $server_core "$server_pid" >/dev/null
	for pid in $(pgrep -P "$server_pid"); do taskset -acp $server_core "$pid" >/dev/null; done
	# One client, about a thousand requests on one connection: the session that is cloned.
	capture_to keep.pcap -c 2000
	timeout -s INT 0.5 wrk -t1 -c1 -d1 "http://127.0.0.1:$port/hello.txt" >/dev/null || true
	capture_end
	: >ratios
	printf 'wrk and replay, 64 connections, 5 s each, requests per CPU second of the generator:\n'
	printf '%10s %10s %8s\n' replay wrk ratio
	for _ in $(seq "$rounds"); do
		ours=$({ time taskset -c $core "$FLOWDAR" replay keep.pcap --to "127.0.0.1:$port" --asap \
			--clones 64 --concurrency 64 --duration 5s --format json >summary.json; } 2>&1)
		ours=$(echo "$(figure exchanges) $ours" | awk '{ print $1 / ($2 + $3) }')
		theirs=$({ time taskset -c $core wrk -t1 -c64 -d5 "http://127.0.0.1:$port/hello.txt" >wrk.txt; } 2>&1)
		theirs=$(echo "$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' wrk.txt) $theirs" | awk '{ print $1 / ($2 + $3) }')
		rate=$(awk "BEGIN { print $ours / $theirs }")
		printf '%10.0f %10.0f %8.3f\n' "$ours" "$theirs" "$rate"
		echo "$rate" >>ratios
	done
	printf 'median ratio: %.3f\n' "$(median <ratios)"
}

# Against two loads over TLS. What is cloned is curl's traffic, opened by its secrets; by default as many requests on a
# connection that the handshake does not count, which the others have once.
part_tls() {
	local ours wrk h2 same
	need h2load wrk nginx dumpcap openssl curl
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 1 \
		-subj /CN=localhost 2>openssl.log
	nginx_start
	port=$(free_port)
	sed -e "s|listen .*;|listen 127.0.0.1:$port ssl backlog=4096; ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem;|" \
		-e "s|pid .*|pid $PWD/tls.pid;|" nginx/nginx.conf >tls.conf
	chmod 644 cert.pem key.pem tls.conf
	serve nginx-tls "$(command -v nginx)" -e stderr -c "$PWD/tls.conf"
	wait_for "nginx with TLS" port_open "$port"
	taskset -acp $server_core "$server_pid" >/dev/null
	for pid in $(pgrep -P "$server_pid"); do taskset -acp $server_core "$pid" >/dev/null; done
	capture_to keep.pcap
	seq -f "url = https://localhost:$port/hello.txt?%g" "$requests" | sed '1!s/^/next\n/;s/$/\noutput = \/dev\/null\ninsecure/' >urls
	SSLKEYLOGFILE=keys curl -s --http1.1 -K urls --connect-to "localhost:$port:127.0.0.1:$port" >/dev/null
	capture_end
	: >ratios
	: >ratios-h2load
	: >ratios-same
	printf 'TLS 1.3, 64 connections, %d requests each of replay, 5 s, requests per CPU second of the generator:\n' "$requests"
	printf '%10s %10s %10s %8s %8s %8s\n' replay wrk h2load /wrk /h2load /same
	for _ in $(seq "$rounds"); do
		ours=$({ time taskset -c $core "$FLOWDAR" replay keep.pcap --tls-keys keys --tls --to "127.0.0.1:$port" --asap \
			--clones 64 --concurrency 64 --duration 5s --format json >summary.json; } 2>&1)
		ours=$(echo "$(figure exchanges) $ours" | awk '{ print $1 / ($2 + $3) }')
		wrk=$({ time taskset -c $core wrk -t1 -c64 -d5 "https://127.0.0.1:$port/hello.txt" >wrk.txt; } 2>&1)
		wrk=$(echo "$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' wrk.txt) $wrk" | awk '{ print $1 / ($2 + $3) }')
		h2=$({ time taskset -c $core h2load --h1 -t1 -c64 -D5 "https://127.0.0.1:$port/hello.txt" >h2load.txt; } 2>&1)
		h2=$(echo "$(sed -n 's/^requests:.* \([0-9]*\) succeeded.*/\1/p' h2load.txt) $h2" | awk '{ print $1 / ($2 + $3) }')
		# As many requests on each connection, which are opened again and again: the same handshakes.
		same=$({ time for _ in 1 2 3 4 5; do
			taskset -c $core h2load --h1 -t1 -c64 -n $((64 * requests)) "https://127.0.0.1:$port/hello.txt"
		done >same.txt; } 2>&1)
		same=$(echo "$(sed -n 's/^requests:.* \([0-9]*\) succeeded.*/\1/p' same.txt | awk '{ all += $1 } END { print all }') $same" | awk '{ print $1 / ($2 + $3) }')
		printf '%10.0f %10.0f %10.0f %8.3f %8.3f %8.3f\n' "$ours" "$wrk" "$h2" \
			"$(awk "BEGIN { print $ours / $wrk }" | tee -a ratios)" \
			"$(awk "BEGIN { print $ours / $h2 }" | tee -a ratios-h2load)" \
			"$(awk "BEGIN { print $ours / $same }" | tee -a ratios-same)"
	done
	printf 'median ratios: %.3f, %.3f, %.3f\n' "$(median <ratios)" "$(median <ratios-h2load)" "$(median <ratios-same)"
}

part_loop() {
	local request="GET /hello.txt HTTP/1.1"$'\r\n'"Host: a"$'\r\n\r\n' bytes uv ep
	pkg-config --exists libuv || skip "needs libuv1-dev"
	# shellcheck disable=SC2046 # flags
	cc -O2 -D_GNU_SOURCE "$source_dir/bench/replay_loop.c" -o replay_loop $(pkg-config --cflags --libs libuv)
	nginx_start
	taskset -acp $server_core "$server_pid" >/dev/null
	bytes=$(
		exec 5<>"/dev/tcp/127.0.0.1/$port"
		printf '%s' "$request" >&5
		{ timeout 0.5 cat <&5 || true; } | wc -c
	)
	printf 'bare loops, 64 connections, 3 s each, requests per CPU second:\n%10s %10s %8s\n' epoll libuv ratio
	: >ratios
	for _ in $(seq "$rounds"); do
		ep=$(taskset -c $core ./replay_loop epoll "$port" 64 3 "$request" "$bytes")
		uv=$(taskset -c $core ./replay_loop uv "$port" 64 3 "$request" "$bytes")
		printf '%10.0f %10.0f %8.3f\n' "$ep" "$uv" "$(awk "BEGIN { print $ep / $uv }" | tee -a ratios)"
	done
	printf 'median ratio: %.3f\n' "$(median <ratios)"
}

# Clients that connect, say something, get an echo, and stay: what 20,000 of them cost.
part_open() {
	local peak clones=20000
	[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -gt 20100 ] || clones=$(($(ulimit -n) - 60))
	echo_start
	capture_to stay.pcap
	(
		exec 5<>"/dev/tcp/127.0.0.1/$port"
		for i in 1 2 3 4; do
			echo "still here $i" >&5
			read -r -u 5 _
			sleep 1
		done
	)
	capture_end
	"$FLOWDAR" replay stay.pcap --to "127.0.0.1:$port" --clones $clones --max-lag 5s --phase uniform \
		--format json >summary.json &
	pid=$!
	replay_pids+=("$pid")
	peak=0
	while kill -0 $pid 2>/dev/null; do
		now=$(awk '/VmHWM/ { print $2 }' /proc/$pid/status 2>/dev/null || echo 0)
		peak=$((now > peak ? now : peak))
		sleep 0.2
	done
	wait $pid || true
	printf 'clones that stay: %d open at once, %d ok, peak resident %.1f MB (%.2f KB each), lag p99 %.3f ms\n' \
		"$(figure most_active)" "$(figure ok)" "$(awk "BEGIN { print $peak / 1024 }")" \
		"$(awk "BEGIN { print $peak / $(figure most_active) }")" \
		"$(awk "BEGIN { print $(figure lag_p99_ns) / 1e6 }")"
}

# 1,100 clones that send every 101 ms or so for 10 s, all of them within the first second.
part_lag() {
	echo_start
	taskset -acp $server_core "$server_pid" >/dev/null
	capture_to tick.pcap
	(
		exec 5<>"/dev/tcp/127.0.0.1/$port"
		for i in $(seq 100); do
			echo "tick $i" >&5
			read -r -u 5 _
			sleep 0.1
		done
	)
	capture_end
	printf '10,000 sends a second on one core, lag:\n%10s %10s %10s %10s %10s\n' sends/s p99/ms max/ms ok user+sys
	for _ in $(seq "$rounds"); do
		cpu=$({ time taskset -c $core "$FLOWDAR" replay tick.pcap --to "127.0.0.1:$port" --clones 1100 --rate 1100 \
			--max-lag 5s --format json >summary.json; } 2>&1)
		printf '%10.0f %10.3f %10.3f %10d %10s\n' \
			"$(awk "BEGIN { print $(figure sends) / $(figure elapsed_ns) * 1e9 }")" \
			"$(awk "BEGIN { print $(figure lag_p99_ns) / 1e6 }")" \
			"$(awk "BEGIN { print $(figure lag_max_ns) / 1e6 }")" "$(figure ok)" "$cpu"
	done
}

part_scale() {
	echo_start
	capture_to minute.pcap
	(
		for i in $(seq 61); do
			exec 5<>"/dev/tcp/127.0.0.1/$port"
			echo "second $i" >&5
			read -r -u 5 _
			exec 5>&-
			sleep 1
		done
	)
	capture_end
	length=$(capinfos -u -T -r -M minute.pcap | cut -f2)
	for _ in $(seq "$rounds"); do
		"$FLOWDAR" replay minute.pcap --to "127.0.0.1:$port" --speed 100 --format json >summary.json
		printf 'a capture of %.2f s at --speed 100: %.4f s, %d of %d ok\n' "$length" \
			"$(awk "BEGIN { print $(figure elapsed_ns) / 1e9 }")" "$(figure ok)" "$(figure sessions)"
	done
}

[ $# -gt 0 ] || set -- wrk tls loop open lag scale
for part in "$@"; do
	"part_$part"
done
