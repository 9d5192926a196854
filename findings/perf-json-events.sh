#!/usr/bin/env bash
# perf 6.1: perf data convert --to-json leaves out which event a sample is of, and its period.
#
# Guess: the JSON has what perf script shows: of -e task-clock,page-faults each sample with its event and what it stands for.
# So it is: a sample is timestamp, pid, tid, comm and callchain. Of a recording of two events the samples of both are in one list, and
# nothing tells one from the other; without the period samples of another rate count alike (-F changes it as it goes), and so does a page
# fault beside a millisecond. A flame graph made of it adds them up.
# What helps: a recording for each event, with -c; or perf script -F comm,tid,time,event,period,ip,sym.
#
# Needs the right to sample one's own programs (perf_event_paranoid 2). Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack linux-perf jq

run perf --version
run perf record -q -e task-clock/period=1000000/,page-faults/period=1/ -o two.data bash -c 'for ((i = 0; i < 200000; i++)); do :; done' 2>why ||
	{ cat why >&2; exit 2; }
run perf script -i two.data -F event,period 2>/dev/null | awk '{ print $2, $1 }' | sort | uniq -c | sort -rn | sed 3q
run perf data convert --to-json two.json -i two.data >/dev/null 2>&1
faults=$(run perf script -i two.data -F event 2>/dev/null | grep -c page-faults)
clocks=$(run perf script -i two.data -F event 2>/dev/null | grep -c task-clock)
all=$(run jq '.samples | length' two.json)
members=$(run jq -c '[.samples[] | keys] | add | unique' two.json)
echo "$clocks samples of task-clock and $faults of page-faults; in the JSON $all, with $members"
if [ "$all" = $((faults + clocks)) ] && [ "$faults" -gt 10 ] && [ "$clocks" -gt 10 ] && ! grep -qE 'page-faults|task-clock' <(sed '/"samples"/,$!d' two.json) &&
	[ "$members" = '["callchain","comm","pid","tid","timestamp"]' ]; then
	echo "as described"
else
	echo "not as described" >&2
	exit 1
fi
