#!/usr/bin/env bash
# What scripts/lib/tests.sh makes of tests that fail: always, once, and too many of them once.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*"
	cat "$work/said"
	exit 1
}

# project NAME=LABEL=HOW...: a ctest project; how: passes, fails, or once: fails at the first try.
project() {
	local test name label how
	rm -rf "$work/build"
	mkdir "$work/build"
	cat >"$work/how" <<-'END'
		seq 40 | sed "s/^/$1 says /"
		case $2 in
		passes) exit 0 ;;
		fails) exit 1 ;;
		once) ! mkdir "$1.was" 2>/dev/null ;;
		esac
	END
	for test; do
		IFS='=' read -r name label how <<<"$test"
		printf 'add_test(%s sh %s %s %s)\nset_tests_properties(%s PROPERTIES LABELS %s)\n' \
			"$name" "$work/how" "$name" "$how" "$name" "$label"
	done >"$work/build/CTestTestfile.cmake"
}

# run STATUS TEST...: and what is left is in $second and $lost.
run() {
	local should=$1 status=0
	shift
	project "$@"
	(
		# shellcheck source=../../scripts/lib/tests.sh
		. "$here/scripts/lib/tests.sh"
		status=0
		tests_begin "$work/notes"
		tests_run "$work/build" -L '^(unit|e2e)$' || status=$?
		tests_run "$work/build" -L '^(real|trace)$' || status=$?
		tests_end || status=1
		exit $status
	) >"$work/said" 2>&1 || status=$?
	[ "$((status != 0))" = "$should" ] || fail "status $status of $*"
	second=$(paste -s -d ' ' "$work/notes/passed-at-second-try")
	lost=$(sed -n 's/^failed: //p' "$work/said")
}

run 0 a=unit=passes b=e2e=passes c=real=passes
[ "$second$lost" = "" ] || fail "what passes is told: $second, $lost"
grep -q 'failed at first' "$work/said" && fail "nothing failed at first"

run 0 a=unit=passes b.c++=e2e=once c=real=passes d=real=once
[ "$second" = "b.c++ d" ] || fail "at the second try: $second"
[ "$(tail -n 1 "$work/said")" = "failed at first, passed at the second try: b.c++ d " ] || fail "not told at the end"
grep -q '^d says 1$' "$work/said" || fail "the whole output of the first failure is not there"

run 1 a=unit=once b=real=passes
[ "$lost" = a ] && [ -z "$second" ] || fail "a unit test has had a second try"

run 1 a=e2e=fails b=real=once
[ "$lost" = a ] && [ "$second" = b ] || fail "what fails twice: $lost; $second"
[ "$(tail -n 36 "$work/said" | grep -c '^a says ')" = 30 ] || fail "the last lines are not at the end"

run 1 a=e2e=once b=real=once c=trace=once
[ "$lost" = c ] || fail "a third one: $lost"
echo ok
