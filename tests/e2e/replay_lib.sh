# shellcheck shell=bash
# For the tests of replay and the script that makes their captures: real servers of Debian's
# packages, on free loopback ports, as an ordinary user. Everything started is ended by the trap.

replay_work=$(mktemp -d)
chmod 755 "$replay_work"
replay_pids=()

replay_end() {
	local pid
	for pid in "${replay_pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${replay_pids[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$replay_work"
}
trap replay_end EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

# need TOOL...: skips the test when one is missing.
need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
}

# free_port: a port that nobody listens on.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

# wait_for WHAT COMMAND...: until the command succeeds; a minute at most.
wait_for() {
	local what=$1 tries=0
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || fail "$what did not come within a minute: $(tail -5 "$replay_work"/*.log 2>/dev/null)"
		sleep 0.1
	done
}

port_open() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# as_user COMMAND...: as nobody when we are root; in a namespace of our own there is nobody else.
as_user() {
	if [ "$(id -u)" = 0 ] && [ -z "${IN_NAMESPACE:-}" ]; then
		exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
	else
		exec "$@"
	fi
}

# capture_start FILE FILTER: captures what fits on the loopback interface of a network of our own; capture_stop FILE:
# when all connections are closed and all is written. What dumpcap was not given time to read by its end is in no
# file; a last datagram, which FILE does not get, tells that nothing is missing.
capture_start() {
	rm -f dumpcap.log
	dumpcap -q -P -i lo -f "($2) or udp port 9" -w "$1.all" 2>dumpcap.log &
	dump=$!
	replay_pids+=("$dump")
	wait_for dumpcap grep -q '^File:' dumpcap.log
}

capture_stop() {
	wait_for "the end of all connections" all_closed
	wait_for "the end of the capture" all_written "$1.all"
	kill -INT "$dump"
	wait "$dump" || true
	tshark -r "$1.all" -Y tcp -F pcap -w "$1" 2>tshark.log || fail "tshark: $(cat tshark.log)"
}

# All but LISTEN (0A) and TIME_WAIT (06).
all_closed() {
	# Not every kernel has the second.
	awk '$4 ~ /^[0-9A-F][0-9A-F]$/ && $4 != "0A" && $4 != "06" { left = 1 } END { exit left }' \
		<(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
}

all_written() {
	echo flowdar-has-said-all >/dev/udp/127.0.0.1/9
	grep -a -q flowdar-has-said-all "$1"
}

# played FILE COUNT: the journal tells of so many sessions that are over.
played() {
	[ "$(grep -c '"verdict"' "$1")" -ge "$2" ]
}

# serve NAME COMMAND...: starts it as an ordinary user; its output goes to NAME.log; sets server_pid.
serve() {
	local name=$1
	shift
	(cd "$replay_work" && as_user "$@") >"$replay_work/$name.log" 2>&1 </dev/null &
	server_pid=$!
	replay_pids+=("$server_pid")
}

# own_dir NAME: a directory that the servers' user may write to.
own_dir() {
	mkdir -p "$replay_work/$1"
	[ "$(id -u)" != 0 ] || [ -n "${IN_NAMESPACE:-}" ] || chown nobody:nogroup "$replay_work/$1"
	echo "$replay_work/$1"
}

# echo_start [OPTION...]: our echo server; sets port and server_pid.
echo_start() {
	local log=echo.${#replay_pids[@]}
	cp "${FLOWDAR_BUILD:?}/bin/echo_server" "$replay_work/" 2>/dev/null || true
	serve "$log" "$replay_work/echo_server" "$@" 0
	wait_for "the echo server" grep -q 'listening on' "$replay_work/$log.log"
	port=$(sed -n 's/listening on //p' "$replay_work/$log.log")
}

nginx_start() {
	local dir
	port=$(free_port)
	dir=$(own_dir nginx)
	mkdir -p "$dir/www"
	printf 'hello from a small file\n' >"$dir/www/hello.txt"
	head -c 40000 /dev/zero | tr '\0' 'x' >"$dir/www/long.txt"
	touch -d '2024-01-01 UTC' "$dir/www/hello.txt" "$dir/www/long.txt"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		${IN_NAMESPACE:+user root root;}
		worker_processes 1;
		pid $dir/pid;
		error_log stderr warn;
		events { worker_connections 4096; }
		http {
			access_log off;
			server_tokens off;
			keepalive_requests 1000000;
			client_body_temp_path $dir/body; proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi; uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;
			server {
				listen 127.0.0.1:$port backlog=4096;
				root $dir/www;
			}
		}
	END
	serve nginx "$(command -v nginx || echo /usr/sbin/nginx)" -e stderr -c "$dir/nginx.conf"
	wait_for nginx port_open "$port"
}

redis_start() {
	port=$(free_port)
	serve redis redis-server --protected-mode no --bind 127.0.0.1 --port "$port" --save '' --appendonly no \
		--dir "$(own_dir redis)" --daemonize no
	wait_for redis port_open "$port"
}

vsftpd_start() {
	local dir
	port=$(free_port)
	dir=$(own_dir ftp)
	mkdir -p "$dir/pub"
	printf 'a file to fetch\n' >"$dir/pub/file.txt"
	cat >"$dir/vsftpd.conf" <<-END
		listen=YES
		listen_address=127.0.0.1
		listen_port=$port
		background=NO
		run_as_launching_user=YES
		anonymous_enable=YES
		local_enable=NO
		anon_root=$dir/pub
		secure_chroot_dir=$dir
		connect_from_port_20=NO
		xferlog_enable=NO
		seccomp_sandbox=NO
		ftpd_banner=A server for tests.
	END
	[ "$(id -u)" != 0 ] || chown -R nobody:nogroup "$dir"
	serve vsftpd "$(command -v vsftpd || echo /usr/sbin/vsftpd)" "$dir/vsftpd.conf"
	wait_for vsftpd port_open "$port"
}

dnsmasq_start() {
	port=$(free_port)
	serve dnsmasq "$(command -v dnsmasq || echo /usr/sbin/dnsmasq)" --no-daemon --conf-file=/dev/null \
		--port="$port" --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts \
		--pid-file= --user="$(id -un)" --address=/one.test/10.1.2.3 --address=/two.test/fd00::5 \
		--txt-record=text.test,"some text in a record"
	wait_for dnsmasq port_open "$port"
}
