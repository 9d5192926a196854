#!/usr/bin/env bash
# The truth bench on one small server: a culprit that is plain is named, whatever is named with high
# confidence is right, and runs that are alike are never blamed with it. What else it finds is the bench's.
. "$(dirname "$0")/private.sh"
: "${FLOWDAR_SOURCE:?}"
command -v jq > /dev/null || { echo "skipped: needs jq"; exit 77; }
ip link set lo up 2> /dev/null || true

"$FLOWDAR_SOURCE/bench/truth/run.sh" --servers loop --clones 3 -o "$WORK/truth" \
	> "$WORK/truth.out" 2> "$WORK/truth.err" || fail "exit status $?"
cat "$WORK/truth.out"

# outcome CASE: of the bench's table.
outcome() {
	awk -F, -v case="$1" '$3 == case { print $8 }' "$WORK/truth/truth.csv"
}

awk -F, 'NR > 1 && $5 != "" && $7 == "high" && $8 != "named" { wrong = 1; print } END { exit wrong }' \
	"$WORK/truth/truth.csv" || fail "wrong, and sure of it"
for case in "spin 2 runs" "sleep" "one call more"; do
	[ "$(outcome "$case")" = named ] || fail "$case: $(outcome "$case")"
done
