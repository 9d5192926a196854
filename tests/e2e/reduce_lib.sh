# shellcheck shell=bash
# Sourced first by tests of `flowdar reduce`, after $work: goes on there.
# shellcheck disable=SC2034 # for the tests
captures=$FLOWDAR_SOURCE/tests/captures
# shellcheck disable=SC2154 # whoever sources this has made it
cd "$work" || exit 1

fail() {
	echo "$1"
	[ ! -s said ] || cat said
	[ ! -s result ] || cat result
	exit 1
}

# all_end FILE: the processes of the file, a line each that begins with its number, come to an end within a minute.
all_end() {
	local pid
	while read -r pid _; do
		for _ in $(seq 1200); do
			grep -Eqs '^State:.[^ZX]' "/proc/$pid/status" || continue 2
			sleep 0.05
		done
		fail "what the server has started is left"
	done <"$1"
}

# reduce STATUS ARGUMENT...: into "result" and "said".
reduce() {
	local expected=$1 status=0
	shift
	"$FLOWDAR" reduce "$@" >result 2>said || status=$?
	[ $status = "$expected" ] || fail "reduce $*: expected $expected, not $status"
}
