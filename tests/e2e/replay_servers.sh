#!/usr/bin/env bash
# Replay against real servers of Debian's packages, each on a loopback port and as an ordinary user:
# nginx, redis-server, vsftpd, dnsmasq. Those that are not installed are left out, and named.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
need jq
captures=$FLOWDAR_SOURCE/tests/captures
shared=${FLOWDAR_SHARED:-$FLOWDAR_SOURCE/../shared}/captures
PATH=$PATH:/usr/sbin
cd "$replay_work"

replay() {
	"$FLOWDAR" replay --max-lag 0 "$@" -o journal.jsonl --format json >summary.json
}

# expect KEY NUMBER: in the summary.
expect() {
	local got
	got=$(jq "[.replay[].$1] | add" summary.json)
	[ "$got" = "$2" ] || fail "$1: $got instead of $2: $(cat summary.json) $(grep -v '"ok"' journal.jsonl | cut -c1-600 | head -3)"
}

# have SERVER: whether it is installed.
have() {
	command -v "$1" >/dev/null && return
	echo "$1 is not installed: left out"
	return 1
}

if have nginx; then
	nginx_start
	replay "$captures/replay-nginx.pcap" --to "127.0.0.1:$port" --clones 4
	expect sessions 64
	expect ok 64
	replay "$captures/replay-nginx.pcap" --to "127.0.0.1:$port" --asap --repeat 20
	expect ok 320
	# A real slow-loris: the pieces trickle, nginx waits; nothing but the end is its doing.
	replay "$captures/httpd-slowloris.pcap" --to "127.0.0.1:$port" --speed 20 --timeout 2s
	[ "$(jq '[.replay[].sends] | add' summary.json)" -ge 200 ] || fail "the slow-loris did not trickle"
fi

if have redis-server; then
	redis_start
	replay "$captures/replay-redis.pcap" --to "127.0.0.1:$port" --clones 3
	expect not_replayable 0
	expect timeout 0
	expect reset 0
	expect local_error 0
	# Clones share the server's counters and lists: some answers are longer than captured.
	[ "$(jq '[.replay[] | .ok + .differs] | add' summary.json)" = 48 ] ||
		fail "redis answered otherwise: $(cat summary.json)"
	# Keys of each clone's own, whatever they are in length: redis understands every command.
	printf '%s\n' '[keys]' 'request = \n(key:__rand_int__|counter:__rand_int__|mylist)\r' 'value = {value}/clone-{clone}/{hex:12}' >own.rules
	replay "$captures/replay-redis.pcap" --to "127.0.0.1:$port" --clones 12 --rewrite own.rules 2>rewritten.txt
	[ "$(jq '[.replay[] | .ok + .differs] | add' summary.json)" = 192 ] ||
		fail "rewritten: redis answered otherwise: $(cat summary.json)"
	grep -q '^rewritten: 720 values replaced in 720 messages$' rewritten.txt || fail "rewritten: $(cat rewritten.txt)"
	if have redis-cli; then
		redis-cli -p "$port" --raw keys '*/clone-*' >keys.txt
		[ "$(grep -c '^key:__rand_int__/clone-' keys.txt)" = 12 ] || fail "clones' own keys: $(cat keys.txt)"
		[ "$(grep -c '^counter:__rand_int__/clone-' keys.txt)" = 12 ] || fail "clones' own keys: $(cat keys.txt)"
	fi
	if [ -r "$shared/redis-benchmark.pcap" ]; then
		replay "$shared/redis-benchmark.pcap" --to "127.0.0.1:$port"
		expect sessions 15
		# Counters and lists are not as long here as they were there.
		[ "$(jq '[.replay[] | .ok + .differs] | add' summary.json)" = 15 ] ||
			fail "redis-benchmark: $(cat summary.json)"
		expect exchanges 15
	else
		echo "$shared/redis-benchmark.pcap is not there: left out"
	fi
fi

if have vsftpd; then
	vsftpd_start
	# The server speaks first; the three data connections go to ports that this server did not
	# name; and the two transfers wait for one of these in vain, as they must.
	replay "$captures/replay-ftp.pcap" --to "127.0.0.1:$port" --timeout 1s
	expect sessions 6
	expect not_replayable 3
	expect timeout 2
	# The port that the server names may have a digit more or less than the captured one.
	expect 'ok + .replay[0].differs' 1
	[ "$(jq -s '[.[] | select((.reason // "") | test("side connection"))] | length' journal.jsonl)" = 3 ] ||
		fail "side connections are not told"
	if [ -r "$shared/ftp-bruteforce.pcap" ]; then
		replay "$shared/ftp-bruteforce.pcap" --to "127.0.0.1:$port" --asap --concurrency 10
		expect sessions 30
		expect exchanges 90
		expect timeout 0
	fi
fi

if have dnsmasq; then
	dnsmasq_start
	# Five questions over UDP, one over TCP, each with an address of its own.
	replay "$captures/replay-dns.pcap" --to "127.0.0.1:$port" --clones 10
	expect sessions 60
	expect ok 60
	expect exact 60
	replay "$captures/replay-dns.pcap" --to "127.0.0.1:$(free_port)" --timeout 1s 2>err && fail "nobody there, exit 0"
	expect refused 6
fi
echo "replay to real servers: done"
