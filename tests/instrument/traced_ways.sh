#!/usr/bin/env bash
# Functions that are left by longjmp, exceptions, pthread_exit, cancellation, or not at all; that run
# on other stacks, or move their own; in a child of vfork. Built with hooks, and patchable.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
programs=$FLOWDAR_BUILD/tests

builds='hooked jumping'
[ -x "$programs/traced_ways_patched" ] && builds='hooked jumping patched'
ways='jump throw end cancel hang grow signal handlers coroutine contexts twice vfork'
[ "$(uname -m)" = x86_64 ] && ways+=' hand'
trace_create
trace_start
for build in $builds; do
	for way in $ways; do
		preloaded libflowdar-functions.so "$programs/traced_ways_$build" "$way" \
			>"$work/said.$build.$way" || fail "$build $way: status $?"
	done
done
trace_stop
calls_expand

for build in $builds; do
	for way in $ways; do
		read -r _ pid <"$work/said.$build.$way"
		left=1
		case $way in grow | hang | signal | coroutine | twice | hand | vfork) left=0 ;; esac
		awk -v pid="$pid" -v left=$left -v said="$work/said.$build.$way" '
			BEGIN {
				while ((getline line < said) > 0) {
					split(line, part, " ")
					if (part[1] == "call") { name[part[3]] = part[2]; expected[part[2]] = part[4] }
					else other[part[1]] = part[2]
				}
			}
			$1 != pid { next }
			$3 == "func_entry" && $6 in name { count[name[$6]]++ }
			$3 == "func_entry" { stack[$2, depth[$2]++] = $6 }
			$3 == "func_exit" && (depth[$2] == 0 || stack[$2, --depth[$2]] != $6) { print "wrong exit: " $0; exit 1 }
			$3 == "unwound" { unwound += $4; depth[$2] -= $4 }
			$3 == "lost" { lost += $4 }
			END {
				for (f in expected) if (count[f] + 0 != expected[f]) {
					print f ": " count[f] + 0 " calls, said " expected[f]; bad = 1
				}
				for (t in depth) open += depth[t]
				if (open != other["open"] + 0) { print open " open, said " other["open"] + 0; bad = 1 }
				if (lost + 0 < other["lost"] + 0) { print lost " lost, said " other["lost"]; bad = 1 }
				if (!left && unwound) { print unwound " unwound, though all returned"; bad = 1 }
				if (("lost" in other) && other["lost"] == 0 && lost) { print lost " lost"; bad = 1 }
				if ("unwound" in other && unwound + 0 < other["unwound"]) { print unwound " unwound, said " other["unwound"]; bad = 1 }
				printf "unwound %d, lost %d, open %d\n", unwound, lost, open
				exit bad
			}' "$work/events" >"$work/verdict" || fail "$build $way: $(cat "$work/verdict")"
		echo "$build $way: $(cat "$work/verdict")"
	done
done
