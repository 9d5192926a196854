#!/usr/bin/env bash
# babeltrace2 2.0.4: the text that it prints has 6 digits of a floating-point field, in one of its two forms 6 decimals.
#
# Guess: a text form that is made to be read, grepped and added up shows a double so that its value can be had back (17 digits), or at
# least well enough for a time: LTTng's ctf_float fields carry seconds, rates, ratios.
# So it is: sink.text.pretty (what `babeltrace2 TRACE` uses) prints with %g: 1234567.25 is 1.23457e+06, a time since 1970 in seconds
# is off by up to 5,000 s, and events of different values have equal text. sink.text.details prints with %f: these are right to a
# microsecond, but 250 ns in seconds is 0.000000. Neither says so, neither has an option for it; integers are printed whole. The values
# in the trace are good: -o ctf copies them bit by bit, and the Python bindings give them whole.
# What helps: a field that is an integer (nanoseconds); to read a trace that is there, the bindings, or both text forms side by side.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack babeltrace2=2.0.4-1+b6
BABELTRACE_PLUGIN_PATH=$(find "$tmp/root/usr/lib" -type d -path '*/babeltrace2/plugins')
export BABELTRACE_PLUGIN_PATH LIBBABELTRACE2_DISABLE_PYTHON_PLUGINS=1

# four events, each with one double and its integer
le() { local i; for ((i = 0; i < $1; i++)); do printf '%b' "\\x$(printf '%02x' $((($2 >> (8 * i)) & 255)))"; done; }
mkdir -p in/app
cat >in/app/metadata <<'TSDL'
/* CTF 1.8 */
trace { major = 1; minor = 8; byte_order = le; };
clock { name = monotonic; freq = 1000000000; offset = 1700000000000000000; };
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := when;
typealias integer { size = 64; align = 8; signed = false; } := u64;
stream { event.header := struct { when timestamp; }; };
event {
	name = "call";
	fields := struct { floating_point { exp_dig = 11; mant_dig = 53; byte_order = le; align = 8; } seconds; u64 ns; };
};
TSDL
{
	le 8 1000; le 8 0x3e90c6f7a0b5ed8d; le 8 250 # IEEE 754 of 0.00000025
	le 8 2000; le 8 0x4132d68740000000; le 8 1234567250000000 # 1234567.25
	le 8 3000; le 8 0x41d954fc401f9ad8; le 8 1700000000493826000 # 1700000000.493826
	le 8 4000; le 8 0x41d955047cc00000; le 8 1700008435000000000 # 1700008435, more than two hours later
} >in/app/stream

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
pretty() { run babeltrace2 "$1" | sed 's/.*seconds = \(.*\), ns.*/\1/' | paste -sd' '; }
details() { run babeltrace2 "$1" -c sink.text.details | sed -n 's/^ *seconds: \([0-9].*\)/\1/p' | paste -sd' '; }
run babeltrace2 --version | sed -n 1p
expect "integers beside them" "$(run babeltrace2 in | sed 's/.*ns = \(.*\) }/\1/' | paste -sd' ')" \
	"250 1234567250000000 1700000000493826000 1700008435000000000"
expect "doubles, sink.text.pretty" "$(pretty in)" "2.5e-07 1.23457e+06 1.7e+09 1.70001e+09"
expect "doubles, sink.text.details" "$(details in)" "0.000000 1234567.250000 1700000000.493826 1700008435.000000"
run babeltrace2 in -o ctf -w out >/dev/null
doubles() { # FILE: which of the four are in it, as they lie there
	od -An -tx1 -v -w1 "$1" | tr -d ' \n' | grep -oE '8dedb5a0f7c6903e|0000004087d63241|d89a1f40fc54d941|0000c07c0455d941' | paste -sd' '
}
expect "doubles copied by -o ctf" "$(doubles out/*/stream)" "8dedb5a0f7c6903e 0000004087d63241 d89a1f40fc54d941 0000c07c0455d941"
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
