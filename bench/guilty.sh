#!/usr/bin/env bash
# Does `flowdar reduce` leave exactly the guilty sessions among many, and with how many runs? Captures are made anew for
# each round, with the guilty ones at random places:
#   demo-regex      demo_httpd, a regular expression that backtracks
#   demo-copies     demo_httpd with 8 workers, an answer that holds one of them for a quarter of a second: it takes 9 at once
#   nginx-regex     nginx, a regular expression of a location that backtracks
#   httpd-nesting   httpd, folders that are nested 120 deep, each of which is asked for what it allows
#   redis-keys      redis, KEYS with a pattern that no one of 20,000 keys fits
#   redis-multiget  redis, MGET of 8,000 keys, eight times
#   redis-hash      redis, a script whose 6,000 strings have the same hash
#   redis-pair      redis, RPUSH of 2,000 elements in one session and SORT of these in another: nothing by itself
#
# usage: bench/guilty.sh [ROUNDS [SESSIONS [GUILTY [KIND...]]]]    3 rounds, 1000 sessions, 1 guilty, all
# As root, in namespaces of its own. Needs perl, tcpdump, jq, and the servers. A line a round. OPTIONS: more for reduce, instead of --bytes 0.
: "${FLOWDAR_SOURCE:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${FLOWDAR_BUILD:=$FLOWDAR_SOURCE/build/release}"
: "${FLOWDAR:=$FLOWDAR_BUILD/bin/flowdar}"
export FLOWDAR FLOWDAR_BUILD FLOWDAR_SOURCE
# shellcheck source=../tests/e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=../scripts/lib/common.sh
. "$FLOWDAR_SOURCE/scripts/lib/common.sh"
# shellcheck source=../scripts/lib/apache2-conf.sh
. "$FLOWDAR_SOURCE/scripts/lib/apache2-conf.sh"
# shellcheck source=../scripts/lib/run.sh
. "$FLOWDAR_SOURCE/scripts/lib/run.sh"
rounds=${1:-3} sessions=${2:-1000} guilty=${3:-1}
shift $(($# < 3 ? $# : 3))
[ $# -gt 0 ] || set -- demo-regex demo-copies nginx-regex httpd-nesting redis-keys redis-multiget redis-hash redis-pair
read -ra more <<<"${OPTIONS:---bytes 0}"
ip link set lo up 2>/dev/null
cd "$WORK" || exit 1
chmod 755 "$WORK"
mkdir -p www
echo hello >www/index.html

server_demo() {
	command=("$FLOWDAR_BUILD/bin/demo_httpd" --port="$1" --root=www --threads=8 --delay=8 --max-steps=0)
}

server_nginx() {
	cat >nginx.conf <<-EOF
		daemon off; worker_processes 1; pid $WORK/nginx.pid; error_log $WORK/nginx.err; events { }
		http { access_log off; server { listen 127.0.0.1:$1; root $WORK/www;
		location ~ "^/news/(([a-z0-9]+)-?)+\.html$" { rewrite ^ /index.html break; } } }
	EOF
	command=(nginx -c "$WORK/nginx.conf")
}

server_httpd() {
	local deep=www
	for _ in {1..120}; do
		deep=$deep/d
	done
	mkdir -p "$deep"
	cp www/index.html www/d/d/
	apache2_conf_begin "$WORK" "$1" "$WORK/www" >httpd.conf
	echo '<Directory />
		AllowOverride All
	</Directory>' >>httpd.conf
	command=(sh -c "rm -f $WORK/httpd.pid; exec /usr/sbin/apache2 -f $WORK/httpd.conf -DFOREGROUND")
}

server_redis() {
	mkdir -p redis
	command=(redis-server --bind 127.0.0.1 --port "$1" --dir "$WORK/redis" --save '' --protected-mode no --enable-debug-command yes)
	[ ! -e redis/dump.rdb ] || return 0
	"${command[@]}" >redis.log 2>&1 &
	wait_for_port "$1" $! || fail "redis does not start"
	printf 'DEBUG POPULATE 20000\nRPUSH numbers 1 2 3 4 5 6 7 8 9\nSAVE\n' | redis-cli -p "$1" >redis.fill
	kill %%
	wait %%
}

# capture KIND PORT GUILTY...: capture.pcap of that many sessions, and baseline.pcap of a hundred ordinary ones.
capture() {
	local kind=$1 port=$2 running dump
	shift 2
	"${command[@]}" >server.log 2>&1 &
	running=$!
	wait_for_port "$port" $running || fail "$kind does not start: $(cat server.log)"
	for file in baseline capture; do
		rm -f dump.log
		tcpdump -i lo -s 0 -U -B 65536 -Z "$(id -un)" -w $file.pcap "tcp port $port" 2>dump.log &
		dump=$!
		wait_for 10 grep -q 'listening on' dump.log || fail "tcpdump: $(cat dump.log)"
		if [ $file = baseline ]; then
			perl "$FLOWDAR_SOURCE/bench/guilty.pl" "$kind" "$port" 100 || fail "no baseline"
		else
			perl "$FLOWDAR_SOURCE/bench/guilty.pl" "$kind" "$port" "$sessions" "$@" || fail "no capture"
		fi
		sleep 1
		kill -INT $dump
		wait $dump
	done
	kill $running
	wait $running
}

for kind; do
	case $kind in
	demo-copies) options=(--test latency:p99 --over 450ms) word=/echo count=$guilty ;;
	redis-pair) options=(--test cpu --baseline baseline.pcap --over 20 --concurrency 1) word=guilty count=2 ;;
	demo-regex) options=(--test cpu --baseline baseline.pcap --over 5 --all) word='s=a*!' count=$guilty ;;
	nginx-regex) options=(--test cpu --baseline baseline.pcap --over 5 --all) word=xhtml count=$guilty ;;
	*) options=(--test cpu --baseline baseline.pcap --over 5 --all) word=guilty count=$guilty ;;
	esac
	for ((round = 1; round <= rounds; round++)); do
		port=$(free_port)
		"server_${kind%-*}" "$port"
		mapfile -t which < <(shuf -i "0-$((sessions - 1))" -n "$count" | sort -n)
		capture "$kind" "$port" "${which[@]}"
		begin=$SECONDS
		status=0
		"$FLOWDAR" reduce capture.pcap -q "${options[@]}" "${more[@]}" -o small.pcap --format json -- "${command[@]}" >result 2>said || status=$?
		rm -rf left
		"$FLOWDAR" split small.pcap -o left >/dev/null 2>&1
		left=$(find left -name '*.pcap' 2>/dev/null | wc -l)
		right=$(grep -rlaz -- "$word" left 2>/dev/null | grep -c 'pcap$')
		exact=no
		[ "$left $right" != "$count $count" ] || exact=yes
		echo "$kind, $count of $sessions guilty: $left left, guilty of these $right: exact $exact, status $status," \
			"$(jq -r '"\(.runs) runs, \(.causes) causes, \(.copies) copies, \(.at_once) at once, rate \(.rate), order \(.order), confirmed \(.confirmed) of \(.confirm_runs)"' result 2>/dev/null)," \
			"$((SECONDS - begin)) s; $(tail -n 1 said)"
	done
done
