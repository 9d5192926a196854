#!/usr/bin/env bash
# flowdar record --sample beside the calls of functions: samples are the functions', not the price of recording, and
# each has the share of the processor that its loop takes.
. "$(dirname "$0")/private.sh"
. "$(dirname "$0")/no_perf.sh"

PORT=$(free_port)
command -v ab > /dev/null || { echo "skipped: needs apache2-utils"; exit 77; }
need_samples

# How long a turn of these loops takes depends on the processor and on where the code lies: the server says what each had.
cat > "$WORK/server.c" <<'END'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#define APART __attribute__((noinline))
static volatile unsigned sink;
static long spent[4], last;
static inline __attribute__((always_inline)) void lap(int part)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	spent[part] += at.tv_sec * 1000000000L + at.tv_nsec - last;
	last = at.tv_sec * 1000000000L + at.tv_nsec;
}
APART static void spin(unsigned turns) { for (unsigned i = 0; i < turns; i++) sink += i; lap(3); }
APART static void parse(void) { for (unsigned i = 0; i < 400000; i++) sink += i; lap(0); }
APART static void lookup(void) { for (unsigned i = 0; i < 800000; i++) sink += i; lap(1); }
APART static void render(void) { for (unsigned i = 0; i < 1550000; i++) sink += i; lap(2); spin(250000); }
APART static void serve(int fd)
{
	char request[512];
	if (read(fd, request, sizeof(request)) <= 0)
		return;
	long before = spent[0];
	lap(0), spent[0] = before;
	parse(), lookup(), render();
	if (write(fd, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 40) < 0)
		return;
}
int main(int argc, char **argv)
{
	char text[200];
	int told = open(argv[argc - 1], O_WRONLY | O_CREAT, 0644);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = { htonl(0x7f000001) } };
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 64))
		return 1;
	while ((fd = accept(listener, 0, 0)) >= 0) {
		serve(fd), close(fd);
		int length = snprintf(text, sizeof(text), "parse:%ld lookup:%ld render:%ld spin:%ld\n", spent[0], spent[1], spent[2],
				      spent[3]);
		if (pwrite(told, text, length, 0) != length)
			return 1;
	}
}
END
"$FLOWDAR" cc -O2 -g -DPORT=$PORT "$WORK/server.c" -o "$WORK/server" || fail "cannot be compiled"
# beside NAME EACH [COMMAND...]: the server recorded, of 200 requests each function and what samples say of it. So many
# samples come at once: the kernel looks at timers 250 times a second, and what passed meanwhile is where it finds them.
beside() {
	note "$1"
	"${@:3}" "$FLOWDAR" record -q -o "$WORK/$1" --io --detail function --lossless --sample=999 -- "$WORK/server" "$WORK/$1.told" \
		> "$WORK/$1.err" 2>&1 &
	recorder=$!
	wait_for 15 grep -q "$(printf ':%04X 00000000:0000 0A' $PORT)" /proc/net/tcp || fail "the server does not listen"
	ab -q -n 200 -c 1 "http://127.0.0.1:$PORT/" > "$WORK/ab" 2>&1 || fail "ab: exit status $?"
	kill -INT $recorder
	wait $recorder
	"$FLOWDAR" analyze "$WORK/$1" --by sample --format json --limit 0 > "$WORK/samples.json" || fail "analyze: exit status $?"
	"$FLOWDAR" analyze "$WORK/$1" --format json --limit 0 > "$WORK/calls.json" || fail "analyze: exit status $?"
	jq -c '.places' "$WORK/samples.json"
	jq -e '.places.session > 0.8 * .samples_taken' "$WORK/samples.json" > /dev/null || fail "samples are not the sessions'"
	taken=$(jq ".samples_taken / $2" "$WORK/samples.json")
	shares "the loops" < <(tr ' ' '\n' < "$WORK/$1.told")
	shares "the calls" < <(jq -r '.functions[] | select(.function | IN("parse", "lookup", "render", "spin")) |
		select(.waits_in == "") | "\(.function):\(.own_ns)"' "$WORK/calls.json")
	! jq -e '.samples[] | select(.function == "flowdar_patched_return")' "$WORK/samples.json" > /dev/null ||
		fail "where functions return to is one of them"
}

# shares WHOSE: on standard input NAME:NS, a line each; by samples each has that part of all, within 5 points, or where there
# are few samples (on a busy machine a fourth of them came) as much as happens once in 10,000 times.
shares() {
	local parts all share part
	mapfile -t parts
	all=$(printf '%s\n' "${parts[@]}" | awk -F: '{ ns += $2 } END { printf "%.0f", ns }')
	[ ${#parts[@]} = 4 ] && [ "$all" -gt 0 ] || fail "$1: ${parts[*]}"
	for part in "${parts[@]}"; do
		share=$(jq --arg name "${part%:*}" '[.samples[] | select(.function == $name) | .own_part] | add // 0' "$WORK/samples.json")
		echo "${part%:*}: $share of the processor, by $1 ${part#*:} of $all ns"
		awk -v share="$share" -v ns="${part#*:}" -v all="$all" -v taken="$taken" 'BEGIN {
			p = ns / all; d = share - p; chance = 4 * sqrt(p * (1 - p) / taken)
			exit !(d * d < (chance > 0.05 ? chance : 0.05) ^ 2)
		}' || fail "${part%:*}: further off than chance, with $taken samples"
	done
}

beside timers 4 "$WORK/no_perf"
grep -q 'by timers in the server itself' "$WORK/timers.err" || fail "these are not of timers"
beside events 1
# Whose calls were recorded is in the calls.
"$FLOWDAR" analyze "$WORK/events" --format json | jq -e '[.functions[] | select(.function == "render")][0].calls == 200' > /dev/null ||
	fail "no calls"
echo "passed"
