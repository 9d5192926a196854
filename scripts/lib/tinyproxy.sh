# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# tinyproxy as a server to look at: a thread for each connection, no marks. Needs common.sh; server.sh says
# what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

tinyproxy_home=$server_cache/tinyproxy
tinyproxy_program=$tinyproxy_home/prefix/bin/tinyproxy
tinyproxy_run= # set by tinyproxy_configure: the directory of the configured server

tinyproxy_fetch() {
	fetch_sources "$tinyproxy_home" tinyproxy
}

# tinyproxy_build: leaves $tinyproxy_program.
tinyproxy_build() {
	server_build "$tinyproxy_home" "$server_cflags" tinyproxy_build_all
}

tinyproxy_build_all() {
	cp -a "$tinyproxy_home/source/tinyproxy" "$tinyproxy_home/build" &&
		server_hurt "$tinyproxy_home/build/tinyproxy/src/reqs.c" \
			'        /* Split the URL on the slash to separate host from path */' url 'strlen(url)' &&
		server_step "tinyproxy" tinyproxy_build_tinyproxy
}

tinyproxy_build_tinyproxy() {
	cd "$tinyproxy_home/build/tinyproxy" &&
		./configure CC="$server_cc" CFLAGS="$server_cflags -D_GNU_SOURCE -Dinline=__inline__" --prefix="$tinyproxy_home/prefix" --disable-manpage_support &&
		server_make -C src &&
		install -D -m 755 src/tinyproxy "$tinyproxy_program"
}

# tinyproxy_configure PORT [daemon]: it answers what it is asked for itself (its counters); the word sends it to the
# background.
tinyproxy_configure() {
	tinyproxy_run=$tinyproxy_home/run/$1
	tinyproxy_how=${2:-}
	rm -rf "$tinyproxy_run" && mkdir -p "$tinyproxy_run" && tinyproxy_conf "$1" >"$tinyproxy_run/tinyproxy.conf" || return
	server_owned "$tinyproxy_run" "$tinyproxy_program"
}

tinyproxy_conf() {
	[ "$(id -u)" != 0 ] || printf 'User %s\nGroup %s\n' "$server_user" "$server_user"
	cat <<-END
		Port $1
		Listen 127.0.0.1
		Timeout 20
		StatHost "counters.test"
		LogFile "$tinyproxy_run/tinyproxy.log"
		PidFile "$tinyproxy_run/tinyproxy.pid"
	END
}

tinyproxy_command() {
	printf '%s\n' "$tinyproxy_program" -c "$tinyproxy_run/tinyproxy.conf"
	[ "$tinyproxy_how" = daemon ] || printf '%s\n' -d
}
