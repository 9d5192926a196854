#!/usr/bin/env bash
# Replay against our echo server: every session ok, every byte the captured one; clones from their
# own addresses; verdicts add up; paces, mixes and limits do what they say.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
need jq
captures=$FLOWDAR_SOURCE/tests/captures
shared=${FLOWDAR_SHARED:-$FLOWDAR_SOURCE/../shared}
cd "$replay_work"
echo_start
to=127.0.0.1:$port

# replay ARGUMENTS...: the summary as JSON goes to summary.json, the journal to journal.jsonl.
replay() {
	"$FLOWDAR" replay --max-lag 0 "$@" -o journal.jsonl --format json >summary.json
}

# figure KEY [LABEL]: out of the summary.
figure() {
	jq -r --arg which "${2:-}" "[.replay[] | select(\$which == \"\" or .label == \$which) | .$1] | add" summary.json
}

# expect WHAT GOT EXPECTED
expect() {
	[ "$2" = "$3" ] || fail "$1: got $2, expected $3; $(head -c 2000 summary.json)"
}

# Each verdict of the journal counted with its copies gives what the summary says, and their sum is
# what was asked for.
check_sums() {
	local key words total=0 count
	while read -r key words; do
		count=$(jq -s --arg verdict "$words" \
			'[.[] | select(.verdict == $verdict) | .copies // 1] | add // 0' journal.jsonl)
		[ "$key" = stopped ] || expect "$key in the journal" "$count" "$(figure "$key")"
		total=$((total + $(figure "$key")))
	done <<-END
		ok ok
		differs differs
		refused refused
		reset reset
		timeout timeout
		local_error local error
		stopped stopped
		not_replayable not replayable
	END
	expect "the sum of the verdicts" "$total" "$(figure sessions)"
}

# All twelve sessions, five times side by side: half-close, reset, dribbled pieces and all.
replay "$captures/replay-echo.pcap" --to "$to" --clones 5 --label attack
expect "sessions" "$(figure sessions)" 60
expect "ok" "$(figure ok attack)" 60
expect "byte exact" "$(figure exact)" 60
check_sums
expect "labels" "$(jq -r .label journal.jsonl | sort -u)" attack
expect "addresses" "$(jq -r '.client | split(":")[0]' journal.jsonl | sort -u | wc -l)" 5
expect "addresses and ports" "$(jq -r .client journal.jsonl | sort -u | wc -l)" 60
expect "clones" "$(jq -r .clone journal.jsonl | sort -un | paste -sd,)" 0,1,2,3,4
expect "bytes" "$(figure received_bytes)" "$(figure sent_bytes)"
# Nothing leaves before its time.
expect "pieces that left early" \
	"$(jq -s '[.[].exchanges[] | select(.sent_ns < .due_ns)] | length' journal.jsonl)" 0

# The same as fast as it goes, as datagrams, over IPv6, one after the other.
replay "$captures/replay-echo.pcap" --to "$to" --asap --repeat 20 --concurrency 7
expect "ok, as fast as possible" "$(figure ok)" 240
[ "$(figure most_active)" -le 7 ] || fail "more than 7 sessions were open at once"
replay "$captures/replay-udp.pcap" --to "$to" --clones 4
expect "ok, UDP" "$(figure exact)" 20
for wait in time none; do
	replay "$captures/replay-echo.pcap" --to "$to" --wait $wait
	expect "ok, --wait $wait" "$(figure ok)" 12
done
for phase in uniform random; do
	replay "$captures/replay-echo.pcap" --to "$to" --clones 10 --phase $phase --speed 3 --seed 4
	expect "ok, --phase $phase" "$(figure ok)" 120
done
replay "$captures/replay-echo.pcap" --to "$to" --rate 200
expect "ok, --rate" "$(figure ok)" 12
expect "starts that are not 5 ms apart" "$(jq -s '[.[].due_ns] | sort |
	[range(1; length) as $i | .[$i] - .[$i - 1] | select(. != 5000000)] | length' journal.jsonl)" 0
if [ -e /proc/net/if_inet6 ]; then
	tcp4=$to
	echo_start -6
	replay "$captures/replay-echo.pcap" --to "[::1]:$port" --clones 3
	expect "ok, IPv6" "$(figure exact)" 36
	to=$tcp4
else
	echo "no IPv6 here: left out"
fi

# Two captures in one run, by label; and ports without a target.
replay "$captures/replay-echo.pcap" --to "$to" --label attack \
	--mix "$captures/replay-udp.pcap:label=normal,clones=3"
expect "ok, attack" "$(figure ok attack)" 12
expect "ok, normal" "$(figure ok normal)" 15
check_sums
status=0
replay "$captures/replay-echo.pcap" --map "1=$to" 2>err || status=$?
expect "exit without a target" $status 1
expect "not replayable without a target" "$(figure not_replayable)" 12
check_sums

# Stopping: by time, and by Ctrl-C, with the summary; what was cut and never begun is counted.
replay "$captures/replay-echo.pcap" --to "$to" --asap --duration 300ms
[ "$(figure ok)" -gt 12 ] || fail "--duration played the capture less than once"
check_sums
status=0
setsid "$FLOWDAR" replay "$captures/replay-echo.pcap" --to "$to" --repeat 100 -o journal.jsonl \
	--format json >summary.json &
pid=$!
replay_pids+=("$pid")
wait_for "the first session" test -s journal.jsonl
sleep 1
kill -INT $pid
wait $pid || status=$?
expect "exit after Ctrl-C" $status 130
expect "asked for" "$(figure sessions)" 1200
[ "$(figure stopped)" -gt 0 ] || fail "nothing was stopped"
jq -s . journal.jsonl >/dev/null || fail "the journal is not whole after Ctrl-C"

# A pace that cannot be kept is not pretended: a lag of a nanosecond is too much here.
status=0
replay "$captures/replay-echo.pcap" --to "$to" --clones 200 --max-lag 1ns 2>err || status=$?
expect "exit when too late" $status 1
grep -q 'behind schedule' err || fail "no word about the lag: $(cat err)"

# Nobody there; the wrong use.
closed=$(free_port)
status=0
replay "$captures/replay-echo.pcap" --to "127.0.0.1:$closed" 2>err || status=$?
expect "exit when refused" $status 1
expect "refused" "$(figure refused)" 12
check_sums
for wrong in "--to 192.0.2.1:80" "--to 127.0.0.1" "" "--to $to --wait long" "--to $to --speed 0" \
	"--to $to --sources 300.0.0.0/8" "--to $to --clones 0" "--to $to --mix a.pcap:clones=x" "--to $to --map 80"; do
	status=0
	# shellcheck disable=SC2086 # options
	"$FLOWDAR" replay "$captures/replay-echo.pcap" $wrong >out 2>err || status=$?
	expect "exit of: $wrong" $status 2
	[ ! -s out ] || fail "printed something: $wrong"
done

# A sink never answers: the sessions that were answered in the capture time out, and say so.
echo_start -s
replay "$captures/replay-echo.pcap" --to "127.0.0.1:$port" --timeout 300ms --speed 10
[ "$(figure timeout)" -ge 9 ] || fail "$(figure timeout) sessions timed out at a sink"
check_sums

if [ -r "$shared/captures/echo-500.pcap.gz" ]; then
	replay "$shared/captures/echo-500.pcap.gz" --to "$to" --speed 10
	expect "ok of echo-500" "$(figure ok)" 500
	expect "byte exact of echo-500" "$(figure exact)" 500
else
	echo "$shared/captures/echo-500.pcap.gz is not there: left out"
fi
echo "replay to the echo server: all as captured"
