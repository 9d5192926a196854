#!/usr/bin/env bash
# sqlite3 3.40.1: .import makes every column a text, and `WHERE duration > 500` compares as texts.
#
# Guess: numbers of a CSV file that is imported into a new table are numbers, or compared as numbers with a number: SQLite is
# known for not minding types.
# So it is: the new table's columns are TEXT, and a comparison of such a column turns the number into a text. Of 9, 250, 1000 and
# 40000, `> 500` finds 9 alone, max() is 9, ORDER BY begins with 9. sum() and avg() do arithmetic and are right, so a first look
# does not show it. Nothing is said. typeof() does: it says text.
# What helps: CREATE TABLE with INTEGER or REAL columns before the import (then --skip 1 for the header), or CAST(x AS INTEGER).
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack sqlite3=3.40.1-2+deb12u2
printf 'name,duration_ns\na,9\nb,1000\nc,250\nd,40000\n' >calls.csv
export HOME=$tmp

bad=0
expect() { # STATEMENT WANTED PREPARATION
	local got
	got=$(run sqlite3 -batch :memory: "${@:3}" "$1" | paste -sd' ')
	echo "$1"
	echo "  $got"
	[ "$got" = "$2" ] || { bad=1; echo "  NOT AS DESCRIBED, was $2"; }
}
run sqlite3 --version
import='.import --csv calls.csv calls'
expect 'SELECT name FROM calls WHERE duration_ns > 500' 'a' "$import"
expect 'SELECT max(duration_ns), typeof(duration_ns) FROM calls' '9|text' "$import"
expect 'SELECT name FROM calls ORDER BY duration_ns DESC' 'a d c b' "$import"
expect 'SELECT sum(duration_ns), avg(duration_ns) FROM calls' '41259|10314.75' "$import"
echo "-- with columns that were declared before:"
declared=('CREATE TABLE calls (name TEXT, duration_ns INTEGER)' '.import --csv --skip 1 calls.csv calls')
expect 'SELECT name FROM calls WHERE duration_ns > 500' 'b d' "${declared[@]}"
expect 'SELECT max(duration_ns), typeof(duration_ns) FROM calls' '40000|integer' "${declared[@]}"
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
