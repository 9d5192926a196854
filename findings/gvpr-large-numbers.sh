#!/usr/bin/env bash
# gvpr of graphviz 2.42.2: a double from 2^31 on is shown, and written into attributes, as 18446744071562067968.
#
# Guess: gvpr(1) has `int` of 64 bits and `double`. Times in nanoseconds or sizes in bytes that stand in attributes can be added up
# either way; a double has 53 bits for them.
# So it is: it computes and compares right, but every double that is 2147483648 or more comes out as 18446744071562067968, which is
# 2^64 - 2^31 (1.84467e+19 by print), be it by printf("%.0f") or %f, by print, or where it is put into an attribute of the graph, from where
# others read it; 2147483647 is still right. So `double sum; sum += $.ns` of a call graph says 1.84467e+19 for five seconds, and
# sum / 1000000000 says 5: status 0, no warning. An int is right to 64 bits.
# What helps: int for all that is whole; or seconds: divide before it is shown.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack graphviz=2.42.2-7+deb12u1

cat >calls.dot <<'DOT'
digraph { parse [ns="2147483647"]; match [ns="2147483648"]; serve [ns="5000000000"]; wait [ns="1700000000123456789"] }
DOT
bad=0
expect() { # WHAT PROGRAM WANTED
	local got
	got=$(run gvpr "$2" calls.dot 2>&1 | paste -sd ' ')
	echo "$1: $got"
	[ "$got" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
run gvpr -V 2>&1
# shellcheck disable=SC2016 # gvpr's own $
{
	expect "as int" 'BEGIN { int v; } N { v = $.ns; printf("%d\n", v); }' "2147483647 2147483648 5000000000 1700000000123456789"
	expect "as double" 'BEGIN { double v; } N { v = $.ns; printf("%.0f\n", v); }' \
		"2147483647 18446744071562067968 18446744071562067968 18446744071562067968"
	expect "cast" 'N { printf("%.0f\n", (double)$.ns); }' \
		"2147483647 18446744071562067968 18446744071562067968 18446744071562067968"
	expect "a sum of doubles" 'BEGIN { double sum; } N [name == "serve"] { sum += $.ns; } END { print(sum); }' "1.84467e+19"
	expect "a sum of ints" 'BEGIN { int sum; } N [name == "serve"] { sum += $.ns; } END { print(sum); }' "5000000000"
	expect "a product" 'BEGIN { double v = 3000000.0; v = v * 1000; printf("%.0f\n", v); }' "18446744071562067968"
	expect "6 s are more than 5 s" 'BEGIN { double a = 5000000000.0; double b = 6000000000.0; printf("%d\n", b > a); }' 1
	expect "divided before" 'BEGIN { double sum; } N [name == "serve"] { sum += $.ns; } END { printf("%.1f\n", sum / 1000000000); }' 5.0
	# As an attribute.
	run gvpr -c 'BEGIN { double twice; } N [name == "serve"] { twice = $.ns; twice = twice * 2; $.doubled = twice; }' calls.dot >written.dot
	mv written.dot calls.dot
	expect "twice 5 s, in the graph" 'N [name == "serve"] { print($.doubled); }' "1.84467e+19"
}
exit $bad
