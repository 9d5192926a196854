#!/usr/bin/env bash
# LTTng 2.13.9: a disk that is full for one moment ends the recording of a CPU's events for good, status 0, "Discarded events: 0".
#
# Guess: while the disk under --output is full, packets are lost and counted (as discarded events, or as lost packets); once there is room
# again, the session goes on.
# So it is: the consumer daemon closes each stream of which it could not write a packet and never opens it again. The session stays active,
# the tracepoints and the daemons go on, the programs that are traced afterwards are in none of the files, `lttng list` says "Discarded
# events: 0", and stop and destroy end with status 0 without a word.
# What helps: a new session. Until then nothing tells but the consumer daemon's own output (which --background gives to nobody), its
# descriptors in /proc/PID/fd, and inotify: IN_CLOSE_WRITE of a stream file in a session that was not stopped.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/lttng.sh
. "$lib/lttng.sh"

unpack mount=2.38.1-5+deb12u3 util-linux=2.38.1-5+deb12u3
lttng_session <<'IN' | tee seen
lttng --version
mkdir small
mount -t tmpfs -o size=16m tmpfs small
cpu=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status) # all programs run there: one stream
open() { ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c "small/out/.*/c_$cpu\$"; }
sum() { cat small/out/ust/uid/*/*/c_$cpu | md5sum; }
lttng -q create s --output=/work/small/out
lttng -q enable-channel -u -s s c --subbuf-size=64k --num-subbuf=4
lttng -q enable-event -s s -u lttng_ust_libc:malloc -c c
lttng -q start s
seq 20000 >many
taskset -cp $cpu $$ >/dev/null
traced sort many >/dev/null
sleep 1
had=$(open)
yes 2>/dev/null | head -c 32M >small/fill 2>/dev/null
for ((i = 0; i < 300 && $(open) > 0; i++)); do traced sort many >/dev/null; sleep 0.1; done
echo "stream file of this CPU, open: $([ "$had" -gt 0 ] && echo yes) before, $(open) after"
rm small/fill
yes 2>/dev/null | head -c 4M >small/try && rm small/try && echo "there is room again"
before=$(sum)
for ((i = 0; i < 9; i++)); do traced sort many >/dev/null; done
sleep 2
lttng list s | grep -o 'session s: .active'
lttng list s | grep -o 'Discarded events: .*'
lttng -q stop s; echo "stop $?"
lttng -q destroy s; echo "destroy $?"
[ "$(sum)" = "$before" ] && echo "nothing of 9 programs is in the file"
IN
cat >wanted <<'OUT'
stream file of this CPU, open: yes before, 0 after
there is room again
session s: [active
Discarded events: 0
stop 0
destroy 0
nothing of 9 programs is in the file
OUT
if diff wanted <(sed 1d seen); then echo "as described"; else echo "not as described" >&2; exit 1; fi
