#!/usr/bin/env bash
# haproxy from its Debian source, without a mark in it: two threads, each with an event loop and a queue of tasks.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
# shellcheck source=marked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/marked_lib.sh"
unmarked_turn haproxy
unmarked_begin haproxy
cat >"$WORK/usual" <<'END'
> GET / HTTP/1.1\r\nHost: a\r\n\r\n
< It works.\n
> GET /two HTTP/1.1\r\nHost: a\r\n\r\n
< It works.\n
> GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n
< It works.\n
END
sed 's/GET \/two/GET \/spin-2000/' "$WORK/usual" >"$WORK/hurt"
# SIGTERM kills it.
unmarked_signal=USR1
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_shapes
unmarked_strace
unmarked_hurt
marked_build() {
	make -j "$(nproc)" TARGET=linux-glibc CC=cc CPU_CFLAGS=-O1 USE_PCRE2=1 haproxy
}
marked haproxy 3 marked_build
echo ok
