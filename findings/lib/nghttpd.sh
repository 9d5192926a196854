# shellcheck shell=bash disable=SC2154 # tmp is debian.sh's
# For the findings that ask a server of HTTP/2 without TLS: nghttpd with some pages. Sourced after debian.sh, once nghttp2-server and
# nghttp2-client are unpacked.
ln -s ../sbin/nghttpd root/usr/bin/
serve() { # PORT PAGE...: ended with the script; each page is its own name
	local page
	mkdir pages
	for page in "${@:2}"; do echo "$page" >"pages/$page"; done
	set -m
	run nghttpd --no-tls -d pages "$1" >server 2>&1 &
	server=$!
	set +m
	trap 'kill -- -$server 2>/dev/null; rm -rf "$tmp"' EXIT
	for _ in {1..40}; do
		[ -n "$(run nghttp "http://127.0.0.1:$1/$2" 2>/dev/null)" ] && return
		sleep 0.25
	done
	echo "nghttpd does not answer on port $1" >&2
	exit 2
}
