#!/usr/bin/env bash
# nghttp of nghttp2 1.52.0 asks for an address once, however often it is given, and its status does not tell who failed.
#
# Guess: `nghttp -n URL URL URL` sends three requests, as curl does, and the exit status tells if something failed.
# So it is: equal addresses are one request, without a word (-m 3 sends it three times), so a test that counts what a server got
# finds a third of what it asked for. The exit status is 0 as well when a server refuses the connection; "Some requests were not
# processed" is on standard error alone.
# What helps: addresses that differ (/?1 /?2), -m N, and counting ":status:" lines of -v; h2load for numbers.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack nghttp2-server=1.52.0-1+deb12u3 nghttp2-client=1.52.0-1+deb12u3
# shellcheck source=lib/nghttpd.sh
. "$lib/nghttpd.sh"

bad=0
expect() { # WANTED ARGUMENT...
	local got status=0
	run nghttp -n -v "${@:2}" >out 2>errors || status=$?
	got="$(sed -n 's/.*:status: //p' out | sort | paste -sd' '), status $status"
	echo "nghttp -n ${*:2}"
	echo "  answers $got"
	[ "$got" = "$1" ] || { bad=1; echo "  NOT AS DESCRIBED, was $1"; cat errors; }
}
serve 18191 a b
run nghttp --version
here=http://127.0.0.1:18191
expect "200, status 0" $here/a $here/a $here/a
expect "200 200 200, status 0" $here/a "$here/a?1" "$here/a?2"
expect "200 200 200, status 0" -m 3 $here/a
expect "404, status 0" $here/none
expect ", status 0" http://127.0.0.1:1/a
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
