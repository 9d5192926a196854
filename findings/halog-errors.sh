#!/usr/bin/env bash
# halog of haproxy 2.6.12: what is an error depends on the option: of one log 3, 2 or 0.
#
# Guess: halog -h says of -e "match lines with errors (status 5xx or negative)", and of -srv, -u and -ic that they have "time, requests,
# errors": the same errors. req_ok and pct_ok of a server beside its column 5xx are those requests that did not fail.
# So it is: the tables take no notice of the status. An error is a response time of -1 (no response came), so a server that answers
# everything with 500 is "100.0" per cent ok, and its fast failures make its average better. The other way round a 200 that was cut off
# before its time was known is an error of the tables, and -E ("without any error") prints it. -ic has the column and never counts: 0
# errors and times of 0 in each line.
# What helps: halog -e in front: `halog -e | halog -u`; or -srv's 5xx, by hand.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack haproxy=2.6.12-1+deb12u4

line() { # TIMES STATUS TERMINATION PATH: as "option httplog" writes it
	echo "Nov 14 22:13:20 lb haproxy[9]: 192.0.2.1:40000 [14/Nov/2023:22:13:20.000] fe be/s1 $1 $2 100 - - $3 1/1/0/0/0 0/0 \"GET $4 HTTP/1.1\""
}
{
	line 0/0/1/5/7 200 ---- /a
	line 0/0/1/5/7 500 ---- /a
	line 0/0/1/5/7 503 ---- /a
	line 0/0/-1/-1/3 503 SC-- /b
	line 0/0/1/-1/3 200 SD-- /c
} >log

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
halog() { run halog -q "$@" <log; }
halog -srv
halog -u
expect "-e, lines" "$(halog -e | grep -c haproxy)" 3
expect "-E, the statuses" "$(halog -E | sed -n 's/.* \([0-9]*\) 100 - - .*/\1/p' | paste -sd ' ')" "200 200"
expect "-u, errors of each address" "$(halog -u | awk '/^[0-9]/ { print $NF, $2 }' | sort | paste -sd ' ')" "/a 0 /b 1 /c 1"
expect "-srv, 5xx, requests, ok, per cent" "$(halog -srv | awk '/^be/ { print $6, $8, $9, $10 }')" "3 5 3 60.0"
expect "-ic, requests, errors, time" "$(halog -ic | awk '/^[0-9]/ { print $1, $2, $3 }')" "5 0 0"
grep ' 50[03] 100 .*/a ' log >failed
mv failed log
expect "only 500 and 503 answered, -srv" "$(halog -srv | awk '/^be/ { print $6, $8, $9, $10 }')" "2 2 2 100.0"
exit $bad
