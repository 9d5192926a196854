#!/usr/bin/env bash
# What a server read and wrote, as a capture: tshark takes it apart, and finds in it what was played at the
# server, byte for byte; flowdar's own replay reads it, too.
set -euo pipefail
command -v tshark >/dev/null || { echo "skipped: needs tshark"; exit 77; }
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
server=$(find "$FLOWDAR_BUILD" -name demo_httpd -type f -perm -u+x | head -n 1)
played=$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap
cd "$work"
mkdir www
echo hello >www/index.html

fail() {
	echo "$1"
	[ ! -s said ] || cat said
	exit 1
}

# Quietly: tshark as root says that this is dangerous.
shark() {
	tshark -n "$@" 2>said
}

"$FLOWDAR" record --io --bytes 4096 -o seen --play "$played" -- "$server" --port 0 --root www >said 2>&1 ||
	fail "record: status $?"
"$FLOWDAR" export seen --pcap seen.pcap >said 2>&1 || fail "export: status $?"
grep -q '^seen.pcap: .* sessions' said || fail "it is not said what is in it"
[ "$("$FLOWDAR" export seen --pcap - 2>said | sha256sum)" = "$(sha256sum <seen.pcap)" ] || fail "two exports differ"

# Nothing malformed, out of order or missing; checksums right.
shark -r seen.pcap -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
	-Y 'tcp.analysis.flags || _ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0' >odd || fail "tshark"
[ ! -s odd ] || { cat odd; fail "tshark finds packets odd"; }
requests() {
	shark -r "$1" "${@:2}" -Y http.request -T fields -e http.request.method -e http.request.uri -e http.user_agent | sort
}
port=$(shark -r "$played" -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' -T fields -e tcp.dstport | sed -n 1p)
requests "$played" -d "tcp.port==$port,http" >asked
requests seen.pcap >was_read
[ -s asked ] || fail "no requests in the capture that was played"
diff asked was_read || fail "the server read other requests than were played"
# What it wrote: as many bytes as its own counts of sessions say.
wrote=$("$FLOWDAR" info seen --format json | jq '[.events[] | select(.event == "bytes") | .count] | add')
[ "$wrote" -gt 0 ] || fail "no bytes were recorded"
said_bytes=$("$FLOWDAR" analyze seen --format json | jq '.bytes_in, .bytes_out' | tr '\n' ' ')
in_pcap=$(shark -r seen.pcap -Y 'tcp.len > 0' -T fields -e tcp.dstport -e tcp.len |
	awk '$1 == 80 { i += $2; next } { o += $2 } END { print i + 0, o + 0 }')
[ "${said_bytes% }" = "$in_pcap" ] || fail "bytes read and written: $said_bytes by analyze, $in_pcap in the capture"
# Read by our own, too.
"$FLOWDAR" split seen.pcap -o parts >said 2>&1 || fail "split: status $?"

status=0
"$FLOWDAR" export "$FLOWDAR_SOURCE/tests/golden/data/attack" --pcap none.pcap >said 2>&1 || status=$?
[ $status = 1 ] || fail "a recording without reads and writes: expected 1, not $status"
grep -q 'made with --io --bytes' said || fail "it is not said how to record them"
[ ! -e none.pcap ] || fail "a capture of nothing is left"
# Of each read the first 16 bytes: the log says so, and has them.
"$FLOWDAR" record --io --bytes 16 -o short --play "$played" -- "$server" --port 0 --root www >said 2>&1 || fail "record: status $?"
"$FLOWDAR" log short --bytes --unfolded >log 2>said || fail "log: status $?"
awk '/\|  read: [0-9]+ byte/ {
		reads++
		more = $0 ~ /, the first 16$/
		match($0, /read: [0-9]+/)
		if (more != (substr($0, RSTART + 6, RLENGTH - 6) + 0 > 16)) exit 1
	}
	END { if (!reads) exit 1 }' log || { grep '|  read' log | head -n 5; fail "how much of a read is there"; }
echo "$(wc -l <asked) requests in, $in_pcap bytes in and out: as tshark reads them"
