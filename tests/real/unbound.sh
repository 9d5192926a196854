#!/usr/bin/env bash
# unbound from its Debian source, marked by flowdar patch: a query that comes as a datagram is a session, and a
# connection is one with as many requests as it sent.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
# shellcheck source=marked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/marked_lib.sh"
unmarked_turn unbound
marked_begin unbound
marked_build() {
	# Debian patches the grammar; what was made of it by yacc is there, and does without.
	touch util/configparser.[ch] util/configlexer.c &&
		./configure CC=cc CFLAGS=-O1 --disable-shared --without-pythonmodule && make -j "$(nproc)" unbound
}

# query PREFIX TIMES: for www.example.test, A, and its answer's end.
query() {
	local i
	for ((i = 0; i < $2; i++)); do
		printf '> %s\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x03www\\x07example\\x04test\\x00\\x00\\x01\\x00\\x01\n' "$1"
		printf '< \\xc0\\x00\\x02\\x07\n'
	done
}
query '' 1 >"$WORK/usual"
clients_usual=$WORK/usual clients_hurt=$WORK/usual
unmarked_datagrams=-u
marked unbound 1 marked_build
query '\x00\x22' 3 >"$WORK/usual"
unmarked_datagrams=
marked unbound 3 marked_build
echo ok
