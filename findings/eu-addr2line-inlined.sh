#!/usr/bin/env bash
# eu-addr2line of elfutils 0.188: with -f the line of a function may be a sentence, and the caller in it is not the one at the place in it.
#
# Guess: `eu-addr2line -f -i` is `addr2line -f -i` of binutils from another library: two lines a frame, the name and the place, innermost
# first; a script that reads one reads the other.
# So it is where nothing is inlined. In inlined code the first line is `inner inlined at a.c:3:42 in outer`, so the name has to be cut
# out; line 3 is in middle(), which calls inner(); outer() is where the code ended up, two steps out. Of three frames that were inlined into
# each other the words fit the outermost caller with the innermost call's place. The lines of the other frames are plain names, and with -i the
# chain below is right; without -i (one frame asked for) the sentence is there too, and is all that is said.
# What helps: the DWARF by libdw itself (dwarf_getscopes_die, DW_AT_call_line of each), or binutils' tool; else -i and only the names.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack elfutils=0.188-2.1 binutils=2.40-2 gcc-12=12.2.0-14+deb12u1 libc6-dev bash coreutils
mkdir -p root/work
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
		at=$(printf 0x%x $((0x$address + more)))
		[ "$(addr2line -f -i -e a $at | wc -l)" = 6 ] && break
	done
	for tool in addr2line eu-addr2line; do
		echo "$tool -f -i:" $($tool -f -i -s -e a "$at")
		echo "$tool -f:" $($tool -f -s -e a "$at")
	done
done
IN
inside bash try | tee seen
cat >wanted <<'OUT'
addr2line -f -i: inner a.c:2 middle a.c:3 outer a.c:4
addr2line -f: inner a.c:2
eu-addr2line -f -i: inner inlined at a.c:3:42 in outer a.c:2:36 middle a.c:3:42 outer a.c:4:60
eu-addr2line -f: inner inlined at a.c:3:42 in outer a.c:2:36
OUT
if diff wanted seen; then echo "as described"; else echo "not as described" >&2; exit 1; fi
