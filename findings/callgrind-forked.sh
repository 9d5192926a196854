#!/usr/bin/env bash
# callgrind of valgrind 3.19: the file of each forked worker has the cost of its parent before the fork in it, too.
#
# Guess: a server that forks leaves a file for each process (callgrind.out.%p), and each has what that process did; what the start cost is in the
# parent's, and the sum over the files is the cost of all.
# So it is for the parent alone. A fork copies the counters as well: each worker's file begins with all that the parent had
# counted until then, in the same functions, as calls of that process. Of eight workers with little to do the start is nine times in the sum and in
# the "Collected" lines, and the first place in each worker's list is what it never did.
# What helps: --toggle-collect=FUNCTION with the function that workers work in; or the parent's numbers taken off by hand.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack valgrind=1:3.19.0-1 libc6-dbg gcc-12=12.2.0-14+deb12u1 libc6-dev dash coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }
cat >root/work/server.c <<'C'
#include <sys/wait.h>
#include <unistd.h>
static volatile unsigned turns;
__attribute__((noinline)) void start(void) { for (int i = 0; i < 1000000; i++) turns++; }
__attribute__((noinline)) void serve(void) { for (int i = 0; i < 10000; i++) turns++; }
int main(void)
{
	start();
	for (int i = 0; i < 3; i++)
		if (fork() == 0) {
			serve();
			return 0;
		}
	while (wait(0) > 0)
		;
	return 0;
}
C
inside gcc-12 -O1 -g -o server server.c
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
profile() { # OPTION...: the instructions in each process' file, the parent's first, which has the lowest number
	rm -f root/work/out.*
	inside valgrind -q --tool=callgrind --callgrind-out-file=/work/out.%p "$@" ./server
	find root/work -name 'out.*' | sort -t . -k 2n | while read -r file; do sed -n 's/^summary: //p' "$file"; done
}
inside valgrind --version
profile | tee instructions
expect "files" "$(wc -l <instructions)" 4
expect "workers with more than their parent" "$(awk 'NR == 1 { parent = $1 } $1 > parent' instructions | wc -l)" 3
expect "files that know of start" "$(grep -l -E '^c?fn=.* start$' root/work/out.* | wc -l)" 4
profile --toggle-collect=serve | tee instructions
expect "workers with --toggle-collect=serve that have a fiftieth of start" "$(awk '$1 > 0 && $1 < 100000' instructions | wc -l)" 3
exit $bad
