#!/usr/bin/env bash
# flowdar cc and c++: what is added to which calls of the compiler, and that what comes out works.
set -euo pipefail
: "${FLOWDAR:?the program}" "${FLOWDAR_BUILD:?the build folder}"
core=$FLOWDAR_BUILD/tests/patched_core.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset FLOWDAR_CC FLOWDAR_CXX FLOWDAR_CC_MODE FLOWDAR_CC_KEEP FLOWDAR_CC_VERBOSE
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
cd "$work"

fail() {
	echo "FAILED: $*"
	exit 1
}

cc() {
	"$FLOWDAR" cc "$@"
}

# sections FILE NAME COUNT
sections() {
	[ "$(readelf -SW "$1" | grep -c -- " $2 ")" = "$3" ] || fail "$1: not $3 sections $2"
}

marked() {
	readelf -p .comment "$1" | grep "flowdar cc: $2" > /dev/null || fail "$1 is not marked '$2'"
}

unmarked() {
	! readelf -p .comment "$1" 2> /dev/null | grep "flowdar cc" >/dev/null || fail "$1 is marked"
}

# names FILE: its functions, in order.
names() {
	nm "$1" | awk '$2 ~ /^[Tt]$/ { print $3 }' | sort | paste -sd ' '
}

cat > one.c <<'END'
#include <flowdar/flowdar.h>
#include <stdio.h>
int two(int x);
static int __attribute__((noinline)) three(int x) { return x * 3; }
int main(void) { FLOWDAR_NOTE("a", "b"); printf("%d\n", two(3) + three(4)); return 0; }
END
echo 'int two(int x); int two(int x) { return x * 2; }' > two.c
cat > keep.c <<'END'
int top(int a);
static int once(int a) { int s = 0; for (int i = 0; i < a; i++) s += (i * i) ^ a; return s; }
static int small(int a) { return a * 3 + 1; }
static inline int hinted(int a) { return a * 5 + 1; }
int top(int a) { return once(a) + small(a) + small(a + 1) + hinted(a); }
END
echo 'template <class T> T twice(T x) { return x + x; } int main() { return twice(0); }' > three.cc
printf '.globl nothing\nnothing: ret\n.section .note.GNU-stack,"",@progbits\n' > four.s
cp four.s five.S

# What is compiled, by both compilers.
patch=hooks
[ "$(uname -m)" = x86_64 ] && patch='patch'
for compiler in gcc clang; do
	command -v $compiler > /dev/null || continue
	FLOWDAR_CC=$compiler cc -O2 -Wall -Wextra -Wpedantic -Werror -std=c11 -c one.c -o one.o
	cc --flowdar-compiler=$compiler -O2 -c two.c
	cc $compiler one.o two.o -o program
	marked one.o $patch
	marked program $patch
	[ "$(./program)" = 18 ] || fail "program of $compiler"
	if [ $patch = patch ]; then
		sections program __patchable_function_entries 1
		said=$(PATCHED=on PATCHED_SAY=1 LD_PRELOAD=$core ./program 2>&1 > /dev/null)
		[[ $said == *"1 modules, "*" sites, fine"*"lost 0"* ]] || fail "$compiler: $said"
	fi
	# What the compiler would inline of itself stays, what the source says is inline does not.
	cc $compiler -O2 -c keep.c && [ "$(names keep.o)" = top ] || fail "$compiler: keep.c has $(names keep.o) anyway"
	cc $compiler --flowdar-keep -O2 -c keep.c && [ "$(names keep.o)" = 'once small top' ] ||
		fail "--flowdar-keep with $compiler: $(names keep.o)"
	FLOWDAR_CC_KEEP=1 cc $compiler -O2 -c keep.c && [ "$(names keep.o)" = 'once small top' ] || fail "FLOWDAR_CC_KEEP"
	cc $compiler -O2 -flto -ffunction-sections -c one.c -o one.o
	cc $compiler -O2 -flto -ffunction-sections -c two.c -o two.o
	if cc $compiler -O2 -flto -Wl,--gc-sections one.o two.o -o lto 2> lto.log; then
		[ "$(./lto)" = 18 ] || fail "with -flto"
		[ $patch = hooks ] || sections lto __patchable_function_entries 1
	else
		grep -q LLVMgold lto.log || fail "$(cat lto.log)" # clang's needs a plugin of its own
	fi
done
FLOWDAR_CC_MODE=hooks cc -c two.c
marked two.o hooks
nm two.o | grep __cyg_profile_func_enter >/dev/null || fail "no hooks"
cc --flowdar-mode=none -c two.c
unmarked two.o
sections two.o __patchable_function_entries 0
"$FLOWDAR" c++ -c three.cc
marked three.o $patch
cc -x c++ -c - -o stdin.o < three.cc
marked stdin.o $patch
cc -finstrument-functions -c two.c
unmarked two.o
sections two.o __patchable_function_entries 0
# That leaves functions out, and chooses nothing by itself.
cc -finstrument-functions-exclude-function-list=nobody -c two.c
marked two.o $patch

# What is left alone.
cc -E one.c | grep flowdar_ > /dev/null || fail "-E does not find the header"
cc -M one.c | grep flowdar.h > /dev/null || fail "-M does not find the header"
! cc -M two.c | grep cc.h > /dev/null || fail "-M names cc.h"
cc -c four.s && unmarked four.o
cc -c five.S && unmarked five.o
cc -c two.c five.S && marked two.o $patch
[ "$(cc --version)" = "$(command cc --version)" ] || fail "--version"
[ "$(cc -print-file-name=libc.a)" = "$(command cc -print-file-name=libc.a)" ] || fail "-print"
[ "$(cc -dumpmachine)" = "$(command cc -dumpmachine)" ] || fail "-dumpmachine"
cc -MD -c two.c && marked two.o $patch && [ -s two.d ] || fail "-MD"

# Statuses and messages pass through, and what is run can be seen.
echo 'int x = ;' > bad.c
status=0
cc -c bad.c 2> bad.log || status=$?
[ $status = 1 ] && grep -q 'bad.c:1' bad.log || fail "a wrong file: $status"
status=0
cc --flowdar-compiler="$work/not-there" -c two.c 2> bad.log || status=$?
[ $status = 1 ] && grep -q "flowdar cc: cannot run '$work/not-there'" bad.log || fail "no compiler"
status=0
FLOWDAR_CC="$FLOWDAR cc" cc -c two.c 2> bad.log || status=$?
[ $status = 1 ] && grep -q 'leads back' bad.log || fail "a circle: $status"
FLOWDAR_CC_VERBOSE=1 cc -c two.c 2>&1 | grep '^flowdar cc: .* functions.*-c two.c' >/dev/null || fail "verbose"
cc -c two.c 2>&1 | { ! grep .; } || fail "says something unasked"

# Build tools.
printf 'program: one.o two.o\n\t$(CC) $^ -o $@\n' > Makefile
rm -f ./*.o program
make -s CC="$FLOWDAR cc" program && marked program $patch
mkdir cmake && cat > CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(program C)
add_executable(program one.c two.c)
END
cmake -S . -B cmake/launcher -DCMAKE_C_COMPILER_LAUNCHER="$FLOWDAR;cc" > cmake.log 2>&1 &&
	cmake --build cmake/launcher >> cmake.log 2>&1 || { cat cmake.log; fail "cmake, launcher"; }
marked cmake/launcher/program $patch
CC="$FLOWDAR cc" cmake -S . -B cmake/cc > cmake.log 2>&1 && cmake --build cmake/cc >> cmake.log 2>&1 ||
	{ cat cmake.log; fail "cmake, CC"; }
marked cmake/cc/program $patch

[ -z "$(ls "$TMPDIR")" ] || fail "files left: $(ls "$TMPDIR")"
echo "flowdar cc adds what it should, where it should"
