#!/usr/bin/env bash
# flowdar record: what is lost is told, whoever loses it: what the server's libraries counted is compared
# with what is in the trace. And nothing is called lost that is not.
. "$(dirname "$0")/private.sh"

libraries=liblttng-ust-fork.so.1:liblttng-ust-fd.so.1
for library in libflowdar libflowdar-io libflowdar-functions; do
	libraries=$libraries:$FLOWDAR_BUILD/lib/flowdar/$library.so
done

# load SECONDS: requests to $port, one after the other, in the background; sets $load.
load() {
	( end=$((SECONDS + $1)); while [ $SECONDS -lt $end ]; do curl -s -o /dev/null "http://127.0.0.1:$port/"; done ) &
	load=$!
}

# start NAME OPTIONS...: records the demo server in the background; sets $recorder and $port.
start() {
	local name=$1
	shift
	set -m
	timeout 300 "$FLOWDAR" record -o "$WORK/$name" "$@" -- "$SERVER" --port 0 > "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	set +m
	wait_for 15 grep -q 'listening on' "$WORK/$name.out" "$WORK/$name.err" || fail "$name did not start"
	port=$(cat "$WORK/$name.out" "$WORK/$name.err" | port_of /dev/stdin)
}

# ends NAME STATUS: Ctrl-C, and how it ends.
ends() {
	local status=0
	kill -INT "$(pgrep -P "$recorder" -x flowdar)"
	wait "$recorder" || status=$?
	[ "$status" = "$2" ] || fail "$1: exit status $status, not $2"
	kill "$load" 2> /dev/null
}

# number DIR NAME: a count of recording.json, which may be absent.
number() {
	local value
	value=$(field "$1" "$2")
	echo "${value:-0}"
}

# calls DIR: how many are in the trace.
calls() {
	"$FLOWDAR" info "$1" --format json | jq '[.events[] | select(.event == "func_entry").count] | add // 0'
}

# told NAME: something is missing, all of it is told, and first.
told() {
	local dir=$WORK/$1 said found
	said=$(number "$dir" calls)
	found=$(calls "$dir")
	[ "$(number "$dir" calls_missing)" -gt 0 ] || fail "$1: $said calls recorded, $found found, none missing"
	# Those that were open are in the trace and not in the count.
	[ $((said - found)) -le "$(number "$dir" calls_missing)" ] ||
		fail "$1: $(number "$dir" calls_missing) of $said calls missing, and $found found"
	[ "$(number "$dir" calls_missing)" -le $((said - found + 64)) ] ||
		fail "$1: $(number "$dir" calls_missing) of $said calls missing, and $found found"
	[ "$(number "$dir" events_missing)" -gt 0 ] || fail "$1: no events missing"
	grep -q '^recorded .* calls missing: ' "$WORK/$1.err" || fail "$1: the first line does not say so"
	grep -q 'none lost' "$WORK/$1.err" && fail "$1: none lost"
	grep -q 'consumer daemon died' "$WORK/$1.err" || fail "$1: does not say why"
	"$FLOWDAR" info "$dir" | grep -q '^warning: .* not in the trace' || fail "$1: info does not say so"
	"$FLOWDAR" analyze "$dir" > "$WORK/$1.analyzed" 2>&1 || fail "$1: analyze: exit status $?"
	grep -q ' lost.*, more missing' "$WORK/$1.analyzed" ||
		fail "$1: analyze counts as if nothing were missing: $(head -n 4 "$WORK/$1.analyzed")"
}

# whole NAME: nothing is missing, and nothing is said to be.
whole() {
	local dir=$WORK/$1
	[ "$(number "$dir" calls_missing)" = 0 ] || fail "$1: $(number "$dir" calls_missing) calls missing"
	[ "$(number "$dir" events_missing)" = 0 ] || fail "$1: $(number "$dir" events_missing) events missing"
	[ "$(number "$dir" calls)" -gt 100 ] || fail "$1: $(number "$dir" calls) calls"
	[ "$(calls "$dir")" -ge "$(number "$dir" calls)" ] || fail "$1: fewer calls than were counted"
	grep -q 'none lost' "$WORK/$1.err" || fail "$1: does not say that none was lost"
}

note "the consumer daemon dies 0.2 s before Ctrl-C"
start died
load 10
sleep 2
kill -9 "$(pgrep -x lttng-consumerd)"
sleep 0.2
ends died 130
told died
nothing_left

note "the same at once, lossless: that is a failure"
start lossless --lossless
load 10
sleep 2
kill -9 "$(pgrep -x lttng-consumerd)"
ends lossless 1
told lossless
nothing_left

note "under load, ended by Ctrl-C: nothing is missing"
start good
load 10
sleep 2
ends good 130
whole good
nothing_left

note "attached under load,: nothing is missing"
LD_PRELOAD=$libraries "$SERVER" --port 0 > "$WORK/server.out" 2>&1 &
served=$!
wait_for 10 grep -q 'listening on' "$WORK/server.out" || fail "the server did not start"
port=$(port_of "$WORK/server.out")
load 30
set -m
timeout 300 "$FLOWDAR" record -o "$WORK/attached" --attach "$served" > /dev/null 2> "$WORK/attached.err" &
recorder=$!
set +m
wait_for 25 grep -q '^recording' "$WORK/attached.err" || fail "did not attach"
sleep 3
ends attached 130
whole attached
kill "$served"
wait "$served" 2> /dev/null
nothing_left

note "processes that are killed take along what their threads had: that is told, to the call"
cat > "$WORK/killed.c" << 'C'
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static int work(int n)
{
	return n * 3;
}

static void *thread(void *all)
{
	for (int n = 0; n < 777; n++)
		work(n);
	pthread_barrier_wait(all);
	pause();
	return NULL;
}

int main(void)
{
	int signals[] = { SIGKILL, SIGTERM, 0 };

	for (int i = 0; i < 3; i++) {
		if (fork() == 0) {
			pthread_barrier_t all;
			pthread_t threads[100];

			pthread_barrier_init(&all, NULL, 101);
			for (int n = 0; n < 100; n++)
				pthread_create(&threads[n], NULL, thread, &all);
			pthread_barrier_wait(&all);
			for (int n = 0; n < 1000; n++)
				work(n);
			if (signals[i])
				kill(getpid(), signals[i]);
			_exit(0);
		}
		wait(NULL);
	}
	sleep(1);
	return 0;
}
C
if cc -O1 -finstrument-functions -o "$WORK/killed" "$WORK/killed.c" -lpthread; then
	"$FLOWDAR" record -o "$WORK/killed.rec" -- "$WORK/killed" > /dev/null 2> "$WORK/killed.rec.err" || fail "exit status $?"
	[ "$(number "$WORK/killed.rec" processes_killed)" = 2 ] || fail "$(number "$WORK/killed.rec" processes_killed) killed"
	grep -q '^recorded .* 2 processes cut short: ' "$WORK/killed.rec.err" || fail "the first line does not say so"
	# main and, of each child, main once more (it is open there), its threads and what they call.
	made=$((1 + 3 * (1 + 100 + 777 * 100 + 1000)))
	[ "$(number "$WORK/killed.rec" calls)" = $made ] || fail "$(number "$WORK/killed.rec" calls) calls of $made"
	missing=$(number "$WORK/killed.rec" calls_missing)
	[ "$missing" -gt 0 ] || fail "nothing was lost: no test"
	[ $((made - $(number "$WORK/killed.rec" calls_found))) = "$missing" ] || fail "$missing calls are told to be missing"
	"$FLOWDAR" info "$WORK/killed.rec" | grep -q '^warning: 2 processes .* were killed' || fail "info does not say so"
	nothing_left
fi

note "what was open in a process that is killed ends with it; what hangs in another hangs"
cat > "$WORK/hang.c" << 'C'
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void cut(void)
{
	sleep(600);
}

__attribute__((noinline)) static void hang(void)
{
	sleep(600);
}

int main(void)
{
	pid_t first = fork();

	if (first == 0)
		cut();
	if (fork() == 0)
		hang();
	usleep(700000);
	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	puts("killed");
	fflush(stdout);
	pause();
	return 0;
}
C
if cc -O1 -finstrument-functions -o "$WORK/hang" "$WORK/hang.c"; then
	"$FLOWDAR" record -o "$WORK/hang.rec" --io --detail function -- "$WORK/hang" > "$WORK/hang.out" 2> "$WORK/hang.rec.err" &
	recorder=$!
	wait_for 60 grep -q killed "$WORK/hang.out" || fail "the first is not killed"
	sleep 6 # so long the other hangs at least when it is over: more than it takes to be known
	end_recorder "$recorder"
	[ "$(jq '.ends | length' "$WORK/hang.rec/recording.json")" = 1 ] || fail "$(jq .ends "$WORK/hang.rec/recording.json")"
	# Well before the recording's end, which it would be if nobody knew.
	[ "$(jq '.ends[0].within_ns' "$WORK/hang.rec/recording.json")" -lt $(($(field "$WORK/hang.rec" duration_ns) - 1500000000)) ] ||
		fail "nobody knows when it ended: $(jq -c '[.ends, .duration_ns]' "$WORK/hang.rec/recording.json")"
	"$FLOWDAR" log "$WORK/hang.rec" > "$WORK/hang.log" || fail "log: exit status $?"
	grep -qE '<- cut +([0-9.]+ m?s)$' "$WORK/hang.log" || fail "$(grep cut "$WORK/hang.log")"
	grep -qE '<- hang .*unfinished' "$WORK/hang.log" || fail "$(grep hang "$WORK/hang.log")"
	nothing_left
fi

note "processes that come and go: each is counted, and none fills the memory"
cat > "$WORK/many.c" << 'C'
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static int work(int n)
{
	return n * 3;
}

int main(void)
{
	for (int i = 0; i < 60; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(work(i) & 1);
		waitpid(pid, NULL, 0);
	}
	puts("all have come and gone");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 100; i++)
		work(i);
	return 0;
}
C
if cc -O1 -finstrument-functions -o "$WORK/many" "$WORK/many.c"; then
	mkfifo "$WORK/many.in"
	"$FLOWDAR" record -o "$WORK/many.rec" --detail function -- "$WORK/many" < "$WORK/many.in" > "$WORK/many.out" 2> "$WORK/many.rec.err" &
	recorder=$!
	exec 6> "$WORK/many.in"
	wait_for 60 grep -q gone "$WORK/many.out" || fail "they do not come and go"
	few_files() {
		[ "$(find /dev/shm -path '*.counters/*' 2> /dev/null | wc -l)" -lt 5 ]
	}
	wait_for 60 few_files || fail "$(find /dev/shm -path '*.counters/*' | wc -l) files of counters stay while the server runs"
	exec 6>&-
	wait "$recorder" || fail "exit status $?"
	whole many.rec
	nothing_left
fi
echo ok
