#!/usr/bin/env bash
# column (util-linux 2.38, libsmartcols) cuts a short number to its first digit when its column may be truncated and another is wide.
#
# Guess: in `column -t -c WIDTH -T 1,2` the long names give way first, and a column of five digits is cut last and with a mark.
# So it is: if the table is wider than the terminal, a truncatable column of numbers goes down to one character at once, before the
# name beside it loses any: 12345 is shown as 1, status 0, no dots, right-aligned (-R) too; the room goes to the name. Even
# where that cannot make the table fit (-T for the number alone), and where the name may wrap (-W 1 -T 2: the name is wrapped, the
# number cut all the same). A column that may both wrap and be cut (-W 1 -T 1) is cut: the rest of the text is lost.
# In a wide terminal all is well, in a narrow one 12345 ns is 1 ns.
# What helps: only columns of text in -T, and not the same ones in -W. Programs that use libsmartcols themselves: SCOLS_FL_TRUNC without a
# width hint does it too (down to the width of the heading: 12345 under NS is 12); a hint of 5 keeps the number and cuts the name.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack bsdextrautils=2.38.1-5+deb12u3
export LC_ALL=C

name=http_parse_request_line_and_everything_else_of_it
printf '%s\n' 'FUNCTION NS CALLS' "$name 12345 20" 'main 7 1' >table
bad=0
expect() { # NS-IN-THE-LINE-OF-NAME ALL-OF-THE-NAME-SHOWN(yes|no) OPTION...
	local wanted="$1 $2" shown=no number rc=0
	shift 2
	run column -t "$@" table >out 2>err || rc=$?
	echo "column -t $*: status $rc, $(wc -c <err) bytes on stderr"
	sed 's/^/  /' out
	number=$(awk '/^http/ { print $2 }' out)
	[ "$(awk 'NR > 1 && !/^main/ { printf "%s", $1 }' out)" != "$name" ] || shown=yes
	[ "$rc $number $shown" = "0 $wanted" ] && [ ! -s err ] || { bad=1; echo "  NOT AS DESCRIBED, was $wanted"; }
}
run column --version
expect 12345 yes -c 80 -T 1,2
expect 12345 no -c 40 -T 1
expect 1 no -c 40 -T 1,2
expect 1 no -c 40 -T 1,2 -R 2
expect 1 yes -c 40 -T 2
expect 12345 yes -c 40 -W 1
expect 1 yes -c 40 -W 1 -T 2
expect 12345 no -c 40 -W 1 -T 1
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
