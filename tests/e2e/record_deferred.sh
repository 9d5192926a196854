#!/usr/bin/env bash
# A server that reads a client's commands, turns to others first, and works through them later, with no I/O
# before: a million calls that are nobody's until the answer is written. They are the client's, each of them.
. "$(dirname "$0")/private.sh"

command -v gcc > /dev/null || { echo "skipped: needs gcc"; exit 77; }
ip link set lo up 2> /dev/null
cat > "$WORK/pipeline.c" <<'C'
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile unsigned sum;

__attribute__((noinline)) void command(unsigned number)
{
	sum += number;
}

__attribute__((noinline)) void work_through(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		command(i);
}

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), client;
	socklen_t length = sizeof(at);
	char text[64] = "";

	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 8) ||
	    getsockname(listener, (struct sockaddr *)&at, &length))
		return 1;
	printf("listening on 127.0.0.1:%u\n", ntohs(at.sin_port));
	fflush(stdout);
	while ((client = accept(listener, NULL, NULL)) >= 0) {
		ssize_t n = read(client, text, sizeof(text) - 1);

		text[n > 0 ? n : 0] = '\0';
		/* Others first: whoever waits for any work is at nobody's. */
		poll(&(struct pollfd){ .fd = listener, .events = POLLPRI }, 1, 20);
		work_through((unsigned)atoi(text));
		(void)!write(client, "done\n", 5);
		close(client);
	}
	return 0;
}
C
"$FLOWDAR" cc --flowdar-compiler=gcc -O2 -g -o "$WORK/pipeline" "$WORK/pipeline.c" || fail "flowdar cc"
"$FLOWDAR" record -q --io --detail function -o "$WORK/rec" -- "$WORK/pipeline" > "$WORK/rec.out" 2> "$WORK/rec.err" &
recorder=$!
wait_for 15 grep -q 'listening on' "$WORK/rec.out" || fail "no server"
port=$(port_of "$WORK/rec.out")
for commands in 500000 300000 400000; do
	exec 3<> "/dev/tcp/127.0.0.1/$port" || fail "no connection"
	echo $commands >&3
	[ "$(cat <&3)" = "done" ] || fail "no answer"
	exec 3>&-
done
kill -INT $recorder
wait $recorder

"$FLOWDAR" analyze "$WORK/rec" --format json > "$WORK/rec.json" 2> "$WORK/analyze.err" || fail "exit status $?"
! grep -q 'beyond the limits' "$WORK/analyze.err" || fail "$(cat "$WORK/analyze.err")"
[ "$(jq '.functions[] | select(.function == "command" and .waits_in == "") | .calls' "$WORK/rec.json")" = 1200000 ] ||
	fail "$(jq -c '.functions[] | [.function, .calls]' "$WORK/rec.json")"
[ "$(jq .session_count "$WORK/rec.json")" = 3 ] || fail "$(jq .session_count "$WORK/rec.json") sessions"
"$FLOWDAR" analyze "$WORK/rec" --server --format json > "$WORK/server.json" || fail "exit status $?"
jq -e 'any(.functions[]; .function == "command" or .function == "work_through") | not' "$WORK/server.json" > /dev/null ||
	fail "the server has some: $(jq -c '.functions[] | [.function, .calls]' "$WORK/server.json")"
echo "passed: 1,200,000 calls of three sessions"
