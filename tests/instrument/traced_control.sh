#!/usr/bin/env bash
# The control segment: what is recorded follows the recorder's rules, minimum, depth and gate; each
# process says first which recording it belongs to; what is pending is written when it is asked for.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
programs=$FLOWDAR_BUILD/tests
tool=$programs/control_tool

builds='hooked'
[ -x "$programs/traced_selected_patched" ] && builds='hooked patched'
trace_create
trace_start

# segment NAME RULES...: a new one, as the environment has it.
segment() {
	FLOWDAR_CONTROL=$work/$1.control
	export FLOWDAR_CONTROL
	"$tool" "$FLOWDAR_CONTROL" make "$1"
	"$tool" "$FLOWDAR_CONTROL" rules "${@:2}"
}

# run NAME ARGUMENTS...: to its end.
run() {
	local name=$1
	shift
	preloaded libflowdar-functions.so "$programs/traced_selected_$build" "$@" >"$work/said.$name" || fail "$name: status $?"
}

value() {
	"$tool" "$FLOWDAR_CONTROL" get "$1"
}

at_least() {
	[ "$(value "$1")" -ge "$2" ]
}

for build in $builds; do
	segment "$build-all"
	run "$build-all" 50
	segment "$build-names" 'outer_*' '!*_quick'
	run "$build-names" 50
	segment "$build-binary" "!bin:traced_sel*"
	run "$build-binary" 50
	segment "$build-thread" 'thread:nobody'
	run "$build-thread" 50
	segment "$build-minimum"
	"$tool" "$FLOWDAR_CONTROL" set minimum_ns 100000
	MINIMUM_NS=100000 run "$build-minimum" 50
	segment "$build-depth"
	"$tool" "$FLOWDAR_CONTROL" set depth_max 1
	run "$build-depth" 50
	segment "$build-none"
	"$tool" "$FLOWDAR_CONTROL" set recording_on 0
	run "$build-none" 50
	[ "$(value calls)" = 0 ] || fail "calls, though not recording"

	# The rules change while it runs.
	segment "$build-later" 'outer_long'
	mkfifo "$work/in.$build"
	run "$build-later" 10 wait <"$work/in.$build" &
	exec 3>"$work/in.$build"
	echo >&3
	wait_for grep -q ran "$work/said.$build-later"
	live=$(value live)
	[ "$live" = 1 ] || fail "$live functions on, not 1"
	"$tool" "$FLOWDAR_CONTROL" rules 'outer_quick' 'tiny_*'
	wait_for at_least live 3
	echo >&3
	exec 3>&-
	wait $!

	# A hanging thread's open calls are written when the recorder asks, by another thread.
	segment "$build-hang"
	mkfifo "$work/hang.$build"
	run "$build-hang" 1 hang <"$work/hang.$build" &
	exec 3>"$work/hang.$build"
	wait_for grep -q pid "$work/said.$build-hang"
	read -r _ pid <"$work/said.$build-hang"
	wait_for asleep "$pid" sleepy
	"$tool" "$FLOWDAR_CONTROL" set flush 1
	wait_for at_least flushed 1
	lttng stop "$session" >/dev/null
	exec 3>&-
	wait $!
	lttng start "$session" >/dev/null

	# At a closed gate it waits; when nobody opens it any more, it goes on.
	segment "$build-gate"
	"$tool" "$FLOWDAR_CONTROL" live &
	alive=$!
	"$tool" "$FLOWDAR_CONTROL" set gate 1
	run "$build-gate" 5000 &
	running=$!
	wait_for grep -q pid "$work/said.$build-gate"
	read -r _ pid <"$work/said.$build-gate"
	wait_for asleep "$pid"
	sleep 1 # so long at least it is to be told to have waited
	kill -0 $running || fail "$build: did not wait at the gate"
	"$tool" "$FLOWDAR_CONTROL" set gate 0
	wait $running
	at_least waited_ns 500000000 || fail "$build: waited $(value waited_ns) ns at the gate"
	[ "$(value write_ns)" -gt 0 ] && at_least waited_ns $((2 * $(value write_ns))) ||
		fail "$build: events took $(value write_ns) ns to write, with what it waited for the gate"
	segment "$build-deserted"
	"$tool" "$FLOWDAR_CONTROL" set gate 1
	run "$build-deserted" 5000
	at_least waited_ns 4500000000 || fail "$build: waited $(value waited_ns) ns for nobody"
	kill $alive

	# A recorder comes later.
	segment "$build-attached" 'tiny_one'
	mkfifo "$work/attach.$build"
	file=$FLOWDAR_CONTROL
	unset FLOWDAR_CONTROL
	run "$build-attached" 10 wait <"$work/attach.$build" &
	exec 3>"$work/attach.$build"
	wait_for grep -q pid "$work/said.$build-attached"
	FLOWDAR_CONTROL=$file
	read -r _ pid <"$work/said.$build-attached"
	wait_for "$tool" "$FLOWDAR_CONTROL" tell "$pid"
	wait_for at_least live 1
	wait_for at_least processes 1
	echo >&3
	exec 3>&-
	wait $!
done

# A forked child says who it is, and writes what it did before it leaves by _exit().
segment forked
for _ in 1 2 3 4 5; do
	preloaded libflowdar-functions.so "$programs/traced_fork" >>"$work/forks"
done
[ "$(value processes)" = 10 ] || fail "$(value processes) processes, not 10"

# A worker that was taken over can write its own counters, and neither its parent's nor the segment.
for how in fork clone; do
	segment "hostile-$how"
	mkfifo "$work/hostile.$how"
	preloaded libflowdar-functions.so "$programs/traced_worker" $how <"$work/hostile.$how" >"$work/said.hostile-$how" &
	exec 3>"$work/hostile.$how"
	wait_for grep -q pid "$work/said.hostile-$how"
	read -r _ pid < <(grep pid "$work/said.hostile-$how")
	written=$(grep -c AAAAAAAA "$FLOWDAR_CONTROL".counters/"$pid"-* "$FLOWDAR_CONTROL" | grep -vc ':0$') || true
	[ "$written" = 0 ] || fail "hostile, $how: wrote to its parent's counters, or to the segment"
	grep -qx 'written 1' "$work/said.hostile-$how" || fail "hostile, $how: $(cat "$work/said.hostile-$how"); it should have had its own counters"
	exec 3>&-
	wait $! || fail "hostile, $how: its parent ended with $?"
	[ "$how" = clone ] || at_least calls 10000 || fail "hostile, $how: $(value calls) calls"
done

trace_stop
calls_expand

awk 'FNR == NR { if ($1 == "child") { pid[$2] = $3 } next }
	!($1 in pid) { next }
	!($1 in first) { first[$1] = $3 " " $6 }
	$3 == "func_entry" && $6 == pid[$1] { calls++ }
	END {
		for (p in pid) if (first[p] != "process \"forked\",") { print p " begins with " first[p]; exit 1 }
		if (calls != 5) { print calls + 0 " calls of 5 children"; exit 1 }
	}' "$work/forks" "$work/events" || fail "forked children"

# seen NAME FUNCTION: how often, in the process that said.NAME is of.
seen() {
	local address pid
	read -r _ pid <"$work/said.$1"
	address=$(awk -v f="$2" '$1 == "call" && $2 == f { print $3 }' "$work/said.$1")
	awk -v pid="$pid" -v a="$address" '$1 == pid && $3 == "func_entry" && $6 == a' "$work/events" | wc -l
}

# expect NAME FUNCTION=COUNT...
expect() {
	local name=$1 pair count
	shift
	for pair in "$@"; do
		count=$(seen "$name" "${pair%=*}")
		[ "$count" = "${pair#*=}" ] || fail "$name: ${pair%=*} $count times, not ${pair#*=}"
	done
}

# identity NAME: the process event is the first of the process, and names the recording.
identity() {
	local pid first
	read -r _ pid <"$work/said.$1"
	first=$(awk -v pid="$pid" '$1 == pid { print $3, $6; exit }' "$work/events")
	[ "$first" = "process \"$1\"," ] || fail "$1: its first event is $first"
}

for build in $builds; do
	expect "$build-all" outer_long=50 outer_quick=50 tiny_one=100 tiny_two=100
	expect "$build-names" outer_long=50 outer_quick=0 tiny_one=0 tiny_two=0
	expect "$build-binary" outer_long=0 outer_quick=0 tiny_one=0
	expect "$build-thread" outer_long=0 outer_quick=0 tiny_one=0
	expect "$build-minimum" outer_long=50
	expect "$build-depth" outer_long=50 outer_quick=50 tiny_one=0
	expect "$build-none" outer_long=0
	expect "$build-later" outer_long=10 outer_quick=10 tiny_one=20 tiny_two=20
	expect "$build-attached" outer_long=0 tiny_one=20 tiny_two=0
	expect "$build-gate" outer_long=5000 tiny_one=10000
	expect "$build-deserted" outer_long=5000 tiny_one=10000
	for name in all names minimum depth later hang gate attached; do
		identity "$build-$name"
	done
	# Of the minimum's 250 short calls: each is in its parent, or with none; recorded are only such as were long.
	read -r _ pid <"$work/said.$build-minimum"
	skipped=$(awk -v pid="$pid" '$1 == pid && $3 == "skipped" { n += $4 } END { print n + 0 }' "$work/events")
	entered=$(awk -v pid="$pid" '$1 == pid && $3 == "func_entry"' "$work/events" | wc -l)
	prolonged=$(awk '$1 == "prolonged" { print $2 }' "$work/said.$build-minimum")
	for function in tiny_one tiny_two; do
		prolonged=$((prolonged - $(seen "$build-minimum" $function)))
	done
	[ $prolonged -ge 0 ] || fail "minimum: $((-prolonged)) calls that were shorter"
	[ $((skipped + entered)) = 300 ] || fail "minimum: $skipped skipped and $entered recorded, of 300"
	FLOWDAR_CONTROL=$work/$build-minimum.control
	[ "$(value skipped)" = "$skipped" ] || fail "minimum: $(value skipped) in the segment, $skipped in the trace"
	read -r _ pid <"$work/said.$build-hang"
	open=$(awk -v pid="$pid" '$1 == pid && $3 == "func_entry" { n++ } $1 == pid && $3 == "func_exit" { n-- } END { print n + 0 }' "$work/events")
	[ "$open" = 2 ] || fail "hang: $open open calls, not 2"
	FLOWDAR_CONTROL=$work/$build-all.control
	[ "$(value calls)" = 300 ] || fail "all: $(value calls) calls in the segment, not 300"
	echo "$build: $(value functions) functions, $(value patched) patched, $(value hooked) processes with hooks"
done
