# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# Apache httpd as a server to look at: with the worker MPM, and with the event MPM. Needs common.sh;
# server.sh says what each function does.
#
#	httpd_fetch             Debian's source of apache2, apr and apr-util
#	httpd_build             both
#	httpd_configure PORT [MPM]
#	httpd_command
#
# All of it is outside the repository, under $httpd_home, and is used again the next time.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

httpd_home=$server_cache/httpd
httpd_program=$httpd_home/prefix/bin/httpd # with the worker MPM; httpd-event is the other
httpd_run=     # set by httpd_configure: the directory of the configured server

httpd_fetch() {
	fetch_own="apr apr-util" fetch_sources "$httpd_home" apache2 apr apr-util
}

# shellcheck source=httpd-build.sh
. "${BASH_SOURCE[0]%/*}/httpd-build.sh"
# shellcheck source=httpd-run.sh
. "${BASH_SOURCE[0]%/*}/httpd-run.sh"
