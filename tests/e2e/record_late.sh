#!/usr/bin/env bash
# flowdar record: what a process does that LTTng does not record yet, or cannot, is told: one that it registers
# later than the process waits for that, and one that a raw clone() made, which nobody announces to LTTng. Neither is
# charged to another.
. "$(dirname "$0")/private.sh"

cat > "$WORK/late.c" << 'C'
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static int work(int n)
{
	return n * 3;
}

static void child(void)
{
	for (int i = 0; i < 1000; i++)
		work(i);
	printf("child goes on\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 10; i++)
		work(i);
	/* For LTTng to have it by the end of that, and for it to say so. */
	sleep(1);
}

int main(int argc, char **argv)
{
	long pid;

	work(1);
	getchar();
	if (argc > 1)
		pid = syscall(SYS_clone, (strcmp(argv[1], "space") ? 0 : CLONE_NEWPID) | SIGCHLD, 0, 0, 0, 0);
	else
		pid = fork();
	if (pid == 0 && argc > 2) {
		for (int i = 0; i < atoi(argv[2]); i++)
			work(i);
		_exit(0);
	}
	if (pid == 0) {
		child();
		_exit(0);
	}
	printf("pid %ld\n", pid);
	fflush(stdout);
	waitpid((pid_t)pid, NULL, 0);
	return 0;
}
C
cc -O1 -finstrument-functions -o "$WORK/late" "$WORK/late.c" || { echo "skipped: no compiler"; exit 77; }
mkfifo "$WORK/in"

# starts NAME [HOW]: records the server in the background, up to where it waits.
starts() {
	name=$1
	shift
	LTTNG_UST_REGISTER_TIMEOUT=5000 timeout 300 "$FLOWDAR" record -o "$WORK/$name.rec" --lossless --io --detail function -- \
		"$WORK/late" "$@" < "$WORK/in" > "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	exec 6> "$WORK/in"
	wait_for 60 runs || fail "$name: the server does not run"
	daemon=$(pgrep -x lttng-sessiond)
}

# Behind its constructors, and what LTTng asks of it: it waits for input.
runs() {
	local server
	server=$(pgrep -x late) && grep -q '^0 0x0 ' "/proc/$server/syscall"
}

# The child, with LTTng.
registered() {
	lttng list -u | grep "PID: $child "
}

# ends [PID]: the child goes on, and so does PID, which stood still; all come to their end. Sets $child and $status.
ends() {
	wait_for 60 grep -q 'goes on' "$WORK/$name.out" || fail "$name: the child does not go on"
	[ -z "$1" ] || kill -CONT "$1"
	wait_for 60 grep -q '^pid' "$WORK/$name.out" || fail "$name: no child"
	child=$(sed -n 's/^pid //p' "$WORK/$name.out")
	[ -z "$1" ] || wait_for 60 registered || fail "$name: LTTng does not get to know the child"
	echo >&6
	exec 6>&-
	status=0
	wait "$recorder" || status=$?
}

# sleeps: how often somebody slept, as the recording says.
sleeps() {
	printed "$WORK/$name.rec" | grep -c 'wait_begin: .*what = "sleep"'
}

note "a child that LTTng was ready for: nothing is told, and all is there"
starts good
echo >&6
ends
[ $status = 0 ] || fail "exit status $status"
[ -z "$(field "$WORK/good.rec" processes_late)" ] || fail "$(field "$WORK/good.rec" warnings)"
[ "$(field "$WORK/good.rec" calls_found)" = 1014 ] || fail "$(field "$WORK/good.rec" calls_found) calls"
[ "$(sleeps)" = 1 ] || fail "$(sleeps) sleeps"
nothing_left

note "the session daemon stands still while a child waits for it: what it did then is told to be missing"
starts stopped
kill -STOP "$daemon"
echo >&6
ends "$daemon"
[ $status = 1 ] || fail "exit status $status"
grep -q "processes of the server (pid.* ${child}[,)].* went on before LTTng recorded them" "$WORK/stopped.err" || fail "nobody says so"
grep -q '^recorded .* processes recorded late' "$WORK/stopped.err" || fail "the first line does not say so"
grep -q 'none lost' "$WORK/stopped.err" && fail "none lost"
[ "$(field "$WORK/stopped.rec" calls_found)" -lt 1014 ] || fail "nothing is missing: no test"
"$FLOWDAR" info "$WORK/stopped.rec" | grep -q '^warning: .* went on before LTTng recorded them' || fail "info does not say so"
# Both sides being the same there is nothing to find, whatever it is worth.
"$FLOWDAR" diff "$WORK/stopped.rec" "$WORK/stopped.rec" > "$WORK/diff.out" 2>&1
grep -q 'confidence: high' "$WORK/diff.out" && fail "$(cat "$WORK/diff.out")"
nothing_left

for how in clone space; do
	note "a child of a raw clone() ($how): it is told of, and its time is not its parent's"
	starts $how $how
	echo >&6
	ends
	[ $status = 1 ] || fail "exit status $status"
	[ "$(field "$WORK/$how.rec" processes_silent)" = 1 ] || fail "$(cat "$WORK/$how.rec/recording.json")"
	[ "$(field "$WORK/$how.rec" calls_found)" = 2 ] || fail "$(field "$WORK/$how.rec" calls_found) calls"
	[ "$(sleeps)" = 0 ] || fail "the parent sleeps"
	nothing_left
done
# What is less than a buffer is not refused where it is written: it never is. Being off the processor is told nowhere
# here, which would be refused as well. Who does nothing of his own loses nothing.
export GLIBC_TUNABLES=glibc.pthread.rseq=0
for calls in 3 0; do
	note "a child of a raw clone() with $calls calls"
	starts few$calls clone $calls
	echo >&6
	wait_for 60 grep -q '^pid' "$WORK/few$calls.out" || fail "no child"
	exec 6>&-
	status=0
	wait "$recorder" || status=$?
	silent=$(field "$WORK/few$calls.rec" processes_silent)
	[ "${silent:-0}" = $((calls > 0)) ] && [ $status = $((calls > 0)) ] ||
		fail "${silent:-0} silent, exit status $status: $(cat "$WORK/few$calls.rec/recording.json")"
	[ "$(field "$WORK/few$calls.rec" calls_found)" = 2 ] || fail "$(field "$WORK/few$calls.rec" calls_found) calls"
	nothing_left
done
echo ok
