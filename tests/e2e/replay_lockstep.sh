#!/usr/bin/env bash
# Replay in lockstep at our echo server: every session as captured, from the same addresses and in the same
# order each time; a fed order, clones, datagrams; pauses, by lines, by the pipe and by a debugger: nothing
# goes on without the server, nothing times out.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
need jq
captures=$FLOWDAR_SOURCE/tests/captures
cd "$replay_work"
echo_start
to=127.0.0.1:$port

# lockstep ARGUMENTS...: the summary goes to summary.json, the journal to journal.jsonl, the steps to steps.jsonl.
lockstep() {
	timeout 300 "$FLOWDAR" replay "$@" --to "$to" --lockstep -o journal.jsonl --steps-out steps.jsonl --format json \
		>summary.json 2>err
}

figure() {
	jq -r "[.replay[].$1] | add" summary.json
}

expect() {
	[ "$2" = "$3" ] || fail "$1: got $2, expected $3; $(tail -5 err)
$(jq -c 'select(.exact == false)' journal.jsonl | head -n 3)
$(jq -c 'select(.end? != "settled")' steps.jsonl | head -n 3)"
}

# What does not depend on time.
steps() {
	jq -c 'del(.begin_ns, .end_ns)' steps.jsonl
}

addresses() {
	jq -r '"\(.session) \(.clone) \(.client)"' journal.jsonl | sort -n
}

lockstep "$captures/replay-echo.pcap" --order-out order
expect "ok" "$(figure exact)" 12
expect "steps that did not settle" "$(jq -r 'select(.end != "settled") | .end' steps.jsonl)" ""
expect "figures of the steps" "$(jq -c '.replay[0] | [.steps, .steps_done, .steps_settled, .watched_processes]' summary.json)" "[90,90,90,1]"
[ "$(figure steps_ns)" -gt 0 ] || fail "steps that took no time"
expect "steps and lines of the order" "$(wc -l <steps.jsonl)" "$(grep -c '^[a-z]' order)"
steps >steps.1
addresses >addresses.1
lockstep "$captures/replay-echo.pcap" --order order --order-out order.2
steps | cmp - steps.1 || fail "a second run took other steps"
addresses | cmp - addresses.1 || fail "a second run had other addresses"
cmp order order.2 || fail "the fed order was not kept"

# One session after the other, by an edited order.
for session in $(seq 0 11); do
	grep -E "^[a-z]+ $session( |\$)" order
done >serial
lockstep "$captures/replay-echo.pcap" --order serial
expect "ok, one after the other" "$(figure exact)" 12
expect "open at once" "$(figure most_active)" 1

lockstep "$captures/replay-echo.pcap" --clones 5
expect "ok, clones" "$(figure exact)" 60
expect "addresses" "$(jq -r .client journal.jsonl | sort -u | wc -l)" 60
lockstep "$captures/replay-udp.pcap" --clones 4
expect "ok, UDP" "$(figure exact)" 20

# A process that does not listen there: no answer of it is waited for, but its threads are.
lockstep "$captures/replay-echo.pcap" --server-pid "$server_pid" --until 90 </dev/null
expect "ok, named server" "$(figure exact)" 12

# Pauses: so many steps, then lines of standard input.
status=0
lockstep "$captures/replay-echo.pcap" --until 3 </dev/null || status=$?
expect "exit when nobody lets it go on" $status 130
expect "steps until there" "$(wc -l <steps.jsonl)" 3
expect "figures until there" "$(jq -c '.replay[0] | [.steps, .steps_done]' summary.json)" "[90,3]"
status=0
printf '\ns 2\nw\nu 10\nq\n' | lockstep "$captures/replay-echo.pcap" --step || status=$?
expect "exit after q" $status 130
expect "steps let go" "$(wc -l <steps.jsonl)" 10
grep -q '^next is step 4 of 90: open 1 127.1.0.1:' err || fail "w does not say the next step: $(cat err)"
printf 'c\n' | lockstep "$captures/replay-echo.pcap" --step
expect "ok after c" "$(figure exact)" 12

# The server is stopped in the middle of a step: it waits, past every time-out there is.
lockstep "$captures/replay-echo.pcap" --step --control pipe --quiet 20ms --timeout 100ms </dev/null &
pid=$!
wait_for "the pipe" test -p pipe
wait_for "the pause" grep -q 'next is step 1' err
echo "step 3" >pipe
wait_for "three steps" grep -q 'next is step 4' err
kill -STOP "$server_pid"
echo step >pipe
wait_for "word of the stop" grep -q 'the server is stopped' err
sleep 1
grep -q 'next is step 5' err && fail "it went on without the server"
kill -CONT "$server_pid"
wait_for "the fourth step" grep -q 'next is step 5' err
# So is this program itself.
child=$(pgrep -P "$pid" flowdar || pgrep -P "$(pgrep -P "$pid")" flowdar)
kill -TSTP "$child"
echo go >pipe &
go=$!
sleep 0.5
kill -CONT "$child"
wait "$pid" || fail "the run failed: $(cat err)"
wait "$go"
expect "ok after all that" "$(figure exact)" 12
[ ! -e pipe ] || fail "the pipe is left behind"

# What is refused, and where.
for wrong in "--mix a.pcap" "--asap" "--speed 2" "--repeat 2" "--wait time" "--half-open" "--until -3" "--server-pid x"; do
	status=0
	# shellcheck disable=SC2086 # options
	lockstep "$captures/replay-echo.pcap" $wrong || status=$?
	expect "exit of: $wrong" $status 2
done
status=0
"$FLOWDAR" replay "$captures/replay-echo.pcap" --to "$to" --step 2>err || status=$?
expect "exit of --step alone" $status 2
printf 'open 0\nsend 0 7\n' >wrong
status=0
lockstep "$captures/replay-echo.pcap" --order wrong || status=$?
expect "exit of a wrong order" $status 1
grep -q 'wrong:2: the next step of that session is "send 0 1"' err || fail "the wrong line is not named: $(cat err)"
status=0
lockstep "$captures/replay-echo.pcap" --order /dev/zero || status=$?
expect "exit of an order without an end" $status 1
grep -q '/dev/zero: not a file' err || fail "a device is read: $(cat err)"
touch file
status=0
lockstep "$captures/replay-echo.pcap" --control file || status=$?
expect "exit of a control that is no pipe" $status 1
[ -e file ] || fail "a file that is not ours was taken away"

# A server that reads and never answers: its sessions are given up one by one, and it ends.
echo_start -s
to=127.0.0.1:$port
lockstep "$captures/replay-echo.pcap" --quiet 5ms || fail "a sink: $(cat err)"
unanswered=$(jq -r 'select(.end == "unanswered") | .end' steps.jsonl | wc -l)
[ "$unanswered" -ge 9 ] || fail "a sink's steps are not unanswered"
expect "unanswered, in the summary" "$(figure steps_unanswered)" "$unanswered"

# A port that another program's connection holds is waited for, and that is said.
held_server=$server_pid
held=$(awk '$1 == "open" { sub(/.*:/, "127.2.0.1:", $3); print $3; exit }' order)
need curl
mkfifo held.in
curl -sN --interface "${held%:*}" --local-port "${held#*:}" "telnet://$to" <held.in >/dev/null 2>&1 &
# The server closes first, so that nothing of the connection stays with the client.
{
	exec 8>held.in
	wait_for "word of the port" grep -q '1 client port that another program has not left' held.err
	kill "$held_server"
} &
holder=$!
wait_for "the other connection" grep -q "$(printf ':%04X' "${held#*:}")" /proc/net/tcp
echo_start
to=127.0.0.1:$port
status=0
timeout 300 "$FLOWDAR" replay "$captures/replay-echo.pcap" --to "$to" --lockstep --sources 127.2.0.1/32 -o journal.jsonl \
	--format json >summary.json 2>held.err || status=$?
wait "$holder" || fail "nothing is said of a port that is held: $(cat held.err)"
expect "exit with a port that was held" $status 0
expect "ok when it was free" "$(figure exact)" 12

# A server that takes nobody from a queue that is full: the kernel carries a request for minutes, and is not waited for.
cat >full.c <<'C'
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), seconds = 30;

	/* A request makes a connection whole, so that all can be opened before the first is in the queue. */
	setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 0) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) != 0)
		return 1;
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	sleep(600);
	return 0;
}
C
if cc -o full full.c; then
	{ grep -E '^open [01] ' order; grep -E '^send 0 1( |$)' order; grep -E '^send 1 1( |$)' order
	  grep -vE '^open [01] |^send [01] 1( |$)' order; } >first
	./full >full.port &
	full=$!
	wait_for "the full server" test -s full.port
	status=0
	timeout 300 "$FLOWDAR" replay "$captures/replay-echo.pcap" --to "127.0.0.1:$(cat full.port)" --lockstep --order first \
		--until 4 --steps-out steps.jsonl </dev/null >/dev/null 2>err || status=$?
	kill "$full"
	expect "exit at the full server" $status 130
	expect "steps at the full server" "$(wc -l <steps.jsonl)" 4
fi
echo "lockstep at the echo server: the same each time"
