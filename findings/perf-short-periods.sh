#!/usr/bin/env bash
# Linux' software clocks, perf 6.1: with a period below 10 us each sample says that period, and comes every 10 us all the same.
#
# Guess: task-clock and cpu-clock count nanoseconds, so with -c 1000 there is a sample a microsecond, or, if that is too often, fewer that
# stand for more; their periods add up to the processor time, which perf report shows as "Event count (approx.)".
# So it is: the kernel's timer for these two is never shorter than 10 us, and the period in the sample is what was asked for. With -c 1000
# the periods add up to a tenth of the time or less; nothing is throttled or lost, and nobody says a word. Shares are
# right, times are not: whoever multiplies samples by their period (per request, or beside another recording) is wrong by that factor.
# What helps: -c 10000 or more. And -c is for all events of a line: -e task-clock -c 1000000 -e page-faults -c 1 gives task-clock 1 ns;
# -e task-clock/period=1000000/,page-faults/period=1/ does not.
#
# Needs the right to sample one's own programs (perf_event_paranoid 2). Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack linux-perf

cat >work.sh <<'IN'
for ((i = 0; i < 100000; i++)); do :; done
read -r _ _ _ _ _ _ _ _ _ _ _ _ _ user system _ </proc/$$/stat
echo $(((user + system) * 1000 / $(getconf CLK_TCK))) >took
IN
run perf --version
run perf record -q -e task-clock:u -o try.data true 2>why || { cat why >&2; exit 2; }
periods() { run perf script -i "$1.data" -F period 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum / 1e6 }'; }
part() { # NAME OPTION...: periods of all samples, in percent of the processor time
	run perf record -q -e task-clock "${@:2}" -o "$1.data" bash work.sh 2>/dev/null
	local sum took
	sum=$(periods "$1") took=$(cat took)
	echo "$1: $((sum * 100 / took)) % of $took ms" >&2
	echo "$((sum * 100 / took))"
}
million=$(part -c-1000000 -c 1000000)
thousand=$(part -c-1000 -c 1000)
last=$(part both-c -c 1000000 -e page-faults -c 1)
if ((million > 70 && million < 130 && thousand > 1 && thousand < 20 && last < 2)); then
	echo "as described"
else
	echo "not as described" >&2
	exit 1
fi
