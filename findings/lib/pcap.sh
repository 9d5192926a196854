# shellcheck shell=bash
# For the findings that read captures: small pcap files, written byte by byte. Sourced.
bytes() { local hex; for hex; do while [ -n "$hex" ]; do printf '%b' "\\x${hex:0:2}"; hex=${hex:2}; done; done; }
u32() { bytes "$(printf '%08x' "$1" | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/')"; }
capture() { # FILE LINKTYPE SNAPLEN PACKET...: in hex, a millisecond between packets
	local packet us=0
	{
		u32 0xa1b2c3d4; bytes 0200 0400; u32 0; u32 0; u32 "$3"; u32 "$2"
		for packet in "${@:4}"; do
			u32 1700000000; u32 $((us += 1000)); u32 $((${#packet} / 2)); u32 $((${#packet} / 2)); bytes "$packet"
		done
	} >"$1"
}
