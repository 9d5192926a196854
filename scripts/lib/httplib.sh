# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# A C++ server to look at: cpp-httplib, a library of Debian's, with a main() of our own
# (tests/servers/cpp_pool): a thread that accepts and a pool of four, no marks. Needs common.sh; server.sh says
# what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

httplib_home=$server_cache/httplib
httplib_program=$httplib_home/prefix/bin/cpp_pool
httplib_run= # set by httplib_configure: the directory of the configured server

httplib_fetch() {
	fetch_sources "$httplib_home" cpp-httplib
}

# httplib_build: leaves $httplib_program.
httplib_build() {
	server_build "$httplib_home" "$server_cflags $(sha256sum <"$flowdar_root/tests/servers/cpp_pool/main.cc")" httplib_build_all
}

httplib_build_all() {
	mkdir -p "${httplib_program%/*}" &&
		server_step "httplib" flowdar c++ -std=c++17 -O2 -g -pthread -I "$httplib_home/source/cpp-httplib" \
			-I "$flowdar_root/tests/servers" "$flowdar_root/tests/servers/cpp_pool/main.cc" -o "$httplib_program"
}

# httplib_configure PORT [daemon]: the word sends it to the background.
httplib_configure() {
	httplib_run=$httplib_home/run/$1
	httplib_port=$1
	httplib_how=${2:-}
	rm -rf "$httplib_run" && mkdir -p "$httplib_run" || return
	server_owned "$httplib_run" "$httplib_program"
}

httplib_command() {
	printf '%s\n' "$httplib_program" "$httplib_port"
	[ "$httplib_how" != daemon ] || printf '%s\n' daemon
}
