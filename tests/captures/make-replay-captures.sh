#!/usr/bin/env bash
# Makes the captures that the tests of replay play: real clients talk to real servers over loopback
# while tcpdump listens.
#
#   FLOWDAR_BUILD=build/release tests/captures/make-replay-captures.sh [--out DIR]
#
# Servers: our echo_server, nginx, redis-server, vsftpd, dnsmasq. Clients: python3 (for what no
# ready-made client does: resets, half-closes, dribbled pieces), ab, curl, redis-benchmark, dig.
# Needs the right to capture on lo. Ends all that it started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../e2e/replay_lib.sh"
out=$here
[ "${1:-}" != --out ] || out=$2
dump_pid=

# dump_start NAME FILTER
dump_start() {
	rm -f "$replay_work/dump.log"
	tcpdump -i lo -s 0 -U -Z "$(id -un)" -w "$replay_work/$1.pcap" "$2" 2>"$replay_work/dump.log" &
	dump_pid=$!
	replay_pids+=("$dump_pid")
	wait_for tcpdump grep -q 'listening on' "$replay_work/dump.log"
}

# dump_stop NAME: when the file has not grown for half a second; packets come up to a second late.
dump_stop() {
	local before=-1 now=0
	sleep 1.2
	while [ "$now" != "$before" ]; do
		before=$now
		sleep 0.5
		now=$(stat -c %s "$replay_work/$1.pcap")
	done
	kill -INT "$dump_pid"
	wait "$dump_pid" || true
	grep -q '^0 packets dropped by kernel' "$replay_work/dump.log" || fail "packets were lost"
	mv "$replay_work/$1.pcap" "$out/$1.pcap"
	echo "$out/$1.pcap: $(stat -c %s "$out/$1.pcap") bytes"
}

echo_start
dump_start replay-echo "tcp port $port"
python3 - "$port" <<'END'
import socket, struct, sys, threading, time
port = int(sys.argv[1])

def connect():
    s = socket.create_connection(("127.0.0.1", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s

def read(s, n):
    got = b""
    while len(got) < n:
        more = s.recv(65536)
        if not more:
            break
        got += more
    return got

def talk(i):                    # questions and answers, the client closes
    with connect() as s:
        for k in range(6):
            text = b"session %d, message %d\n" % (i, k) * (1 + k * 5)
            s.sendall(text)
            read(s, len(text))
            time.sleep(0.005)

def half_close():               # all is sent, then read to the end
    with connect() as s:
        s.sendall(b"h" * 3000)
        s.shutdown(socket.SHUT_WR)
        read(s, 1 << 20)

def reset():                    # leaves with a RST
    s = connect()
    s.sendall(b"and away\n")
    read(s, 9)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()

def dribble():                  # one message in pieces
    with connect() as s:
        for word in (b"GET ", b"/slow ", b"HTTP/1.1\r\n", b"X-a: b\r\n", b"\r\n"):
            s.sendall(word)
            time.sleep(0.06)
        read(s, 30)

def silent():                   # connects and leaves
    connect().close()

threads = [threading.Thread(target=f, args=a) for f, a in
           [(talk, (i,)) for i in range(8)] + [(half_close, ()), (reset, ()), (dribble, ()), (silent, ())]]
for t in threads:
    t.start()
    time.sleep(0.01)
for t in threads:
    t.join()
END
dump_stop replay-echo

dump_start replay-udp "udp port $port"
python3 - "$port" <<'END'
import socket, sys
for i in range(5):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    for k in range(4):
        s.send(b"datagram %d of %d" % (k, i) if k else b"")
        s.recv(2000)
END
dump_stop replay-udp

nginx_start
dump_start replay-nginx "tcp port $port"
curl -s -o /dev/null "http://127.0.0.1:$port/hello.txt"
curl -s -o /dev/null "http://127.0.0.1:$port/none" "http://127.0.0.1:$port/hello.txt" -o /dev/null
curl -s -o /dev/null "http://127.0.0.1:$port/long.txt"
ab -q -k -n 30 -c 3 "http://127.0.0.1:$port/hello.txt" >/dev/null
ab -q -n 10 -c 2 "http://127.0.0.1:$port/hello.txt" >/dev/null
dump_stop replay-nginx

redis_start
dump_start replay-redis "tcp port $port"
redis-benchmark -h 127.0.0.1 -p "$port" -c 3 -n 12 -t set,get,incr,lpush,lpop -q >/dev/null
dump_stop replay-redis

vsftpd_start
dump_start replay-ftp "tcp"
curl -s -o /dev/null "ftp://127.0.0.1:$port/file.txt"
curl -s -o /dev/null --disable-epsv "ftp://127.0.0.1:$port/"
curl -s -o /dev/null "ftp://127.0.0.1:$port/missing.txt" || true
dump_stop replay-ftp

dnsmasq_start
dump_start replay-dns "port $port"
for name in "one.test A" "two.test AAAA" "text.test TXT" "missing.test A" "one.test A"; do
	# shellcheck disable=SC2086 # two words
	dig +tries=1 +time=2 @127.0.0.1 -p "$port" $name >/dev/null
done
dig +tcp +tries=1 +time=2 @127.0.0.1 -p "$port" one.test A >/dev/null
dump_stop replay-dns
