#!/usr/bin/env bash
# flowdar record --sample beside the calls of functions: samples are the functions', not the price of recording, and
# each has the share of the processor that its loop takes.
. "$(dirname "$0")/private.sh"

PORT=$(free_port)
command -v ab > /dev/null || { echo "skipped: needs apache2-utils"; exit 77; }
need_samples

# 31, 16, 8 and 5 parts of 60.
cat > "$WORK/server.c" <<'END'
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#define APART __attribute__((noinline))
static volatile unsigned sink;
APART static void spin(unsigned turns) { for (unsigned i = 0; i < turns; i++) sink += i; }
APART static void parse(void) { for (unsigned i = 0; i < 400000; i++) sink += i; }
APART static void lookup(void) { for (unsigned i = 0; i < 800000; i++) sink += i; }
APART static void render(void) { for (unsigned i = 0; i < 1550000; i++) sink += i; spin(250000); }
APART static void serve(int fd)
{
	char request[512];
	if (read(fd, request, sizeof(request)) <= 0)
		return;
	parse(), lookup(), render();
	if (write(fd, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 40) < 0)
		return;
}
int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = { htonl(0x7f000001) } };
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 64))
		return 1;
	while ((fd = accept(listener, 0, 0)) >= 0)
		serve(fd), close(fd);
}
END
"$FLOWDAR" cc -O2 -g -DPORT=$PORT "$WORK/server.c" -o "$WORK/server" || fail "cannot be compiled"
"$FLOWDAR" record -q -o "$WORK/rec" --io --detail function --sample=999 -- "$WORK/server" > "$WORK/rec.err" 2>&1 &
recorder=$!
wait_for 15 grep -q "$(printf ':%04X 00000000:0000 0A' $PORT)" /proc/net/tcp || fail "the server does not listen"
ab -q -n 150 -c 1 "http://127.0.0.1:$PORT/" > "$WORK/ab" 2>&1 || fail "ab: exit status $?"
kill -INT $recorder
wait $recorder
"$FLOWDAR" analyze "$WORK/rec" --by sample --format json --limit 0 > "$WORK/samples.json" || fail "analyze: exit status $?"
jq -c '.places' "$WORK/samples.json"
jq -e '.places.session > 0.8 * .samples_taken' "$WORK/samples.json" > /dev/null || fail "samples are not the sessions'"
for part in render:31 lookup:16 parse:8 spin:5; do
	share=$(jq --arg name "${part%:*}" '[.samples[] | select(.function == $name) | .own_part] | add // 0' "$WORK/samples.json")
	echo "${part%:*}: $share of the processor, its loop ${part#*:} of 60"
	awk -v share="$share" -v of="${part#*:}" 'BEGIN { d = share - of / 60; exit !(d < 0.05 && d > -0.05) }' ||
		fail "${part%:*}: further than 5 points off"
done
! jq -e '.samples[] | select(.function == "flowdar_patched_return")' "$WORK/samples.json" > /dev/null ||
	fail "where functions return to is one of them"
# Whose calls were recorded is in the calls.
"$FLOWDAR" analyze "$WORK/rec" --format json | jq -e '[.functions[] | select(.function == "render")][0].calls == 150' > /dev/null ||
	fail "no calls"
echo "passed"
