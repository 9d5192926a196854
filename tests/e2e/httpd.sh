#!/usr/bin/env bash
# The main path on a real server: Apache httpd from its Debian source, recorded under a baseline, a
# regular-expression attack and a slow-loris. The diff names the matcher as running, then the read
# that waits with its sessions unfinished; the diagrams are sound XML and show both.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
. "$FLOWDAR_SOURCE/scripts/lib/common.sh"
. "$FLOWDAR_SOURCE/scripts/lib/run.sh"
. "$FLOWDAR_SOURCE/scripts/lib/httpd.sh"

out=$(mktemp -d)
finish() {
	stop_all
	rm -rf "$out"
}
trap finish EXIT
PATH=$(dirname "$FLOWDAR"):$PATH
captures=$FLOWDAR_SOURCE/tests/captures

if ! httpd_fetch; then
	echo "skipped: the Debian source of apache2, apr and apr-util cannot be had"
	exit 77
fi
httpd_build
server_libraries "$FLOWDAR_BUILD/lib/flowdar"
mapfile -t record_options < <(server_record_options)
server_argv() {
	httpd_configure "$1" >&2
	httpd_command
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

# compare NAME: diff.json of the run called NAME and the baseline, and NAME.svg.
compare() {
	flowdar diff "$out/baseline" "$out/$1" --format json >"$out/diff.json"
	jq -r '"verdict: " + .verdict.sentence' "$out/diff.json"
	flowdar sequence --baseline "$out/baseline" "$out/$1" -o "$out/$1.svg" >/dev/null
	xmllint --noout "$out/$1.svg"
}

play_at_server baseline "$captures/httpd-baseline.pcap" 3
play_at_server regex "$captures/httpd-regex.pcap" 1
play_at_server slowloris "$captures/httpd-slowloris.pcap" 1 8
for run in baseline regex slowloris; do
	[ "$(jq .discarded "$out/$run/recording.json")" = 0 ] || die "$run: events were lost"
	[ "$(jq -r .ended "$out/$run/recording.json")" = interrupted ] ||
		die "$run: ended: $(jq .ended "$out/$run/recording.json")"
done
for run in baseline regex; do
	[ "$(jq -s 'length > 0 and all(.verdict == "ok")' "$out/$run/replay.jsonl")" = true ] ||
		die "$run: not every session was ok"
done

compare regex
expect "every client is a session: 24 three times, 14 once" '[.sides[].sessions] == [72, 14]'
expect "all of them ended" 'all(.sides[]; .unfinished == 0)'
expect "the culprit is the matcher" '.verdict.function | startswith("ap_regexec")'
expect "it is httpd's own" '.verdict.component == "httpd"'
expect "it runs, it does not wait" '.verdict.change == "running"'
expect "at least a hundred times longer" '.verdict.factor >= 100'
expect "most of the added time is its" '.verdict.share >= 0.5'
grep -q 'ap_regexec' "$out/regex.svg"
for word in listener 'worker [0-9]' 'fd queue'; do
	grep -q "$word" "$out/regex.svg" || die "no $word in the diagram"
done
echo "ok: the diagram is XML and shows the matcher, the threads and the hand-off"

compare slowloris
expect "the culprit is where httpd reads" '.verdict.function |
	IN("apr_wait_for_io_or_timeout", "apr_socket_recv", "socket_bucket_read", "ap_core_input_filter")'
expect "it waits in poll" '.verdict.change == "waiting" and .verdict.below == "poll"'
expect "at least ten times longer: how long the baseline's clients let wait is up to the machine" \
	'.verdict.factor >= 10'
expect "all 32 workers are held" '.sides[1].unfinished == 32 and .sides[0].unfinished == 0'
grep -q 'ap_core_input_filter' "$out/slowloris.svg"
grep -q 'unfinished' "$out/slowloris.svg"
echo "ok: the diagram is XML and shows the read that never ends"

flowdar analyze "$out/slowloris" --by function --limit 0 --format json |
	jq -e '[.. | .component? // empty] | contains(["libapr-1", "libaprutil-1", "httpd"])' >/dev/null
echo "ok: httpd, APR and APR-util are components of their own"
