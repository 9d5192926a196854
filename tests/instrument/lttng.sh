# shellcheck shell=bash
# For tests that trace: a session daemon of their own, and what was traced as plain lines.
#
# Source it first thing: root's script starts over in namespaces with an empty /run and /dev/shm, so
# that its daemon meets nobody else's and ends with it. Others, and root where that is not allowed,
# use their daemon if one runs already, or start one and end it.

: "${FLOWDAR_BUILD:?is set by ctest: the build directory}"
libraries=$FLOWDAR_BUILD/lib/flowdar
helpers=liblttng-ust-fork.so:liblttng-ust-fd.so

for tool in lttng lttng-sessiond babeltrace2; do
	command -v $tool >/dev/null || { echo "skipped: needs $tool"; exit 77; }
done

if [ -z "${FLOWDAR_TEST_NAMESPACE:-}" ]; then
	own=(unshare --mount --pid --fork --kill-child --mount-proc)
	if [ "$(id -u)" = 0 ] && "${own[@]}" mount -t tmpfs none /run 2>/dev/null; then
		FLOWDAR_TEST_NAMESPACE=own exec "${own[@]}" bash "$0" "$@"
	fi
	FLOWDAR_TEST_NAMESPACE=none
fi
if [ "$FLOWDAR_TEST_NAMESPACE" = own ]; then
	mount -t tmpfs none /run
	mount -t tmpfs none /dev/shm
	mkdir -p /run/lttng
fi

work=$(mktemp -d)
session=flowdar-test-$$
daemon=
trace_cleanup() {
	lttng destroy "$session" >/dev/null 2>&1 || true
	if [ -n "$daemon" ]; then
		kill "$daemon" 2>/dev/null || true
		while kill -0 "$daemon" 2>/dev/null; do sleep 0.1; done
	fi
	rm -rf "$work"
}
trap trace_cleanup EXIT

# A program waits for the daemon as long as it takes: without that, what it does first on a busy machine is not traced.
export LTTNG_HOME=$work LTTNG_UST_REGISTER_TIMEOUT=120000
if ! lttng --no-sessiond list >/dev/null 2>&1; then
	lttng-sessiond --no-kernel --daemonize --pidfile="$work/sessiond.pid" >"$work/sessiond.log" 2>&1 ||
		{ cat "$work/sessiond.log"; echo "skipped: no session daemon can be started"; exit 77; }
	daemon=$(cat "$work/sessiond.pid")
fi

fail() {
	echo "FAILED: $*"
	exit 1
}

# trace_create EVENT_OPTION...: a session for all events of ours; trace_start and trace_stop follow.
trace_create() {
	{
		lttng create "$session" --output="$work/trace"
		lttng enable-channel -u -s "$session" --subbuf-size=1M --num-subbuf=16 events
		lttng enable-event -u -s "$session" -c events 'flowdar:*' "$@"
		lttng add-context -u -s "$session" -c events -t vpid -t vtid -t procname
	} >"$work/lttng.log" || fail "$(cat "$work/lttng.log")"
}

trace_start() {
	lttng start "$session" >/dev/null
}

# trace_stop: ends the session; $work/events gets "PID TID EVENT FIELDS" lines, of programs whose
# name begins with "traced_", and of the helper threads in them.
trace_stop() {
	lttng stop "$session" >"$work/lttng.log"
	! grep -i 'discarded\|lost' "$work/lttng.log" || fail "events were lost"
	lttng destroy "$session" >/dev/null
	# Of: [time] (delta) host flowdar:NAME: { cpu }, { vpid = N, vtid = N, procname = "P" }, { F }
	babeltrace2 "$work/trace" | sed -nE 's/^.* flowdar:([a-z_]+): \{[^{]*\}, \{ vpid = ([0-9]+), vtid = ([0-9]+), procname = "(traced_|flowdar)[^"]*" \}, \{ (.*) \}$/\2 \3 \1 \5/p' >"$work/events"
}

# calls_expand: the calls events in $work/events, taken apart (calls_text.c).
calls_expand() {
	mv "$work/events" "$work/events.raw"
	"$FLOWDAR_BUILD/tests/calls_text" <"$work/events.raw" >"$work/events" || fail "calls events"
}

# preloaded LIBRARY PROGRAM...: runs a program with the helpers and one of our libraries.
preloaded() {
	local library=$1
	shift
	LD_PRELOAD=$helpers:$libraries/$library "$@"
}

# wait_for COMMAND...: until it succeeds; a minute at most.
wait_for() {
	for _ in {1..1200}; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	fail "in vain: $*"
}

# asleep PID [NAME]: that process's first thread, or its thread of that name, has come to rest.
asleep() {
	local task=/proc/$1/task/$1
	if [ -n "${2:-}" ]; then
		task=$(grep -l -x -s "$2" "/proc/$1/task/"*/comm) || return
		task=${task%/comm}
	fi
	for _ in 1 2 3; do
		grep -q '^State:.S' "$task/status" || return
		sleep 0.02
	done
}

# same EXPECTED ACTUAL: fails with the differences.
same() {
	diff -u "$1" "$2" || fail "$2 is not as expected"
	[ -s "$1" ] || fail "nothing was expected"
}
