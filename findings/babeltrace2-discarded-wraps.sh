#!/usr/bin/env bash
# babeltrace2 2.0.4: a discarded-events counter of 32 bits that goes round counts as 18446744069414584325 lost events.
#
# Guess: a tracer's counter of 16 or 32 bits starts again at zero some day. CTF 1.8 calls events_discarded a snapshot of a free-running
# counter; so a packet with 4 after one with 4294967295 tells of 5.
# So it is: the difference is taken in 64 bits, whatever the size of the field in the metadata: "Tracer discarded
# 18446744069414584325 events" (2^64 - 2^32 + 5). Before that, in the packets without a change, it is right. Status 0, the events
# themselves are all there, and a script that sums the warnings says that nearly everything was lost.
# What helps: the number modulo 2^SIZE of the field (5 here), or the counters themselves: babeltrace2 -c sink.text.details prints them.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack babeltrace2=2.0.4-1+b6
BABELTRACE_PLUGIN_PATH=$(find "$tmp/root/usr/lib" -type d -path '*/babeltrace2/plugins')
export BABELTRACE_PLUGIN_PATH LIBBABELTRACE2_DISABLE_PYTHON_PLUGINS=1

le() { local i; for ((i = 0; i < $1; i++)); do printf '%b' "\\x$(printf '%02x' $((($2 >> (8 * i)) & 255)))"; done; }
trace() { # FOLDER BITS COUNTER...: a packet with one event for each value of the counter
	local dir=$1 bits=$2 counter at=0 size=$(((8 + 32 + $2 / 8 + 8) * 8))
	mkdir "$dir"
	cat >"$dir/metadata" <<TSDL
/* CTF 1.8 */
typealias integer { size = 32; align = 8; signed = false; } := u32;
typealias integer { size = 64; align = 8; signed = false; } := u64;
typealias integer { size = $bits; align = 8; signed = false; } := counter;
trace { major = 1; minor = 8; byte_order = le; packet.header := struct { u32 magic; u32 stream_id; }; };
clock { name = monotonic; freq = 1000000000; offset = 1700000000000000000; };
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := when;
stream {
	id = 0;
	packet.context := struct { when timestamp_begin; when timestamp_end; u64 content_size; u64 packet_size; counter events_discarded; };
	event.header := struct { when timestamp; };
};
event { name = "call"; id = 0; stream_id = 0; fields := struct { }; };
TSDL
	for counter in "${@:3}"; do
		le 4 0xc1fc1fc1; le 4 0; le 8 $((at += 1000)); le 8 $((at + 100)); le 8 $size; le 8 $size
		le $((bits / 8)) "$counter"; le 8 $((at + 10))
	done >"$dir/stream"
}
trace wide 64 0 4 9
trace narrow 32 4294967291 4294967295 4
trace small 16 65531 65535 4

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
told() { # FOLDER: its events, and what the warnings with a number say
	run babeltrace2 "$1" >events 2>warnings
	echo "$(wc -l <events) events; $(sed -n 's/.*Tracer discarded \([0-9]*\) events.*/\1/p' warnings | paste -sd ' ')"
}
run babeltrace2 --version | sed -n 1p
expect "64 bits, 0 4 9" "$(told wide)" "3 events; 4 5"
expect "32 bits, 2^32-5 2^32-1 4" "$(told narrow)" "3 events; 4 18446744069414584325"
expect "16 bits, 2^16-5 2^16-1 4" "$(told small)" "3 events; 4 18446744073709486085"
exit $bad
