#!/usr/bin/env bash
# uftrace 0.13: after a longjmp its flame graph, graph and Chrome dump have all that follows inside the functions that were left.
#
# Guess: `uftrace replay` shows that longjmp came back in setjmp, and what is called next stands where it belongs. The other commands
# read the same records, so their call trees are the same.
# So it is: replay and report know; `dump --flame-graph`, `graph` and `dump --chrome` do not. There the functions that
# longjmp left never end: what comes later in the thread is below the innermost of them, one level deeper with each jump, under stacks that
# never were, and their time with it. Servers jump on each error (PostgreSQL's ereport, Lua's error, libpng, libjpeg),
# so one failed request spoils the picture of all that follow in its thread. Status 0, no warning.
# What helps: replay or report; or a flame graph of `uftrace replay --no-pager` by a script of one's own.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack uftrace=0.13-1 gcc=4:12.2.0-3 libc6-dev coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/jumps.c <<'C'
#include <setjmp.h>
static jmp_buf back;
__attribute__((noinline)) void fail(void) { longjmp(back, 1); }
__attribute__((noinline)) void parse(void) { fail(); }
__attribute__((noinline)) void refuse(void) { for (volatile int i = 0; i < 100000; i++); }
__attribute__((noinline)) void serve(void) { if (!setjmp(back)) parse(); refuse(); }
__attribute__((noinline)) void close_all(void) { for (volatile int i = 0; i < 100000; i++); }
int main(void) { serve(); serve(); close_all(); return 0; }
C
inside gcc -pg -O0 -o jumps jumps.c
inside uftrace record --no-event -d data ./jumps >/dev/null 2>&1 || { echo "cannot be recorded here" >&2; exit 2; }
inside uftrace --version
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
inside uftrace replay -d data --no-pager -f none >replay 2>/dev/null
cat replay
expect "close_all in replay, columns deep" "$(sed -n 's/^\( *\)close_all.*/\1/p' replay | awk '{ print length }')" 2
inside uftrace dump -d data --flame-graph --sample-time 1us >folded 2>/dev/null
cat folded
expect "close_all in the flame graph is below" "$(sed -n 's/^\(.*\);close_all [0-9]*$/\1/p' folded)" "main;serve;parse;serve;parse"
inside uftrace dump -d data --chrome >chrome 2>/dev/null
begun() { grep -c "\"ph\":\"$1\".*\"name\":\"$2\"" chrome || true; }
expect "parse in the Chrome dump: begins, ends" "$(begun B parse) $(begun E parse)" "2 0"
expect "serve" "$(begun B serve) $(begun E serve)" "2 2"
exit $bad
