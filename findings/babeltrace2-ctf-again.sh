#!/usr/bin/env bash
# babeltrace2 2.0.4: converting twice into one folder (sink.ctf.fs) leaves every event there twice, as two traces.
#
# Guess: `babeltrace2 TRACE -o ctf -w OUT` into a folder that has the last run's result refuses, or replaces it.
# So it is: neither. It writes a second trace beside the first, NAME-0, NAME-1 and so on, status 0; the line "Created CTF trace" has
# the other name and nothing else is said. Whoever reads OUT gets each event once per run: counts and total times are doubled,
# averages still look right. Two copies made by cp are read once, by their UUID; these are not, as the sink gives each trace that it
# writes a new UUID.
# What helps: a new folder for each run, or removing the old one first; to tell such a folder: traces named alike but for -N.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack babeltrace2=2.0.4-1+b6
BABELTRACE_PLUGIN_PATH=$(find "$tmp/root/usr/lib" -type d -path '*/babeltrace2/plugins')
export BABELTRACE_PLUGIN_PATH LIBBABELTRACE2_DISABLE_PYTHON_PLUGINS=1

# a trace with a UUID of its own, one stream, one packet, three events
le() { local i; for ((i = 0; i < $1; i++)); do printf '%b' "\\x$(printf '%02x' $((($2 >> (8 * i)) & 255)))"; done; }
mkdir -p in/app
cat >in/app/metadata <<'TSDL'
/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := u8;
typealias integer { size = 32; align = 8; signed = false; } := u32;
typealias integer { size = 64; align = 8; signed = false; } := u64;
trace {
	major = 1; minor = 8; byte_order = le; uuid = "11111111-1111-1111-1111-111111111111";
	packet.header := struct { u32 magic; u8 uuid[16]; u32 stream_id; u64 stream_instance_id; };
};
clock { name = monotonic; freq = 1000000000; offset = 1700000000000000000; };
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := when;
stream {
	id = 0;
	packet.context := struct { when timestamp_begin; when timestamp_end; u64 content_size; u64 packet_size; };
	event.header := struct { when timestamp; };
};
event { name = "call"; id = 0; stream_id = 0; fields := struct { u32 ns; }; };
TSDL
{
	bits=$(((4 + 16 + 4 + 8 + 4 * 8 + 3 * 12) * 8))
	le 4 0xc1fc1fc1; for _ in {1..16}; do le 1 0x11; done; le 4 0; le 8 0
	le 8 1000; le 8 3000; le 8 $bits; le 8 $bits
	for n in 1 2 3; do le 8 $((n * 1000)); le 4 $((n * 10)); done
} >in/app/stream

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
sum() { run babeltrace2 "$1" | awk '{ n++; ns += $(NF - 1) } END { print n + 0 " events, " ns + 0 " ns" }'; }
uuids() { sed -n 's/.*[^a-z]uuid = "\(.*\)";/\1/p' "$@" | sort -u | grep -c .; }
run babeltrace2 --version | sed -n 1p
expect "input" "$(sum in)" "3 events, 60 ns"
for again in "" -0 -1; do
	rc=0
	run babeltrace2 in -o ctf -w out >said 2>err || rc=$?
	expect "convert into out" "status $rc, $(cat said), $(wc -c <err) bytes on stderr" \
		"status 0, Created CTF trace \`out/app$again\`., 0 bytes on stderr"
	case "$again" in
	"") expect "out" "$(sum out)" "3 events, 60 ns" ;;
	-0) expect "out" "$(sum out)" "6 events, 120 ns" ;;
	-1) expect "out" "$(sum out)" "9 events, 180 ns" ;;
	esac
done
expect "UUIDs of the traces in out" "$(uuids out/*/metadata)" 3
mkdir copies
cp -r in/app copies/app
cp -r in/app copies/app-0
expect "two copies made by cp" "$(sum copies)" "3 events, 60 ns"
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
