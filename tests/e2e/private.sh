# shellcheck shell=bash
# Sourced first by tests that start session daemons: goes on in a world of its own.
#
# LTTng has one place for root's session daemon, and everybody on the machine uses it. So these tests
# run in private mount and process namespaces: /run/lttng and /dev/shm are empty there, what runs
# there is what the test started, and nothing of it can stay behind. Skipped where that cannot be.

if [ "${FLOWDAR_PRIVATE:-}" != yes ]; then
	if ! unshare -m -p -f --mount-proc true 2> /dev/null; then
		echo "skipped: needs root, to get a world of its own (unshare -m -p)"
		exit 77
	fi
	FLOWDAR_PRIVATE=yes exec unshare -m -p -f --kill-child --mount-proc bash "$0" "$@"
fi

: "${FLOWDAR:?the program}" "${FLOWDAR_BUILD:?its build folder}"
mkdir -p /run/lttng
mount -t tmpfs tmpfs /run/lttng
mount -t tmpfs tmpfs /dev/shm
# A folder that no other run has, gone at the end like everything else here.
WORK=$(mktemp -d "${TMPDIR:-/tmp}/flowdar-e2e.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
chmod 711 "$WORK"
mkdir -m 1777 "$WORK/tmp"
export HOME=$WORK LTTNG_HOME=$WORK TMPDIR=$WORK/tmp
unset LD_PRELOAD LTTNG_UST_REGISTER_TIMEOUT DEBUGINFOD_URLS
# shellcheck disable=SC2034 # for the tests
SERVER=$FLOWDAR_BUILD/bin/demo_httpd

fail() {
	echo "FAILED: $*"
	for log in "$WORK"/*.err; do
		[ -s "$log" ] && sed "s|^|  ${log##*/}: |" "$log"
	done
	exit 1
}

note() {
	echo "-- $*"
}

# wait_for SECONDS COMMAND...: until the command succeeds; a minute at the least, for machines that are busy.
wait_for() {
	local tries=$((($1 > 60 ? $1 : 60) * 20))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $((tries--)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# end_recorder PID: ends a recording as Ctrl-C does. Not by --duration where something is to happen before: on a
# busy machine it happens later.
end_recorder() {
	local status=0
	kill -TERM "$1"
	wait "$1" || status=$?
	[ $status = 130 ] || fail "exit status $status"
}

# field DIR NAME: the member of recording.json.
field() {
	jq -r --arg name "$2" '(.[$name] // empty) | if type == "array" then join(" ") else . end' "$1/recording.json"
}

# finished DIR: whether its recorder has come to its end.
finished() {
	jq -e '.unfinished // 0 | . == 0' "$1/recording.json"
}

# plain DIR: the recording's trace as LTTng wrote it, in DIR.plain; made anew.
plain() {
	rm -rf "$1.plain"
	"$FLOWDAR" export "$1" --ctf "$1.plain" > /dev/null 2>&1
}

# referee DIR: how many events babeltrace2 finds.
referee() {
	plain "$1"
	babeltrace2 "$1.plain" 2> /dev/null | wc -l
}

# printed DIR: the events as babeltrace2 prints them.
printed() {
	[ -d "$1.plain" ] || plain "$1"
	babeltrace2 "$1.plain" 2> /dev/null
}

# port_of LOG: where the demo server says it listens.
port_of() {
	sed -n 's/.*listening on [0-9.]*:\([0-9]*\).*/\1/p' "$1"
}

# Nobody is left but this shell and its children that the test knows of.
nobody_left() {
	! ps -e -o comm= | grep -E -q 'lttng|flowdar|demo_httpd|httpd'
}

nothing_left() {
	wait_for 60 nobody_left || { ps -e -o pid,ppid,args; fail "processes stay behind"; }
	# LTTng's own two words to wait on stay for ever, by its design.
	shm=$(find /dev/shm -mindepth 1 ! -name 'lttng-ust-wait-*')
	[ -z "$shm" ] || fail "files stay in /dev/shm: $shm"
	[ ! -e /run/lttng/flowdar.lock ] || fail "the lock file stays behind"
	left=$(find "$TMPDIR" -name 'flowdar-recovery-*')
	[ -z "$left" ] || fail "stays behind: $left"
}

# free_port: a port of the loopback interface where nobody listens.
free_port() {
	local port
	ip link set lo up 2> /dev/null
	while port=$((20000 + RANDOM % 12000)); grep -q "$(printf ':%04X ' $port)" /proc/net/tcp; do
		:
	done
	echo $port
}

# need_samples: skips the test where the kernel lets nobody sample, and the server does (record_ticks.sh).
need_samples() {
	"$FLOWDAR" record -q -o "$WORK/try" --sample --duration 1s -- sleep 5 2> "$WORK/try.err"
	if grep -q 'the kernel.s samples cannot be had' "$WORK/try.err"; then
		grep -E -q 'CAP_PERFMON|seccomp|no perf events' "$WORK/try.err" || fail "does not say what would help"
		echo "skipped: $(cat "$WORK/try.err")"
		exit 77
	fi
	rm -rf "$WORK/try" "$WORK/try.err"
}
