#!/usr/bin/env bash
# What the libraries show inside somebody's server is what docs/header-abi.md lists, no name more and
# no name less; and the header makes a program show nothing at all.
set -euo pipefail

source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
page=$source/docs/header-abi.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shown FILE: its dynamic symbols, one a line.
shown() {
	nm -D --defined-only "$1" | awk '{ print $3 }' | sort
}

# listed NAME: what the page says of that library, one a line.
listed() {
	awk -v head="    $1:" '$0 == head { on = 1; next } !/^        / { on = 0 } on { print }' "$page" |
		tr -s ' ' '\n' | grep -v -e '^$' -e '^(nothing)$' | sort || true
}

bad=0
count=0
for library in "$FLOWDAR_BUILD"/lib/flowdar/*.so; do
	name=${library##*/}
	grep -q "^    $name:\$" "$page" || { echo "FAILED: the page does not know $name"; bad=1; }
	if ! difference=$(diff <(listed "$name") <(shown "$library")); then
		echo "FAILED: $name: docs/header-abi.md lists (<), the library shows (>):"
		grep '^[<>]' <<<"$difference"
		bad=1
	fi
	count=$((count + $(shown "$library" | wc -l)))
done
[ $count -gt 50 ] || { echo "FAILED: only $count names found: the test sees nothing"; exit 1; }

printf '%s\n' '#define SAMPLE_MAIN' '#include "sample.h"' >"$work/main.c"
printf '%s\n' '#include "sample.h"' >"$work/part.c"
for how in "-rdynamic" "-rdynamic -O2 -fPIC -pie" "-shared -fPIC"; do
	# shellcheck disable=SC2086
	gcc $how "-I$source/instrument/include" "-I$source/tests/instrument" "$work/main.c" "$work/part.c" \
		-o "$work/program"
	shown "$work/program" | grep main >/dev/null || { echo "FAILED: $how: it should show main"; bad=1; }
	if shown "$work/program" | grep -i flowdar; then
		echo "FAILED: $how: the header makes a program show this"
		bad=1
	fi
done
[ $bad = 0 ] && echo "$count names shown, all documented"
exit $bad
