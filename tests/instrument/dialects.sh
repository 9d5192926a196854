#!/usr/bin/env bash
# flowdar.h in every dialect it is meant for: no warning, nothing to link, runs without the library,
# and with FLOWDAR_DISABLE leaves no trace of itself in the object.
set -euo pipefail

source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wformat=2 -Werror"
include="-I$source/instrument/include"
printf '%s\n' '#define SAMPLE_MAIN' '#include "sample.h"' >"$work/main.c"
printf '%s\n' '#include "sample.h"' >"$work/part.c"
cp "$work/main.c" "$work/main.cc"
cp "$work/part.c" "$work/part.cc"

built=0
# build COMPILER STANDARD SUFFIX FLAGS...: two objects, one program, which must end with 0.
build() {
	local compiler=$1 standard=$2 suffix=$3 file
	shift 3
	for file in main part; do
		# shellcheck disable=SC2086
		"$compiler" -std="$standard" $warnings $include "-I$source/tests/instrument" "$@" \
			-c "$work/$file.$suffix" -o "$work/$file.o"
	done
	local link=()
	case " $* " in
	*" -fno-pie "*) link=(-no-pie) ;;
	*" -flto "*) link=(-flto) ;;
	esac
	"$compiler" "${link[@]}" "$work/main.o" "$work/part.o" -o "$work/program"
	"$work/program" || { echo "$compiler -std=$standard $*: an argument was evaluated"; exit 1; }
	built=$((built + 1))
}

disabled() {
	build "$@" -DFLOWDAR_DISABLE
	if nm "$work/main.o" "$work/part.o" | grep -i -e flowdar -e dlsym; then
		echo "$*: FLOWDAR_DISABLE left these symbols"
		exit 1
	fi
}

try_compiler() {
	local compiler=$1 suffix=$2 standard
	shift 2
	if ! command -v "$compiler" >/dev/null; then
		echo "missing, not tried: $compiler"
		return
	fi
	for standard in "$@"; do
		build "$compiler" "$standard" "$suffix" -O0
		build "$compiler" "$standard" "$suffix" -O2 -finstrument-functions
		disabled "$compiler" "$standard" "$suffix" -O2
	done
	build "$compiler" "$1" "$suffix" -O2 -fno-pie
	build "$compiler" "$1" "$suffix" -O1 -fPIC
	case $compiler in
	g*) build "$compiler" "$1" "$suffix" -O2 -flto ;; # clang's needs a linker of its own
	esac
}

try_compiler gcc c c11 c17 gnu17
try_compiler clang c c11 c17 gnu17
try_compiler g++ cc c++17 c++20 gnu++17
try_compiler clang++ cc c++17 c++20 gnu++17
[ $built -gt 0 ] || { echo "skipped: no compiler at all"; exit 77; }
echo "$built programs built and run"
