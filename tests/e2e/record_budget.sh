#!/usr/bin/env bash
# flowdar record --functions auto: what the budget cannot leave out is said, where it is more than the budget.
. "$(dirname "$0")/private.sh"

cat > "$WORK/marks.c" << 'C'
#include <flowdar/flowdar.h>
#include <stdlib.h>
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

/* A session is marked for each so many turns of work, for a second of processor time. */
int main(int argc, char **argv)
{
	long turns = atol(argv[argc - 1]);
	double until = now() + 1;
	static int session;

	FLOWDAR_SESSION_BEGIN(&session, "192.0.2.1:1", -1);
	while (now() < until)
		for (int i = 0; i < 100; i++) {
			FLOWDAR_SESSION_RESUME(&session);
			work(turns);
			FLOWDAR_SESSION_SUSPEND(&session);
		}
	FLOWDAR_SESSION_END(&session);
	return 0;
}
C
"$FLOWDAR" cc --flowdar-compiler=gcc -O1 -g -o "$WORK/marks" "$WORK/marks.c" || fail "flowdar cc"

# recorded NAME BUDGET TURNS
recorded() {
	"$FLOWDAR" record -q -o "$WORK/$1" --functions auto --budget "$2" -- "$WORK/marks" "$3" 2> "$WORK/$1.err" ||
		fail "$1: exit status $?"
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
"$FLOWDAR" record -q -o "$WORK/all" --detail session -- "$WORK/marks" 100 2> "$WORK/all.err" || fail "all: exit status $?"
grep -q 'was not kept' "$WORK/all.err" && fail "a budget that nobody gave"
[ "$(field "$WORK/all" budget_spent_ppm)" = "" ] || fail "spent: $(field "$WORK/all" budget_spent_ppm)"
echo "passed"
