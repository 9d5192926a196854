#!/usr/bin/env bash
# tcpdump 4.99.3 cuts nanosecond captures to microseconds when it filters them into a file.
#
# Guess: `tcpdump -r in.pcap -w out.pcap FILTER` copies the packets that match, times and all; tcpdump shows microseconds, but what
# it writes of a nanosecond file is a nanosecond file.
# So it is: the output is a microsecond file, the last three digits are cut (not rounded), for pcapng input too, status 0 and no
# word. Packets that were 900 ns apart get equal times, so gaps and latencies below a microsecond are gone, and tools that sort or
# join by time have ties.
# What helps: --time-stamp-precision=nano, which the manual describes for live captures and display; it decides what -w writes too.
# Wireshark 4.0's tools cut as well when told -F pcap (editcap, mergecap, tshark -w); their own pcapng and -F nsecpcap do not.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack tcpdump=4.99.3-1

# two UDP datagrams, 900 ns apart, in a nanosecond pcap file and in pcapng (if_tsresol 9)
bytes() { local hex; for hex; do printf '%b' "\\x${hex:0:2}"; [ -z "${hex:2}" ] || bytes "${hex:2}"; done; }
u32() { bytes "$(printf '%08x' "$1" | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/')"; }
frame=0200000000010200000000020800450000200001000040110000c0000201c00002020fa0003500 # Ethernet, IPv4 192.0.2.1 > 192.0.2.2
frame+=0c000001020304 # UDP 4000 > 53, 4 bytes
size=$((${#frame} / 2))
seconds=1700000000 first=123456050 second=123456950
{
	u32 0xa1b23c4d; bytes 0200 0400; u32 0; u32 0; u32 65535; u32 1
	for ns in $first $second; do u32 $seconds; u32 $ns; u32 $size; u32 $size; bytes $frame; done
} >fine.pcap
{
	u32 0x0a0d0d0a; u32 28; u32 0x1a2b3c4d; bytes 0100 0000 ffffffffffffffff; u32 28
	u32 1; u32 32; bytes 0100 0000; u32 65535; bytes 0900 0100 09000000; u32 0; u32 32
	padded=$(((size + 3) / 4 * 4))
	for ns in $first $second; do
		time=$((seconds * 1000000000 + ns))
		u32 6; u32 $((32 + padded)); u32 0; u32 $((time >> 32)); u32 $((time & 0xffffffff)); u32 $size; u32 $size
		bytes $frame; head -c $((padded - size)) /dev/zero; u32 $((32 + padded))
	done
} >fine.pcapng

times() { run tcpdump --time-stamp-precision=nano -tt -n -r "$1" 2>/dev/null | cut -d' ' -f1 | paste -sd' '; }
magic() { od -An -tx4 -N4 "$1" | tr -d ' '; }
bad=0
expect() { # WHAT FILE MAGIC TIMES
	echo "$1: magic $(magic "$2"), $(times "$2")"
	[ "$(magic "$2") $(times "$2")" = "$3 $4" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3, $4"; }
}
run tcpdump --version 2>&1 | head -2
whole="$seconds.$first $seconds.$second" cut="$seconds.123456000 $seconds.123456000"
expect 'input, pcap' fine.pcap a1b23c4d "$whole"
expect 'input, pcapng' fine.pcapng 0a0d0d0a "$whole"
for input in fine.pcap fine.pcapng; do
	run tcpdump -r $input -w out.pcap udp 2>said
	expect "tcpdump -r $input -w" out.pcap a1b2c3d4 "$cut"
	if grep -qi 'nano\|precision' said; then bad=1; echo "  it now says: $(cat said)"; fi
	run tcpdump --time-stamp-precision=nano -r $input -w out.pcap udp 2>/dev/null
	expect "tcpdump --time-stamp-precision=nano -r $input -w" out.pcap a1b23c4d "$whole"
done
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
