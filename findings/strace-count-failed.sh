#!/usr/bin/env bash
# strace 6.1: -c counts also the calls that -Z, -z and -e status= leave out.
#
# Guess: `strace -c -Z` is a table of the calls that failed, and their time, `strace -c -z` one of those that did not; -e trace= and -P
# hold for the table, so the other filters do.
# So it is without -c. With -c (and for the table of -C) the statuses are not looked at: all three tables are the same, calls that returned
# well are in the one of failures, and the seconds are those of all. No warning. Who looks for the cost of failed calls, as of connect
# or accept with EAGAIN, has the cost of all calls.
# What helps: the errors column for the numbers; for times -T without -c, and a sum over what -Z leaves.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack strace=6.1-0.1 bash coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }
echo text >root/work/there
# four files that are there, three that are not
# shellcheck disable=SC2016
opener='for i in 1 2 3; do : </work/there; : <missing$i; done 2>/dev/null; : </work/there'
inside strace -V | sed -n 1p
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
lines() { inside strace -o said -e trace=openat "$@" bash -c "$opener"; grep -cE '"(/work/there|missing.)"' root/work/said; }
table() { # OPTION...: calls and errors in the table
	inside strace -o said -c -U calls,errors,name -e trace=openat "$@" bash -c "$opener"
	awk '$NF == "openat" { print $1, $2 }' root/work/said
}
expect "openat, lines" "$(lines)" 7
expect "openat, lines, -Z" "$(lines -Z)" 3
expect "openat, lines, -z" "$(lines -z)" 4
all=$(table)
echo "openat, -c: calls and errors $all"
expect "openat, -c: more calls than errors" "$([ "${all% *}" -gt "${all#* }" ] && echo yes)" yes
expect "openat, -c -Z: calls and errors" "$(table -Z)" "$all"
expect "openat, -c -z: calls and errors" "$(table -z)" "$all"
expect "openat, -c -e status=failed: calls and errors" "$(table -e status=failed)" "$all"
expect "openat, -c -P there: calls" "$(table -P /work/there | cut -d' ' -f1)" 4
exit $bad
