# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# unbound as a server to look at, marked by flowdar patch: two threads, datagrams and connections. Needs common.sh;
# server.sh says what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

unbound_home=$server_cache/unbound
unbound_run= # set by unbound_configure: the directory of the configured server

unbound_fetch() {
	fetch_sources "$unbound_home" unbound
}

# unbound_configure PORT: answers for example.test alone, and asks nobody.
unbound_configure() {
	local user=
	unbound_run=$unbound_home/run/$1
	[ "$(id -u)" != 0 ] || user=$server_user
	rm -rf "$unbound_run" && mkdir -p "$unbound_run" && cat >"$unbound_run/unbound.conf" <<-END
		server:
		    interface: 127.0.0.1
		    port: $1
		    num-threads: 2
		    so-reuseport: no
		    username: "$user"
		    chroot: ""
		    directory: "$unbound_run"
		    pidfile: "$unbound_run/unbound.pid"
		    use-syslog: no
		    module-config: "iterator"
		    do-daemonize: no
		    local-zone: "example.test." static
		    local-data: "www.example.test. A 192.0.2.7"
		remote-control:
		    control-enable: no
	END
}

unbound_command() {
	printf '%s\n' unbound -d -c "$unbound_run/unbound.conf"
}
