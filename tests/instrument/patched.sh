#!/usr/bin/env bash
# Run-time patching: programs that do with their stacks what programs do, built by each compiler in several
# ways, give the same results patched as not, and every call that begins ends or is known to have
# been left. Without LTTng: with a core that only counts (patched_core.c).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${FLOWDAR_BUILD:?the build folder}"
core=$FLOWDAR_BUILD/tests/patched_core.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ "$(uname -m)" = x86_64 ] || { echo "skipped: functions are patched on x86-64 only"; exit 77; }

fail() {
	echo "FAILED: $*"
	exit 1
}

# patched WHEN COMMAND...
patched() {
	local when=$1
	shift
	PATCHED=$when LD_PRELOAD=$core timeout 300 "$@"
}

# build COMPILER FLAGS...: calls, plugin.so and unwinding, in $work.
build() {
	local cc=$1 cxx
	shift
	case $cc in gcc) cxx=g++ ;; clang) cxx=clang++ ;; esac
	"$cc" "$@" -w -g -D_GNU_SOURCE -fpatchable-function-entry=5 -fPIC -shared \
		"$here/patched_plugin.c" -o "$work/plugin.so"
	"$cc" "$@" -w -g -D_GNU_SOURCE -fpatchable-function-entry=5 "$here/patched_calls.c" \
		-o "$work/calls" -pthread -ldl -lm
	"$cxx" "$@" -w -g -D_GNU_SOURCE -fpatchable-function-entry=5 "$here/patched_unwinding.cc" \
		-o "$work/unwinding" -pthread -ldl -rdynamic
}

check() {
	echo "-- $*"
	build "$@"
	"$work/unwinding" > /dev/null || fail "unwinding, not patched"
	patched on "$work/unwinding" || fail "unwinding"
	patched on "$work/calls" "$work/plugin.so" 0.3 || fail "calls"
}

check gcc -O2
"$work/calls" "$work/plugin.so" > /dev/null || fail "calls, not patched"
patched late "$work/calls" soak 0.2 || fail "prepared while threads run"
patched off "$work/calls" refused || fail "where code may not be changed"
strip "$work/calls"
patched on "$work/calls" soak 0.1 || fail "stripped"
check gcc -O0 -fcf-protection=full -no-pie
check gcc -Os -flto -ffunction-sections -Wl,--gc-sections
check gcc -O2 -fno-omit-frame-pointer -static-libgcc
if command -v clang > /dev/null; then
	check clang -O2
	patched late "$work/calls" soak 0.2 || fail "clang's nops, while threads run"
	check clang -O0 -fcf-protection=full
fi

# gdb sees through: the names, in order.
if command -v gdb > /dev/null; then
	build gcc -O1
	gdb -q -batch -ex "set env PATCHED=on" -ex "set env LD_PRELOAD=$core" \
		-ex "set breakpoint pending on" -ex "break backtrace" -ex run -ex bt "$work/unwinding" \
		> "$work/gdb" 2>&1 || true
	names=$(sed -nE 's/.* in (frame_[a-z]*|main) \(.*/\1/p' "$work/gdb" | tr '\n' ' ')
	case $names in
	*"frame_three frame_two frame_one main "*) echo "gdb: $names" ;;
	*) cat "$work/gdb"; fail "gdb's backtrace" ;;
	esac
fi
# So does libunwind, where it can be linked.
cat > "$work/libunwind.c" << 'END'
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <stdio.h>
static volatile int zero;
__attribute__((noinline)) int frame_two(void)
{
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t offset;
	char name[64];

	unw_getcontext(&context);
	unw_init_local(&cursor, &context);
	do
		printf("%s ", unw_get_proc_name(&cursor, name, sizeof(name), &offset) ? "?" : name);
	while (unw_step(&cursor) > 0);
	return zero;
}
__attribute__((noinline)) int frame_one(void) { return frame_two() + zero; }
int main(void) { return frame_one() + zero; }
END
if gcc -O1 -g -fpatchable-function-entry=5 "$work/libunwind.c" -o "$work/libunwind" -lunwind 2> /dev/null; then
	names=$(patched on "$work/libunwind")
	case ${names//flowdar_patched_return /} in
	"frame_two frame_one main "*_start*) echo "libunwind: $names" ;;
	*) fail "libunwind's backtrace: $names" ;;
	esac
fi
echo "patched calls end as they should"
