#!/usr/bin/env bash
# LTTng-UST 2.13.5, Linux: containers that ran one after the other can have the same pid_ns, and the same vpid.
#
# Guess: with the contexts pid_ns and vpid (`lttng add-context -u -t pid_ns -t vpid`, made for containers) each process of a trace is told
# apart: the numbers are those of lsns and /proc/PID/ns, and every container has one of its own.
# So it is only while they live. The number is given to the next namespace as soon as the last process of one has ended, and the first
# program of a container is process 1 in each: a container that is started anew, a health check, a job of a queue are one and the same
# process to whoever groups by (pid_ns, vpid), with all its threads (vtid), and calls of one end in the other. The same is so of ipc_ns,
# net_ns, mnt_ns, uts_ns. How many numbers there are differs from run to run; on a machine that starts others meanwhile there are more.
# What helps: the statedump, which each program writes when it registers (lttng_ust_statedump:start), begins another process; or hold the
# namespaces as long as the trace lasts (`unshare --pid=FILE`, a mounted name).
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack util-linux
# shellcheck source=lib/lttng.sh
. "$lib/lttng.sh"

lttng_session <<'IN' | tee seen
lttng --version
lttng -q create s --output=/work/out
lttng -q enable-event -s s -u lttng_ust_libc:malloc,lttng_ust_statedump:start
lttng -q add-context -s s -u -t pid_ns -t vpid
lttng -q start s
for _ in {1..20}; do traced unshare --pid --fork sort lines >/dev/null; done
lttng -q destroy s
babeltrace2 out | grep -o 'pid_ns = [0-9]*, vpid = 1 ' | sort -u >pairs
echo "$(babeltrace2 out | grep 'lttng_ust_statedump:start: ' | grep -c 'vpid = 1 ') statedumps of their first processes"
echo "$(wc -l <pairs) of 20 containers"
IN
told=$(sed -n 's/ of 20 containers$//p' seen)
if grep -qx '20 statedumps of their first processes' seen && [ "${told:-0}" -gt 0 ] && [ "$told" -lt 20 ]; then
	echo "as described: 20 containers, one after the other, are $told pairs of pid_ns and vpid"
else
	echo "not as described" >&2
	exit 1
fi
