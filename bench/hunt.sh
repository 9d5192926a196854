#!/usr/bin/env bash
# Does `flowdar hunt --sample` find exactly the guilty sessions, at servers as Debian ships them? Captures of 200
# sessions are made anew for each round, of real clients, with some guilty ones at random places:
#   nginx   a regular expression of a location that backtracks
#   redis   SORT of a list of 100,000 elements, and KEYS with a pattern that no one of 20,000 keys fits
#   httpd   a RewriteCond that backtracks
#
# usage: bench/hunt.sh [ROUNDS [SERVER...]]    3 rounds; nginx redis httpd
# As root, in namespaces of its own. Needs nginx, redis-server, redis-tools, apache2-bin, curl, tcpdump. A line a hunt.
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
rounds=${1:-3}
[ $# -lt 1 ] || shift
[ $# -gt 0 ] || set -- nginx redis httpd
SESSIONS=200
for tool in curl tcpdump nginx redis-server redis-cli apache2; do
	command -v "$tool" >/dev/null || fail "needs $tool"
done
ip link set lo up 2>/dev/null
cd "$WORK" || exit 1
chmod 755 "$WORK"
mkdir -p www
echo hello >www/index.html
seq 2000 >www/numbers.txt
a=aaaaaaaaaaaaaaaaaaaaaa
# What guilty clients say, and nobody else.
declare -A word=([nginx]=xhtml [redis]='SORT\|KEYS' [httpd]='s=a*!')

# ---- the servers: command_NAME PORT sets $command, ordinary_NAME and guilty_NAME PORT NUMBER are a session each ----

command_nginx() {
	cat >nginx.conf <<-END
		daemon off; worker_processes 1; pid $WORK/nginx.pid; error_log $WORK/nginx.err; events { }
		http { access_log off; server { listen 127.0.0.1:$1; root $WORK/www;
		location ~ "^/news/(([a-z0-9]+)-?)+\.html$" { rewrite ^ /index.html break; } } }
	END
	command=(nginx -c "$WORK/nginx.conf")
}
ordinary_nginx() {
	local pages=(/ /numbers.txt /none /news/today.html /news/one-two.html)
	get "http://127.0.0.1:$1${pages[$2 % 5]}" -o /dev/null "http://127.0.0.1:$1${pages[$2 / 5 % 5]}"
}
guilty_nginx() {
	get "http://127.0.0.1:$1/" -o /dev/null "http://127.0.0.1:$1/news/$a.xhtml"
}

command_redis() {
	mkdir -p redis
	command=(redis-server --bind 127.0.0.1 --port "$1" --dir "$WORK/redis" --save '' --protected-mode no --enable-debug-command yes)
	[ -e redis/dump.rdb ] || fill_redis "$1"
}
fill_redis() {
	local server
	"${command[@]}" >redis.log 2>&1 &
	server=$!
	wait_for_port "$1" $server || fail "redis does not start"
	{
		echo 'DEBUG POPULATE 20000'
		seq 100000 | xargs -n 1000 echo RPUSH numbers
		echo SAVE
	} | redis-cli -p "$1" >redis.fill
	kill $server
	wait $server
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
	# One that was killed leaves its pid file, and the next takes whoever has the number then for a server.
	command=(sh -c "rm -f $WORK/httpd.pid; exec /usr/sbin/apache2 -f $WORK/httpd.conf -DFOREGROUND")
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
	local server=$1 port=$2 running dump session guilty
	shift 2
	"${command[@]}" >server.log 2>&1 &
	running=$!
	wait_for_port "$port" $running || fail "$server does not start: $(cat server.log)"
	rm -f dump.log
	tcpdump -i lo -s 0 -U -Z "$(id -un)" -w capture.pcap "tcp port $port" 2>dump.log &
	dump=$!
	wait_for 10 grep -q 'listening on' dump.log || fail "tcpdump: $(cat dump.log)"
	for ((session = 0; session < SESSIONS; session++)); do
		guilty=
		for ((k = 1; k <= $#; k++)); do
			[ "${!k}" != $session ] || guilty=$k
		done
		if [ "$guilty" ]; then "guilty_$server" "$port" "$guilty"; else "ordinary_$server" "$port" $session; fi
	done
	sleep 1
	kill -INT $dump
	wait $dump
	kill $running
	wait $running
}

for server; do
	for guilty in 1 2; do
		for ((round = 1; round <= rounds; round++)); do
			port=$(free_port)
			"command_$server" "$port"
			mapfile -t which < <(shuf -i "0-$((SESSIONS - 1))" -n $guilty | sort -n)
			capture "$server" "$port" "${which[@]}"
			rm -rf hunt
			begin=$SECONDS
			status=0
			"$FLOWDAR" hunt capture.pcap -o hunt -q --sample --bytes 0 -- "${command[@]}" >said 2>&1 || status=$?
			rm -rf left
			"$FLOWDAR" split hunt/smallest.pcap -o left >/dev/null 2>&1
			left=$(find left -name '*.pcap' 2>/dev/null | wc -l)
			right=$(grep -rla -- "${word[$server]}" left 2>/dev/null | grep -c 'pcap$')
			exact=no
			[ "$left $right" != "$guilty $guilty" ] || exact=yes
			echo "$server, $guilty guilty: $left left, guilty of these $right: exact $exact, status $status, $(sed -nE 's/^([0-9]+ runs).*/\1/p' hunt/found.txt 2>/dev/null)," \
				"$((SECONDS - begin)) s; $(head -n 1 hunt/verdict.txt 2>/dev/null || tail -n 1 said)"
		done
	done
done
