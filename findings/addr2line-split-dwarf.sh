#!/usr/bin/env bash
# addr2line of binutils 2.40 and eu-addr2line of elfutils 0.188: with -gsplit-dwarf the chain of inlined calls is lost, or the line as well.
#
# Guess: -gsplit-dwarf moves what a debugger wants into .dwo files and leaves .debug_line in the program; so lines are there with any
# tool, and with the .dwo file in its place inlined calls as well.
# So it is for neither, with the .dwo file where it was written. Of GCC 12's own version of DWARF (5) addr2line has no line at all,
# ??:?, with the function's name from the symbol table. Of -gdwarf-4, and with eu-addr2line in both, one frame is told where -i has
# three without -gsplit-dwarf: the outermost function with the innermost call's line, which is not in that function. Status 0 and no word, so that a
# profile by lines and one by functions each look whole and do not fit.
# What helps: profiles of builds without -gsplit-dwarf; a debugger, as gdb, reads the .dwo files.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack elfutils=0.188-2.1 binutils=2.40-2 gcc-12=12.2.0-14+deb12u1 libc6-dev bash coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }
cat >root/work/a.c <<'C'
#define INLINE static inline __attribute__((always_inline))
INLINE int inner(int a) { return a * a * 3; }
INLINE int middle(int a, int b) { return inner(a + b) ^ b; }
__attribute__((noinline)) int outer(int a, int b) { return middle(a, b) + 2; }
int main(int count, char **words) { return outer(count, words != 0); }
C
cat >root/work/try <<'IN'
gcc-12 -O2 -g -o a a.c
nm a | while read -r address _ name; do
	[ "$name" = outer ] || continue
	for more in 2 3 4 5 6 7 8; do # somewhere there the multiplication is, of all three
		[ "$(addr2line -f -i -e a $(printf 0x%x $((0x$address + more))) | wc -l)" = 6 ] && break
	done
	echo $more
done >more
for version in 4 5; do
	for split in "" -gsplit-dwarf; do
		rm -f a.o a a.dwo
		gcc-12 -O2 -g -gdwarf-$version $split -c a.c
		gcc-12 -o a a.o
		at=$(nm a | while read -r address _ name; do [ "$name" = outer ] && printf 0x%x $((0x$address + $(cat more))); done)
		for tool in addr2line eu-addr2line; do
			echo "DWARF $version ${split:-whole}$([ -e a.dwo ] && echo ", a.dwo"), $tool:" $($tool -f -i -s -e a $at)
		done
	done
done
IN
inside bash try | tee seen
cat >wanted <<'OUT'
DWARF 4 whole, addr2line: inner a.c:2 middle a.c:3 outer a.c:4
DWARF 4 whole, eu-addr2line: inner inlined at a.c:3:42 in outer a.c:2:36 middle a.c:3:42 outer a.c:4:60
DWARF 4 -gsplit-dwarf, a.dwo, addr2line: outer a.c:2
DWARF 4 -gsplit-dwarf, a.dwo, eu-addr2line: outer a.c:2:36
DWARF 5 whole, addr2line: inner a.c:2 middle a.c:3 outer a.c:4
DWARF 5 whole, eu-addr2line: inner inlined at a.c:3:42 in outer a.c:2:36 middle a.c:3:42 outer a.c:4:60
DWARF 5 -gsplit-dwarf, a.dwo, addr2line: outer ??:?
DWARF 5 -gsplit-dwarf, a.dwo, eu-addr2line: outer a.c:2:36
OUT
if diff wanted seen; then echo "as described"; else echo "not as described" >&2; exit 1; fi
