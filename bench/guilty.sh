#!/usr/bin/env bash
# Does `flowdar reduce` leave exactly the guilty sessions among many, and with how many runs? Captures are made anew for
# each round, with the guilty ones at random places:
#   demo-regex      demo_httpd, a regular expression that backtracks
#   demo-copies     demo_httpd with 8 workers, an answer that holds one of them for a quarter of a second: it takes 9 at once
#   demo-reader     the same, an answer of 32 MB that its client reads slowly (a replay reads at once)
#   nginx-regex     nginx, a regular expression of a location that backtracks
#   nginx-nesting   nginx, folders nested 120 deep, each of which is asked whether it is a link
#   nginx-copies    nginx, a location of 15 requests a second: it takes 8 at once; of 16 one is to be left
#   httpd-nesting   httpd, folders that are nested 120 deep, each of which is asked for what it allows
#   redis-keys      redis, KEYS with a pattern that no one of 20,000 keys fits
#   redis-multiget  redis, MGET of 8,000 keys, eight times
#   redis-nesting   redis, a script that reads JSON nested 900 deep, a thousand times
#   redis-copies    redis, a command that holds it for 60 ms, likewise
#   redis-hash      redis, a script whose 6,000 strings have the same hash
#   redis-pair      redis, RPUSH of 2,000 elements in one session and SORT of these in another: nothing by itself
#
# usage: bench/guilty.sh [ROUNDS [SESSIONS [GUILTY [KIND...]]]]    3 rounds, 1000 sessions, 1 guilty, all
# As root, in namespaces of its own. Needs perl, tcpdump, jq, and the servers. A line a round. OPTIONS: more for reduce, instead of --bytes 0.
# shellcheck source=hidden.sh
. "$(dirname "$0")/hidden.sh"
rounds=${1:-3} sessions=${2:-1000} guilty=${3:-1}
shift $(($# < 3 ? $# : 3))
[ $# -gt 0 ] || set -- demo-regex demo-copies demo-reader nginx-regex nginx-nesting nginx-copies httpd-nesting redis-keys redis-multiget redis-nesting \
	redis-copies redis-hash redis-pair
read -ra more <<<"${OPTIONS:---bytes 0}"

set_deep() {
	local deep=www
	for _ in {1..120}; do
		deep=$deep/d
	done
	mkdir -p "$deep"
}

server_demo() {
	[ "$kind" != demo-reader ] || truncate -s 32M www/big
	command=("$FLOWDAR_BUILD/bin/demo_httpd" --port="$1" --root=www --threads=8 --delay=8 --max-steps=0)
}

server_nginx() {
	set_nginx "$1"
	case $kind in
	nginx-nesting)
		set_deep
		sed -i 's/ root / disable_symlinks on; root /' nginx.conf
		;;
	nginx-copies)
		sed -i "s/http {/& limit_req_zone \$server_port zone=all:1m rate=15r\/s;/
			s/ root / location = \/limited { limit_req zone=all burst=1000; } root /" nginx.conf
		;;
	esac
}

server_httpd() {
	set_deep
	cp www/index.html www/d/d/
	apache2_conf_begin "$WORK" "$1" "$WORK/www" >httpd.conf
	echo '<Directory />
		AllowOverride All
	</Directory>' >>httpd.conf
	set_httpd
}

server_redis() {
	set_redis "$1"
}
fill_redis() {
	echo 'RPUSH numbers 1 2 3 4 5 6 7 8 9'
}

# capture KIND PORT GUILTY...: capture.pcap of that many sessions, and baseline.pcap of a hundred ordinary ones.
capture() {
	local kind=$1 port=$2
	shift 2
	start "$port"
	begin_capture baseline.pcap "$port"
	perl "$FLOWDAR_SOURCE/bench/guilty.pl" "$kind" "$port" 100 || fail "no baseline"
	end_capture
	begin_capture capture.pcap "$port"
	perl "$FLOWDAR_SOURCE/bench/guilty.pl" "$kind" "$port" "$sessions" "$@" || fail "no capture"
	end_capture
	stop
}

for kind; do
	leave=
	case $kind in
	demo-copies) options=(--test latency:p99 --over 450ms) word=/echo count=$guilty ;;
	demo-reader) options=(--test latency:p99 --over 450ms) word=/big count=$guilty ;;
	nginx-copies) options=(--test latency:p99 --over 450ms) word=/limited count=$guilty leave=1 ;;
	redis-copies) options=(--test latency:p99 --over 450ms) word=SLEEP count=$guilty leave=1 ;;
	redis-pair) options=(--test cpu --baseline baseline.pcap --over 20 --concurrency 1) word=guilty count=2 ;;
	demo-regex) options=(--test cpu --baseline baseline.pcap --over 5 --all) word='s=a*!' count=$guilty ;;
	nginx-regex) options=(--test cpu --baseline baseline.pcap --over 5 --all) word=xhtml count=$guilty ;;
	*) options=(--test cpu --baseline baseline.pcap --over 5 --all) word=guilty count=$guilty ;;
	esac
	for ((round = 1; round <= rounds; round++)); do
		port=$(free_port)
		"server_${kind%-*}" "$port"
		choose "$sessions" "$count"
		capture "$kind" "$port" "${which[@]}"
		begin=$SECONDS
		status=0
		"$FLOWDAR" reduce capture.pcap -q "${options[@]}" "${more[@]}" -o small.pcap --format json -- "${command[@]}" >result 2>said || status=$?
		count_left small.pcap "$word" "${leave:-$count}"
		echo "$kind, $count of $sessions guilty: $left left, guilty of these $right: exact $exact, status $status," \
			"$(jq -r '"\(.runs) runs, \(.causes) causes, \(.copies) copies, \(.at_once) at once, rate \(.rate), order \(.order), confirmed \(.confirmed) of \(.confirm_runs)"' result 2>/dev/null)," \
			"$((SECONDS - begin)) s; $(tail -n 1 said)"
	done
done
