#!/usr/bin/env bash
# proftpd from its Debian source, without a mark in it: each connection is given to a process of its own, which
# overwrites its environment with a title.
# Each child puts its connection over descriptors 0 and 1, which are closed: traced_standard looks at that alone.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
unmarked_turn proftpd
unmarked_begin proftpd
need openssl
cat >"$WORK/usual" <<'END'
< \r\n
> USER guest\r\n
< \r\n
> PASS secret\r\n
< logged in\r\n
> MDTM page\r\n
< \r\n
> MDTM page\r\n
< \r\n
> QUIT\r\n
< \r\n
END
sed '0,/^> MDTM page/s//> MDTM spin-2000/' "$WORK/usual" >"$WORK/hurt"
# shellcheck disable=SC2154 # of scripts/lib/proftpd.sh
unmarked_files() {
	touch "$proftpd_run/files/spin-2000"
}
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_calls=500
# Each child registers with LTTng under strace, which takes its time.
unmarked_straced=(6 1)
unmarked_shapes
unmarked_strace
unmarked_hurt
echo ok
