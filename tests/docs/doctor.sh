#!/usr/bin/env bash
# flowdar doctor on a machine that has all, and on ones that lack something: what is missing is said, with what
# mends it, and the exit status is that of recording.
set -euo pipefail
. "${FLOWDAR_SOURCE:?}/tests/e2e/private.sh"
cd "$WORK"

# state CHECK: what it says of one.
state() {
	jq -r --arg name "$1" '.checks[] | select(.check == $name) | .state' said
}

"$FLOWDAR" doctor --try --format json >said || fail "status $? where all is there"
[ "$(state try)" = ok ] || fail "a recording was not tried"
[ "$(state libraries)$(state LTTng)" = okok ] || fail "what is there is not seen"
nothing_left

# What the compiler has inlined of a program: one of three functions; none where that is asked for.
cat >inlined.c <<'END'
#include <stdlib.h>
static int twice(int n) { return 2 * n; }
__attribute__((noinline)) static int served(int n) { return n + twice(n); }
int main(int argc, char **argv) { return served(argc) + atoi(argv[0]); }
END
cc -O2 -g inlined.c -o inlined
cc -O2 -g -fno-inline inlined.c -o kept
cc -O2 inlined.c -o bare
# found PROGRAM: what it says of one.
found() {
	"$FLOWDAR" doctor "$1" --format json | jq -r '.checks[] | select(.check == "program") | .found'
}
[ "$(found ./inlined)" = '2 functions; 1 of its source are inlined into others' ] || fail "inlined: $(found ./inlined)"
[ "$(found ./kept)" = '3 functions; 0 of its source are inlined into others' ] || fail "kept: $(found ./kept)"
found ./bare | grep 'no debug information' >/dev/null || fail "bare: $(found ./bare)"
"$FLOWDAR" doctor ./nowhere >said 2>&1 && fail "a program that is not there is looked at"
[ "$(cat said)" = 'flowdar doctor: ./nowhere: there is no such program; expected its path, or a name in PATH' ] || fail "nowhere: $(cat said)"
"$FLOWDAR" doctor ./inlined | grep -- 'flowdar cc --flowdar-keep' >/dev/null || fail "how to keep them is not said"

# Without the libraries.
status=0
FLOWDAR_LIBRARY_DIR=$WORK/nowhere "$FLOWDAR" doctor --format json >said || status=$?
[ $status = 1 ] && [ "$(state libraries)" = MISSING ] || fail "no libraries: status $status, $(state libraries)"
jq -e '.checks[] | select(.check == "libraries") | .mend | contains("flowdar-preload")' said >/dev/null || fail "no line mends it"

# Without LTTng and coccinelle; the table says what to paste.
status=0
PATH=$WORK "$FLOWDAR" doctor >said || status=$?
[ $status = 1 ] || fail "no LTTng: status $status"
grep -q 'apt-get install lttng-tools' said && grep -q 'apt-get install coccinelle' said || fail "what to install is not said"

# Little shared memory, then as good as none.
umount /dev/shm
mount -t tmpfs -o size=100M tmpfs /dev/shm
"$FLOWDAR" doctor --format json >said || fail "status $? with little memory"
[ "$(state 'shared memory')" = less ] || fail "little memory is not seen"
umount /dev/shm
mount -t tmpfs -o size=1M tmpfs /dev/shm
status=0
"$FLOWDAR" doctor --format json >said || status=$?
[ $status = 1 ] && [ "$(state 'shared memory')" = MISSING ] || fail "no memory: status $status"

# Somebody without rights.
chmod 755 "$WORK"
setpriv --reuid=65534 --regid=65534 --clear-groups "$FLOWDAR" doctor --format json >said || true
[ ! -s said ] || [ "$(state packets)" = less ] || fail "the right to capture is not missed"
note "what is missing is said, with what mends it"
