# shellcheck shell=bash disable=SC2154 # names of common.sh, server.sh and httpd.sh
# Configures httpd for one run and tells how to start it. Part of httpd.sh.

# httpd_configure PORT [MPM]: writes $httpd_home/run/PORT anew and makes it $httpd_run. The MPM is
# worker unless said.
httpd_configure() {
	local port=$1
	httpd_program=$httpd_home/prefix/bin/httpd
	[ "${2:-worker}" != event ] || httpd_program+=-event
	httpd_run=$httpd_home/run/$port
	rm -rf "$httpd_run" && mkdir -p "$httpd_run/htdocs" &&
		httpd_documents "$httpd_run/htdocs" &&
		printf 'text/html html\ntext/plain txt\n' >"$httpd_run/mime.types" &&
		httpd_conf "$port" >"$httpd_run/httpd.conf" || return
	[ "${2:-worker}" != event ] || echo "Protocols h2c http/1.1" >>"$httpd_run/httpd.conf" || return
	server_owned "$httpd_run" "$httpd_program"
}

# httpd_command: argument by argument, a line each; in the foreground.
httpd_command() {
	printf '%s\n' "$httpd_program" -DFOREGROUND -f "$httpd_run/httpd.conf"
}

# A page for "/", one for all news, and one of 41 KiB. Their time is always the same one, because it
# goes into the answers.
httpd_documents() {
	local line
	printf '<!doctype html>\n<title>flowdar</title>\n<p>It works.\n' >"$1/index.html" &&
		printf '<!doctype html>\n<title>News</title>\n<p>Nothing new.\n' >"$1/news.html" &&
		for line in {1..1024}; do
			printf 'line %4d of forty bytes: abcdefghijklmn\n' "$line"
		done >"$1/large.txt" &&
		touch --date=2024-03-01T12:00:00Z "$1"/*
}

# The rule for old addresses of news is the weak spot: "(([a-z0-9]+)-?)+" matches a word in as many
# ways as it can be cut into pieces, and PCRE tries all of them when ".html" does not follow.
httpd_conf() {
	cat <<-END
		ServerRoot "$httpd_run"
		ServerName 127.0.0.1
		Listen 127.0.0.1:$1
		DefaultRuntimeDir "$httpd_run"
		PidFile "$httpd_run/httpd.pid"
		ScoreBoardFile "$httpd_run/scoreboard"
		Mutex pthread default
		ErrorLog "$httpd_run/error.log"
		LogFormat "%h %t \"%r\" %>s %B %D" timed
		CustomLog "$httpd_run/access.log" timed
		TypesConfig "$httpd_run/mime.types"

		StartServers 1
		ServerLimit 1
		ThreadLimit 32
		ThreadsPerChild 32
		MaxRequestWorkers 32
		MinSpareThreads 1
		MaxSpareThreads 32
		MaxConnectionsPerChild 0

		Timeout 60
		KeepAlive On
		KeepAliveTimeout 5
		MaxKeepAliveRequests 0

		DocumentRoot "$httpd_run/htdocs"
		DirectoryIndex index.html
		<Directory "$httpd_run/htdocs">
			Require all granted
			AllowOverride None
		</Directory>

		RewriteEngine On
		RewriteRule "^/news/(([a-z0-9]+)-?)+\.html\$" "/news.html"
	END
}
