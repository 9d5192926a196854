#!/usr/bin/env bash
# Golden tests of the command line: run.sh CASE-DIRECTORY...
#
# A case is a directory with
#   cmd      the command, a bash script; "flowdar" is the program, "$data" the folder tests/golden/data;
#            it runs in an empty directory of its own
#   stdout, stderr   what is expected, byte for byte; a missing one means: nothing
#   exit     the exit code expected; missing means 0
# What legitimately varies is replaced before comparing: the case's own directory by WORK, the
# source tree by SOURCE. GOLDEN_UPDATE=1 writes what came out as the new expectation: read the diff.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${FLOWDAR:?set FLOWDAR to the flowdar program}"
failed=0

run_case() {
	local dir=$1 work status=0
	work=$(mktemp -d)
	mkdir "$work/cwd" "$work/bin"
	ln -s "$FLOWDAR" "$work/bin/flowdar"
	(
		cd "$work/cwd" || exit 99
		export PATH="$work/bin:$PATH" data="$here/data" captures="$here/../captures" LC_ALL=C.UTF-8
		# Under AddressSanitizer: which known leaks of libraries were passed over is no output of ours.
		export LSAN_OPTIONS=print_suppressions=0
		unset COLUMNS DEBUGINFOD_URLS
		bash "$dir/cmd"
	) >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
	echo "$status" >"$work/exit"
	sed -i -e "s|$work/cwd|WORK|g" -e "s|$here/data|DATA|g" "$work/stdout" "$work/stderr"
	for stream in stdout stderr exit; do
		compare "$dir/$stream" "$work/$stream" "$stream"
	done
	rm -rf "$work"
}

compare() {
	local expected=$1 got=$2 stream=$3 default=/dev/null
	[ "$stream" = exit ] && default=<(echo 0)
	if [ -n "${GOLDEN_UPDATE:-}" ]; then
		if cmp -s "$got" "$default" || { [ "$stream" = exit ] && [ "$(cat "$got")" = 0 ]; }; then
			rm -f "$expected"
		else
			cp "$got" "$expected"
		fi
		return
	fi
	[ -e "$expected" ] || { [ "$stream" = exit ] && expected=$here/zero || expected=/dev/null; }
	if ! diff -u --label "expected $stream" --label "got $stream" "$expected" "$got"; then
		failed=1
	fi
}

for dir in "$@"; do
	[ -f "$dir/cmd" ] || { echo "$dir: no cmd in it"; exit 1; }
	before=$failed
	failed=0
	run_case "$(cd "$dir" && pwd)"
	[ $failed = 0 ] && echo "ok: $(basename "$dir")" || echo "FAILED: $(basename "$dir")"
	[ $before = 1 ] && failed=1
done
exit $failed
