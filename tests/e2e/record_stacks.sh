#!/usr/bin/env bash
# flowdar record --attach: a server that hung before shows the stacks that its threads are stuck in.
. "$(dirname "$0")/private.sh"

cat > "$WORK/stuck.c" << 'C'
/* main waits in handle(), a second thread in worker() for a lock that nobody gives; a third is busy, and
 * a fourth goes into late_here() when it is told. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t over, late;
static volatile unsigned long spins;

static void on_signal(int number)
{
	late = 1;
	over = number == SIGUSR1;
}

__attribute__((noinline)) static void stuck_here(void)
{
	/* Not pause(): the signal may come before it, or to another thread. */
	while (!over)
		poll(NULL, 0, 100);
	spins++;
}

__attribute__((noinline)) static void handle(void)
{
	stuck_here();
	spins++;
}

__attribute__((noinline)) static void locked_out(void)
{
	pthread_mutex_lock(&lock);
	spins++;
}

static void *worker(void *nothing)
{
	pthread_setname_np(pthread_self(), "worker");
	locked_out();
	return nothing;
}

__attribute__((noinline)) static void spin(void)
{
	while (!over)
		spins++;
}

static void *busy(void *nothing)
{
	pthread_setname_np(pthread_self(), "busy");
	spin();
	return nothing;
}

__attribute__((noinline)) static void late_here(void)
{
	while (!over)
		usleep(10000);
	spins++;
}

__attribute__((noinline)) static void latecomer(void)
{
	late_here();
	spins++;
}

static void *wait_for_it(void *nothing)
{
	pthread_setname_np(pthread_self(), "late");
	while (!late)
		usleep(10000);
	latecomer();
	return nothing;
}

int main(void)
{
	pthread_t threads[3];

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	pthread_mutex_lock(&lock);
	pthread_create(&threads[0], NULL, worker, NULL);
	pthread_create(&threads[1], NULL, wait_for_it, NULL);
	pthread_create(&threads[2], NULL, busy, NULL);
	puts("listening on nothing");
	fflush(stdout);
	handle();
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
C
"$FLOWDAR" cc -O1 -g -o "$WORK/stuck" "$WORK/stuck.c" -lpthread 2> "$WORK/cc.err" ||
	gcc -O1 -g -o "$WORK/stuck" "$WORK/stuck.c" -lpthread || { echo "skipped: no compiler"; exit 77; }

libraries=liblttng-ust-fork.so.1:liblttng-ust-fd.so.1
for library in libflowdar libflowdar-functions; do
	libraries=$libraries:$FLOWDAR_BUILD/lib/flowdar/$library.so
done
LD_PRELOAD=$libraries "$WORK/stuck" > "$WORK/stuck.out" 2>&1 &
served=$!
wait_for 10 grep -q listening "$WORK/stuck.out" || fail "the server did not start"
wait_for 10 grep -q busy "/proc/$served/task/"*/comm || fail "its threads did not start"

# functions DIR NAME: the functions that the thread of that name was in, the innermost first.
functions() {
	"$FLOWDAR" info "$1" --format json |
		jq -r --arg name "$2" '[.stacks[] | select(.name == $name).frames[] | .function // "?"] | join(" ")'
}

# attach NAME SECONDS: records the server.
attach() {
	timeout 300 "$FLOWDAR" record -o "$WORK/$1" --attach "$served" --duration "$2"s \
		2> "$WORK/$1.err" || fail "exit status $?"
}

for run in first second; do
	note "the stacks, $run time"
	# In the first, the fourth thread goes into a function that is patched meanwhile, and stays.
	(
		wait_for 20 grep -q '^recording' "$WORK/first.err"
		sleep 1
		kill -USR2 "$served"
	) &
	attach $run 2
	case " $(functions "$WORK/$run" stuck) " in
	*" stuck_here handle main "*) ;;
	*) fail "not stuck_here, handle, main: $(functions "$WORK/$run" stuck)" ;;
	esac
	case " $(functions "$WORK/$run" worker) " in
	*" locked_out worker "*) ;;
	*) fail "not locked_out, worker: $(functions "$WORK/$run" worker)" ;;
	esac
	case "$(functions "$WORK/$run" busy) " in
	"spin busy "*) ;;
	*) fail "not spin, busy: $(functions "$WORK/$run" busy)" ;;
	esac
	[ "$("$FLOWDAR" info "$WORK/$run" --format json | jq '.stacks | length')" = 4 ] ||
		fail "other threads than the server's own four"
	[ -z "$(field "$WORK/$run" warnings | grep stacks)" ] || fail "a warning: $(field "$WORK/$run" warnings)"
	grep -q '^State:.[RS]' "/proc/$served/status" || fail "the server does not run on"
	grep -q '^TracerPid:.0$' "/proc/$served/status" || fail "the server is still held"
done
"$FLOWDAR" info "$WORK/first" > "$WORK/info.out"
case " $(functions "$WORK/second" late) " in
*" late_here latecomer wait_for_it "*) ;;
*) fail "not late_here, latecomer, wait_for_it: $(functions "$WORK/second" late)" ;;
esac
grep -q 'where its threads were when the recording began' "$WORK/info.out" || fail "info says nothing"
grep -q 'stuck_here < handle < main \[stuck\]' "$WORK/info.out" || fail "info does not show the stack"

# is_held: whether all of the server's threads are traced.
is_held() {
	! grep -q '^TracerPid:[[:space:]]*0$' "/proc/$served/task/"*/status
}

note "a server that somebody else holds: a warning, no failure"
if command -v strace > /dev/null; then
	strace -f -o /dev/null -p "$served" 2> "$WORK/strace.log" &
	holder=$!
	wait_for 60 is_held || fail "strace holds nobody: $(cat "$WORK/strace.log")"
	attach held 1
	field "$WORK/held" warnings | grep -q 'may not be looked into' || fail "no warning"
	[ ! -e "$WORK/held/stacks.json" ] || fail "stacks of a process that is held"
	kill "$holder"
	wait "$holder"
else
	note "skipped: there is no strace"
fi

note "the server goes on to its end"
kill -USR1 "$served"
wait "$served"
status=$?
[ $status = 0 ] || fail "the server's exit status is $status"

note "stacks.json from anywhere"
for damage in '' '{' '[]' '{"format": 2}' '{"format": 1, "taken_ns": 1, "left_out": 0, "threads": [{}]}'; do
	printf '%s' "$damage" > "$WORK/first/stacks.json"
	"$FLOWDAR" info "$WORK/first" > "$WORK/info.out" 2> "$WORK/info.err2" || fail "info fails at: $damage"
	grep -q 'stacks.json: not as flowdar writes it' "$WORK/info.err2" || fail "silent about: $damage"
done
rm "$WORK/first/stacks.json"
"$FLOWDAR" info "$WORK/first" > /dev/null 2> "$WORK/info.err2" && [ ! -s "$WORK/info.err2" ] ||
	fail "not fine without stacks.json"
nothing_left
echo ok
