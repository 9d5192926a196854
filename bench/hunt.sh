#!/usr/bin/env bash
# Does `flowdar hunt --sample` find exactly the guilty sessions, at servers as Debian ships them? Captures of 200
# sessions are made anew for each round, of real clients, with some guilty ones at random places:
#   nginx   a regular expression of a location that backtracks
#   redis   SORT of a list of 100,000 elements, and KEYS with a pattern that no one of 20,000 keys fits
#   httpd   a RewriteCond that backtracks
#
# usage: bench/hunt.sh [ROUNDS [SERVER...]]    3 rounds; nginx redis httpd
# As root, in namespaces of its own. Needs nginx, redis-server, redis-tools, apache2-bin, curl, tcpdump. A line a hunt.
# shellcheck source=hidden.sh
. "$(dirname "$0")/hidden.sh"
rounds=${1:-3}
[ $# -lt 1 ] || shift
[ $# -gt 0 ] || set -- nginx redis httpd
SESSIONS=200
for tool in curl tcpdump nginx redis-server redis-cli apache2; do
	command -v "$tool" >/dev/null || fail "needs $tool"
done
seq 2000 >www/numbers.txt
a=aaaaaaaaaaaaaaaaaaaaaa
# What guilty clients say, and nobody else.
declare -A word=([nginx]=xhtml [redis]='SORT\|KEYS' [httpd]='s=a*!')

# ---- the servers: command_NAME PORT sets $command, ordinary_NAME and guilty_NAME PORT NUMBER are a session each ----

command_nginx() {
	set_nginx "$1"
}
ordinary_nginx() {
	local pages=(/ /numbers.txt /none /news/today.html /news/one-two.html)
	get "http://127.0.0.1:$1${pages[$2 % 5]}" -o /dev/null "http://127.0.0.1:$1${pages[$2 / 5 % 5]}"
}
guilty_nginx() {
	get "http://127.0.0.1:$1/" -o /dev/null "http://127.0.0.1:$1/news/$a.xhtml"
}

command_redis() {
	set_redis "$1"
}
fill_redis() {
	seq 100000 | xargs -n 1000 echo RPUSH numbers
}
ordinary_redis() {
	printf '%s\n' "SET user:$2 $RANDOM" "GET user:$(($2 / 2))" "LRANGE numbers 0 9" | redis-cli -p "$1" >/dev/null
}
guilty_redis() {
	local slow='SORT numbers ALPHA DESC LIMIT 0 1' times=3
	[ $(($2 % 2)) = 0 ] || slow='KEYS *:*:at:all*' times=20
	{
		echo GET user:1
		yes "$slow" | head -n $times
	} | redis-cli -p "$1" >/dev/null
}

command_httpd() {
	apache2_conf_begin "$WORK" "$1" "$WORK/www" rewrite >httpd.conf
	cat >>httpd.conf <<-'END'
		RewriteEngine On
		RewriteCond %{QUERY_STRING} ^s=(a+)+$
		RewriteRule ^ - [F]
	END
	set_httpd
}
ordinary_httpd() {
	local pages=(/index.html /numbers.txt '/index.html?s=aaa' '/none?s=b' '/index.html?s=aab')
	get "http://127.0.0.1:$1${pages[$2 % 5]}" -o /dev/null "http://127.0.0.1:$1${pages[$2 / 5 % 5]}"
}
guilty_httpd() {
	get "http://127.0.0.1:$1/index.html" -o /dev/null "http://127.0.0.1:$1/index.html?s=$a!"
}

# ---- the rounds ----

get() {
	curl --silent --max-time 60 --output /dev/null "$@"
}

# capture SERVER PORT GUILTY...: capture.pcap, of SESSIONS of them.
capture() {
	local server=$1 port=$2 session guilty
	shift 2
	start "$port"
	begin_capture capture.pcap "$port"
	for ((session = 0; session < SESSIONS; session++)); do
		guilty=
		for ((k = 1; k <= $#; k++)); do
			[ "${!k}" != $session ] || guilty=$k
		done
		if [ "$guilty" ]; then "guilty_$server" "$port" "$guilty"; else "ordinary_$server" "$port" $session; fi
	done
	end_capture
	stop
}

for server; do
	for guilty in 1 2; do
		for ((round = 1; round <= rounds; round++)); do
			port=$(free_port)
			"command_$server" "$port"
			choose $SESSIONS $guilty
			capture "$server" "$port" "${which[@]}"
			rm -rf hunt
			begin=$SECONDS
			status=0
			"$FLOWDAR" hunt capture.pcap -o hunt -q --sample --bytes 0 -- "${command[@]}" >said 2>&1 || status=$?
			count_left hunt/smallest.pcap "${word[$server]}" $guilty
			echo "$server, $guilty guilty: $left left, guilty of these $right: exact $exact, status $status, $(sed -nE 's/^([0-9]+ runs).*/\1/p' hunt/found.txt 2>/dev/null)," \
				"$((SECONDS - begin)) s; $(head -n 1 hunt/verdict.txt 2>/dev/null || tail -n 1 said; tail -n 2 hunt/record.log 2>/dev/null | tr '\n' ' ')"
		done
	done
done
