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
# One connection, 192.0.2.1 port 4000 to 192.0.2.2 port 80, as IPv4 with right checksums: its handshake, 9, 20 and 9 bytes of payload;
# and what comes in front on Ethernet.
# shellcheck disable=SC2034 # for the scripts
{
	ethernet=0000000000010000000000020800
	syn=45000028000040004006b6ccc0000201c00002020fa00050000003e8000000005002ffff18070000
	synack=45000028000040004006b6ccc0000202c000020100500fa000001388000003e95012ffff046e0000
	ack=45000028000040004006b6ccc0000201c00002020fa00050000003e9000013895010ffff046f0000
	first=45000031000040004006b6c3c0000201c00002020fa00050000003e9000013895018ffffab230000474554202f6f6e6520
	middle=4500003c000040004006b6b8c0000201c00002020fa00050000003f2000013895018ffff719e0000485454502f312e300d0a4c6f6e6765723a203132
	last=45000031000040004006b6c3c0000201c00002020fa0005000000406000013895018ffffa32f0000486f73743a20610d0a
}
