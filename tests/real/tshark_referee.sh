#!/usr/bin/env bash
# tshark as referee over split and amplify: how many sessions a capture has, what their streams are
# (by hash), whether the checksums of what we write are right, and whether copies look to TCP like
# the original. On our own captures and, where they are, on ../shared/captures.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
for tool in tshark jq xxd sha256sum; do
	command -v $tool >/dev/null || {
		echo "skipped: needs $tool"
		exit 77
	}
done
export LC_ALL=C.UTF-8
shared=${FLOWDAR_SHARED:-$FLOWDAR_SOURCE/../shared}/captures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0 captures=0 streams=0 packets=0

complain() {
	echo "$*"
	bad=$((bad + 1))
}

# A session's streams as tshark follows them: the hash of what ADDRESS:PORT sent, and of the rest.
# follow FILE TRANSPORT ADDRESS:PORT
follow() {
	local side
	tshark -r "$1" -q -z "follow,$2,raw,0" >"$work/followed" 2>/dev/null
	for side in 1 0; do
		awk -v want="$3" -v side=$side '
			/^Node 0: / { first = $3 == want }
			/^\t?[0-9a-f]+$/ {
				if (((substr($0, 1, 1) != "\t") == first) == side) { sub(/^\t/, ""); print }
			}' "$work/followed" | xxd -r -p | sha256sum | cut -d' ' -f1
	done | paste -sd ' '
}

# Sessions whose bytes are all there and were said once: the referee's stream is beyond dispute.
check_streams() {
	local name=$1 file transport client sent received
	while IFS=$'\t' read -r file transport client sent received; do
		streams=$((streams + 2))
		[ "$(follow "$work/split/$file" "$transport" "$client")" = "$sent $received" ] ||
			complain "$name: $file: tshark follows other bytes"
	done < <(jq -r '.sessions[]
		| select(.from_client.gap_bytes + .from_server.gap_bytes == 0)
		| select(.from_client.bytes + .from_server.bytes > 0)
		| select(.odd | index("copies differ") | not)
		| [.file, .transport, .client, .from_client.sha256, .from_server.sha256] | @tsv' \
		"$work/split/sessions.json" | shuf -n 8 --random-source=<(yes))
}

streams_of() {
	tshark -r "$1" -T fields -e "$2.stream" -Y "$2" 2>/dev/null | tr ',' '\n' | sort -u | grep -c .
}

# What TCP would find odd in a capture: one line a kind, with how often.
oddities() {
	tshark -r "$1" -T fields -Y 'tcp.analysis.flags' -e tcp.analysis.retransmission \
		-e tcp.analysis.duplicate_ack -e tcp.analysis.lost_segment -e tcp.analysis.ack_lost_segment \
		-e tcp.analysis.keep_alive -e tcp.analysis.window_full -e tcp.analysis.zero_window \
		2>/dev/null | sort | uniq -c | awk -v by="$2" '{ $1 *= by; print }'
}

check_amplified() {
	local name=$1 capture=$2 wrong expected clones=3 repeat=2 copies
	# A hundred thousand packets are enough for the referee.
	[ "$(jq .packets "$work/split/sessions.json")" -lt 20000 ] || clones=2 repeat=1
	copies=$((clones * repeat))
	"$FLOWDAR" amplify "$capture" -o "$work/more.pcap" --clones $clones --repeat $repeat 2>"$work/err" || {
		complain "$name: amplify: $(cat "$work/err")"
		return
	}
	wrong=$(tshark -r "$work/more.pcap" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -T fields -e frame.number \
		-Y 'ip.checksum.status == "Bad" || tcp.checksum.status == "Bad" || udp.checksum.status == "Bad"' \
		2>/dev/null | wc -l)
	[ "$wrong" = 0 ] || complain "$name: amplify: tshark finds $wrong wrong checksums"
	packets=$((packets + $(capinfos -c -T -r -M "$work/more.pcap" | cut -f2)))
	expected=$((copies * $(jq '[.sessions[] | select(.transport == "tcp")] | length' "$work/split/sessions.json")))
	[ "$(streams_of "$work/more.pcap" tcp)" = $expected ] ||
		complain "$name: amplify: tshark finds $(streams_of "$work/more.pcap" tcp) TCP sessions, not $expected"
	# Sequence numbers and times fit: the copies are as odd as the original, no more and no less.
	# (To tshark a number of 0 is one that it does not know: hand-made captures that have it do not
	# count.)
	[ -z "$(tshark -r "$capture" -Y 'tcp.seq_raw == 0 || (tcp.flags.ack == 1 && tcp.ack_raw == 0)' 2>/dev/null)" ] ||
		return
	diff <(oddities "$capture" $copies) <(oddities "$work/more.pcap" 1) >"$work/diff" ||
		complain "$name: amplify: TCP analysis differs:"$'\n'"$(head -n 5 "$work/diff")"
}

# check NAME CAPTURE TCP HANDSHAKES UDP
check() {
	local name=$1 capture=$2 got
	captures=$((captures + 1))
	rm -rf "$work/split"
	"$FLOWDAR" split "$capture" -o "$work/split" --format csv >/dev/null 2>"$work/err" || {
		complain "$name: split: $(cat "$work/err")"
		return
	}
	got=$(jq -r '[.sessions[] | select(.transport == "tcp")] as $tcp
		| [($tcp | length), ([$tcp[] | select(.began | test("handshake|syn\\+ack"))] | length),
		   ([.sessions[] | select(.transport == "udp")] | length)] | join(" ")' "$work/split/sessions.json")
	[ "$got" = "$3 $4 $5" ] || complain "$name: sessions, handshakes and flows are $got, should be $3 $4 $5"
	[ "$(jq '.packets' "$work/split/sessions.json")" = "$(capinfos -c -T -r -M "$capture" | cut -f2)" ] ||
		complain "$name: not all packets were read"
	check_streams "$name"
	check_amplified "$name" "$capture"
}

for capture in "$FLOWDAR_SOURCE"/tests/captures/*.pcap; do
	[ -e "$capture" ] || continue
	handshakes=$(tshark -r "$capture" -T fields -e tcp.stream -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 1' \
		2>/dev/null | sort -u | grep -c .)
	check "${capture##*/}" "$capture" "$(streams_of "$capture" tcp)" "$handshakes" \
		"$(streams_of "$capture" udp)"
done
if [ -e "$shared/truth.tsv" ]; then
	while IFS=$'\t' read -r file _ tcp handshakes udp; do
		[ "$file" = file ] || check "$file" "$shared/$file" "$tcp" "$handshakes" "$udp"
	done <"$shared/truth.tsv"
else
	echo "skipped in part: no $shared"
fi
echo "$captures captures, $streams streams and $packets packets judged, $bad complaints"
[ $captures -gt 0 ] || exit 77
exit $((bad > 0))
