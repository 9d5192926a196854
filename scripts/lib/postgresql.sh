# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# PostgreSQL as a server to look at, marked by flowdar patch: a process for each client. Needs common.sh; server.sh
# says what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

postgresql_home=$server_cache/postgresql
postgresql_run=    # set by postgresql_configure: the directory of the configured server
postgresql_prefix= # set by who builds it: where it is installed

# postgresql_package: each release of Debian has one of its own.
postgresql_package() {
	case ${fetch_release:-} in
	bullseye) echo postgresql-13 ;;
	trixie) echo postgresql-17 ;;
	*) echo postgresql-15 ;;
	esac
}

postgresql_fetch() {
	fetch_sources "$postgresql_home" "$(postgresql_package)"
}

# postgresql_configure PORT: a new cluster, without a password.
postgresql_configure() {
	local as_user
	postgresql_run=$postgresql_home/run/$1
	postgresql_port=$1
	mapfile -t as_user < <(server_as_user)
	rm -rf "$postgresql_run" && mkdir -p "$postgresql_run" &&
		server_owned "$postgresql_run" "$postgresql_prefix/bin/initdb" &&
		quietly "$postgresql_run.log" "${as_user[@]}" "$postgresql_prefix/bin/initdb" --no-sync --no-locale \
			--encoding=UTF8 --username=postgres --auth=trust -D "$postgresql_run/data"
}

postgresql_command() {
	printf '%s\n' "$postgresql_prefix/bin/postgres" -D "$postgresql_run/data" -p "$postgresql_port" \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off
}
