# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# mini_httpd as a server to look at: a process for each connection, no marks. Needs common.sh; server.sh says
# what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

minihttpd_home=$server_cache/minihttpd
minihttpd_program=$minihttpd_home/prefix/bin/mini_httpd
minihttpd_run= # set by minihttpd_configure: the directory of the configured server

minihttpd_fetch() {
	fetch_sources "$minihttpd_home" mini-httpd
}

# minihttpd_build: leaves $minihttpd_program.
minihttpd_build() {
	server_build "$minihttpd_home" "$server_cflags" minihttpd_build_all
}

minihttpd_build_all() {
	cp -a "$minihttpd_home/source/mini-httpd" "$minihttpd_home/build/minihttpd" &&
		server_hurt "$minihttpd_home/build/minihttpd/mini_httpd.c" '    char fixed_mime_type[500];' file 'strlen(file)' &&
		server_step "mini_httpd" minihttpd_build_minihttpd
}

minihttpd_build_minihttpd() {
	cd "$minihttpd_home/build/minihttpd" &&
		server_make CC="$server_cc" LDFLAGS="$server_cflags" mini_httpd &&
		install -D -m 755 mini_httpd "$minihttpd_program"
}

# minihttpd_configure PORT [daemon]: the word sends it to the background.
minihttpd_configure() {
	minihttpd_run=$minihttpd_home/run/$1
	minihttpd_port=$1
	minihttpd_how=${2:-}
	rm -rf "$minihttpd_run" && mkdir -p "$minihttpd_run/files" &&
		printf 'It works.\n' >"$minihttpd_run/files/page.txt" &&
		cp "$minihttpd_run/files/page.txt" "$minihttpd_run/files/spin-2000.txt" || return
	server_owned "$minihttpd_run" "$minihttpd_program"
}

# minihttpd_command: root's drops its rights.
minihttpd_command() {
	printf '%s\n' "$minihttpd_program" -h 127.0.0.1 -p "$minihttpd_port" -d "$minihttpd_run/files" \
		-i "$minihttpd_run/minihttpd.pid" -u "$server_user"
	[ "$minihttpd_how" = daemon ] || printf '%s\n' -D
}
