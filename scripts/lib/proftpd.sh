# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# proftpd as a server to look at: a process for each connection, no marks. Needs common.sh; server.sh says
# what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

proftpd_home=$server_cache/proftpd
proftpd_program=$proftpd_home/prefix/bin/proftpd
proftpd_run= # set by proftpd_configure: the directory of the configured server

proftpd_fetch() {
	fetch_sources "$proftpd_home" proftpd-dfsg
}

# proftpd_build: leaves $proftpd_program.
proftpd_build() {
	server_build "$proftpd_home" "$server_cflags" proftpd_build_all
}

proftpd_build_all() {
	cp -a "$proftpd_home/source/proftpd-dfsg" "$proftpd_home/build/proftpd" &&
		server_hurt "$proftpd_home/build/proftpd/src/dirtree.c" \
			'  pr_pool_tag(p, "dir_check() subpool");' path 'strlen(path)' &&
		server_step "proftpd" proftpd_build_proftpd
}

proftpd_build_proftpd() {
	cd "$proftpd_home/build/proftpd" &&
		./configure CC="$server_cc" CFLAGS="$server_cflags" --prefix="$proftpd_home/prefix" --disable-auth-pam &&
		server_make proftpd &&
		install -D -m 755 proftpd "$proftpd_program"
}

# proftpd_configure PORT [daemon]: one user, who is whoever the server runs as; the word sends it to the
# background.
proftpd_configure() {
	local user=$server_user
	proftpd_run=$proftpd_home/run/$1
	proftpd_how=${2:-}
	rm -rf "$proftpd_run" && mkdir -p "$proftpd_run/files" || return
	[ "$(id -u)" = 0 ] || user=$(id -un)
	printf 'It works.\n' | tee "$proftpd_run/files/page" >"$proftpd_run/files/other" || return
	printf 'guest:%s:%s:%s:guest:%s:/bin/sh\n' "$(openssl passwd -1 -salt flowdar secret)" "$(id -u "$user")" \
		"$(id -g "$user")" "$proftpd_run/files" >"$proftpd_run/users" && chmod 600 "$proftpd_run/users" &&
		proftpd_conf "$1" "$user" >"$proftpd_run/proftpd.conf" || return
	server_owned "$proftpd_run" "$proftpd_program"
}

proftpd_conf() {
	cat <<-END
		ServerName flowdar
		ServerType standalone
		DefaultAddress 127.0.0.1
		UseIPv6 off
		SocketBindTight on
		Port $1
		User $2
		Group $(id -gn "$2")
		AuthUserFile $proftpd_run/users
		RequireValidShell off
		UseReverseDNS off
		ScoreboardFile none
		PidFile $proftpd_run/proftpd.pid
		SystemLog $proftpd_run/proftpd.log
		TransferLog none
		WtmpLog off
		DelayEngine off
	END
}

proftpd_command() {
	printf '%s\n' "$proftpd_program" -c "$proftpd_run/proftpd.conf"
	[ "$proftpd_how" = daemon ] || printf '%s\n' -n
}
