#!/usr/bin/env bash
# The main path on our own server: record it under a baseline and under an attack, and the diff
# names the matcher as running; the diagram is sound XML and the same each time.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
. "$FLOWDAR_SOURCE/scripts/lib/common.sh"
. "$FLOWDAR_SOURCE/scripts/lib/run.sh"

out=$(mktemp -d)
finish() {
	stop_all
	rm -rf "$out"
}
trap finish EXIT
PATH=$(dirname "$FLOWDAR"):$PATH
captures=$FLOWDAR_SOURCE/tests/captures
server_argv() {
	printf '%s\n' "$FLOWDAR_BUILD/bin/demo_httpd" --port "$1" --threads 4 \
		--root "$FLOWDAR_SOURCE/tests/servers/demo_httpd/www"
}

# expect WHAT JQ-EXPRESSION: the expression holds of diff.json.
expect() {
	if [ "$(jq -r "$2" "$out/diff.json")" != true ]; then
		echo "FAILED: $1: $2"
		jq '.verdict, .sides, .functions[:4]' "$out/diff.json"
		exit 1
	fi
	echo "ok: $1"
}

play_at_server baseline "$captures/demo-baseline.pcap" 2
play_at_server attack "$captures/demo-attack.pcap" 1
for run in baseline attack; do
	[ "$(jq .discarded "$out/$run/recording.json")" = 0 ] || die "$run: events were lost"
	[ "$(jq -s 'length > 0 and all(.verdict == "ok")' "$out/$run/replay.jsonl")" = true ] ||
		die "$run: not every session was ok"
done

flowdar diff "$out/baseline" "$out/attack" --format json >"$out/diff.json"
expect "the culprit is the matcher" \
	'.verdict.function | IN("match_from", "match_split", "pattern_match")'
expect "it is of our server" '.verdict.component == "demo_httpd"'
expect "it runs, it does not wait" '.verdict.change == "running"'
expect "at least a hundred times longer" '.verdict.factor >= 100'
# Two of them call each other, for some ns each: how much is whose depends on what recording is seen to take.
expect "most of the added time is the matcher's" \
	'[.functions[] | select(.function | IN("match_from", "match_split", "pattern_match")) | .share] | add >= 0.9'
expect "all sessions ended" 'all(.sides[]; .unfinished == 0)'
expect "every client is a session: 47 twice, 15 once" '[.sides[].sessions] == [94, 15]'

flowdar diff "$out/baseline" "$out/baseline" --format json >"$out/diff.json"
expect "a run compared with itself has no culprit" '.verdict.function == null'

for n in 1 2; do
	flowdar sequence --baseline "$out/baseline" "$out/attack" -o "$out/$n.svg"
done
xmllint --noout "$out/1.svg"
cmp "$out/1.svg" "$out/2.svg"
grep -q 'match_from' "$out/1.svg"
echo "ok: the diagram is XML, twice the same, and shows the matcher"
