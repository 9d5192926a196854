#!/usr/bin/env bash
# dnsmasq from its Debian source, without a mark in it: each query that comes as a datagram is a session, with
# what was read and written, and the functions that answered it.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=servers_lib.sh
. "$FLOWDAR_SOURCE/tests/real/servers_lib.sh"
# shellcheck source=../../scripts/lib/dnsmasq.sh
. "$FLOWDAR_SOURCE/scripts/lib/dnsmasq.sh"
have dnsmasq
queries=20

# asked: one query over UDP for www.example.test, A; succeeds when the answer ends with 192.0.2.7.
asked() {
	local answer
	exec 5<> "/dev/udp/127.0.0.1/$port" || return
	printf '\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x04test\x00\x00\x01\x00\x01' >&5
	answer=$(timeout 3 dd bs=512 count=1 <&5 2> /dev/null | xxd -p | tr -d '\n')
	exec 5>&-
	[ "${answer: -8}" = c0000207 ]
}

note "each query a session"
port=$(free_port)
dnsmasq_configure "$port" || fail "cannot be configured"
mapfile -t argv < <(dnsmasq_command)
mapfile -t record_options < <(server_record_options)
recording=$WORK/queries
flowdar record --io --detail function "${record_options[@]}" -o "$recording" -- "${argv[@]}" > "$recording.err" 2>&1 &
recorder=$!
wait_for 20 asked || fail "no answer: $(cat "$recording.err")"
for ((i = 0; i < queries; i++)); do
	asked || fail "query $i"
done
sleep 0.2
kill -TERM "$recorder"
wait "$recorder"
case $? in 0 | 130) ;; *) fail "the recorder failed" ;; esac
[ "$(field "$recording" discarded)" = 0 ] || fail "events were lost"
[ -z "$(field "$recording" processes_silent)" ] || fail "a process said nothing"
flowdar analyze "$recording" --by session --limit 0 --format json > "$recording.json" || fail "analyze"
# The first may have been asked more than once, before the server was there.
count=$(jq '[.sessions[] | select(.bytes_in == 34 and .bytes_out > 34)] | length' "$recording.json")
[ "$count" -gt "$queries" ] || fail "$count sessions of $((queries + 1)): $(jq -c '.sessions[0]' "$recording.json")"
same "sessions" "$(jq '.sessions | length' "$recording.json")" "$count"
same "sessions with functions" "$(jq '[.sessions[] | select(.calls >= 5)] | length' "$recording.json")" "$count"
flowdar analyze "$recording" --by function --limit 0 --format json > "$recording.functions" || fail "analyze"
same "queries answered" "$(jq '[.functions[] | select(.function == "answer_request") | .calls] | add' "$recording.functions")" \
	"$count"
exit 0
