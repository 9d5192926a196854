#!/usr/bin/env bash
# uftrace 0.13: `dump --flame-graph` has stacks that never were, and loses most of the time, once the program has been pre-empted.
#
# Guess: the flame graph and `uftrace report` of one recording tell the same: main calls work, work calls parse, answer and rest.
# So it is: where uftrace may use perf events (root, or a low perf_event_paranoid) a recording has the scheduler's switches in it
# without being asked. dump --flame-graph handles a switch when the program sleeps, but each switch away from a program that could go on
# ("pre-empted") ends a call that has not ended: spin is left early, what follows is hung too high (work, answer and rest are at the
# root, without main), and the time up to the real end is in no line: of spin's own 350 ms 13 to 120 were left. Status 0, no warning,
# and the picture looks like any other. report and replay are right, with the same data. Where perf events are forbidden, or there was a
# free core all the time, the same commands give the right graph, so that it is seen on the loaded server only.
# What helps: --no-event, at record or at dump; a look for "pre-empted" in report before the flame graph is believed.
#
# Exit status: 0 as described, 1 not so, 2 could not be run (perf events are forbidden, no root or user namespaces).
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack uftrace=0.13-1 gcc-12=12.2.0-14+deb12u1 libc6-dev coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/server.c <<'C'
#include <time.h>
volatile unsigned sink;
static void spin(void) { for (unsigned i = 0; i < 30000000; i++) sink += i; }
void rest(void) { struct timespec ms5 = {0, 5000000}; nanosleep(&ms5, 0); }
void parse(void) { spin(); }
void answer(void) { spin(); }
void work(void) { parse(); answer(); rest(); }
int main(void) { for (int i = 0; i < 3; i++) work(); return 0; }
C
inside gcc-12 -O0 -pg server.c -o server

# a busy neighbour on the one core that the server gets
core=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
taskset -c "$core" sh -c 'while :; do :; done' &
trap 'kill $!; wait; rm -rf "$tmp"' EXIT

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
calls() { inside uftrace report -d data --no-pager >told; }
graph() { # WHERE STACKS SHARE OPTION...: which functions are at the flame graph's root, and how much of spin's own time it has
	local what=$1 stacks=$2 share=$3 own
	inside uftrace dump -d data --no-pager --flame-graph --sample-time=1us "${@:4}" >folded
	sed 's/^/    /' folded
	expect "$what, stacks without main" "$(grep -v '^main' -c folded | sed 's/[1-9].*/some/')" "$stacks"
	own=$(awk '$NF == "spin" { print int($3 * ($4 == "s" ? 1e6 : $4 == "ms" ? 1e3 : 1)) }' told)
	expect "$what, time of spin" "$(awk -v own="$own" '/;spin / { sum += $NF }
		END {
			if (sum < own * .75) print "less than in report"
			else if (sum < own * 1.01 && sum > own * .99) print "as in report"
			else print sum " us, in report " own " us"
		}' folded)" "$share"
}
inside uftrace --version | cut -d' ' -f1,2
record=(uftrace record --no-libcall --libmcount-path=/usr/lib/x86_64-linux-gnu/uftrace -d data)
pinned() { (taskset -cp "$core" "$BASHPID" >/dev/null; inside "$@"); }
pinned "${record[@]}" ./server
calls
grep -q pre-empted told || { echo "no pre-emption was recorded: perf events cannot be had here" >&2; exit 2; }
cat told
expect "calls in report" "$(awk '$NF ~ /^[a-z]+$/ && $5 ~ /^[0-9]+$/ { print $NF "=" $5 }' told | sort | paste -sd' ')" \
	"answer=3 main=1 parse=3 rest=3 spin=6 work=3"
graph "flame graph" some "less than in report"
graph "flame graph, dump --no-event" 0 "as in report" --no-event
pinned "${record[@]}" --no-event ./server
calls
graph "flame graph, record --no-event" 0 "as in report"
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
