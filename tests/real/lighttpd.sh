#!/usr/bin/env bash
# lighttpd from its Debian source, without a mark in it: one event loop, whose modules are plugins.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=unmarked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/unmarked_lib.sh"
# shellcheck source=marked_lib.sh
. "$FLOWDAR_SOURCE/tests/real/marked_lib.sh"
unmarked_turn lighttpd
unmarked_begin lighttpd
cat >"$WORK/usual" <<'END'
> GET / HTTP/1.1\r\nHost: a\r\n\r\n
< It works.\n
> GET /large.txt HTTP/1.1\r\nHost: a\r\n\r\n
< aaaa\n
> GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n
< It works.\n
END
sed '0,/GET \/ /s//GET \/spin-2000.html /' "$WORK/usual" >"$WORK/hurt"
clients_usual=$WORK/usual clients_hurt=$WORK/hurt
unmarked_shapes
unmarked_rules request 3
unmarked_strace
unmarked_hurt
# Fed a capture in the place of a network: all of it, and the same each time.
feed() {
	mkdir "$WORK/fed" && echo hello >"$WORK/fed/index.html" && cat >"$WORK/fed.conf" <<END
server.document-root = "$WORK/fed"
server.port = 8081
server.errorlog = "$WORK/fed.log"
index-file.names = ("index.html")
server.modules = ()
END
	for run in 1 2 3; do
		# shellcheck disable=SC2154 # of scripts/lib/lighttpd.sh
		timeout -k 5 300 "$FLOWDAR" feed "$FLOWDAR_SOURCE/tests/captures/replay-nginx.pcap" -- "$lighttpd_program" -D \
			-f "$WORK/fed.conf" -m "$lighttpd_home/prefix/lib" >"$WORK/fed.$run" 2>&1 || fail "fed: $(cat "$WORK/fed.$run")"
		grep -q '92 of 92 steps, 16 of 16 connections' "$WORK/fed.$run" && cmp "$WORK/fed.1" "$WORK/fed.$run" ||
			fail "fed, run $run: $(cat "$WORK/fed.$run")"
	done
	note "fed three times: $(cat "$WORK/fed.1")"
}
[ -n "${FLOWDAR_RELEASE:-}" ] || feed
marked_build() {
	[ -x configure ] || autoreconf -fi || return # a package made of its repository
	./configure CC=cc CFLAGS=-O1 --prefix="$lighttpd_home/prefix" --with-pcre2 --without-bzip2 --without-zlib \
		--disable-dependency-tracking && make -j "$(nproc)" -C src all || return
	# Its modules are there already, but for those of another release.
	[ -z "${FLOWDAR_RELEASE:-}" ] || make -C src install
}
marked src/lighttpd 3 marked_build
echo ok
