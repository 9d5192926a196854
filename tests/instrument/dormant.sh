#!/usr/bin/env bash
# What a macro costs while nobody records, in instructions, which callgrind counts exactly: none with
# FLOWDAR_DISABLE, and no more than two loads, a test and a branch otherwise (for a function: at both
# its ends).
set -euo pipefail

source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v valgrind >/dev/null || { echo "FAILED: valgrind is missing"; exit 1; }

# counted PROGRAM TURNS: the instructions that it executes.
counted() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$work/$1" "$2" 2>&1 |
		sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# build NAME MACRO FLAGS...
build() {
	local name=$1 macro=$2
	shift 2
	"$compiler" -std=gnu17 -O2 -Wall -Wextra -Werror "-I$source/instrument/include" "-DMACRO=$macro" \
		"$@" -rdynamic "$source/tests/instrument/dormant.c" -o "$work/$name"
}

# per_turn NAME: the instructions of one turn of the loop; what starts the program cancels out.
per_turn() {
	local few many
	few=$(counted "$1" 1000)
	many=$(counted "$1" 11000)
	echo $(((many - few) / 10000))
}

# try MACRO MOST: at most so many instructions more than without it.
try() {
	local plain absent off disabled
	build plain '(void)0'
	build disabled "$1" -DFLOWDAR_DISABLE
	build absent "$1"
	build off "$1" -DOFFERED
	plain=$(per_turn plain)
	disabled=$(($(per_turn disabled) - plain))
	absent=$(($(per_turn absent) - plain))
	off=$(($(per_turn off) - plain))
	printf '%-6s %-30s disabled %d, not loaded %d, off %d instructions\n' \
		"$compiler" "$1" $disabled $absent $off
	[ $disabled = 0 ] || { echo "FAILED: FLOWDAR_DISABLE leaves something"; exit 1; }
	[ $absent -le "$2" ] || { echo "FAILED: more than $2 where nothing is loaded"; exit 1; }
	[ $off -le "$2" ] || { echo "FAILED: more than $2 while it is off"; exit 1; }
}

compiler=gcc
try 'FLOWDAR_SESSION_RESUME(i)' 4
try 'FLOWDAR_HANDOFF_PUT(i, "queue")' 4
try 'FLOWDAR_FUNCTION()' 11
# clang makes room for the call, three instructions more, before it knows that there is none.
compiler=clang
try 'FLOWDAR_SESSION_RESUME(i)' 7
try 'FLOWDAR_HANDOFF_PUT(i, "queue")' 7
try 'FLOWDAR_FUNCTION()' 7
