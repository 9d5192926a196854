#!/usr/bin/env bash
# socat 1.7.4.4 on Linux 6.x: SO_REUSEADDR does not give a client the port that another connection has left, unless that one had set it, too.
#
# Guess: who wants a fixed port sets SO_REUSEADDR before bind(), and a port whose last connection waits out its minute (TIME-WAIT) can
# be had at once; so the manual of every tool with such an option has it, and socket(7) sees an obstacle in a listening socket only. The new
# connection goes to another server, so that no pair of addresses comes twice.
# Linux (seen on 6.18) finds the waiting connection among those that the port is bound to: bind() is refused with "Address already in use"
# when the program of the connection before had not set the option itself. One that knows nothing of all this keeps the port from all
# others for 60 s. Hurts what plays captured clients from their captured ports: some sessions of a run fail, others each time, the more
# connections there were in the minute before.
# What helps: every client of one's own sets SO_REUSEADDR, also those that let the kernel pick the port; an address of one's own per
# tool (127.0.0.0/8 has enough); to look before (a bind() that is closed again) and to wait.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack socat=1.7.4.4-2
echo "Linux $(uname -r | cut -d. -f1,2), $(run socat -V | sed -n 2p)"
port=$((33000 + $$ % 20000))
connection() { # SERVER-PORT OPTION: one from 127.0.0.9:$port that the client closes first
	local server status=0
	run socat -u "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr" OPEN:/dev/null &
	server=$!
	until grep -q "$(printf '0100007F:%04X 00000000:0000 0A' "$1")" /proc/net/tcp; do sleep 0.05; done
	echo hello | run socat -u - "TCP:127.0.0.1:$1,bind=127.0.0.9:$port$2" 2>error || status=$?
	[ $status = 0 ] && echo "  connected" || { echo "  $(sed 's/.*: //' error)"; run socat -u OPEN:/dev/null "TCP:127.0.0.1:$1"; }
	wait "$server" 2>/dev/null || true
	sleep 0.2
}
{
	echo "with the option, after one that had it:"
	connection $((port + 1)) ,reuseaddr
	connection $((port + 2)) ,reuseaddr
	port=$((port + 10))
	echo "with the option, after one that had not:"
	connection $((port + 1)) ""
	connection $((port + 2)) ,reuseaddr
} | tee seen
cat >wanted <<'OUT'
with the option, after one that had it:
  connected
  connected
with the option, after one that had not:
  connected
  Address already in use
OUT
if diff wanted seen; then echo "as described"; else echo "not as described" >&2; exit 1; fi
