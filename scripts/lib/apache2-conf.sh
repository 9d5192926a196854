# shellcheck shell=bash
# Sourced by whoever starts httpd as Debian ships it: the lines that each configuration of it begins with.

apache2_modules=/usr/lib/apache2/modules

# apache2_conf_begin FOLDER PORT DOCUMENTS [MODULE...]: on standard output. What it leaves (pid, log: FOLDER/httpd.pid and .log)
# is in FOLDER; the event MPM (or that of $apache2_mpm), access rights and these further modules are loaded.
apache2_conf_begin() {
	local module
	cat <<-END
		ServerRoot "$1"
		DefaultRuntimeDir "$1"
		PidFile "$1/httpd.pid"
		ErrorLog "$1/httpd.log"
		ServerName localhost
		Listen 127.0.0.1:$2
		DocumentRoot "$3"
		StartServers 1
	END
	for module in "mpm_${apache2_mpm:-event}" authz_core "${@:4}"; do
		echo "LoadModule ${module}_module $apache2_modules/mod_$module.so"
	done
}
