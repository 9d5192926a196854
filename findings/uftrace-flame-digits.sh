#!/usr/bin/env bash
# uftrace 0.13: `dump --flame-graph` cuts the number of samples to as many digits as the stack's names have characters.
#
# Guess: a line of the flame graph is a stack and its samples, --sample-time each; with 1us main's own 60 ms are `main 60000`.
# So it is for long stacks. A short one loses the last digits: main has four characters, so its number has four digits at most, 6000,
# and a function of one letter that is a thread's first has one. main is a tenth as wide in the picture as it should be, in a longer run, or with
# a finer --sample-time, a hundredth or thousandth; main;handle_request beside it is right. A coarser --sample-time makes main's
# share grow. Forked workers and threads, whose stacks begin anew, lose most. Status 0, no word; report and graph are right.
# What helps: --sample-time so coarse that the numbers are short; the self time in report for what is near the root.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack uftrace=0.13-1 gcc-12=12.2.0-14+deb12u1 libc6-dev coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/server.c <<'C'
#include <time.h>
static const struct timespec ms60 = {0, 60000000};
void handle_request(void) { nanosleep(&ms60, 0); }
void f(void) { nanosleep(&ms60, 0); }
int main(void) { nanosleep(&ms60, 0); handle_request(); f(); return 0; }
C
inside gcc-12 -O0 -pg server.c -o server
inside uftrace --version | cut -d' ' -f1,2
inside uftrace record --no-libcall --no-event --libmcount-path=/usr/lib/x86_64-linux-gnu/uftrace -d data ./server
inside uftrace report -d data --no-pager -f self,call | tee report
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
samples() { # STACK SAMPLE_TIME: its number in the flame graph
	inside uftrace dump -d data --no-pager --flame-graph --sample-time="$2" | sed -n "s/^$1 //p"
}
expect "functions with 60 ms and more of their own" "$(awk '$2 == "ms" && $1 >= 60 { print $NF }' report | sort | paste -sd ' ')" "f handle_request main"
for time in 1us 100ns 10ns; do
	for stack in main 'main;f' 'main;handle_request'; do
		echo "$time: $stack $(samples "$stack" "$time")"
	done
done | tee folded
expect "digits of main" "$(awk '$2 == "main" { print length($3) }' folded | paste -sd ' ')" "4 4 4"
expect "digits of main;f" "$(awk '$2 == "main;f" { print length($3) }' folded | tail -n 1)" 6
expect "main;handle_request with fewer than its 60 ms need" "$(awk '$2 == "main;handle_request" { bad += length($3) < 5 + n++ } END { print bad + 0 }' folded)" 0
exit $bad
