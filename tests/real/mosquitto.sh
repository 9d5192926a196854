#!/usr/bin/env bash
# mosquitto from its Debian source, without a mark in it: an event loop, binary messages, connections that stay.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
unmarked_turn mosquitto
unmarked_begin mosquitto
cat >"$WORK/usual" <<'END'
> \x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00
< \x20\x02\x00\x00
> \x32\x12\x00\x05topic\x00\x01temperate
< \x40\x02\x00\x01
> \xc0\x00
< \xd0\x00
END
sed 's/temperate/spin-2000/' "$WORK/usual" >"$WORK/hurt"
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_shapes
unmarked_strace
unmarked_hurt
echo ok
