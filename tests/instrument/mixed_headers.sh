#!/usr/bin/env bash
# Objects compiled with different generations of flowdar.h in one program (a partial rebuild, a static
# archive): in every order of linking each of them runs without a provider, runs with libflowdar.so,
# and has all of its events written by a provider that wants them.
#
# headers/COMMIT/ are the generations before the version was in the symbols' names. Those share their
# symbols with one another, and of them 5e1ad84 and an older one do not go together, which no later
# header can mend: they are linked with today's each, and the two that agree with both.
set -euo pipefail

source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
here=$source/tests/instrument
library=$FLOWDAR_BUILD/lib/flowdar/libflowdar.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tried=0

# Tomorrow's header: today's with one event more, as docs/header-abi.md says that it is done.
next_generation() {
	mkdir -p "$work/next/flowdar"
	sed -E -e 's/^(\tEVENT\(packed, .*\))$/\1 \\\n\tEVENT(tomorrow, (uint64_t key, double share))/' \
		-e 's/(FLOWDAR_LINK_BYTES_) 424/\1 440/; s/(FLOWDAR_LINK_BYTES_) 216/\1 224/' \
		"$source/instrument/include/flowdar/flowdar.h" >"$work/next/flowdar/flowdar.h"
	printf '%s\n' '#undef FLOWDAR_WAIT_END' \
		'#define FLOWDAR_WAIT_END(result) FLOWDAR_WRITE_(tomorrow, 1, 0.5)' \
		>>"$work/next/flowdar/flowdar.h"
	grep -q tomorrow, "$work/next/flowdar/flowdar.h"
}

# include_of GENERATION: where its header is.
include_of() {
	case $1 in
	today) echo "$source/instrument/include" ;;
	next) echo "$work/next" ;;
	*) echo "$here/headers/$1" ;;
	esac
}

# events_of GENERATION: what its part writes; today's provider knows nothing of tomorrow's event.
events_of() {
	case $1 in
	2e1db4a | 6a71838) echo 11 ;;
	next) echo 12 ;;
	*) echo 13 ;;
	esac
}

# try COMPILER GENERATION...: one program of them, linked in this order.
try() {
	local compiler=$1 generation parts='' objects=() expected=0 written how
	shift
	for generation in "$@"; do
		parts+=" CALL(part_$generation)"
		objects+=("$work/$compiler-$generation.o")
		expected=$((expected + $(events_of "$generation")))
	done
	how="$compiler: $* in this order"
	gcc "-DPARTS=$parts" "-DCOUNT=$#" -c "$here/mixed_main.c" -o "$work/main.o"
	"$compiler" "${objects[@]}" "$work/main.o" -o "$work/program" || { echo "FAILED: $how: not linked"; exit 1; }
	"$work/program" || { echo "FAILED: $how: status $? without a provider"; exit 1; }
	LD_PRELOAD=$library "$work/program" || { echo "FAILED: $how: status $? with libflowdar.so"; exit 1; }
	written=$(LD_PRELOAD=$work/provider.so "$work/program") ||
		{ echo "FAILED: $how: status $? with all events on"; exit 1; }
	[ "$written" = "$expected" ] ||
		{ echo "FAILED: $how: $written events were written, not $expected"; exit 1; }
	tried=$((tried + 1))
}

# permutations OF-COMPILER DONE -- LEFT...: tries every order.
permutations() {
	local compiler=$1 fixed=() i
	shift
	while [ "$1" != -- ]; do fixed+=("$1") && shift; done
	shift
	[ $# -gt 0 ] || { try "$compiler" "${fixed[@]}" && return; }
	for ((i = 1; i <= $#; i++)); do
		permutations "$compiler" "${fixed[@]}" "${@:i:1}" -- "${@:1:i-1}" "${@:i+1}"
	done
}

next_generation
gcc -shared -fPIC -O2 "-I$(include_of today)" "$here/mixed_provider.c" -o "$work/provider.so"
for compiler in gcc clang g++ clang++; do
	command -v $compiler >/dev/null || { echo "missing, not tried: $compiler"; continue; }
	language=c
	case $compiler in *++) language=c++ ;; esac
	for generation in 2e1db4a 6a71838 5e1ad84 5bb409c 58258d2 d3ff231 today next; do
		$compiler -x $language -O2 "-I$(include_of $generation)" "-DPART=part_$generation" \
			-c "$here/mixed_headers.c" -o "$work/$compiler-$generation.o"
	done
	permutations $compiler -- 2e1db4a 6a71838 today
	permutations $compiler -- 2e1db4a today next
	permutations $compiler -- 5e1ad84 today next
	permutations $compiler -- 58258d2 today next
	permutations $compiler -- d3ff231 today next
done

# Two generations never share a name: what both define is known to one file alone.
nm --defined-only "$work/gcc-today.o" | awk '$2 ~ /[VvWw]/ { print $3 }' | sort >"$work/today"
nm --defined-only "$work"/gcc-{next,d3ff231,58258d2,5e1ad84,6a71838,2e1db4a}.o |
	awk '$2 ~ /[VvWw]/ { print $3 }' | sort -u >"$work/others"
if comm -12 "$work/today" "$work/others" | grep .; then
	echo "FAILED: these names belong to two generations"
	exit 1
fi
echo "$tried programs of several generations linked and run"
