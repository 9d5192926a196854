# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# lighttpd as a server to look at: one event loop, modules as plugins, no marks. Needs common.sh; server.sh
# says what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

lighttpd_home=$server_cache/lighttpd
lighttpd_program=$lighttpd_home/prefix/sbin/lighttpd
lighttpd_run= # set by lighttpd_configure: the directory of the configured server

lighttpd_fetch() {
	fetch_sources "$lighttpd_home" lighttpd
}

# lighttpd_build: leaves $lighttpd_program and its modules.
lighttpd_build() {
	server_build "$lighttpd_home" "$server_cflags" lighttpd_build_all
}

lighttpd_build_all() {
	cp -a "$lighttpd_home/source/lighttpd" "$lighttpd_home/build" &&
		server_hurt "$lighttpd_home/build/lighttpd/src/stat_cache.c" \
			'stat_cache_entry * stat_cache_get_entry(const buffer * const name) {' 'name->ptr' 'buffer_clen(name)' &&
		server_step "lighttpd" lighttpd_build_lighttpd
}

lighttpd_build_lighttpd() {
	cd "$lighttpd_home/build/lighttpd" &&
		./configure CC="$server_cc" CFLAGS="$server_cflags" --prefix="$lighttpd_home/prefix" --with-pcre2 --without-bzip2 \
			--without-zlib --without-webdav-props --without-webdav-locks &&
		server_make install
}

# lighttpd_configure PORT [daemon]: the word sends it to the background.
lighttpd_configure() {
	local letter
	lighttpd_run=$lighttpd_home/run/$1
	lighttpd_how=${2:-}
	rm -rf "$lighttpd_run" && mkdir -p "$lighttpd_run/html/many" "$lighttpd_run/uploads" || return
	printf 'It works.\n' >"$lighttpd_run/html/index.html" && { head -c 41984 /dev/zero | tr "\0" a; echo; } >"$lighttpd_run/html/large.txt" &&
		cp "$lighttpd_run/html/index.html" "$lighttpd_run/html/spin-2000.html" &&
		(cd "$lighttpd_run/html/many" && for letter in {a..z}; do touch "$letter"{00..99}; done) &&
		lighttpd_conf "$1" >"$lighttpd_run/lighttpd.conf" || return
	server_owned "$lighttpd_run" "$lighttpd_program"
}

lighttpd_conf() {
	cat <<-END
		server.bind = "127.0.0.1"
		server.port = $1
		server.document-root = "$lighttpd_run/html"
		server.errorlog = "$lighttpd_run/error.log"
		server.pid-file = "$lighttpd_run/lighttpd.pid"
		server.upload-dirs = ("$lighttpd_run/uploads")
		server.modules = ("mod_indexfile", "mod_rewrite", "mod_dirlisting", "mod_staticfile", "mod_accesslog")
		index-file.names = ("index.html")
		url.rewrite-once = ("^/regex/(a+)+\$" => "/index.html")
		\$HTTP["url"] =~ "^/many/" { dir-listing.activate = "enable" }
		accesslog.filename = "$lighttpd_run/access.log"
	END
	[ "$(id -u)" != 0 ] || printf 'server.username = "%s"\nserver.groupname = "%s"\n' "$server_user" "$server_user"
}

lighttpd_command() {
	printf '%s\n' "$lighttpd_program" -f "$lighttpd_run/lighttpd.conf" -m "$lighttpd_home/prefix/lib"
	[ "$lighttpd_how" = daemon ] || printf '%s\n' -D
}
