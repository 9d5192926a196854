# shellcheck shell=bash disable=SC2154 # names of common.sh and server.sh; for those who source it
# Apache httpd as Debian ships it, neither rebuilt nor marked, as a server to hunt in. Needs common.sh; server.sh says
# what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"
# shellcheck source=apache2-conf.sh
. "${BASH_SOURCE[0]%/*}/apache2-conf.sh"

apache2_home=$server_cache/apache2
apache2_run= # set by apache2_configure: the directory of the configured server

apache2_fetch() {
	need_packages apache2-bin
}

# apache2_configure PORT: the pages that demo_httpd has, and one rule that is easy to write and backtracks.
apache2_configure() {
	local www=$flowdar_root/tests/servers/demo_httpd/www
	apache2_run=$apache2_home/run/$1
	rm -rf "$apache2_run" && mkdir -p "$apache2_run/htdocs/static" &&
		cp "$www/index.html" "$apache2_run/htdocs" && cp "$www/hello.txt" "$apache2_run/htdocs/static" &&
		echo 'It does not match.' >"$apache2_run/htdocs/match" &&
		apache2_conf "$1" >"$apache2_run/httpd.conf" || return
	server_owned "$apache2_run" /usr/sbin/apache2
}

apache2_conf() {
	[ "$(id -u)" != 0 ] || printf 'User %s\nGroup %s\n' "$server_user" "$(id -gn "$server_user")"
	apache2_conf_begin "$apache2_run" "$1" "$apache2_run/htdocs" dir rewrite
	cat <<-'END'
		DirectoryIndex index.html

		# Words of one letter are refused: "(a+)+" cuts a word into all the pieces it can, when it does not match.
		RewriteEngine On
		RewriteCond %{QUERY_STRING} ^s=(a+)+$
		RewriteRule ^/match - [F]
	END
}

# apache2_command: argument by argument, a line each; in the foreground.
apache2_command() {
	printf '%s\n' /usr/sbin/apache2 -f "$apache2_run/httpd.conf" -DFOREGROUND
}
