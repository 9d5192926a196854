#!/usr/bin/env bash
# PostgreSQL from its Debian source, marked by flowdar patch: a process is forked for each client, and both are one
# session; a query is a request until the server is ready for the next, also when there was an error.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
# shellcheck source=marked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/marked_lib.sh"
unmarked_turn postgresql
marked_begin postgresql
server_libraries "$FLOWDAR_BUILD/lib/flowdar"
mapfile -t marked_options < <(server_record_options)
# shellcheck disable=SC2034 # of scripts/lib/postgresql.sh
postgresql_prefix=$WORK/marked/installed
marked_build() {
	./configure --prefix="$PWD/installed" --without-readline --without-zlib --without-icu CC=cc CFLAGS=-O1 &&
		make -s -j "$(nproc)" && make -s install && chmod -R a+rX .
}

# Three queries of the simple protocol, one of them wrong, after the packet that begins a connection. Each answer
# ends when the server is ready for a query.
ready='< Z\x00\x00\x00\x05I'
simple() {
	printf '> Q\\x00\\x00\\x00\\x%02x%s\\x00\n%s\n' $((${#1} + 5)) "$1" "$ready"
}
{
	printf '> \\x00\\x00\\x00\\x29\\x00\\x03\\x00\\x00user\\x00postgres\\x00database\\x00postgres\\x00\\x00\n%s\n' "$ready"
	simple 'SELECT 1'
	simple 'SELECT nothing'
	simple 'SELECT count(*) FROM pg_class'
} >"$WORK/usual"
clients_usual=$WORK/usual clients_hurt=$WORK/usual
marked installed/bin/postgres 3 marked_build
same "queries that failed" "$("$FLOWDAR" export "$recording" --ctf "$recording.ctf" >/dev/null &&
	babeltrace2 "$recording.ctf" 2>/dev/null | grep -c 'flowdar:request_end.*result = 1 ')" 12
echo ok
