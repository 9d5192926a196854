#!/usr/bin/env bash
# The truth bench: servers whose culprit is known, recorded for real under replayed load, and what the
# verdict says. Prints a line a comparison, and counts at the end: named first, something else, nothing;
# false alarms of runs that are alike and of the same load at another pace. It gates nothing.
#
#	bench/truth/run.sh [--servers LIST] [--rounds N] [--first N] [--sessions N] [-o FOLDER]
#
# --servers   of loop, pool, fork, udp, pipeline (default: all)
# --rounds    of each server; each has a tree of functions, a culprit and a noise of its own (default 1)
# --first     the number of the first round, which is its seed (default 1)
# --sessions  of three requests each, in a run (default 60)
# -o          keeps truth.csv there, and the recordings of comparisons that went wrong
#
# Needs a build (FLOWDAR_BUILD, default build/release or build/debug): ninja flowdar instrument_libraries.
# A round is 10 recordings and 12 comparisons, some 20 s on two quiet processors.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${FLOWDAR_BUILD:-$root/build/release}
[ -x "$build/bin/flowdar" ] || build=$root/build/debug
FLOWDAR=$build/bin/flowdar
[ -x "$FLOWDAR" ] || { echo "no flowdar in $build: build it first" >&2; exit 1; }
command -v jq >/dev/null || { echo "needs jq" >&2; exit 1; }

servers=loop,pool,fork,udp,pipeline rounds=1 first=1 sessions=60 keep=
while [ $# -gt 0 ]; do
	case $1 in
	--servers) servers=$2 ;;
	--rounds) rounds=$2 ;;
	--first) first=$2 ;;
	--sessions) sessions=$2 ;;
	-o) keep=$2 ;;
	*) sed -n '2,/^set/p' "$0" | grep '^#'; exit 2 ;;
	esac
	shift 2
done

work=$(mktemp -d)
recorder=
finish() {
	[ -z "$recorder" ] || kill -INT "$recorder" 2>/dev/null || true
	[ -z "$recorder" ] || wait "$recorder" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
csv=$work/truth.csv
echo "server,round,case,expected,said,change,confidence,outcome,sentence" >"$csv"

# build_server ROUND: its own tree of functions.
build_server() {
	awk -v count=85 -v fanout=$((3 + $1 % 3)) -v seed="$1" -f "$here/functions.awk" >"$work/functions.h"
	"$FLOWDAR" cc -O2 -I "$root/instrument/include" -I "$work" -pthread "$here/server.c" -o "$work/server"
}

# record_run NAME PACE [VARIABLE=VALUE ...]: one run of the server under load, as a recording. On a machine
# that is very busy the server may be slow to find the session daemon: then once more.
record_run() {
	local tries
	for tries in 1 2 3 4; do
		if try_run "$@"; then return 0; fi
		sleep "$tries"
	done
	echo "$server: run $1 of round $round could not be recorded:" >&2
	cat "$work/err" >&2
	return 1
}

try_run() {
	local name=$1 pace=$2 port="" tries=0 status=0
	shift 2
	rm -rf "${work:?}/$name" "$work/out" # of the run before, with its port
	env TRUTH_SERVER="$server" TRUTH_SEED=$RANDOM TRUTH_LOOPS_PER_US="$loops" "$@" \
		"$FLOWDAR" record -q -o "$work/$name" --detail function --io -- "$work/server" 0 \
		>"$work/out" 2>"$work/err" &
	recorder=$!
	while [ -z "$port" ] && [ $tries -lt 200 ]; do
		port=$(sed -n 's/^listening on //p' "$work/out" 2>/dev/null) || true
		tries=$((tries + 1))
		sleep 0.05
	done
	[ -n "$port" ] || return 1
	# shellcheck disable=SC2086
	timeout 60 "$FLOWDAR" replay "$capture" --to "127.0.0.1:$port" $pace \
		--quiet 1ms --timeout 5s -o "$work/$name.jsonl" >/dev/null 2>>"$work/err" || true
	kill -INT "$recorder"
	wait "$recorder" || status=$?
	recorder=
	{ [ "$status" = 0 ] || [ "$status" = 130 ]; } && grep -q '"verdict":"ok"' "$work/$name.jsonl"
}

# judge CASE EXPECTED BASELINES... -- SUBJECTS...: EXPECTED is a name, or "" for nothing.
judge() {
	local case=$1 expected=$2 outcome said change confidence line
	local -a arguments=()
	shift 2
	local side=--baseline
	for path in "$@"; do
		if [ "$path" = -- ]; then side=--subject; else arguments+=("$side" "$work/$path"); fi
	done
	"$FLOWDAR" diff "${arguments[@]}" --format json --min-share 0 --limit 5 >"$work/diff.json" 2>>"$work/err" || true
	line=$(jq -r '.verdict | [.function // "", .change, .confidence, (.refused | tostring), .sentence] | join("\t")' \
		"$work/diff.json" 2>/dev/null) || line=$'\tfailed\tlow\tfalse\tdiff failed'
	IFS=$'\t' read -r said change confidence refused sentence <<<"-$line"
	said=${said#-}
	if [ -z "$expected" ]; then
		outcome=quiet
		[ -z "$said" ] || outcome="false alarm"
	elif [[ " $expected " == *" $said "* ]] && [ -n "$said" ]; then
		outcome=named
	elif [ -n "$said" ]; then
		outcome=else
	else
		outcome=nothing
	fi
	[ "$refused" = false ] || confidence=refused
	keep_wrong "$case" "$@"
	printf '%s,%s,%s,%s,%s,%s,%s,%s,"%s"\n' "$server" "$round" "$case" "$expected" "$said" "$change" \
		"$confidence" "$outcome" "${sentence//\"/}" >>"$csv"
	printf '%-8s %-16s %-12s %-8s %s\n' "$server" "$case" "$outcome" "$confidence" "$sentence"
}

# keep_wrong CASE RECORDINGS...: for who wants to know why.
keep_wrong() {
	local to=$keep/$server-$round-${1// /-} path
	shift
	[ -n "$keep" ] || return 0
	[ "$outcome" != named ] && [ "$outcome" != quiet ] || return 0
	mkdir -p "$to"
	for path in "$@"; do
		[ "$path" = -- ] || cp -r "$work/$path" "$to/"
	done
	cp "$work/diff.json" "$to/"
}

# Where the culprit is: a leaf of the tree, or further in.
one_round() {
	local at=$((5 + RANDOM % 60)) fast="--asap -c 2" slow="--rate 40 -c 2"

	build_server "$round"
	loops=$("$work/server" calibrate)
	record_run base1 "$fast" || return 0
	record_run base2 "$fast" || return 0
	record_run pace "$slow" || return 0
	record_run spin "$fast" TRUTH_KIND=spin TRUTH_AT=$at TRUTH_NS=150000 || return 0
	record_run part "$fast" TRUTH_KIND=spin TRUTH_AT=$at TRUTH_NS=150000 TRUTH_PART=30 || return 0
	record_run few "$fast" TRUTH_KIND=spin TRUTH_AT=$at TRUTH_NS=3000000 TRUTH_PART=3 || return 0
	record_run tenth "$fast" TRUTH_KIND=spin TRUTH_AT=$at TRUTH_NS=9000 || return 0
	record_run sleep "$fast" TRUTH_KIND=sleep TRUTH_AT=$at TRUTH_NS=400000 || return 0
	record_run calls "$fast" TRUTH_KIND=calls || return 0
	record_run new "$fast" TRUTH_KIND=new TRUTH_NS=4000 || return 0
	judge "alike" "" base1 -- base2
	judge "alike back" "" base2 -- base1
	judge "other pace" "" base1 -- pace
	judge "other pace back" "" pace -- base1
	judge "spin" "f$at" base1 -- spin
	judge "spin 2 runs" "f$at" base1 base2 -- spin
	judge "spin in 30 %" "f$at" base2 -- part
	judge "spin in 3 %" "f$at" base1 -- few
	judge "tenth" "f$at" base1 -- tenth
	judge "sleep" "f$at" base2 -- sleep
	judge "one call more" "digest" base1 -- calls
	judge "three new" "audit scan escape" base2 -- new
}

cc -O2 "$here/capture.c" -o "$work/capture"
for server in ${servers//,/ }; do
	capture=$work/$server.pcap
	kind=tcp
	[ "$server" != udp ] || kind=udp
	"$work/capture" $kind "$sessions" 3 >"$capture"
	for ((round = first; round < first + rounds; round++)); do
		RANDOM=$round
		one_round
	done
done

echo
echo "by case:"
awk -F, 'NR > 1 { n[$3]++; c[$3, $8]++ }
	END { for (k in n) printf "  %-16s %3d  named %d, something else %d, nothing %d, quiet %d, false alarms %d\n",
		k, n[k], c[k, "named"], c[k, "else"], c[k, "nothing"], c[k, "quiet"], c[k, "false alarm"] }' "$csv" | sort
echo "by confidence, of those that name a function:"
awk -F, 'NR > 1 && $5 != "" { n[$7]++; w[$7] += $8 != "named" }
	END { for (k in n) printf "  %-8s %3d, wrong %d\n", k, n[k], w[k] }' "$csv" | sort
[ -z "$keep" ] || { mkdir -p "$keep"; cp "$csv" "$keep/truth.csv"; }
