#!/usr/bin/env bash
# tshark as referee over split and amplify: how many sessions a capture has, what their streams are
# (by hash), whether the checksums of what we write are right, and whether copies look to TCP like
# the original. On our own captures and, where they are, on ../shared/captures.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
for tool in tshark mergecap jq xxd sha256sum; do
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

# Starting tshark costs more than what it reads here: one pass of it over the capture, one over the
# sessions that split wrote, one over what amplify wrote.

fields=(-e tcp.stream -e udp.stream -e tcp.flags -e tcp.seq_raw -e tcp.ack_raw -e ip.src -e ipv6.src -e tcp.srcport
	-e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status -e tcp.analysis.flags
	-e tcp.analysis.retransmission -e tcp.analysis.duplicate_ack -e tcp.analysis.lost_segment
	-e tcp.analysis.ack_lost_segment -e tcp.analysis.keep_alive -e tcp.analysis.window_full
	-e tcp.analysis.zero_window)

# What tshark says of a capture: its facts into OUT.facts as NAME=NUMBER, what TCP would find odd into
# OUT.odd (one line a kind, with how often, times BY).
# judge CAPTURE OUT BY [OPTIONS OF TSHARK]
judge() {
	local capture=$1 out=$2 by=$3
	shift 3
	tshark -n -r "$capture" "$@" -T fields "${fields[@]}" 2>/dev/null | awk -F'\t' -v facts="$out.facts" -v by="$by" '
		# A packet that ICMP quotes is a second value of the same field.
		{ count = split($1, streams, ","); split($3, flags, ","); source = $6 $7 " " $8 }
		{ for (i = 1; i <= count; i++) {
			stream = streams[i]; flag = index("123456789abcdef", substr(flags[i], length(flags[i]))) + 16 * index("123456789abcdef", substr(flags[i], length(flags[i]) - 1, 1)); tcp[stream]
			syn = int(flag / 2) % 2; ack = int(flag / 16) % 2; rst = int(flag / 4) % 2
			if (syn && ack) answered[stream]
			else if (syn) client[stream] = source
			else if (!rst && stream in client && client[stream] == source) went_on[stream]
			if ($4 ~ /(^|,)0(,|$)/ || (ack && $5 ~ /(^|,)0(,|$)/)) unknown = 1
		} }
		{ count = split($2, streams, ","); for (i = 1; i <= count; i++) udp[streams[i]] }
		$9 $10 $11 ~ /0|Bad/ { wrong++ }
		$12 != "" { line = $13; for (i = 14; i <= NF; i++) line = line "\t" $i; odd[line]++ }
		END {
			for (stream in client) half += stream in answered && !(stream in went_on)
			printf "packets=%d tcp=%d answered=%d half=%d udp=%d wrong=%d unknown=%d\n", NR, length(tcp),
				length(answered), half, length(udp), wrong, unknown >facts
			for (line in odd) print odd[line] * by "\t" line
		}' | sort >"$out.odd"
}

# The hashes of what both sides of some sessions sent, by tshark: lines of TRANSPORT CLIENT SENT
# RECEIVED. No two of the sessions are of the same ends.
# follow FILE TRANSPORT CLIENT SERVER, as lines of the standard input
follow() {
	local files=() wanted=() line transport i
	while read -r -a line; do
		files+=("$work/split/${line[0]}")
		wanted+=("${line[*]:1}")
	done
	mergecap -F pcapng -w "$work/some.pcapng" "${files[@]}" 2>/dev/null || return
	local follows=()
	# A session may be more than one to tshark: the first counts, which it prints last.
	for ((i = 0; i < 2 * ${#files[@]}; i++)); do
		for transport in tcp udp; do
			follows+=(-z "follow,$transport,raw,$i")
		done
	done
	rm -rf "$work/followed"
	mkdir "$work/followed"
	tshark -n -r "$work/some.pcapng" -q "${follows[@]}" 2>/dev/null | awk -v dir="$work/followed/" '
		/^Follow: / { sub(",.*", "", $2); transport = $2 }
		/^Node 0: / { first = $3 }
		/^Node 1: / {
			name[0] = dir transport " " first " " $3; name[1] = dir transport " " $3 " " first
			for (i in name) { printf "" >name[i]; close(name[i]) }
		}
		/^\t?[0-9a-f]+$/ {
			side = sub(/^\t/, "")
			print >>name[side]
		}'
	for line in "${wanted[@]}"; do
		read -r -a line <<<"$line"
		echo "${line[0]} ${line[1]} $(xxd -r -p "$work/followed/${line[0]} ${line[1]} ${line[2]}" | sha256sum |
			cut -d' ' -f1) $(xxd -r -p "$work/followed/${line[0]} ${line[2]} ${line[1]}" | sha256sum | cut -d' ' -f1)"
	done
}

# Sessions whose bytes are all there and were said once: the referee's stream is beyond dispute.
check_streams() {
	local name=$1 round
	jq -r '.sessions[]
		| select(.from_client.gap_bytes + .from_server.gap_bytes == 0)
		| select(.from_client.bytes + .from_server.bytes > 0)
		| select(.odd | index("copies differ") | not)
		| [.file, .transport, .client, .server, .from_client.sha256, .from_server.sha256] | join(" ")' \
		"$work/split/sessions.json" | shuf -n 8 --random-source=<(yes) >"$work/sample"
	streams=$((streams + 2 * $(wc -l <"$work/sample")))
	# Ports that are used twice are looked at in a round of their own.
	for round in $(awk '{ print ++seen[$2 $3 $4] }' "$work/sample" | sort -un); do
		awk -v round="$round" '++seen[$2 $3 $4] == round' "$work/sample" >"$work/round"
		cut -d' ' -f1-4 "$work/round" | follow >"$work/hashes"
		diff <(cut -d' ' -f2,3,5,6 "$work/round") "$work/hashes" >"$work/diff" ||
			complain "$name: tshark follows other bytes: $(cat "$work/diff")"
	done
}

check_amplified() {
	local name=$1 capture=$2 original=$3 tcp=$4 clones=3 repeat=2 copies
	local more_packets more_tcp more_wrong
	# A hundred thousand packets are enough for the referee.
	[ "$(jq .packets "$work/split/sessions.json")" -lt 20000 ] || clones=2 repeat=1
	copies=$((clones * repeat))
	"$FLOWDAR" amplify "$capture" -o "$work/more.pcap" --clones $clones --repeat $repeat 2>"$work/err" || {
		complain "$name: amplify: $(cat "$work/err")"
		return
	}
	judge "$work/more.pcap" "$work/more" 1 -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE
	read -r more_packets more_tcp more_wrong < <(sed 's/[a-z]*=//g' "$work/more.facts" | awk '{ print $1, $2, $6 }')
	[ "$more_wrong" = 0 ] || complain "$name: amplify: tshark finds $more_wrong wrong checksums"
	packets=$((packets + more_packets))
	[ "$more_tcp" = $((copies * tcp)) ] ||
		complain "$name: amplify: tshark finds $more_tcp TCP sessions, not $((copies * tcp))"
	# Sequence numbers and times fit: the copies are as odd as the original, no more and no less.
	# (To tshark a number of 0 is one that it does not know: hand-made captures that have it do not
	# count.)
	! grep -q 'unknown=1' "$original.facts" || return
	diff <(awk -F'\t' -v OFS='\t' -v by=$copies '{ $1 *= by; print }' "$original.odd" | sort) "$work/more.odd" \
		>"$work/diff" || complain "$name: amplify: TCP analysis differs:"$'\n'"$(head -n 5 "$work/diff")"
}

# Of the TCP sessions, "answered" are those with a SYN+ACK; "half" are the half-open ones among them: a
# SYN, a SYN+ACK, and nothing of the client's behind it but a reset.
# check NAME CAPTURE ["TCP ANSWERED UDP", which somebody else counted]
check() {
	local name=$1 capture=$2 got tshark_says tcp answered half udp number
	captures=$((captures + 1))
	rm -rf "$work/split"
	"$FLOWDAR" split "$capture" -o "$work/split" --format csv >/dev/null 2>"$work/err" || {
		complain "$name: split: $(cat "$work/err")"
		return
	}
	judge "$capture" "$work/original" 1
	read -r number tcp answered half udp _ < <(sed 's/[a-z]*=//g' "$work/original.facts")
	tshark_says="$tcp $answered $half $udp"
	got=$(jq -r '[.sessions[] | select(.transport == "tcp")] as $tcp
		| [($tcp | length), ([$tcp[] | select(.began | test("^(handshake|half-open|syn\\+ack.*)$"))] | length),
		   ([$tcp[] | select(.began == "half-open")] | length),
		   ([.sessions[] | select(.transport == "udp")] | length)] | join(" ")' "$work/split/sessions.json")
	[ "$got" = "$tshark_says" ] ||
		complain "$name: sessions, answered, half-open and flows are $got, should be $tshark_says"
	[ -z "${3:-}" ] || [ "$tcp $answered $udp" = "$3" ] ||
		complain "$name: tshark says $tcp $answered $udp, and truth.tsv $3"
	[ "$(jq '.packets' "$work/split/sessions.json")" = "$number" ] ||
		complain "$name: not all packets were read"
	check_streams "$name"
	check_amplified "$name" "$capture" "$work/original" "$tcp"
}

for capture in "$FLOWDAR_SOURCE"/tests/captures/*.pcap; do
	[ ! -e "$capture" ] || check "${capture##*/}" "$capture"
done
if [ -e "$shared/truth.tsv" ]; then
	while IFS=$'\t' read -r file _ tcp answered udp; do
		[ "$file" = file ] || check "$file" "$shared/$file" "$tcp $answered $udp"
	done <"$shared/truth.tsv"
else
	echo "skipped in part: no $shared"
fi
echo "$captures captures, $streams streams and $packets packets judged, $bad complaints"
[ $captures -gt 0 ] || exit 77
exit $((bad > 0))
