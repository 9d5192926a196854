#!/usr/bin/env bash
# ltrace 0.7.3: of a program that was built with -fno-plt it shows no library call, and nothing says why.
#
# Guess: ltrace shows the calls of a program into its libraries: "intercepts and records the dynamic library calls which are called by
# the executed process". How the compiler makes these calls is its own business.
# So it is: it puts its breakpoints into the procedure linkage table. With -fno-plt (some distributions build all they have so, and
# servers tuned for speed are) calls go through the table of addresses: no line is shown, -c counts an empty table, status 0.
# With immediate binding alone (-z now) and a table it works. A library's own calls are not shown either way without -x.
# What helps: readelf -W -S PROGRAM: is there a .plt, and R_X86_64_JUMP_SLOT in -r; -x 'malloc@libc*' puts breakpoints
# into the library itself; or gdb, perf probe, uftrace --force.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack ltrace=0.7.3-6.4 gcc=4:12.2.0-3 libc6-dev coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/calls.c <<'C'
#include <stdlib.h>
int main(int argc, char **argv) { return atoi(argv[argc - 1]) + (int)strtol("3", 0, 10) - 10; }
C
inside gcc -o lazy calls.c
inside gcc -Wl,-z,now -o now calls.c
inside gcc -fno-plt -o bare calls.c
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
calls() { # ARGUMENT...: names of the functions shown, and the status
	local status=0
	inside ltrace "$@" 7 >said 2>&1 || status=$?
	echo "$(sed -n 's/^\([a-z_@.0-9]*\)(.*/\1/p' said | sed 's/@.*//' | sort -u | paste -sd ' ') ($status)"
}
inside ltrace --version | sed -n 1p
expect "as usual" "$(calls ./lazy)" "atoi strtol (0)"
expect "-z now" "$(calls ./now)" "atoi strtol (0)"
expect "-fno-plt" "$(calls ./bare)" " (0)"
expect "-fno-plt, -c" "$(inside ltrace -c ./bare 7 2>&1 | grep -c -E 'atoi|strtol')" 0
exit $bad
