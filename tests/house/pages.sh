#!/usr/bin/env bash
# The pages that follow one thing through the house tell the truth: each function that they name is in
# the file that they name, and each file of the glossary is there.
set -euo pipefail
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"

# steps PAGE: "file function", one a line, of its rows "| 3 | `file` | `function` | ...".
steps() {
	sed -nE 's/^\| [0-9]+ \| `([^`]+)` \| `([^`]+)` \|.*/\1 \2/p' "$1"
}

# is_there FILE FUNCTION: whether the function is defined there.
is_there() {
	[ -e "$1" ] && grep -qE "^[a-zA-Z].*\b$2\(|^	ENTRY $2," "$1"
}

# It can fail.
! is_there replay/play/driver.c no_such_function || { echo "what is not there was found"; exit 1; }
! is_there no/such/file.c loop || { echo "a file that is not there was found"; exit 1; }

bad=0
count=0
for page in docs/life-of-*.md; do
	while read -r file function; do
		count=$((count + 1))
		is_there "$file" "$function" || { echo "$page: there is no $function in $file"; bad=1; }
	done < <(steps "$page")
done
[ $count -gt 30 ] || { echo "only $count steps found: the pages are written another way"; exit 1; }
while IFS= read -r path; do
	[ -e "$path" ] || { echo "docs/glossary.md: there is no $path"; bad=1; }
done < <(grep -oE '`[a-z]+/[a-z_/.-]+`' docs/glossary.md | tr -d '`' | sort -u)
[ $bad = 0 ] && echo "$count steps, all where the pages say"
exit $bad
