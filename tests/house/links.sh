#!/usr/bin/env bash
# Every relative link of the documentation leads to a file of the tree.
set -euo pipefail
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
bad=0
count=0
while IFS= read -r page; do
	while IFS= read -r link; do
		case $link in http* | '#'*) continue ;; esac
		count=$((count + 1))
		if [ ! -e "$(dirname "$page")/${link%%#*}" ]; then
			echo "$page: leads nowhere: $link"
			bad=1
		fi
	done < <(grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(([^) ]+).*/\1/' || true)
done < <(find . -name '*.md' -not -path './build/*')
[ $bad = 0 ] && echo "$count links, all lead somewhere"
exit $bad
