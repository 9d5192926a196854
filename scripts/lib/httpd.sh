# shellcheck shell=bash
# Apache httpd as a server to look at: fetched as Debian source, marked, built with function hooks,
# run as an ordinary user on a port of 127.0.0.1. Needs common.sh.
#
#	httpd_fetch             Debian's source of apache2, apr and apr-util
#	httpd_build             the instrumented server; nothing to do when it stands already
#	httpd_libraries DIR     flowdar's libraries where the server's user can read them
#	httpd_configure PORT    a configuration, a document root and a place for its logs
#	httpd_command           its command, an argument a line, for the port configured last
#	httpd_record_options    what `flowdar record` needs to be told, an argument a line
#	httpd_as_user           what comes before the command when it is not recorded
#
# All of it is outside the repository, under $httpd_home, and is used again the next time.

# The server runs as an ordinary user, who must be able to read what it is made of; root's own home
# directory is closed to others, /var/cache is not.
if [ "$(id -u)" = 0 ] && [ -z "${FLOWDAR_CACHE:-}${XDG_CACHE_HOME:-}" ]; then
	httpd_home=/var/cache/flowdar/httpd
else
	# shellcheck disable=SC2154 # of common.sh
	httpd_home=$flowdar_cache/httpd
fi
# shellcheck disable=SC2034 # for those who ask httpd what it is
httpd_program=$httpd_home/prefix/bin/httpd
httpd_run= # set by httpd_configure: the directory of the configured server

# httpd_locked COMMAND...: one at a time, also between processes.
httpd_locked() {
	mkdir -p "$httpd_home" || return
	(
		flock 9 || exit
		"$@"
	) 9>"$httpd_home/lock"
}

# shellcheck source=httpd-fetch.sh
. "${BASH_SOURCE[0]%/*}/httpd-fetch.sh"
# shellcheck source=httpd-build.sh
. "${BASH_SOURCE[0]%/*}/httpd-build.sh"
# shellcheck source=httpd-run.sh
. "${BASH_SOURCE[0]%/*}/httpd-run.sh"
