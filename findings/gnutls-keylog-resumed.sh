#!/usr/bin/env bash
# GnuTLS 3.7.9: SSLKEYLOGFILE has nothing of a TLS 1.2 connection that resumes a session.
#
# Guess: each connection of a program with SSLKEYLOGFILE has its CLIENT_RANDOM line there, as with OpenSSL, Go and browsers, so a capture
# and the log open every connection, wherever the capture begins.
# So it is: libgnutls writes the line where it makes a new master secret. A resumed connection has another client random and the old
# secret, and gets no line: two connections, one line. Of TLS 1.3, which has a secret for each, both are there. What looks up secrets by
# client random cannot open resumed connections; tshark can where the capture has the first connection, by the session's number or ticket,
# and cannot where the capture began later, although the log is whole.
# What helps: begin to capture before the program starts; %NO_TICKETS in the priorities and no --resume; TLS 1.3.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack gnutls-bin=3.7.9-2+deb12u7 libgnutls30=3.7.9-2+deb12u7 openssl=3.0.22-1~deb12u2 python3=3.11.2-1+b1 coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

port=$(inside python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
inside openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost 2>/dev/null
set -m # a group of its own, which ends as one
inside timeout 120 gnutls-serv --echo -q -p "$port" --x509keyfile key.pem --x509certfile cert.pem >server.log 2>&1 &
set +m
server=$!
disown
trap 'kill -KILL -- -$server 2>/dev/null; rm -rf "$tmp"' EXIT
listens() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
for _ in {1..200}; do ! listens || break; sleep 0.1; done
listens || { echo "gnutls-serv does not listen" >&2; exit 2; }
inside gnutls-cli --version | sed -n 1p

bad=0
expect() { # WHAT SEEN DESCRIBED
	echo "$1: $2"
	if [ "$2" != "$3" ]; then bad=1; echo "  NOT AS DESCRIBED, was $3"; fi
}
for version in 1.2 1.3; do
	label=CLIENT_RANDOM
	lines=1
	[ $version = 1.2 ] || { label=CLIENT_TRAFFIC_SECRET_0; lines=2; }
	echo hello | SSLKEYLOGFILE=/work/keys$version inside timeout 60 gnutls-cli --insecure --resume -p "$port" \
		--priority "NORMAL:-VERS-ALL:+VERS-TLS$version" 127.0.0.1 >client$version 2>&1 || true
	expect "TLS $version, connections" "$(grep -c "Connecting to '127.0.0.1:$port'" client$version)" 2
	expect "TLS $version, resumed" "$(grep -c 'This is a resumed session' client$version)" 1
	expect "TLS $version, lines of $label" "$(grep -c "^$label " root/work/keys$version)" $lines
done
exit $bad
