# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# haproxy as a server to look at: two threads, each an event loop with a queue of tasks, before a server of
# somebody else's; no marks. Needs common.sh; server.sh says what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

haproxy_home=$server_cache/haproxy
haproxy_program=$haproxy_home/prefix/bin/haproxy
haproxy_run= # set by haproxy_configure: the directory of the configured server

haproxy_fetch() {
	fetch_sources "$haproxy_home" haproxy
}

# haproxy_build: leaves $haproxy_program.
haproxy_build() {
	server_build "$haproxy_home" "$server_cflags" haproxy_build_all
}

haproxy_build_all() {
	cp -a "$haproxy_home/source/haproxy" "$haproxy_home/build" &&
		server_hurt "$haproxy_home/build/haproxy/src/h1.c" \
			'	skip = 0; // do it only once to keep track of the leading CRLF.' start 'stop - start' &&
		server_step "haproxy" haproxy_build_haproxy
}

haproxy_build_haproxy() {
	cd "$haproxy_home/build/haproxy" &&
		server_make TARGET=linux-glibc CC="$server_cc" CPU_CFLAGS="$server_cflags" USE_PCRE2=1 haproxy &&
		install -D -m 755 haproxy "$haproxy_program"
}

# haproxy_configure PORT [daemon [BEHIND]]: the word sends it to the background; BEHIND is the port of the
# server behind it, without it haproxy answers by itself.
haproxy_configure() {
	haproxy_run=$haproxy_home/run/$1
	haproxy_how=${2:-}
	rm -rf "$haproxy_run" && mkdir -p "$haproxy_run" && haproxy_conf "$1" "${3:-}" >"$haproxy_run/haproxy.conf" || return
	server_owned "$haproxy_run" "$haproxy_program"
}

haproxy_conf() {
	cat <<-END
		global
		    nbthread 2
		    pidfile $haproxy_run/haproxy.pid
	END
	[ "$(id -u)" != 0 ] || printf '    user %s\n    group %s\n' "$server_user" "$server_user"
	cat <<-END
		defaults
		    mode http
		    timeout client 20s
		    timeout server 20s
		    timeout connect 5s
		frontend front
		    bind 127.0.0.1:$1
		    acl bad path_reg ^/regex/(a+)+\$
		    http-request return status 403 content-type text/plain string "No.\n" if bad
	END
	if [ -n "$2" ]; then
		printf '    default_backend behind\nbackend behind\n    server one 127.0.0.1:%s\n' "$2"
	else
		printf '    http-request return status 200 content-type text/plain string "It works.\\n"\n'
	fi
}

haproxy_command() {
	printf '%s\n' "$haproxy_program" -f "$haproxy_run/haproxy.conf"
	if [ "$haproxy_how" = daemon ]; then
		printf '%s\n' -D
	else
		printf '%s\n' -db
	fi
}
