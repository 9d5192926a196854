# shellcheck shell=bash
# Sourced after private.sh by tests that record httpd as Debian ships it: one process with threads, at
# $APACHE_PORT, that serves $WORK/htdocs.

APACHE_MODULES=/usr/lib/apache2/modules
APACHE_PORT=$(free_port)

# have_apache: whether it is installed.
have_apache() {
	[ -x /usr/sbin/apache2 ] && [ -d $APACHE_MODULES ]
}

# configure_apache: $WORK/httpd.conf; the lines on standard input are its rules of mod_rewrite.
configure_apache() {
	local rules
	rules=$(cat)
	mkdir -p "$WORK/htdocs"
	echo hello > "$WORK/htdocs/index.html"
	cat > "$WORK/httpd.conf" <<CONF
ServerRoot $WORK
PidFile $WORK/httpd.pid
Listen 127.0.0.1:$APACHE_PORT
ServerName localhost
DocumentRoot $WORK/htdocs
ErrorLog $WORK/httpd.log
LoadModule mpm_event_module $APACHE_MODULES/mod_mpm_event.so
LoadModule authz_core_module $APACHE_MODULES/mod_authz_core.so
LoadModule rewrite_module $APACHE_MODULES/mod_rewrite.so
StartServers 1
RewriteEngine On
$rules
CONF
}

# What starts it, in the foreground.
# shellcheck disable=SC2034 # for the tests
APACHE=(/usr/sbin/apache2 -f "$WORK/httpd.conf" -DFOREGROUND)
