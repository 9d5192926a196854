#!/usr/bin/env bash
# json-glib 1.6.6: whole numbers from 2^63 on become negative, those from 2^64 on all become -1, and the file is called valid.
#
# Guess: a number that does not fit a 64-bit signed integer is refused, read as a double as json-c's and most others' do, or clamped
# to the largest. CTF 2 is full of them: its metadata is JSON, and ranges of enumerations and variants of 64 bits go up to 2^64-1.
# So it is: json_parser takes GScanner's unsigned value for a signed one. 9223372036854775808 is -9223372036854775808,
# 18446744073709551615 is -1, and so is each larger one. json-glib-validate says nothing, status 0; json-glib-format writes the file
# anew with the other numbers, status 0. A fraction or an exponent makes it a double, with the right value.
# What helps: where the number cannot be negative, json_node_get_int() cast to guint64 has the right one up to 2^64-1; anything beyond
# cannot be told from 2^64-1. Where both signs may be, the text has to be looked at.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack json-glib-tools=1.6.6-1

bad=0
expect() { # JSON WANTED
	local got status=0
	echo "$1" >in.json
	run json-glib-validate in.json >said 2>&1 || status=$?
	got="$(run json-glib-format in.json), validate: status $status, $(wc -c <said) bytes"
	echo "$1: $got"
	[ "$got" = "$2, validate: status 0, 0 bytes" ] || { bad=1; echo "  NOT AS DESCRIBED, was $2, valid"; }
}
expect '[9223372036854775807]' '[9223372036854775807]'
expect '[9223372036854775808]' '[-9223372036854775808]'
expect '[18446744073709551615]' '[-1]'
expect '[18446744073709551616]' '[-1]'
expect '[99999999999999999999]' '[-1]'
# what an enumeration of CTF 2 says of a value that is all ones
expect '{"mappings":{"none":[[18446744073709551615,18446744073709551615]]}}' '{"mappings":{"none":[[-1,-1]]}}'
expect '[9223372036854775808.0]' '[9.2233720368547758e+18]'
exit $bad
