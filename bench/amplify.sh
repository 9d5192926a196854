#!/usr/bin/env bash
# Packets per second of flowdar amplify and of tcprewrite, on the same capture, in turns.
#
# usage: bench/amplify.sh [FLOWDAR [ROUNDS]]      (default: build/release/bin/flowdar, 5)
# For each capture: amplify writes some 600 MB of copies of it, 100 clones at a time; then tcprewrite
# rewrites the addresses of what amplify wrote, so that both write the same number of packets of the
# same sizes to the same place ($TMPDIR). Each round gives one ratio; the median of all is printed,
# and the median ratio of CPU seconds as a check.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
flowdar=${1:-$source_dir/build/release/bin/flowdar}
rounds=${2:-5}
for tool in "$flowdar" tcprewrite capinfos; do
	command -v "$tool" >/dev/null || { echo "needs $tool"; exit 77; }
done
shared=${FLOWDAR_SHARED:-$source_dir/../shared}/captures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%R %U %S'

# timed COMMAND...: its wall, user and system seconds
timed() {
	{ time "$@" >/dev/null 2>&1; } 2>&1
}

# column N: the median of a column of numbers
column() {
	awk -v n="$1" '{ print $n }' "$work/rounds" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

printf '%-28s %10s %8s %14s %14s %8s %10s\n' capture packets bytes/p 'amplify p/s' 'tcprewrite p/s' ratio 'CPU ratio'
for capture in "$shared"/echo-500.pcap.gz "$shared"/http-methods.pcap \
	"$source_dir"/tests/captures/*.pcap; do
	[ -e "$capture" ] || continue
	# Of other link types tcprewrite leaves the addresses as they are.
	capinfos -E -T -r -M "$capture" | grep -q 'ether$' || continue
	size=$(gzip -cdf "$capture" | wc -c)
	repeat=$((6000000 / size + 1))
	: >"$work/rounds"
	for _ in $(seq "$rounds"); do
		ours=$(timed "$flowdar" amplify "$capture" -o "$work/ours.pcap" --clones 100 --repeat $repeat)
		theirs=$(timed tcprewrite --infile="$work/ours.pcap" --outfile="$work/theirs.pcap" \
			--pnat=16.0.0.0/8:17.0.0.0/8)
		packets=$(capinfos -c -T -r -M "$work/ours.pcap" | cut -f2)
		[ "$(capinfos -c -T -r -M "$work/theirs.pcap" | cut -f2)" = "$packets" ] ||
			{ echo "tcprewrite did not write all packets"; exit 1; }
		bytes=$(($(stat -c %s "$work/ours.pcap") / packets - 16))
		rm "$work/ours.pcap" "$work/theirs.pcap"
		echo "$packets $ours $theirs" | awk '{
			print $1 / $2, $1 / $5, $5 / $2, ($6 + $7) / ($3 + $4) }' >>"$work/rounds"
	done
	printf '%-28s %10d %8d %14.0f %14.0f %8.1f %10.1f\n' "${capture##*/}" "$packets" "$bytes" \
		"$(column 1)" "$(column 2)" "$(column 3)" "$(column 4)"
done
