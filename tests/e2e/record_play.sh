#!/usr/bin/env bash
# One command for a recording: the server is started, waited for, played at and stopped; what was played is
# in the recording and labels its sessions. And what happens when it cannot be.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
server=$FLOWDAR_BUILD/tests/servers/demo_httpd/demo_httpd
[ -x "$server" ] || server=$(find "$FLOWDAR_BUILD" -name demo_httpd -type f -perm -u+x | head -n 1)
cd "$work"
mkdir www
echo hello >www/index.html

fail() {
	echo "$1"
	[ ! -s said ] || cat said
	exit 1
}

COLUMNS=72 "$FLOWDAR" record -o base --play "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" --label usual \
	-- "$server" --port 0 --root www >said 2>&1 || fail "record --play: status $?"
grep -Eq "^recorded .* of $(wc -l <base/replay.jsonl) sessions in " said || fail "the number of sessions is not said"
grep -Eq '^recorded .*: capture played$' said && [ "$(jq -r .ended base/recording.json)" = "capture played" ] ||
	fail "it is not said that the recording ended with the capture"
# The tables of the player fit, too: what a terminal would wrap nobody reads.
wide=$(grep -E '^(label|demo-base|\(ourselves\))' said | awk 'length > 72' | head -n 1)
grep -Eq '^label +latency' said && [ -z "$wide" ] || fail "wider than 72 columns: $wide"
[ -s base/replay.jsonl ] || fail "no journal in the recording"
[ ! -e base.replay.jsonl ] || fail "the journal is left beside it"
played=$(grep -c '"label"' base/replay.jsonl)
seen=$("$FLOWDAR" analyze base --by session --limit 0 --format json | jq '[.sessions[] | select(.label == "usual")] | length')
[ "$seen" -gt 0 ] && [ "$seen" = "$played" ] || fail "$played sessions were played, $seen of them are labelled"

# One count: what record, analyze and info say.
count() { # WHAT FILE: the first "NUMBER WHAT" in it
	grep -oE "[0-9,]+ $1" "$2" | sed -n '1s/ .*//p'
}
grep -E '^recorded |^[0-9,]+ calls recorded' said >recorded
"$FLOWDAR" analyze base >analyzed
"$FLOWDAR" info base >told
for what in events calls sessions; do
	first=$(count $what recorded)
	[ -n "$first" ] && [ "$first" = "$(count $what analyzed)" ] && [ "$first" = "$(count $what told)" ] ||
		fail "$what: $first by record, $(count $what analyzed) by analyze, $(count $what told) by info"
done

# On a terminal the line of what goes on is the player's alone, and whatever is said begins at a line's begin.
script -qec "'$FLOWDAR' record -o shown --play '$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap' -- '$server' --port 0 --root www" \
	/dev/null </dev/null 2>&1 | tr '\r' '\n' | sed 's/\x1b\[K//' >said
grep -q ' active, ' said || fail "the player does not tell how far it is"
if grep 'events/s' said; then fail "the recorder writes over the player's line"; fi
for word in label stopping recorded; do
	grep -q "^$word " said || fail "\"$word\" does not begin a line"
done

# Nothing of that with --quiet.
script -qec "'$FLOWDAR' record -q -o hushed --play '$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap' -- '$server' --port 0 --root www" \
	/dev/null </dev/null >said 2>&1 || fail "record --quiet: status $?"
[ -s hushed/replay.jsonl ] || fail "nothing was played with --quiet"
if sed 's/\x1b\[K//g' said | grep -v 'demo_httpd: listening' | grep '[[:alnum:]]' >chatter; then fail "said with --quiet: $(cat chatter)"; fi

# A copy of another replay's journal is told, and labels nobody, though the addresses are the same.
[ "$(jq -r 'select(.recording) | .recording' base/replay.jsonl)" = "$(jq -r .name base/recording.json)" ] || fail "the journal is nobody's"
cp base/replay.jsonl shown/replay.jsonl
"$FLOWDAR" analyze shown --by session --limit 0 --format json >copied 2>said || fail "analyze: status $?"
grep -q 'replay.jsonl: not used: it was written for the recording' said || fail "it is not told that the journal is of another"
[ "$(jq '[.sessions[] | select(.label == "usual")] | length' copied)" = 0 ] || fail "labels of another replay"
sed 's/"recording":"[^"]*",//; s/"started_unix_ns":../"started_unix_ns":11/' base/replay.jsonl >shown/replay.jsonl
"$FLOWDAR" info shown >/dev/null 2>said
grep -q 'replay.jsonl: not used: its sessions were played from ' said || fail "it is not told that the journal is of another time"
"$FLOWDAR" analyze shown >said 2>&1 || fail "analyze: status $?"
head -n 5 said | grep -q 'replay.jsonl: not used: its sessions were played from ' || fail "analyze does not say first that labels are not used: $(head -n 5 said)"
# Of a clock that is hours off, and not from the beginning on, labels are left out one by one.
cp base/replay.jsonl kept
sed '/"client"/{s/"started_unix_ns":../"started_unix_ns":11/;:on;n;b on}' kept >base/replay.jsonl
for command in info analyze 'diff base'; do
	"$FLOWDAR" $command base >said 2>&1 || true
	head -n 12 said | grep -qE 'replay.jsonl: 1 (more are|of its [0-9]+ sessions are) of another time' || fail "$command does not say that a label is not used: $(cat said)"
done
mv kept base/replay.jsonl
"$FLOWDAR" diff base shown --baseline-label usual --label-from shown/replay.jsonl --label usual >copied 2>&1 || true
grep -q 'labels are from .* only if a clock is wrong' copied && ! grep -q 'confidence: high' copied || fail "labels of another time: $(cat copied)"

# Whether somebody else has the same capture: its size and sum are told once, and in how to see it again.
capture=$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap
sum=$(sha256sum <"$capture" | cut -d ' ' -f 1)
[ "$(jq -r 'select(.capture_sha256) | "\(.capture_bytes) \(.capture_sha256)"' base/replay.jsonl)" = "$(stat -c %s "$capture") $sum" ] ||
	fail "the capture's size and sum are not in the journal"
"$FLOWDAR" report base -o base.html >/dev/null
grep -q "# .*demo-baseline.pcap: $(stat -c %s "$capture") bytes, sha256 $sum\$" base.html || fail "the report does not say which capture"
# A pipe cannot be read twice.
"$FLOWDAR" replay - --to 127.0.0.1:9 -o pipe.jsonl <"$capture" >/dev/null 2>&1 || true
[ -s pipe.jsonl ] && ! grep -q sha256 pipe.jsonl || fail "a sum of what was standard input"

status=0
"$FLOWDAR" record -o none --play "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" --wait-for 1s \
	-- sleep 30 >said 2>&1 || status=$?
[ $status = 1 ] || fail "a program that does not listen: expected 1, not $status"
grep -q 'did not listen' said || fail "it is not said that nothing listened"

# One that ends before it listens, and a capture that cannot be played like this: the recording stays.
status=0
"$FLOWDAR" record -o ended --play "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" -- sleep 0.2 >said 2>&1 || status=$?
[ $status = 1 ] || fail "a server that ends before it listens: expected 1, not $status"
grep -q 'ended before it listened.*nothing was played' said && ! grep -q '^next:' said || fail "that nothing was played is not said"
[ -s ended/recording.json ] || fail "the recording of the server that ended is gone"
status=0
"$FLOWDAR" record -o refused --play "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" --clones none \
	-- "$server" --port 0 --root www >said 2>&1 || status=$?
[ $status = 2 ] || fail "clones that are no number: expected 2, not $status"
grep -q 'clones.*none' said || fail "what is wrong is not said"
[ ! -e refused ] || fail "a server was recorded at which nothing can be played"

# One that nobody connects to, and one that does not say who connects.
"$FLOWDAR" record -o lonely --io --duration 500ms -- "$server" --port 0 >said 2>&1 || [ $? = 130 ] || fail "status $?"
grep -q "nobody connected" said || fail "it is not said that nobody connected"

# One that is played at somebody else's server; and a player that waits until there is one.
port=$((20000 + RANDOM % 10000))
(sleep 1; exec "$server" --port $port --root www >stranger.out 2>&1) &
stranger=$!
"$FLOWDAR" replay "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" --to 127.0.0.1:$port --wait-for 20s \
	-o waited.jsonl >said 2>&1 || fail "replay --wait-for: $(cat said)"
jq -e -s 'length == 47 and all(.verdict != "refused")' waited.jsonl >/dev/null || fail "not all sessions were played: $(cat said)"
"$FLOWDAR" record -o elsewhere --io --play "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" --to 127.0.0.1:$port \
	-- "$server" --port 0 --root www >said 2>&1 || fail "status $?: $(cat said)"
grep -q "47 sessions were played at 127.0.0.1:$port, but the recorded server got none" said ||
	fail "it is not said that the recorded server got none: $(cat said)"
grep -q "got none: demo_httpd (pid $stranger) listens there\$" said || fail "it is not said who listens there: $(cat said)"
kill $stranger
wait $stranger || true
status=0
"$FLOWDAR" replay "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" --to 127.0.0.1:$port --wait-for 300ms >said 2>&1 || status=$?
[ $status = 1 ] && grep -q "nobody listens on 127.0.0.1:$port" said || fail "status $status: $(cat said)"

# What --io alone cannot tell is said at once.
"$FLOWDAR" record -o alone --io --play "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" -- "$server" --port 0 --root www >said 2>&1 ||
	fail "status $?: $(cat said)"
sed '/^stopping/q' said | grep "^--io alone tells who came" >/dev/null || fail "it is not said at once what --io alone tells"
[ "$(grep -c "^--io alone" said)" = 1 ] || fail "it is said twice: $(cat said)"

# Who plays is killed, long before all is played: recorder and server end as after Ctrl-C, with what was recorded.
"$FLOWDAR" record -o orphan --clones 8 --play "$FLOWDAR_SOURCE/tests/captures/demo-attack.pcap" -- "$server" --port 0 --root www >orphan.said 2>&1 &
player=$!
for ((i = 0; i < 600; i++)); do
	grep -q 'listening on' orphan.said && break
	sleep 0.1
done
kill -9 $player
wait $player || true
for ((i = 0; i < 600; i++)); do
	[ "$(jq '.unfinished // 0' orphan/recording.json)" = 0 ] && break
	sleep 0.1
done
[ "$(jq -r .ended orphan/recording.json)" = interrupted ] ||
	fail "the recorder goes on: $(jq -r .ended orphan/recording.json): $(cat orphan.said)"

status=0
"$FLOWDAR" record -o other --play nothing.pcap -- sleep 1 >said 2>&1 || status=$?
[ $status = 2 ] && grep -q 'nothing.pcap' said || fail "a capture that is not there: expected 2, not $status"
status=0
"$FLOWDAR" record -o other --label x -- sleep 1 >said 2>&1 || status=$?
[ $status = 2 ] || fail "--label without --play: expected 2, not $status"
[ ! -e other ] || fail "something was left behind"
echo "$played sessions played and labelled by one command"
