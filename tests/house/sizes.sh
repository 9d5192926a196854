#!/usr/bin/env bash
# Functions fit on a screen (60 lines), files stay under 500, rooms have at most 25 .c files: the product's
# and the tests' servers'.
set -euo pipefail
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
command -v ctags >/dev/null || { echo "skipped: needs universal-ctags"; exit 77; }

bad=0
mapfile -t files < <(find base instrument replay pipeline analyze viz cli tests/servers -name '*.[ch]' | sort)
for file in "${files[@]}"; do
	lines=$(wc -l <"$file")
	if [ "$lines" -gt 500 ]; then
		echo "$file: $lines lines, more than 500: split it by noun"
		bad=1
	fi
done

while read -r count room; do
	if [ "$count" -gt 25 ]; then
		echo "$room: $count .c files, more than 25: split the room by subject"
		bad=1
	fi
done < <(printf '%s\n' "${files[@]}" | grep '\.c$' | sed 's,/[^/]*$,,' | sort | uniq -c)

while IFS=$'\t' read -r name file start end; do
	if [ $((end - start + 1)) -gt 60 ]; then
		echo "$file:$start: $name has $((end - start + 1)) lines, more than 60"
		bad=1
	fi
done < <(ctags --languages=C,C++ --langmap=C:.c.h --kinds-C=f --fields=+ne -f - "${files[@]}" |
	sed -nE 's/^([^\t]+)\t([^\t]+)\t.*\tline:([0-9]+).*\tend:([0-9]+).*/\1\t\2\t\3\t\4/p')
[ $bad = 0 ] && echo "${#files[@]} files: none over 500 lines, no function over 60, no room over 25"
exit $bad
