# shellcheck shell=bash
# For the findings that read captures: small pcap files, written byte by byte. Sourced.
bytes() { local hex; for hex; do while [ -n "$hex" ]; do printf '%b' "\\x${hex:0:2}"; hex=${hex:2}; done; done; }
hex32() { printf "%08x" "$1" | sed -E "s/(..)(..)(..)(..)/\4\3\2\1/"; }
u32() { bytes "$(hex32 "$1")"; }
capture() { # FILE LINKTYPE SNAPLEN PACKET...: in hex, a millisecond between packets
	local packet us=0
	{
		u32 0xa1b2c3d4; bytes 0200 0400; u32 0; u32 0; u32 "$3"; u32 "$2"
		for packet in "${@:4}"; do
			u32 1700000000; u32 $((us += 1000)); u32 $((${#packet} / 2)); u32 $((${#packet} / 2)); bytes "$packet"
		done
	} >"$1"
}
block() { # TYPE HEX: a block of pcapng, padded
	local body=$2
	while [ $((${#body} % 8)) != 0 ]; do body+=00; done
	u32 "$1"; u32 $((12 + ${#body} / 2)); bytes "$body"; u32 $((12 + ${#body} / 2))
}
section() { # [OPTIONS]: a section and an interface of it, Ethernet, microseconds unless the options in hex say otherwise
	block 0x0a0d0d0a 4d3c2b1a01000000ffffffffffffffff
	block 1 "0100000000000000${1:-}"
}
packet() { # MICROSECONDS HEX: an enhanced packet block of the first interface
	block 6 "00000000$(hex32 $(($1 >> 32)))$(hex32 $(($1 & 0xffffffff)))$(hex32 $((${#2} / 2)))$(hex32 $((${#2} / 2)))$2"
}
