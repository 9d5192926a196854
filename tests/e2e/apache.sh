# shellcheck shell=bash
# Sourced after private.sh by tests that record httpd as Debian ships it: one process with threads, at
# $APACHE_PORT, that serves $WORK/htdocs.

# shellcheck source=../../scripts/lib/apache2-conf.sh
. "$FLOWDAR_SOURCE/scripts/lib/apache2-conf.sh"
APACHE_PORT=$(free_port)

# have_apache: whether it is installed.
have_apache() {
	[ -x /usr/sbin/apache2 ] && [ -d "$apache2_modules" ]
}

# configure_apache: $WORK/httpd.conf; the lines on standard input are its rules of mod_rewrite.
configure_apache() {
	local rules
	rules=$(cat)
	mkdir -p "$WORK/htdocs"
	echo hello > "$WORK/htdocs/index.html"
	{
		apache2_conf_begin "$WORK" "$APACHE_PORT" "$WORK/htdocs" rewrite
		printf 'RewriteEngine On\n%s\n' "$rules"
	} > "$WORK/httpd.conf"
}

# What starts it, in the foreground.
# shellcheck disable=SC2034 # for the tests
APACHE=(/usr/sbin/apache2 -f "$WORK/httpd.conf" -DFOREGROUND)
