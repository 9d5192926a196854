# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# memcached as a server to look at: libevent, one thread that accepts and four that serve, no marks. Needs
# common.sh; server.sh says what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

memcached_home=$server_cache/memcached
memcached_program=$memcached_home/prefix/bin/memcached
memcached_run= # set by memcached_configure: the directory of the configured server

memcached_fetch() {
	fetch_sources "$memcached_home" memcached
}

# memcached_build: leaves $memcached_program.
memcached_build() {
	server_build "$memcached_home" "$server_cflags" memcached_build_all
}

memcached_build_all() {
	cp -a "$memcached_home/source/memcached" "$memcached_home/build" &&
		server_hurt "$memcached_home/build/memcached/assoc.c" \
			'item *assoc_find(const char *key, const size_t nkey, const uint32_t hv) {' key nkey &&
		server_step "memcached" memcached_build_memcached
}

memcached_build_memcached() {
	cd "$memcached_home/build/memcached" &&
		./configure CC="$server_cc" CFLAGS="$server_cflags" --disable-docs --disable-coverage &&
		server_make memcached &&
		install -D -m 755 memcached "$memcached_program"
}

# memcached_configure PORT [daemon]: the word sends it to the background.
memcached_configure() {
	memcached_run=$memcached_home/run/$1
	memcached_port=$1
	memcached_how=${2:-}
	rm -rf "$memcached_run" && mkdir -p "$memcached_run" || return
	server_owned "$memcached_run" "$memcached_program"
}

# memcached_command: root's drops its rights.
memcached_command() {
	printf '%s\n' "$memcached_program" -l 127.0.0.1 -p "$memcached_port" -t 4 -P "$memcached_run/memcached.pid" \
		-u "$server_user"
	[ "$memcached_how" != daemon ] || printf '%s\n' -d
}
