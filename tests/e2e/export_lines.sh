#!/usr/bin/env bash
# Time lines as programs that are not ours read them: each call's time in Chrome's JSON (jq) and in Perfetto's
# protobuf (protoc), added up to own times, is what `flowdar analyze` says, to the nanosecond; hand-offs have
# both ends; OTLP's parents exist.
set -euo pipefail
command -v protoc >/dev/null || { echo "skipped: needs protoc"; exit 77; }
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tab=$(printf '\t')

fail() {
	echo "$1"
	exit 1
}

# own: "track start end name" a line, by track and time, outer ones first, to "name calls own" of each name.
own() {
	sort -t "$tab" -k1,1 -k2,2n -k3,3nr | awk -F '\t' '
		function close_until(track, start) {
			while (depth && (open_track[depth] != track || open_end[depth] <= start)) {
				own[open_name[depth]] += open_own[depth]
				depth--
			}
		}
		{
			close_until($1, $2)
			if (depth) open_own[depth] -= $3 - $2
			if (depth && $3 > open_end[depth]) { print "a child outlives its parent: " $0; exit }
			depth++
			open_track[depth] = $1; open_end[depth] = $3; open_own[depth] = $3 - $2; open_name[depth] = $4
			calls[$4]++
		}
		END { close_until("", 0); for (n in calls) print n "\t" calls[n] "\t" own[n] }' OFS='\t' |
		sort
}

check() {
	local data=$FLOWDAR_SOURCE/tests/golden/data/$1
	"$FLOWDAR" export "$data" --chrome chrome.json --perfetto perfetto
	"$FLOWDAR" export "$data" --otlp otlp.json --hide-below 5us 2>said
	grep -q 'calls that took less than 5' said || fail "it is not said that OTLP has not all calls"
	"$FLOWDAR" analyze "$data" --limit 0 --format json |
		jq -r '.functions[] | select(.waits_in == "" and .component != "queue") |
			[.function, .calls, .own_ns] | @tsv' | sort >ours
	[ -s ours ] || fail "analyze says nothing of $1"

	jq -r '.traceEvents[] | select(.ph == "X") |
		[.tid, (.ts * 1000 | round), ((.ts * 1000 | round) + (.dur * 1000 | round)), .name, .cat] | @tsv' \
		chrome.json >chrome.tsv
	jq -e '[.traceEvents[] | select(.ph == "X" and .dur < 0.0005)] | length == 0' chrome.json >/dev/null ||
		fail "a call of no time"
	jq -e '[.traceEvents[] | select(.pid | type != "number")] | length == 0' chrome.json >/dev/null
	jq -e '[.traceEvents[] | select(.ph == "s") | [.cat, .name, .id]] as $from |
		[.traceEvents[] | select(.ph == "f" and .bp == "e") | [.cat, .name, .id]] as $to |
		$from == $to and ($from | length > 0) and ($from | length == (unique | length))' \
		chrome.json >/dev/null || fail "hand-offs without two ends"
	grep "${tab}session " chrome.tsv | cut -f 1-4 | own >theirs
	compare theirs "Chrome's JSON"

	protoc --proto_path="$FLOWDAR_SOURCE/tests/e2e" --decode=perfetto.protos.Trace perfetto.proto \
		<perfetto >perfetto.txt || fail "protoc does not read it"
	grep -q '^  [0-9]\+:' perfetto.txt && fail "fields that the format does not have"
	slices perfetto.txt >perfetto.tsv
	# The tracks of threads have every call, those below sessions the sessions' alone.
	grep '^thread' perfetto.tsv | cut -f 2- | own >theirs
	cut -f 1-4 chrome.tsv | own >all
	diff all theirs || fail "Perfetto's threads have other times than Chrome's"
	grep '^work' perfetto.tsv | cut -f 2- | own >theirs
	compare theirs "Perfetto's sessions"

	jq -e '[.resourceSpans[].scopeSpans[].spans[]] as $spans |
		($spans | map({key: .spanId, value: .}) | from_entries) as $by |
		($spans | length) == ($by | length) and
		all($spans[]; (.traceId | test("^[0-9a-f]{32}$")) and (.spanId | test("^[0-9a-f]{16}$")) and
			(.parentSpanId == null or $by[.parentSpanId].traceId == .traceId) and
			all(.links[]?; .traceId as $t | $by[.spanId].traceId == $t)) and
		any($spans[]; .links) == '"$2"' and any($spans[]; .parentSpanId == null)' otlp.json >/dev/null ||
		fail "OTLP: a parent or a linked span is missing"
	echo "$1: $(wc -l <ours) functions, $(wc -l <chrome.tsv) calls: the same for three"
}

# Calls of 0 ns are in analyze's table alone; they have no own time.
compare() {
	join -t "$tab" -a 1 -a 2 -e 0 -o 0,1.2,1.3,2.2,2.3 ours "$1" |
		awk -F '\t' -v what="$2" '$2 && ($3 != $5 || $4 > $2) { print what ": " $0; bad = 1 } END { exit bad }' ||
		fail "own times differ"
}

# slices: "thread|work track start end name" of each slice in what protoc printed.
slices() {
	awk -F ': ' -v OFS='\t' '
		function text(v) { gsub(/^"|"$/, "", v); return v }
		function packet_over() {
			if (uuid) { kind[uuid] = thread ? "thread" : "other"; parent[uuid] = up; called[uuid] = label }
			if (type == "TYPE_SLICE_BEGIN") {
				n = ++depth[track]; from[track, n] = time; id[track, n] = name ? name : iid
			} else if (type == "TYPE_SLICE_END") {
				n = depth[track]--
				begun = from[track, n]
				row[++rows] = track OFS begun OFS time OFS id[track, n]
			}
			uuid = up = label = thread = type = name = iid = track = time = ""
		}
		/^}/ { packet_over() }
		/event_names/ { naming = 1 }
		naming && /iid:/ { now = $2 }
		naming && / name:/ { names[now] = text($2); naming = 0 }
		/^  track_descriptor/ { descriptor = 1 }
		descriptor && /^    uuid/ { uuid = $2 }
		descriptor && /parent_uuid/ { up = $2 }
		descriptor && /^    name:/ { label = text($2) }
		descriptor && /^    thread / { thread = 1 }
		/^  }/ { descriptor = 0 }
		# Its last 15 digits: awk has doubles, and prints large ones short.
		/^  timestamp/ { time = substr($2, length($2) - 14) }
		/^    type/ { type = $2 }
		/^    track_uuid/ { track = $2 }
		/^    name_iid/ { iid = $2 }
		/^    name:/ && !descriptor { name = text($2) }
		END {
			for (i = 1; i <= rows; i++) {
				split(row[i], f, OFS)
				if (f[4] in names) f[4] = names[f[4]]
				# A session lies below "sessions"; what was done for it below that.
				what = kind[f[1]] == "thread" ? "thread" : called[parent[f[1]]] == "sessions" ? "session" : "work"
				print what, f[1], f[2], f[3], f[4]
			}
		}' "$1"
}

# A queue has connections: a session is linked to who put it there, a request is not.
check attack true
check requests false
