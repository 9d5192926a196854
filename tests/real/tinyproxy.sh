#!/usr/bin/env bash
# tinyproxy from its Debian source, without a mark in it: each connection is given to a thread of its own.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
unmarked_turn tinyproxy
unmarked_begin tinyproxy
cat >"$WORK/usual" <<'END'
> GET http://counters.test/ HTTP/1.0\r\n\r\n
< </html>\n
END
sed 's/test\//test\/spin-2000/' "$WORK/usual" >"$WORK/hurt"
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_shapes
unmarked_strace
unmarked_hurt
echo ok
