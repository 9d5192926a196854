#!/usr/bin/env bash
# Calls on other stacks than a thread's own: a signal's and those that swapcontext() switches to are recorded, others are told, by process.
. "$(dirname "$0")/private.sh"

for build in hooked patched; do
	program=$FLOWDAR_BUILD/tests/traced_ways_$build
	[ -x "$program" ] || continue
	note "$build"
	"$FLOWDAR" record -q -o "$WORK/$build" --detail function -- "$program" hand > "$WORK/said" 2> "$WORK/$build.err" ||
		fail "exit status $?"
	pid=$(awk '$1 == "pid" { print $2 }' "$WORK/said")
	grep -q "coroutines are counted, but not recorded, where something else than swapcontext() switches them: 1[0-9] of process $pid;" "$WORK/$build.err" || fail "does not say why"
	[ "$(field "$WORK/$build" calls_lost)" -ge 11 ] || fail "calls_lost: $(field "$WORK/$build" calls_lost)"
	"$FLOWDAR" record -q -o "$WORK/$build.signal" --detail function -- "$program" handlers > "$WORK/said" \
		2> "$WORK/$build.signal.err" || fail "exit status $?"
	[ "$(field "$WORK/$build.signal" calls_lost)" = "" ] || fail "calls of handlers were lost"
	grep -q coroutines "$WORK/$build.signal.err" && fail "speaks of coroutines"
	"$FLOWDAR" analyze "$WORK/$build.signal" --server --format json --limit 0 > "$WORK/$build.json" || fail "analyze: $?"
	jq -e '.functions[] | select(.function == "throwing_handler") | .calls == 20' "$WORK/$build.json" > /dev/null ||
		fail "$(jq -c '.functions[] | select(.function == "throwing_handler")' "$WORK/$build.json")"
	note "$build: coroutines"
	"$FLOWDAR" record -q --lossless -o "$WORK/$build.contexts" --detail function -- "$program" contexts > "$WORK/said" \
		2> "$WORK/$build.contexts.err" || fail "exit status $?"
	[ "$(field "$WORK/$build.contexts" calls_lost)" = "" ] || fail "calls of coroutines were lost"
	grep -q coroutines "$WORK/$build.contexts.err" && fail "speaks of coroutines: $(cat "$WORK/$build.contexts.err")"
	"$FLOWDAR" analyze "$WORK/$build.contexts" --server --format json --limit 0 > "$WORK/$build.json" || fail "analyze: $?"
	while read -r _ name _ count; do
		jq -e --arg name "$name" --argjson count "$count" '[.functions[] | select(.function == $name and .waits_in == "") | .calls] | add == $count' \
			"$WORK/$build.json" > /dev/null || fail "$name: not $count calls: $(jq -c --arg name "$name" \
			'[.functions[] | select(.function == $name) | .calls]' "$WORK/$build.json")"
	done < <(grep '^call ' "$WORK/said")
done
echo "passed"
