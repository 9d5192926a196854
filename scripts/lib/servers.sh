# shellcheck shell=bash disable=SC2154 # names of the others
# All real servers that we know how to fetch, mark and build. Needs common.sh.
#
#	server_source NAME DIR            a copy of its source, as Debian has it: without marks, not configured
#	server_source NAME DIR RELEASE    as another release of Debian has it

# shellcheck source=httpd.sh
. "${BASH_SOURCE[0]%/*}/httpd.sh"
# shellcheck source=nginx.sh
. "${BASH_SOURCE[0]%/*}/nginx.sh"
# shellcheck source=redis.sh
. "${BASH_SOURCE[0]%/*}/redis.sh"
# shellcheck source=memcached.sh
. "${BASH_SOURCE[0]%/*}/memcached.sh"
# shellcheck source=lighttpd.sh
. "${BASH_SOURCE[0]%/*}/lighttpd.sh"
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/haproxy.sh"
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/unbound.sh"
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/postgresql.sh"

server_source() {
	local tree=$1 fetch_release=${3:-${fetch_release:-}}
	case $1 in
	httpd) tree=apache2 ;;
	postgresql) tree=$(postgresql_package) ;;
	esac
	if [ -n "${3:-}" ]; then
		fetch_sources "$server_cache/$1-$3" "$tree" >&2 && mkdir -p "${2%/*}" &&
			cp -a "$server_cache/$1-$3/source/$tree" "$2"
		return
	fi
	"$1_fetch" >&2 && mkdir -p "${2%/*}" && cp -a "$server_cache/$1/source/$tree" "$2"
}
