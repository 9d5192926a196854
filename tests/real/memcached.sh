#!/usr/bin/env bash
# memcached from its Debian source, without a mark in it: one thread accepts, four serve by libevent, reads and
# writes are tail calls.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
# shellcheck source=marked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/marked_lib.sh"
unmarked_turn memcached
unmarked_begin memcached
cat >"$WORK/usual" <<'END'
> set one 0 0 5\r\nhello\r\n
< STORED\r\n
> get one\r\n
< END\r\n
> get none one none\r\n
< END\r\n
END
sed 's/^> get one/> get spin-2000/' "$WORK/usual" >"$WORK/hurt"
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_waits=1
# What recorder and referee take at the begin and end of its ten threads is in no frame: little of what so many cost.
unmarked_clients=200
unmarked_calls=60
unmarked_shapes
unmarked_rules command 3
unmarked_strace
unmarked_hurt
marked_build() {
	./configure CC=cc CFLAGS=-O1 --disable-docs --disable-coverage && make -j "$(nproc)" memcached
}
marked memcached 3 marked_build
echo ok
