#!/usr/bin/env bash
# The price of recording is not the server's: a server that calls a function of a nanosecond 200,000 times a
# session, recorded in full, in part, sampled, and not at all. Prints what a session takes by each, and what the
# verdict says of each two recordings of it, which differ in nothing but what was recorded. It gates nothing.
#
#	bench/truth/price.sh [ROUNDS]
#
# Needs a build (FLOWDAR_BUILD, default build/release or build/debug): ninja flowdar instrument_libraries. A round
# is 5 recordings and 12 comparisons, some 20 s (default 2).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${FLOWDAR_BUILD:-$root/build/release}
[ -x "$build/bin/flowdar" ] || build=$root/build/debug
FLOWDAR=$build/bin/flowdar
[ -x "$FLOWDAR" ] || { echo "no flowdar in $build: build it first" >&2; exit 1; }
command -v jq >/dev/null || { echo "needs jq" >&2; exit 1; }

work=$(mktemp -d)
running=
finish() {
	[ -z "$running" ] || kill -INT "$running" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
cc -O2 "$here/capture.c" -o "$work/capture"
"$work/capture" tcp 40 1 >"$work/load.pcap"
"$FLOWDAR" cc -O2 -g "$here/tiny.c" -o "$work/tiny"

# run NAME COMMAND...: the load at a server that COMMAND starts.
run() {
	local name=$1 port="" tries=0
	shift
	"$@" "$work/tiny" >"$work/$name.out" 2>"$work/$name.err" &
	running=$!
	while [ -z "$port" ] && [ $tries -lt 400 ]; do
		port=$(sed -n 's/^listening on //p' "$work/$name.out")
		tries=$((tries + 1))
		sleep 0.05
	done
	"$FLOWDAR" replay "$work/load.pcap" --to "127.0.0.1:$port" --asap -c 1 >/dev/null
	kill -INT "$running"
	wait "$running" || true
	running=
}

record() {
	local name=$1
	shift
	rm -rf "${work:?}/$name"
	run "$name" "$FLOWDAR" record -q -o "$work/$name" --io "$@" --
}

judged=0 named=0
# judge BASELINE SUBJECT
judge() {
	local said
	"$FLOWDAR" diff "$work/$1" "$work/$2" --format json >"$work/diff.json" 2>/dev/null || true
	said=$(jq -r '.verdict | [.function // "", .confidence, .sentence] | join("|")' "$work/diff.json")
	judged=$((judged + 1))
	[ "${said%%|*}" = "" ] || named=$((named + 1))
	printf '%-8s %-8s %s\n' "$1" "$2" "${said//|/ }"
}

# per_session NAME: by diff, which takes the price out.
per_session() {
	"$FLOWDAR" diff "$work/$1" "$work/$1" --format json | jq '.sides[1].running_ns / 1e6'
}

for ((round = 0; round < ${1:-2}; round++)); do
	run plain env
	record all --detail function
	record again --detail function
	record part --detail function --functions '!step'
	record less --detail function --functions 'serve,plain'
	record sampled --sample
	printf 'a session, ms: plain %s:' "$(awk '/^took/ { print $2 / 1e6 }' "$work/plain.out")"
	for name in all again part less sampled; do
		[ $name = sampled ] || printf ' %s %.3g,' "$name" "$(per_session $name)"
	done
	"$FLOWDAR" analyze "$work/sampled" --format json |
		jq -r '" io and sampled, open \(.open_per_session_ns / 1e6)"'
	for before in all again part less; do
		for after in all again part less; do
			[ $before = $after ] || judge $before $after
		done
	done
done
echo
echo "$named of $judged comparisons name a function"
