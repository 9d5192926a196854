#!/usr/bin/env bash
# editcap and reordercap 4.0.17: they cannot read what `editcap --inject-secrets` has written.
#
# Guess: a pcapng file with TLS secrets in it, which is how Wireshark's own pages say to pass on a capture, can be cut, split and sorted
# by Wireshark's own tools like any other.
# So it is: --inject-secrets puts the secrets in front of the interfaces, which the format allows; and of such a file editcap and
# reordercap say that it "can't be written as a "pcapng" file" (with -F pcap: as a "pcap" file), status 2 and 1, and write nothing. The file is
# whole: tshark and mergecap read and write it, and tshark opens the TLS in it.
# What helps: secrets last, when all else is cut; `tshark -r IN -w OUT` first, which puts the interfaces in front.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3 python3=3.11.2-1+b1

cat >capture.py <<'PY'
import struct
frame = bytes.fromhex("0200000000020200000000010800") + bytes.fromhex("45000020000000004011 66cb 0a000001 0a000002 9c40 1e61 000c 0000".replace(" ", "")) + b"abcd"
with open("plain.pcap", "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i in range(4):
        out.write(struct.pack("<IIII", 1700000000, i * 1000, len(frame), len(frame)) + frame)
with open("keys", "w") as out:
    out.write("CLIENT_RANDOM " + "00" * 32 + " " + "11" * 48 + "\n")
PY
run python3.11 capture.py
run editcap --version | sed -n 1p

bad=0
expect() { # WHAT SEEN DESCRIBED
	echo "$1: $2"
	if [ "$2" != "$3" ]; then bad=1; echo "  NOT AS DESCRIBED, was $3"; fi
}
# try TOOL ARGUMENT...: its status and what it says
try() {
	local status=0
	run "$@" >said 2>&1 || status=$?
	echo "$status $(grep -v 'Running as user' said | tr -d '"\n')"
}
run editcap --inject-secrets tls,keys plain.pcap secrets.pcapng
refused="The capture file being read can't be written as a pcapng file."
expect "editcap, without secrets" "$(try editcap -r plain.pcap one.pcapng 1)" "0 "
expect "editcap, of its own file" "$(try editcap -r secrets.pcapng two.pcapng 1)" "2 editcap: $refused"
expect "editcap -c" "$(try editcap -c 2 secrets.pcapng three.pcapng)" "2 editcap: $refused"
expect "reordercap" "$(try reordercap secrets.pcapng four.pcapng)" "1 reordercap: $refused"
# Types of the first three blocks: 1 is an interface, 10 are secrets.
blocks() {
	run python3.11 -c 'import struct, sys
data, at = open(sys.argv[1], "rb").read(), 0
for i in range(3):
    kind, size = struct.unpack_from("<II", data, at)
    at += size
    print(kind, end=" " if i < 2 else "\n")' "$1"
}
expect "blocks of editcap's" "$(blocks secrets.pcapng)" "168627466 10 1"
expect "tshark -w" "$(try tshark -r secrets.pcapng -w five.pcapng)" "0 "
expect "blocks of tshark's" "$(blocks five.pcapng)" "168627466 1 10"
expect "editcap, of tshark's" "$(try editcap -r five.pcapng six.pcapng 1)" "0 "
expect "lines of secrets in it" "$(grep -c CLIENT_RANDOM -a six.pcapng || true)" 1
exit $bad
