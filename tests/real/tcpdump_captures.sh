# shellcheck shell=bash disable=SC2034,SC2154 # names of common.sh and fetch.sh
# The captures of tcpdump's own tests, from its Debian source: some 800, of which over 200 once
# crashed a parser. They are fetched at test time and kept in the cache, outside the repository.
#
#	tcpdump_captures     prints the directory that holds them; fails when they cannot be had

# shellcheck source=../../scripts/lib/common.sh
. "${FLOWDAR_SOURCE:?}/scripts/lib/common.sh"
# shellcheck source=../../scripts/lib/fetch.sh
. "$FLOWDAR_SOURCE/scripts/lib/fetch.sh"

tcpdump_captures() {
	local home=$flowdar_cache/tcpdump
	fetch_sources "$home" tcpdump >&2 || return
	echo "$home/source/tcpdump/tests"
}
