#!/usr/bin/env bash
# Makes tests/golden/data again: small recordings of demo_httpd, with the names of its functions, so
# that they can be analysed where the program is not. Golden expectations change with them.
#   FLOWDAR=build/release/bin/flowdar tests/golden/make-data.sh [sessions|requests]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${FLOWDAR:?set FLOWDAR to the flowdar program}"
. "$here/../../scripts/lib/common.sh"
. "$here/../../scripts/lib/run.sh"
PATH=$(cd "$(dirname "$FLOWDAR")" && pwd):$PATH

# The recordings name the program by its path: one that says nothing of who made them.
program=/srv/demo/demo_httpd
trap 'stop_all; rm -rf /srv/demo' EXIT
mkdir -p /srv/demo
cp "$(command -v demo_httpd)" /srv/demo/
cp -r "$here/../servers/demo_httpd/www" "${PATH%%:*}/../lib" /srv/demo/
export FLOWDAR_LIBRARY_DIR=/srv/demo/lib/flowdar

# record NAME SHORTEST: ten requests whose text has SHORTEST letters, or one more.
record() {
	local name=$1 shortest=$2 port text n
	port=$(free_port)
	start_server "$here/data/$name" "$port" "$program" --port "$port" --threads 2 \
		--root /srv/demo/www
	for n in 0 0 0 0 1 0 0 0 0 1; do
		printf -v text '%*s' $((shortest + n)) ''
		curl -s -o "/dev/null" "http://127.0.0.1:$port/match?s=${text// /a}!"
	done
	finish "$name"
}

# record_requests NAME LETTERS OPTION...: twelve connections with three requests each, of which one
# has that many letters to match.
record_requests() {
	local name=$1 letters=$2 port text
	record_options=("${@:3}")
	port=$(free_port)
	start_server "$here/data/$name" "$port" "$program" --port "$port" --threads 2 \
		--root /srv/demo/www
	printf -v text '%*s' "$letters" ''
	for _ in {1..12}; do
		curl -s -o /dev/null -o /dev/null -o /dev/null "http://127.0.0.1:$port/" \
			"http://127.0.0.1:$port/match?s=${text// /a}!" "http://127.0.0.1:$port/none"
	done
	finish "$name"
}

# finish NAME: ends the recording, and puts the functions' names beside it.
finish() {
	local name=$1
	stop_server
	chmod -R a+rX "$here/data/$name"
	rm "$here/data/$name.log"
	mkdir -p "$here/data/$name/symbols"
	nm --defined-only -S "$program" | awk 'NF == 4 && $3 ~ /[tT]/ { print $1, $2, $4 }' | sort \
		>"$here/data/$name/symbols/$(readelf -n "$program" | awk '/Build ID/ { print $3 }').txt"
}

mkdir -p "$here/data"
if [ "${1:-sessions}" = sessions ]; then
	record baseline 1
	record attack 9
fi
if [ "${1:-requests}" = requests ]; then
	# Many calls in one event; short ones only counted; one function left out.
	record_requests requests 3
	record_requests requests-slow 17 --min-duration 1us --functions '!response_*'
fi
