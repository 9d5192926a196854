#!/usr/bin/env bash
# addr2line of binutils 2.40: after dwz -m, which shares debugging information between programs, inlined functions get wrong names.
#
# Guess: dwz makes the information smaller and loses nothing; debug packages of distributions have gone through it, those of several
# programs often with a file that they share (dwz -m, /usr/lib/debug/.dwz). addr2line -f -i says the same before and after.
# So it is with dwz alone. With -m an inline function of a common header is moved to the shared file, and for the call that was inlined into
# such a function addr2line prints the name of the function around it all: outer, middle, outer instead of inner, middle, outer. The
# places are right, the status is 0, nothing is said. It looks like a recursion, and a profile that is added up by names
# charges the innermost work to the wrong function.
# eu-addr2line reads the same files right. Other names that are shared come out right (middle), so that a look at one does not tell.
# What helps: eu-addr2line -i, or the line instead of the name.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack elfutils=0.188-2.1 binutils=2.40-2 dwz=0.15-1 gcc-12=12.2.0-14+deb12u1 libc6-dev bash coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }
cat >root/work/common.h <<'C'
static inline __attribute__((always_inline)) int inner(int a) { return a * a * 3; }
static inline __attribute__((always_inline)) int middle(int a, int b) { return inner(a + b) ^ b; }
C
cat >root/work/one.c <<'C'
#include "common.h"
__attribute__((noinline)) int outer(int a, int b) { return middle(a, b) + 2; }
int main(int count, char **words) { return outer(count, words != 0); }
C
cp root/work/one.c root/work/two.c
cat >root/work/try <<'IN'
for name in one two; do gcc-12 -O2 -g -o $name $name.c; done
nm one | while read -r address _ name; do
	[ "$name" = outer ] || continue
	for more in 2 3 4 5 6 7 8; do # somewhere there the multiplication is, of all three
		at=$(printf 0x%x $((0x$address + more)))
		[ "$(addr2line -f -i -e one $at | wc -l)" = 6 ] && break
	done
	echo $at
done >at
told() { echo "$1, addr2line:" $(addr2line -f -i -s -e one "$(cat at)"); echo "$1, eu-addr2line:" $(eu-addr2line -f -i -s -e one "$(cat at)"); }
told "as compiled"
cp one whole
dwz one && told "dwz"
cp whole one
dwz -m shared one two && told "dwz -m"
IN
inside bash try | tee seen
cat >wanted <<'OUT'
as compiled, addr2line: inner common.h:1 middle common.h:2 outer one.c:2
as compiled, eu-addr2line: inner inlined at common.h:2:80 in outer common.h:1:74 middle common.h:2:80 outer one.c:2:60
dwz, addr2line: inner common.h:1 middle common.h:2 outer one.c:2
dwz, eu-addr2line: inner inlined at common.h:2:80 in outer common.h:1:74 middle common.h:2:80 outer one.c:2:60
dwz -m, addr2line: outer common.h:1 middle common.h:2 outer one.c:2
dwz -m, eu-addr2line: inner inlined at common.h:2:80 in outer common.h:1:74 middle common.h:2:80 outer one.c:2:60
OUT
if diff wanted seen; then echo "as described"; else echo "not as described" >&2; exit 1; fi
