#!/usr/bin/env bash
# The hooks of -finstrument-functions, with threads, signals that interrupt them, and a forked child.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
programs=$FLOWDAR_BUILD/tests

trace_create
trace_start
preloaded libflowdar-functions.so "$programs/traced_functions" 500 >"$work/said"
preloaded libflowdar-functions.so "$programs/traced_fork" >"$work/forked"
"$programs/traced_functions" 500 >"$work/unheard"
trace_stop
calls_expand

# Each thread's entries and exits are nested and balanced; a signal handler's, too. Counts are those
# that the program said; of the handler they may be fewer, for where it interrupts a hook it is not
# written.
awk -v said="$work/said" '
	BEGIN {
		while ((getline line < said) > 0) {
			split(line, part, " ")
			name[part[3]] = part[2]; said_of[part[2]] = part[4]
		}
	}
	FNR == 1 { first = $1 }
	$1 != first { next }
	{ address = $6; sub(",", "", address) }
	$3 == "func_entry" { stack[$2, depth[$2]++] = address; count[name[address]]++ }
	$3 == "func_exit" {
		if (depth[$2] == 0 || stack[$2, --depth[$2]] != address) {
			print "exit without its entry: " $0; bad = 1; exit 1
		}
	}
	END {
		if (bad) exit 1
		for (tid in depth) if (depth[tid] != 0) { print "open at the end: thread " tid; exit 1 }
		handled = count["on_timer"] + 0
		if (handled > said_of["on_timer"]) { print "more handlers than signals"; exit 1 }
		said_of["leaf"] -= said_of["on_timer"] - handled
		for (f in said_of) if (f != "on_timer" && count[f] != said_of[f]) {
			print f ": " count[f] " entries, said " said_of[f]; exit 1
		}
		print "balanced; " handled " of " said_of["on_timer"] " signals seen, " NR " events"
	}' "$work/events" || fail "functions"

# Of parent and child, the child also having called "after" once.
awk 'FNR == NR { pid[$1] = $2; address[$1] = $3; next }
	{ a = $6; sub(",", "", a) }
	$3 == "func_entry" && a == address["child"] && $1 == pid["child"] { child++ }
	$3 == "func_entry" && a == address["child"] && $1 == pid["parent"] { parent++ }
	END { if (child != 1 || parent != 2) { print "child " child " parent " parent; exit 1 } }
	' "$work/forked" "$work/events" || fail "functions of a forked child"
