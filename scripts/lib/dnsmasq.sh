# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# dnsmasq as a server to look at: datagrams, one process, no marks. Needs common.sh; server.sh says what each
# function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

dnsmasq_home=$server_cache/dnsmasq
dnsmasq_program=$dnsmasq_home/prefix/bin/dnsmasq
dnsmasq_run= # set by dnsmasq_configure: the directory of the configured server

dnsmasq_fetch() {
	fetch_sources "$dnsmasq_home" dnsmasq
}

# dnsmasq_build: leaves $dnsmasq_program.
dnsmasq_build() {
	server_build "$dnsmasq_home" "$server_cflags" dnsmasq_build_all
}

dnsmasq_build_all() {
	cp -a "$dnsmasq_home/source/dnsmasq" "$dnsmasq_home/build" &&
		server_hurt "$dnsmasq_home/build/dnsmasq/src/rfc1035.c" '  char *name = daemon->namebuff;' header qlen &&
		server_step "dnsmasq" dnsmasq_build_dnsmasq
}

dnsmasq_build_dnsmasq() {
	cd "$dnsmasq_home/build/dnsmasq" &&
		server_make CC="$server_cc" CFLAGS="$server_cflags" &&
		install -D -m 755 src/dnsmasq "$dnsmasq_program"
}

# dnsmasq_configure PORT [daemon]: answers for example.test alone, and asks nobody; the word sends it to the
# background.
dnsmasq_configure() {
	dnsmasq_run=$dnsmasq_home/run/$1
	dnsmasq_port=$1
	dnsmasq_how=${2:-}
	rm -rf "$dnsmasq_run" && mkdir -p "$dnsmasq_run" || return
	server_owned "$dnsmasq_run" "$dnsmasq_program"
}

# dnsmasq_command: root's drops its rights.
dnsmasq_command() {
	local user=
	[ "$(id -u)" != 0 ] || user=$server_user
	printf '%s\n' "$dnsmasq_program" --conf-file=/dev/null --no-resolv --no-hosts \
		--port="$dnsmasq_port" --listen-address=127.0.0.1 --bind-interfaces --user="$user" --group= \
		--pid-file="$dnsmasq_run/dnsmasq.pid" --address=/example.test/192.0.2.7
	[ "$dnsmasq_how" = daemon ] || printf '%s\n' --keep-in-foreground
}
