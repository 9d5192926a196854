#!/usr/bin/env bash
# The core of the function hooks, the helper thread and the header under ThreadSanitizer.
set -euo pipefail
source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' >"$work/try.c"
if ! gcc -fsanitize=thread "$work/try.c" -o "$work/try" 2>/dev/null || ! "$work/try"; then
	echo "skipped: no ThreadSanitizer here"
	exit 77
fi
gcc -g -O1 -fsanitize=thread -Wno-tsan -rdynamic -D_GNU_SOURCE -I"$source" -I"$source/instrument" \
	-I"$source/instrument/include" "$source/tests/instrument/tsan_hooks.c" \
	"$source"/instrument/functions/*.c \
	"$source"/instrument/patching/*.[cS] "$source"/instrument/provider/{control,counters,helper,lock,processor,standard}.c -o "$work/hooks"
TSAN_OPTIONS=halt_on_error=1 timeout 100 "$work/hooks"
