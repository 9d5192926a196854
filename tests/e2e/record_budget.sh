#!/usr/bin/env bash
# flowdar record --functions auto: what the budget cannot leave out is said, where it is more than the budget; and
# marks that are packed are all there, each once.
. "$(dirname "$0")/private.sh"

cat > "$WORK/marks.c" << 'C'
#include <flowdar/flowdar.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static volatile unsigned long sum;

__attribute__((noinline)) void work(long turns)
{
	for (long i = 0; i < turns; i++)
		sum += (unsigned long)i;
}

static void *second(void *counts)
{
	static int session;

	FLOWDAR_SESSION_BEGIN(&session, "192.0.2.1:2", -1);
	for (int i = 0; i < 50; i++) {
		FLOWDAR_SESSION_RESUME(&session);
		FLOWDAR_REQUEST_BEGIN(&session, "GET /second");
		FLOWDAR_REQUEST_END(&session, 200);
		FLOWDAR_SESSION_SUSPEND(&session);
	}
	*(long *)counts += 50;
	return NULL;
}

/* A session is marked for each so many turns of work, for a second of processor time. Says how often; a word behind
 * the turns: how it goes on. */
int main(int argc, char **argv)
{
	long turns = atol(argv[1]), marked = 0;
	const char *then = argc > 2 ? argv[2] : "";
	double until = now() + 1;
	pthread_t thread;
	static int session;

	FLOWDAR_SESSION_BEGIN(&session, "192.0.2.1:1", -1);
	while (now() < until)
		for (int i = 0; i < 100; i++) {
			FLOWDAR_SESSION_RESUME(&session);
			work(turns);
			FLOWDAR_SESSION_SUSPEND(&session);
			marked++;
		}
	if (strcmp(then, "second") == 0) {
		pthread_create(&thread, NULL, second, &marked);
		pthread_join(thread, NULL);
	}
	printf("%ld\n", marked);
	fflush(stdout);
	if (strcmp(then, "killed") == 0) {
		/* The first may be an event of its own: the thread may have been off the processor before. */
		FLOWDAR_SESSION_RESUME(&session);
		FLOWDAR_SESSION_SUSPEND(&session);
		FLOWDAR_SESSION_RESUME(&session);
		raise(SIGKILL);
	}
	FLOWDAR_SESSION_END(&session);
	return 0;
}
C
"$FLOWDAR" cc --flowdar-compiler=gcc -O1 -g -o "$WORK/marks" "$WORK/marks.c" || fail "flowdar cc"

# recorded NAME BUDGET TURNS
recorded() {
	"$FLOWDAR" record -q -o "$WORK/$1" --functions auto --budget "$2" -- "$WORK/marks" "$3" \
		> "$WORK/$1.out" 2> "$WORK/$1.err" || fail "$1: exit status $?"
	all_there "$1"
}

# found NAME EVENT: how many there are.
found() {
	"$FLOWDAR" info "$WORK/$1" --format json |
		jq --arg event "$2" '[.events[] | select(.event == $event).count] | add // 0'
}

# all_there NAME: as many marks as the server says that it made; on a machine where the tracer had to discard some,
# that is told.
all_there() {
	local marked event
	[ "$(field "$WORK/$1" discarded)" = 0 ] || return 0
	marked=$(cat "$WORK/$1.out")
	for event in session_resume session_suspend; do
		[ "$(found "$1" $event)" = "$marked" ] || fail "$1: $(found "$1" $event) $event, not $marked"
	done
	[ "$(field "$WORK/$1" events_missing)" = "" ] || fail "$1: $(field "$WORK/$1" events_missing) are missing"
}

note "hardly anything but marks: they are more than the budget, and are all recorded"
recorded many 1% 10
grep -q 'the budget of 1 % was not kept: recording took .* sessions, requests, waits and reads .* (--detail session may have fewer' \
	"$WORK/many.err" || fail "does not say so"
[ "$(field "$WORK/many" budget_others_ppm)" -gt 10000 ] || fail "others: $(field "$WORK/many" budget_others_ppm)"
[ "$(field "$WORK/many" budget_spent_ppm)" -ge "$(field "$WORK/many" budget_others_ppm)" ] || fail "less than a part of it"

note "some milliseconds of work between two: the budget holds"
recorded few 20% 3000000
grep -q 'was not kept' "$WORK/few.err" && fail "$(cat "$WORK/few.err")"
[ "$(field "$WORK/few" budget_spent_ppm)" -lt 200000 ] || fail "spent: $(field "$WORK/few" budget_spent_ppm)"

note "without a budget there is nothing to keep"
"$FLOWDAR" record -q -o "$WORK/all" --detail session --lossless -- "$WORK/marks" 100 second \
	> "$WORK/all.out" 2> "$WORK/all.err" || fail "all: exit status $?"
grep -q 'was not kept' "$WORK/all.err" && fail "a budget that nobody gave"
[ "$(field "$WORK/all" budget_spent_ppm)" = "" ] || fail "spent: $(field "$WORK/all" budget_spent_ppm)"

note "marks without functions are packed, and a second thread that tells of sessions loses none"
all_there all
[ "$(found all request_end)" = 50 ] || fail "$(found all request_end) ends of requests"
[ "$(field "$WORK/all" events)" -lt "$(cat "$WORK/all.out")" ] || fail "an event for each mark"

note "what a killed server had not written yet is told"
"$FLOWDAR" record -q -o "$WORK/killed" --detail session --lossless -- "$WORK/marks" 100 killed \
	> "$WORK/killed.out" 2> "$WORK/killed.err"
grep -Eq '1 processes of the server were killed.* and [1-9][0-9]* marks that' "$WORK/killed.err" ||
	fail "not told: $(cat "$WORK/killed.err")"
told=$(sed -En 's/.* and ([0-9]+) marks that.*/\1/p' "$WORK/killed.err")
there=$(($(found killed session_resume) + $(found killed session_suspend)))
[ $((there + told)) = $((2 * $(cat "$WORK/killed.out") + 3)) ] ||
	fail "$there are there, $told told as missing, of $(cat "$WORK/killed.out") rounds"
echo "passed"
