#!/usr/bin/env bash
# Makes tests/golden/data again: two small recordings of demo_httpd, with the names of its functions,
# so that they can be analysed where the program is not. Golden expectations change with them.
#   FLOWDAR=build/release/bin/flowdar tests/golden/make-data.sh
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
	stop_server
	chmod -R a+rX "$here/data/$name"
	rm "$here/data/$name.log"
	mkdir -p "$here/data/$name/symbols"
	nm --defined-only -S "$program" | awk 'NF == 4 && $3 ~ /[tT]/ { print $1, $2, $4 }' | sort \
		>"$here/data/$name/symbols/$(readelf -n "$program" | awk '/Build ID/ { print $3 }').txt"
}

rm -rf "$here/data"
mkdir "$here/data"
record baseline 1
record attack 9
