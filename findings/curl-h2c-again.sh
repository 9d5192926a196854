#!/usr/bin/env bash
# curl 7.88.1 and HTTP/2 without TLS: the first request of a connection is answered, all others fail.
#
# Guess: `curl --http2-prior-knowledge URL URL URL` asks for all three over one connection, as it does over TLS, or at worst opens
# a connection each.
# So it is: the first is answered; for each other curl says "(16) Error in the HTTP2 framing layer", status 000, and opens no new
# connection, whether one after the other or with --parallel. It is so against nghttpd here; it
# looks like a fault of servers, or of what was changed in them.
# What helps: one curl a request; or nghttp and h2load, which take HTTP/2 without TLS as it is.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack curl=7.88.1-10+deb12u15 nghttp2-server=1.52.0-1+deb12u3 nghttp2-client=1.52.0-1+deb12u3
# shellcheck source=lib/nghttpd.sh
. "$lib/nghttpd.sh"

bad=0
expect() { # WHAT WANTED COMMAND...
	local got
	got=$("${@:3}" 2>errors | sort -r | paste -sd' ') || true # in parallel, any of them may be the first
	echo "$1: $got$(grep -m 1 -o '(16) Error.*' errors | sed 's/^/; /')"
	[ "$got" = "$2" ] || { bad=1; echo "  NOT AS DESCRIBED, was $2"; cat errors; }
}
ask() { # OPTION...: a, b and c
	local urls=() page
	for page in a b c; do urls+=(-o "got-$page" "http://127.0.0.1:18190/$page"); done
	run curl -sS --http2-prior-knowledge -w '%{http_code} by %{num_connects} new connections,\n' "$@" "${urls[@]}"
}
load() {
	run h2load -n 3 -c 1 -m 3 http://127.0.0.1:18190/{a,b,c} | grep -o '[0-9]* succeeded'
}
serve 18190 a b c
run curl --version | sed -n 1p
expect "one after the other" "200 by 1 new connections, 000 by 0 new connections, 000 by 0 new connections," ask
expect "--parallel" "200 by 1 new connections, 000 by 0 new connections, 000 by 0 new connections," ask --parallel
expect "h2load, three over one connection" "3 succeeded" load
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
