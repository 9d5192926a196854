#!/usr/bin/env bash
# LTTng 2.13.9: a snapshot with buffers per process has nothing of a process that has ended, and none at all is "recorded successfully".
#
# Guess: a snapshot session is the flight recorder for a program that dies: the buffers are shared memory outside of it, and
# `lttng snapshot record` afterwards writes its last events, whether buffers are by user (the default) or by process (--buffers-pid).
# So it is by user only. Buffers by process go away with their process: a snapshot that comes after the crash, be it by the next command,
# is a folder without a trace, or has the workers that are still alive, and not the one that is asked about. It says
# "Snapshot recorded successfully", status 0. In a session that is no snapshot session the same channel keeps all, as its buffers are
# written out when the process ends; so a trial with an ordinary session does not show it.
# What helps: --buffers-uid with a vpid context for flight recorders; by process only with a snapshot that is taken while it runs.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack findutils
# shellcheck source=lib/lttng.sh
. "$lib/lttng.sh"

lttng_session <<'IN' | tee seen
lttng --version
try() { # WHAT BUFFERS [--snapshot]: what is there of a program that has ended
	local said rc=0
	rm -rf out
	lttng -q create s ${3+"$3"} --output=/work/out
	lttng -q enable-channel -s s -u c "$2"
	lttng -q enable-event -s s -u -c c lttng_ust_libc:malloc
	lttng -q start s
	traced sort lines >/dev/null
	if [ "${3-}" ]; then
		said=$(lttng snapshot record -s s 2>&1) || rc=$?
		echo "$1: status $rc, $said"
	fi
	lttng -q destroy s
	if [ "$(find out -name metadata)" ]; then
		echo "$1: $([ "$(events out)" -gt 0 ] && echo "its events" || echo "no events")"
	else
		echo "$1: no trace"
	fi
}
try "by user, snapshot" --buffers-uid --snapshot
try "by process, snapshot" --buffers-pid --snapshot
try "by process, no snapshot" --buffers-pid
IN
cat >wanted <<'OUT'
by user, snapshot: status 0, Snapshot recorded successfully for session s
by user, snapshot: its events
by process, snapshot: status 0, Snapshot recorded successfully for session s
by process, snapshot: no trace
by process, no snapshot: its events
OUT
if diff wanted <(sed 1d seen); then echo "as described"; else echo "not as described" >&2; exit 1; fi
