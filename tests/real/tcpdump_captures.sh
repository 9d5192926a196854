# shellcheck shell=bash disable=SC2034,SC2154 # names of common.sh and httpd-fetch.sh
# The captures of tcpdump's own tests, from its Debian source: some 800, of which over 200 once
# crashed a parser. They are fetched at test time and kept in the cache, outside the repository.
#
#	tcpdump_captures     prints the directory that holds them; fails when they cannot be had

# shellcheck source=../../scripts/lib/common.sh
. "${FLOWDAR_SOURCE:?}/scripts/lib/common.sh"
httpd_home=$flowdar_cache/tcpdump # where httpd-fetch.sh works
# shellcheck source=../../scripts/lib/httpd-fetch.sh
. "$FLOWDAR_SOURCE/scripts/lib/httpd-fetch.sh"

tcpdump_captures() {
	mkdir -p "$httpd_home/source" "$httpd_home/log" || return
	(
		flock 9 || exit
		[ -d "$httpd_home/source/tcpdump/tests" ] && exit
		httpd_apt_configure && quietly "$httpd_home/log/apt-update.log" httpd_apt update &&
			httpd_fetch_one tcpdump
	) 9>"$httpd_home/lock" >&2 || return
	echo "$httpd_home/source/tcpdump/tests"
}
