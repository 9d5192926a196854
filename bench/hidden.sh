# shellcheck shell=bash
# Sourced first by benches that hide guilty sessions among ordinary ones (guilty.sh, hunt.sh): goes on in a world of its
# own, in $WORK, with servers, the capture of what is said to them, and what was left of it.
# shellcheck disable=SC2034 # for the benches
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
ip link set lo up 2>/dev/null
cd "$WORK" || exit 1
chmod 755 "$WORK"
mkdir -p www
echo hello >www/index.html

# set_nginx PORT, set_httpd, set_redis PORT: $command. httpd.conf is there already; redis is filled by fill_redis, once.
set_nginx() {
	cat >nginx.conf <<-EOF
		daemon off; worker_processes 1; pid $WORK/nginx.pid; error_log $WORK/nginx.err; events { }
		http { access_log off; server { listen 127.0.0.1:$1; root $WORK/www;
		location ~ "^/news/(([a-z0-9]+)-?)+\.html$" { rewrite ^ /index.html break; } } }
	EOF
	command=(nginx -c "$WORK/nginx.conf")
}

# One that was killed leaves its pid file, and the next takes whoever has the number then for a server.
set_httpd() {
	command=(sh -c "rm -f $WORK/httpd.pid; exec /usr/sbin/apache2 -f $WORK/httpd.conf -DFOREGROUND")
}

set_redis() {
	mkdir -p redis
	command=(redis-server --bind 127.0.0.1 --port "$1" --dir "$WORK/redis" --save '' --protected-mode no --enable-debug-command yes)
	[ -e redis/dump.rdb ] || {
		start "$1"
		{
			echo 'DEBUG POPULATE 20000'
			fill_redis
			echo SAVE
		} | redis-cli -p "$1" >redis.fill
		stop
	}
}

# start PORT, stop: the server of $command.
start() {
	"${command[@]}" >server.log 2>&1 &
	running=$!
	wait_for_port "$1" $running || fail "${command[0]} does not start: $(cat server.log)"
}

stop() {
	kill $running
	wait $running
}

# begin_capture FILE PORT, end_capture
begin_capture() {
	rm -f dump.log
	tcpdump -i lo -s 0 -U -B 65536 -Z "$(id -un)" -w "$1" "tcp port $2" 2>dump.log &
	dumping=$!
	wait_for 10 grep -q 'listening on' dump.log || fail "tcpdump: $(cat dump.log)"
}

# Until nothing more comes.
end_capture() {
	sleep 1
	kill -INT $dumping
	wait $dumping
}

# choose SESSIONS GUILTY: $which, their numbers.
choose() {
	mapfile -t which < <(shuf -i "0-$(($1 - 1))" -n "$2" | sort -n)
}

# count_left FILE WORD GUILTY: $left sessions, of which $right say the word; whether these are $exact.
count_left() {
	rm -rf left
	"$FLOWDAR" split "$1" -o left >/dev/null 2>&1
	left=$(find left -name '*.pcap' 2>/dev/null | wc -l)
	right=$(grep -rlaz -- "$2" left 2>/dev/null | grep -c 'pcap$')
	exact=no
	[ "$left $right" != "$3 $3" ] || exact=yes
}
