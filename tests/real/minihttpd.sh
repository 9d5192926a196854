#!/usr/bin/env bash
# mini_httpd from its Debian source, without a mark in it: each connection is given to a process of its own.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
unmarked_turn minihttpd
unmarked_begin minihttpd
cat >"$WORK/usual" <<'END'
> GET /page.txt HTTP/1.0\r\n\r\n
< It works.\n
END
sed 's/page.txt/spin-2000.txt/' "$WORK/usual" >"$WORK/hurt"
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
# Each child registers with LTTng under strace, which takes its time.
unmarked_straced=(6 1)
unmarked_forks=1
unmarked_shapes
unmarked_strace
unmarked_hurt
echo ok
