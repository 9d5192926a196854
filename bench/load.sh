#!/usr/bin/env bash
# Taking a capture apart: processor time and wall clock of flowdar split, tcpflow and tshark on the same file, in
# turns, and what a session costs in memory while a capture is loaded.
#
# usage: bench/load.sh [FLOWDAR [ROUNDS]]      (default: build/release/bin/flowdar, 5)
# The files are made of ../shared/captures by amplify. tcpflow writes a file for each way of a session
# (-o DIR), flowdar a capture for each session and what is in them (split -o DIR), both to $TMPDIR; tshark
# only counts conversations (-q -z conv,tcp). What was written is deleted at the very end: ext4 looks at each
# inode that was deleted within the last minutes again when it makes a file, which costs more than all else. Who begins changes with
# the round, and before each what is not on the disk yet is written. Each round gives ratios to each; the medians are printed: processor
# seconds, then wall clock.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
flowdar=${1:-$source_dir/build/release/bin/flowdar}
rounds=${2:-5}
. "$source_dir/bench/median.sh"
for tool in "$flowdar" tcpflow tshark capinfos; do
	command -v "$tool" >/dev/null || { echo "needs $tool"; exit 77; }
done
shared=${FLOWDAR_SHARED:-$source_dir/../shared}/captures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%U %S %R'

# took COMMAND...: its processor seconds, and those of the clock.
took() {
	sync -f "$work"
	{ time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2, $3 }'
}

# tool FOLDER WHO
tool() {
	case $2 in
	ours) took "$flowdar" split "$work/in.pcap" -o "$1/ours" --format csv ;;
	theirs) took tcpflow -r "$work/in.pcap" -o "$1/theirs" ;;
	shark) took tshark -n -r "$work/in.pcap" -q -z conv,tcp ;;
	esac >"$work/$2"
}

# ratio COLUMN BY: the median of one column of the rounds by another.
ratio() {
	awk -v a="$1" -v b="$2" '{ print $a / $b }' "$work/rounds" | median
}

printf 'files on %s\n' "$(stat -f -c %T "$work")"
printf '%-24s %9s %9s %9s | %9s %9s %9s | %9s %9s | %9s %9s %9s | %9s %9s\n' capture packets sessions MB 'flowdar s' 'tcpflow s' \
	'tshark s' /tcpflow /tshark 'wall' 'tcpflow' 'tshark' /tcpflow /tshark
for row in "echo-500.pcap.gz 4" "http-methods.pcap 300" "redis-benchmark.pcap 1000" "http-range-multiflows.pcap 100"; do
	read -r name clones <<<"$row"
	[ -e "$shared/$name" ] || continue
	"$flowdar" amplify "$shared/$name" -o "$work/in.pcap" --clones "$clones" 2>/dev/null
	: >"$work/rounds"
	for round in $(seq "$rounds"); do
		folder=$work/$name.$round
		mkdir -p "$folder/theirs"
		for who in $([ $((round % 2)) -eq 1 ] && echo ours theirs shark || echo shark theirs ours); do
			tool "$folder" "$who"
		done
		paste -d' ' "$work/ours" "$work/theirs" "$work/shark" >>"$work/rounds"
	done
	printf '%-24s %9d %9d %9.1f | %9.2f %9.2f %9.2f | %9.2f %9.2f | %9.2f %9.2f %9.2f | %9.2f %9.2f\n' "${name%.pcap*}" \
		"$(capinfos -c -T -r -M "$work/in.pcap" | cut -f2)" "$(find "$folder/ours" -name '*.pcap' | wc -l)" \
		"$(awk "BEGIN { print $(stat -c %s "$work/in.pcap") / 1e6 }")" \
		"$(cut -d' ' -f1 "$work/rounds" | median)" "$(cut -d' ' -f3 "$work/rounds" | median)" \
		"$(cut -d' ' -f5 "$work/rounds" | median)" "$(ratio 3 1)" "$(ratio 5 1)" \
		"$(cut -d' ' -f2 "$work/rounds" | median)" "$(cut -d' ' -f4 "$work/rounds" | median)" \
		"$(cut -d' ' -f6 "$work/rounds" | median)" "$(ratio 4 2)" "$(ratio 6 2)"
done

# The same sessions, 1 and 40 times: what each costs beyond the program itself. What is mapped of the spool
# is the kernel's to drop, and not counted (RssAnon).
anon() {
	"$flowdar" replay "$1" --to 127.0.0.1:9 --duration 1s --asap --concurrency 1 >/dev/null 2>&1 &
	local pid=$! most=0 now
	while now=$(awk '/RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
		most=$((now > most ? now : most))
		sleep 0.01
	done
	echo "$most"
}
if [ -e "$shared/redis-benchmark.pcap" ]; then
	"$flowdar" amplify "$shared/redis-benchmark.pcap" -o "$work/few.pcap" --clones 100 2>/dev/null
	"$flowdar" amplify "$shared/redis-benchmark.pcap" -o "$work/many.pcap" --clones 8100 2>/dev/null
	few=$(anon "$work/few.pcap") many=$(anon "$work/many.pcap")
	printf 'replay, loaded: %d KiB for 1,500 sessions, %d KiB for 121,500: %.0f bytes a session\n' "$few" "$many" \
		"$(awk "BEGIN { print ($many - $few) * 1024 / 120000 }")"
fi
