#!/usr/bin/env bash
# dnsmasq from its Debian source, without a mark in it: each query that comes as a datagram is a session, with
# what was read and written, and the functions that answered it.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
unmarked_turn dnsmasq
unmarked_begin dnsmasq

# query NAME: for NAME.example.test, A, and its answer's end.
query() {
	printf '> \\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x%02x%s\\x07example\\x04test\\x00\\x00\\x01\\x00\\x01\n' \
		${#1} "$1"
	printf '< \\xc0\\x00\\x02\\x07\n'
}
query www >"$WORK/usual"
query spin-2000 >"$WORK/hurt"
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_datagrams=-u
unmarked_shapes
same "queries answered" "$(jq '[.functions[] | select(.function == "answer_request") | .calls] | add' "$recording.functions")" \
	"$unmarked_clients"
unmarked_strace
unmarked_hurt
echo ok
