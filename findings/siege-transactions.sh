#!/usr/bin/env bash
# siege 4.0.7: transactions are not the requests that were asked for, and those that got a 404 are neither successful nor failed.
#
# Guess: `siege -c 1 -r 3 URL` makes three requests, "transactions" says 3; successful and failed transactions add up to it, and
# availability is the part that did not fail.
# So it is: an HTML page is parsed, and its pictures, scripts and style sheets are asked for as well, each one a transaction: 12 for a
# page with three of them, mixed in with the page in response time and transaction rate (parser = true in the siegerc that comes
# with it; --no-parser). Of three answers "404 Not Found" it says 3 transactions, 0 successful, 0 failed, availability 100 %. Three "503":
# 0 transactions, 3 failed, availability 0 %.
# What helps: --no-parser for a load that is comparable with other tools'; successful_transactions, never availability.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack siege=4.0.7-1+b1 python3=3.11.2-1+b1 coreutils dash sed
# shellcheck source=lib/counting.sh
. "$lib/counting.sh"

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
load() { # ARGUMENT...: transactions, successful, failed, availability
	inside siege -b -c 1 -r 3 "$@" >said 2>&1 || true
	sed -n 's/^.*"\(transactions\|successful_transactions\|failed_transactions\|availability\)":[ \t]*\([0-9.]*\),*$/\1 \2/p' said |
		awk '{ got[$1] = $2 } END { print got["transactions"], got["successful_transactions"], got["failed_transactions"], got["availability"] }'
}
inside siege --version 2>&1 | grep -m 1 -i '^siege [0-9]' || true
expect "a page with three parts" "$(load "http://127.0.0.1:$port/page")" "12 12 0 100.00"
expect "--no-parser" "$(load --no-parser "http://127.0.0.1:$port/page")" "3 3 0 100.00"
expect "404" "$(load "http://127.0.0.1:$port/none")" "3 0 0 100.00"
expect "503" "$(load "http://127.0.0.1:$port/busy")" "0 0 3 0.00"
served >counts
expect "server, page" "$(asked /page)" 6
expect "server, picture" "$(asked /picture.png)" 3
exit $bad
