# shellcheck shell=bash
# Runs of ctest that tell at the end what went wrong: a log of which only the tail is kept has to say it. On a
# machine that others use too, a test that starts daemons and servers may fail for no fault of the program's: it is
# run a second time, and that it was is told.
#
#	tests_begin DIR           what is noted goes to DIR: of each test that failed its last output, in failed/; those
#	                          that passed at the second try in passed-at-second-try, which is empty when there is none
#	tests_run BUILD ARG...    ctest in BUILD; a test whose label is in $tests_second (none: it is empty) is
#	                          tried a second time. Its status: 0 when all have passed, be it then
#	tests_end                 all that failed, on standard output; status 1 if there was any

tests_second='^(e2e|real|trace|toolchain)$' # labels; what stays in one process has no excuse
tests_second_most=2                         # more than these in a whole run are no accident

tests_begin() {
	tests_notes=$1
	mkdir -p "$tests_notes" || return
	rm -rf "$tests_notes/failed" && mkdir "$tests_notes/failed" || return
	: >"$tests_notes/passed-at-second-try"
	tests_tried=0
	tests_failed=()
}

tests_run() {
	local build=$1 failed=() again=() name status=0
	shift
	tests_ctest "$build" "$@" || status=$?
	mapfile -t failed < <(tests_names "$build")
	[ $status = 0 ] || [ ${#failed[@]} != 0 ] || tests_failed+=("ctest itself (status $status)")
	[ ${#failed[@]} != 0 ] || return $status
	status=0
	for name in "${failed[@]}"; do
		tests_keep "$build" "$name"
		if tests_has_second "$build" "$name" && [ $((++tests_tried)) -le $tests_second_most ]; then
			again+=("$name")
		else
			tests_failed+=("$name")
			status=8
		fi
	done
	for name in "${again[@]}"; do
		tests_again "$build" "$name" || status=8
	done
	return $status
}

# tests_again BUILD NAME: the second try.
tests_again() {
	printf '\n%s failed; its output is above. A second try:\n' "$2"
	if tests_ctest "$1" -R "^$(tests_quoted "$2")\$" && [ -z "$(tests_names "$1")" ]; then
		printf '%s\n' "$2" >>"$tests_notes/passed-at-second-try"
		return 0
	fi
	tests_keep "$1" "$2"
	tests_failed+=("$2")
	return 1
}

tests_ctest() {
	rm -f "$1/Testing/Temporary/LastTestsFailed.log"
	ctest --test-dir "$1" --output-on-failure "${@:2}"
}

# tests_names BUILD: those that failed in the last run.
tests_names() {
	sed 's/^[0-9]*://' "$1/Testing/Temporary/LastTestsFailed.log" 2>/dev/null || true
}

# tests_keep BUILD NAME: what it has said in the last run.
tests_keep() {
	awk -v name=" Test: $2" '
		/^[0-9]+\/[0-9]+ Test: / { mine = substr($0, index($0, " Test: ")) == name; next }
		/^<end of output>$/ { mine = 0 }
		mine && !/^(Command: |Directory: |Output:$|-+$)/ && !/ start time: / { print }
	' "$1/Testing/Temporary/LastTest.log" >"$tests_notes/failed/$2" || true
}

tests_has_second() {
	[ -n "$tests_second" ] && [ "$(ctest --test-dir "$1" -N -L "$tests_second" -R "^$(tests_quoted "$2")\$" | sed -n 's/^Total Tests: //p')" = 1 ]
}

# tests_quoted NAME: for an expression of ctest's.
tests_quoted() {
	# shellcheck disable=SC2016 # for sed
	sed 's/[][+.*^$()|?\\]/\\&/g' <<<"$1"
}

tests_end() {
	local name second
	second=$(tr '\n' ' ' <"$tests_notes/passed-at-second-try")
	for name in "${tests_failed[@]}"; do
		printf '\n== failed: %s, its last lines\n' "$name"
		tail -n 30 "$tests_notes/failed/$name" 2>/dev/null
	done
	[ -z "$second" ] || printf '\nfailed at first, passed at the second try: %s\n' "$second"
	[ "$tests_tried" -le $tests_second_most ] ||
		printf '\n%d tests failed of those that may have a second try: more than %d get none\n' "$tests_tried" $tests_second_most
	[ ${#tests_failed[@]} != 0 ] || return 0
	printf '\nfailed: %s\n' "${tests_failed[*]}"
	return 1
}
