#!/usr/bin/env bash
# mawk 1.3.4-20200120, Debian 12's awk, cannot print a nanosecond count that it calculated: "%d" stops at 2147483647.
#
# Guess: awk counts in doubles, so whole numbers are exact up to 2^53 (104 days of nanoseconds), and print or printf "%d" shows them.
# So it is: the sums are exact, what is shown is not. Above 2^31 - 1 (2.147 s) print writes six digits (3000000001 is 3e+09), and
# %d, the usual cure, writes 2147483647 for every larger number. It is a plausible number, not an error: each total of the
# column is 2.147 s from there on. A field that is printed as it came is right, since it is still text; adding 0 to it is enough.
# Keys of arrays go the same way: two moments a nanosecond apart, calculated, are one key ("3e+09"), and their counts are added up.
# What helps: printf "%.0f" (exact up to 2^53), and for keys sprintf("%.0f", n) or the field itself; or gawk, named as such.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack mawk=1.3.4.20200120-3.1

run mawk -W version </dev/null 2>&1 | sed -n 1p
bad=0
expect() { # WANTED PROGRAM: over two durations in nanoseconds, 1.5 s and 1.500000001 s
	local got
	got=$(printf '%s\n' 1500000000 1500000001 | run mawk "$2")
	printf '%-62s %s\n' "$2" "$got"
	[ "$got" = "$1" ] || { bad=1; echo "  NOT AS DESCRIBED, was $1"; }
}
expect 3e+09 '{ s += $1 } END { print s }'
expect 2147483647 '{ s += $1 } END { printf "%d\n", s }'
expect 2147483647 '{ s += $1 } END { printf "%d\n", s * 1000 }'
expect 2147483647 '{ s += $1 } END { printf "%i\n", s }'
expect 3000000001 '{ s += $1 } END { printf "%.0f\n", s }'
expect 1 '{ s += $1 } END { print (s == 3000000001) }'
expect '1500000000 1500000001' '{ printf "%s%d", (NR > 1 ? " " : ""), $1 }'
expect '3e+09 2' '{ n[$1 + 1500000000]++ } END { for (k in n) print k, n[k] }'
expect 2 '{ n[sprintf("%.0f", $1 + 1500000000)]++ } END { for (k in n) d++; print d }'
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
