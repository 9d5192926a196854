#!/usr/bin/env bash
# hey 0.1.4: -n 100 -c 30 makes 90 requests.
#
# Guess: `-n` is what it is called in --help, "Number of requests to run", and 100 requests over 30 connections are 100, as with h2load
# and ab.
# So it is: each of the -c workers makes n / c requests, the remainder is not made: 90 here, and 50 for -n 99 -c 50 (49 missing). Nothing
# in the output says so (the status code distribution has the number that was made), the status is 0. A server's counters, a
# capture or a bill are compared with the wrong number, and a rate of "-n over the time" is too high.
# -n below -c is refused.
# What helps: -n as a multiple of -c; or the count of the status code distribution.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack hey=0.1.4-2+b4 python3=3.11.2-1+b1 coreutils
# shellcheck source=lib/counting.sh
. "$lib/counting.sh"

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
load() { # PATH N C: responses that hey counts
	run hey -n "$2" -c "$3" "http://127.0.0.1:$port$1" | sed -n 's/^ *\[200\]\t*\([0-9]*\) responses$/\1/p'
}
expect "-n 90 -c 30, said" "$(load /even 90 30)" 90
expect "-n 100 -c 30, said" "$(load /hundred 100 30)" 90
expect "-n 99 -c 50, said" "$(load /odd 99 50)" 50
status=0
run hey -n 10 -c 50 "http://127.0.0.1:$port/less" >/dev/null 2>&1 || status=$?
expect "-n 10 -c 50, status" $status 1
served >counts
expect "/even, server" "$(asked /even)" 90
expect "/hundred, server" "$(asked /hundred)" 90
expect "/odd, server" "$(asked /odd)" 50
expect "/less, server" "$(asked /less)" 0
exit $bad
