#!/usr/bin/env bash
# libprofiler of gperftools 2.10: the workers of a server that forks are not in its profile, and each rewrites the server's own.
#
# Guess: as its manual (cpuprofile.html) says, "If your program forks, the children will also be profiled", and "all children will
# have their process-id appended to the CPUPROFILE name".
# So it is: after a fork() the timer that samples is not there, as timers are not inherited, so nothing the child does is seen; and the child has no file of its own: it inherited the
# parent's samples and writes them, when it exits, over the parent's file. A server that starts workers and works in them has a profile
# of its start. Status 0; "interrupts" on stderr is the parent's number, once per process.
# What helps: ProfilerStop() and ProfilerStart() with a name of its own in the child; or a sampler outside the process.
#
# Exit status: 0 as described, 1 not so, 2 could not be run (no root or user namespaces).
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack libgoogle-perftools4=2.10-1 google-perftools=2.10-1 gcc-12=12.2.0-14+deb12u1 libc6-dev coreutils findutils perl-base
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

# half a second of work in the parent, a second in each of two children
cat >root/work/server.c <<'C'
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static volatile unsigned long turns;
static void work(double seconds)
{
	do {
		for (int i = 0; i < 100000; i++)
			turns++;
	} while ((double)clock() / CLOCKS_PER_SEC < seconds);
}
__attribute__((noinline)) static void start(void) { work(0.5); turns++; }
__attribute__((noinline)) static void serve(void) { work(1); turns++; }
int main(void)
{
	start();
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			serve();
			return 0;
		}
	while (wait(NULL) > 0)
		;
	return 0;
}
C
inside gcc-12 -O1 -g -fno-inline -fno-optimize-sibling-calls -o server server.c
library=$(cd root && find usr/lib -name 'libprofiler.so.0')
inside env LD_PRELOAD="/$library" CPUPROFILE=/work/profile ./server 2>said
cat said
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
expect "files" "$(cd root/work && ls -d profile*)" "profile"
expect "processes that wrote one" "$(grep -c interrupts said)" 3
expect "numbers of samples that differ" "$(sed -n 's/.*bytes = \([0-9]*\).*/\1/p' said | sort -u | wc -l)" 1
samples=$(sed -n 's/.*bytes = \([0-9]*\).*/\1/p' said | head -n 1)
echo "samples: $samples, for 0.5 s of the parent and 1 s of each child at 100 Hz"
[ "$samples" -ge 25 ] && [ "$samples" -le 100 ] || { bad=1; echo "  NOT AS DESCRIBED, was about 50"; }
exit $bad
