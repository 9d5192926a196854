#!/usr/bin/env bash
# A profile that pprof itself reads: its own times are those of the folded stacks, to the nanosecond, and
# two of them can be compared.
set -euo pipefail
pprof=$(find /usr/lib/go-*/pkg/tool -name pprof 2>/dev/null | head -n 1)
[ -n "$pprof" ] || { echo "skipped: needs go's pprof"; exit 77; }
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
data=$FLOWDAR_SOURCE/tests/golden/data
cd "$work"
export HOME=$work
for side in baseline attack; do
	"$FLOWDAR" export "$data/$side" --pprof $side.pb.gz --folded $side.folded
done

# Own time of each function: pprof's, and the sum over all stacks that end in it.
"$pprof" -top -flat -nodefraction=0 -unit=ns attack.pb.gz 2>/dev/null |
	awk '$1 ~ /^[0-9]/ { sub(/ns$/, "", $1); if ($1 > 0) print $6, $1 }' | sort >theirs
awk '{ n = $NF; sub(/ [0-9]+$/, ""); sub(/.*;/, ""); own[$0] += n } END { for (f in own) print f, own[f] }' \
	attack.folded | sort >ours
[ -s ours ]
diff ours theirs || { echo "pprof reads other times than the folded stacks have"; exit 1; }
"$pprof" -top -diff_base baseline.pb.gz attack.pb.gz 2>/dev/null | grep match_from >/dev/null ||
	{ echo "pprof does not compare the two"; exit 1; }
echo "$(wc -l <ours) functions, all as pprof reads them"
