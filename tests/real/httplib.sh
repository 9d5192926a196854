#!/usr/bin/env bash
# A C++ server of cpp-httplib, as Debian has it, without a mark in it: one thread accepts, a pool of std::threads serves.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
unmarked_turn httplib
unmarked_begin httplib
cat >"$WORK/usual" <<'END'
> GET /one HTTP/1.1\r\nHost: a\r\n\r\n
< It works.\n
> GET /two HTTP/1.1\r\nHost: a\r\n\r\n
< It works.\n
> GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n
< It works.\n
END
sed 's/GET \/two/GET \/spin-2000/' "$WORK/usual" >"$WORK/hurt"
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_shapes
unmarked_strace
unmarked_hurt
echo ok
