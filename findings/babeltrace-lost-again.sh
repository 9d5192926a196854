#!/usr/bin/env bash
# babeltrace 1.5.11: each archive of a rotated LTTng session counts the lost events of all the archives before it again.
#
# Guess: `babeltrace` on the archive (trace chunk) of one rotation warns of the events that were lost in it; the sum over the archives,
# or over all of them in one call, is what `lttng stop` says.
# So it is for the first archive. The counter in the packets goes on through the session, and babeltrace takes the value in a
# stream's first packet as lost there and then, "between" that packet's begin and its end: so an hour of loss at the start
# is reported again for each quiet archive after it, with the number and a time when nothing was lost. The sum grows
# with every rotation, whatever happens.
# babeltrace2 counts nothing twice: all archives in one call have the right sum; a later one alone "may have discarded events",
# without a number, which is true of every archive after a loss.
# What helps: babeltrace2 over all archives; or the differences of events_discarded by hand.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack babeltrace=1.5.11-1+b2 mawk util-linux
# shellcheck source=lib/lttng.sh
. "$lib/lttng.sh"

lttng_session <<'IN' | tee seen
lttng --version
core=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
lost() { "$@" 2>&1 >/dev/null | grep -oE 'discarded [0-9]+ events?' | mawk '{ sum += $2 } END { printf "%.0f\n", sum }'; }
against() { if [ "$1" = "$wanted" ]; then echo all; elif [ "$1" = 0 ]; then echo none; elif [ "$1" = $((3 * wanted)) ]; then echo "three times all"; else echo "$1"; fi; }
lttng -q create s --output=/work/out
lttng -q enable-channel -s s -u c --subbuf-size=4096 --num-subbuf=2
lttng -q enable-event -s s -u -c c lttng_ust_libc:malloc
lttng -q start s
traced taskset -c "$core" bash -c 'for ((i = 0; i < 20000; i++)); do words[i]=$i; done' # more than the buffers take
for turn in 1 2; do
	lttng -q rotate s
	traced taskset -c "$core" sort lines >/dev/null # a few events, all there
done
wanted=$(lttng stop s | sed -n 's/.*Warning: \([0-9]*\) events\? were discarded.*/\1/p')
lttng -q rotate s
lttng -q destroy s
echo "lttng stop: $([ "$wanted" -gt 0 ] && echo some) events were lost"
archives=(out/archives/*)
for ((i = 0; i < ${#archives[@]}; i++)); do
	echo "archive $((i + 1)): babeltrace $(against "$(lost babeltrace "${archives[i]}")"), babeltrace2 $(against "$(lost babeltrace2 "${archives[i]}")")," \
		"$(babeltrace2 "${archives[i]}" 2>&1 >/dev/null | grep -c 'may have discarded events') perhaps"
done
echo "all archives: babeltrace $(against "$(lost babeltrace "${archives[@]}")"), babeltrace2 $(against "$(lost babeltrace2 out)")"
IN
cat >wanted <<'OUT'
lttng stop: some events were lost
archive 1: babeltrace all, babeltrace2 all, 0 perhaps
archive 2: babeltrace all, babeltrace2 none, 1 perhaps
archive 3: babeltrace all, babeltrace2 none, 1 perhaps
all archives: babeltrace three times all, babeltrace2 all
OUT
if diff wanted <(sed 1d seen); then echo "as described"; else echo "not as described" >&2; exit 1; fi
