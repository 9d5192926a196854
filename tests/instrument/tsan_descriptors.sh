#!/usr/bin/env bash
# The table of descriptors under ThreadSanitizer.
set -euo pipefail
source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' >"$work/try.c"
if ! gcc -fsanitize=thread "$work/try.c" -o "$work/try" 2>/dev/null || ! "$work/try"; then
	echo "skipped: no ThreadSanitizer here"
	exit 77
fi
read -ra glib < <(pkg-config --cflags --libs glib-2.0)
gcc -std=gnu17 -g -O1 -fsanitize=thread -D_GNU_SOURCE -I"$source/instrument" \
	"$source/tests/instrument/test_descriptors.c" "$source/instrument/io/descriptors.c" "${glib[@]}" -o "$work/table"
TSAN_OPTIONS=halt_on_error=1 "$work/table"
