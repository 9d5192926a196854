# shellcheck shell=bash disable=SC2154 # names of common.sh
# What all real servers have in common: fetched as Debian source, marked by `flowdar patch`, built by
# `flowdar cc`, run as an ordinary user on a port of 127.0.0.1. Needs common.sh, and "flowdar" on the
# PATH for what is built. httpd.sh, nginx.sh and redis.sh are the servers; each NAME.sh has
#
#	NAME_fetch             the source
#	NAME_build [KIND]      the instrumented server; nothing to do when it stands already
#	NAME_configure PORT    a configuration and all else it needs to run there, in $NAME_run
#	NAME_command           its command, an argument a line, for the port configured last
#
# and here is, for all of them:
#
#	server_libraries DIR    flowdar's libraries where the server's user can read them
#	server_record_options   what `flowdar record` needs to be told, an argument a line
#	server_as_user          what comes before the command when it is not recorded
#
# All of it is outside the repository, under $server_cache, and is used again the next time.

# The server runs as an ordinary user, who must be able to read what it is made of; root's own home
# directory is closed to others, /var/cache is not.
if [ "$(id -u)" = 0 ] && [ -z "${FLOWDAR_CACHE:-}${XDG_CACHE_HOME:-}" ]; then
	server_cache=/var/cache/flowdar
else
	# shellcheck disable=SC2154 # of common.sh
	server_cache=$flowdar_cache
fi

# Another release of Debian whose servers are meant, in a place of their own; the rest of them is as always.
if [ -n "${FLOWDAR_RELEASE:-}" ]; then
	server_cache=$server_cache/$FLOWDAR_RELEASE
	fetch_release=$FLOWDAR_RELEASE
fi

# Who the servers run as when we are root; every Debian has this user, for this purpose.
server_user=www-data

# With symbols, and with functions that can be recorded: by flowdar cc, which FLOWDAR_CC_MODE may tell
# to use hooks.
# shellcheck disable=SC2034 # of the servers
server_cc="flowdar cc"
server_cflags="-O2 -g"

# server_build HOME STAMP-TEXT COMMAND: runs COMMAND, which builds into HOME/prefix, unless the last
# one did it from the same source, marks and scripts; the text says what else it depends on. One at a
# time for each HOME, also between processes.
server_build() {
	local server_home=$1 server_name=${1##*/} text=$2
	mkdir -p "$server_home/log" || return
	(
		flock 9 || exit
		server_build_locked "$text" "$3"
	) 9>"$server_home/build.lock"
}

server_build_locked() {
	local stamp prefix=$server_home/prefix
	stamp=$(server_stamp "$1") || return
	if [ "$stamp" = "$(cat "$prefix/stamp" 2>/dev/null)" ]; then
		say "$server_name: built already, in $prefix"
		return
	fi
	rm -rf "$prefix" "$server_home/build" && mkdir -p "$prefix" "$server_home/build" &&
		"$2" && printf '%s\n' "$stamp" >"$prefix/stamp"
}

# What a build depends on: when it changes, it is built again.
server_stamp() {
	cat "$server_home/source/versions" || return
	echo "$server_cflags / $1 / $server_home / $(gcc -dumpfullversion) / ${FLOWDAR_CC_MODE:-}"
	# Some servers have no marks.
	{
		cat "$flowdar_root/instrument/patches/$server_name"/*.* 2>/dev/null || true
	} | sha256sum
	cat "$flowdar_root/instrument/include/flowdar"/*.h \
		"$flowdar_root/scripts/lib/$server_name"*.sh "$flowdar_root/tests/servers/hurt.h" | sha256sum
}

# server_step WHAT COMMAND...: one step of a build, with what it says in a log.
server_step() {
	local what=$1
	shift
	say "$server_name: building $what"
	quietly "$server_home/log/build-${what// /-}.log" "$@"
}

# server_mark TREE: our marks in the source; nothing is changed unless all of them fit.
server_mark() {
	say "$server_name: marking the source"
	quietly "$server_home/log/patch.log" flowdar patch --server "$server_name" "$1"
}

# server_hurt FILE LINE TEXT LENGTH: behind the one line that is LINE, the first of a function, a call of
# hurt() with what its clients can ask for to be hurt in (tests/servers/hurt.h).
server_hurt() {
	local count
	count=$(grep -c -x -F -- "$2" "$1")
	[ "$count" = 1 ] || {
		say "$server_name: $count lines in $1 are: $2"
		return 1
	}
	awk -v include="$flowdar_root/tests/servers/hurt.h" -v call="hurt((const char *)($3), (size_t)($4));" -v line="$2" '
		NR == 1 { printf "#include \"%s\"\n", include }
		{ print }
		$0 == line { print "\t" call }' "$1" >"$1.hurt" && mv "$1.hurt" "$1"
}

server_make() {
	make -j "$(nproc)" "$@"
}

# ---- to run it ----

# server_as_user: the command that makes root the server's user, an argument a line; nothing when we
# are not root. For a server that is not recorded.
server_as_user() {
	if [ "$(id -u)" = 0 ]; then
		printf '%s\n' setpriv --reuid="$server_user" --regid="$server_user" --init-groups --
	fi
}

# server_record_options: the same for a recorded one: options of `flowdar record`, one a line.
server_record_options() {
	if [ "$(id -u)" = 0 ]; then
		printf '%s\n' --user "$server_user"
	fi
}

# server_libraries DIR: sees to it that the libraries which `flowdar record` loads into the server can
# be read by the server's user: if those of DIR cannot, it is told to take copies.
server_libraries() {
	local as_user
	mapfile -t as_user < <(server_as_user)
	if [ ${#as_user[@]} -gt 0 ] && ! "${as_user[@]}" test -r "$1/libflowdar.so"; then
		rm -rf "${server_cache:?}/lib" && mkdir -p "$server_cache/lib" &&
			cp -p "$1"/libflowdar*.so* "$server_cache/lib" || return
		export FLOWDAR_LIBRARY_DIR=$server_cache/lib
	fi
}

# server_owned DIR PROGRAM: the server's user owns what it runs in and can start its program.
server_owned() {
	if [ "$(id -u)" = 0 ]; then
		chown -R "$server_user:" "$1" && server_check_access "$1" && server_check_access "$2"
	fi
}

# server_check_access FILE: whether the server's user may read it.
server_check_access() {
	local as_user
	mapfile -t as_user < <(server_as_user)
	"${as_user[@]}" test -r "$1" ||
		die "the user $server_user cannot read $1: set FLOWDAR_CACHE to a directory open to all"
}

# shellcheck source=fetch.sh
. "${BASH_SOURCE[0]%/*}/fetch.sh"
