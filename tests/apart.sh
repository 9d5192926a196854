#!/usr/bin/env bash
# apart.sh SCRIPT: a test in a world of its own (processes, network, shared memory, /run), where FLOWDAR_APART=yes asks
# for it: scripts/test, which runs several of these at once, most of whose time is waiting. No port, session daemon or
# segment of one is seen by the other. Otherwise the script as it is.
set -eu
script=$1
case ${FLOWDAR_APART:-} in
yes)
	FLOWDAR_APART=inside exec unshare -m -p -n -i -f --kill-child --mount-proc bash "$0" "$script"
	;;
inside)
	mount -t tmpfs tmpfs /dev/shm
	mount -t tmpfs tmpfs /run
	ip link set lo up
	unset FLOWDAR_APART
	bash "$script" # not by exec: this is the process that others are left to
	;;
*) exec bash "$script" ;;
esac
