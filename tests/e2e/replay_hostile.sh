#!/usr/bin/env bash
# Every capture of tcpdump's tests, over 200 of which once crashed a parser, replayed at a sink: no
# crash, no hang, no leak (where the build has the sanitizers), one line for what cannot be read, and
# verdicts that add up for all else.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
need jq
# shellcheck source=../real/tcpdump_captures.sh
. "$FLOWDAR_SOURCE/tests/real/tcpdump_captures.sh"
captures=$(tcpdump_captures) || skip "the source of tcpdump cannot be fetched"
export ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99
cd "$replay_work"
echo_start -s
bad=0 played=0 refused=0

complain() {
	echo "$1: $2"
	head -n 5 err | sed 's/^/    /'
	bad=$((bad + 1))
}

for capture in "$captures"/*.pcap*; do
	name=${capture##*/}
	rm -f journal.jsonl summary.json
	status=0
	timeout 300 "$FLOWDAR" replay "$capture" --to "127.0.0.1:$port" --asap --timeout 50ms \
		--concurrency 200 -o journal.jsonl --format json >summary.json 2>err </dev/null || status=$?
	case $status in
	0 | 1) ;;
	124) complain "$name" "more than 30 s" ;;
	*) complain "$name" "status $status" ;;
	esac
	if [ -s summary.json ]; then
		played=$((played + 1))
		jq -e '[.replay[] | .sessions == .ok + .differs + .refused + .reset + .timeout + .local_error +
			.stopped + .not_replayable] | all' summary.json >/dev/null ||
			complain "$name" "the verdicts do not add up"
		jq -s -e --argjson sessions "$(jq '[.replay[].sessions] | add' summary.json)" \
			'([.[] | .copies // 1] | add) == $sessions' journal.jsonl >/dev/null ||
			complain "$name" "the journal has not a line for each session"
	else
		refused=$((refused + 1))
		if [ "$(grep -vc ' warning: ' err)" != 1 ] || ! grep -q '^flowdar replay: ' err; then
			complain "$name" "not one line"
		fi
		[ ! -e journal.jsonl ] || complain "$name" "failed, and left a journal"
	fi
done
echo "$played captures played, $refused refused in one line, $bad bad"
[ $((played + refused)) -gt 500 ] || fail "too few: are the captures there?"
exit $((bad > 0))
