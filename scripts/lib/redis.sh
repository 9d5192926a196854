# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# redis as a server to look at. Needs common.sh; server.sh says what each function does.
#
#	redis_fetch                       Debian's source of redis
#	redis_build
#	redis_configure PORT [THREADS]    nothing is saved to disk; THREADS threads read and write, 1
#	                                  unless said
#	redis_command
#
# All of it is outside the repository, under $redis_home, and is used again the next time.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

redis_home=$server_cache/redis
redis_program=$redis_home/prefix/bin/redis-server
redis_run= # set by redis_configure: the directory of the configured server

redis_fetch() {
	fetch_sources "$redis_home" redis
}

# redis_build: leaves $redis_program.
redis_build() {
	server_build "$redis_home" "$server_cflags" redis_build_all
}

redis_build_all() {
	cp -a "$redis_home/source/redis" "$redis_home/build" &&
		server_mark "$redis_home/build/redis" &&
		server_step "redis" redis_build_redis
}

# Of redis alone: its libraries (hiredis, lua, ...) are built without hooks.
redis_build_redis() {
	cd "$redis_home/build/redis/src" &&
		server_make CC="$server_cc" MALLOC=libc BUILD_TLS=no USE_SYSTEMD=no OPTIMIZATION=-O2 \
			REDIS_CFLAGS="$server_cflags" redis-server &&
		install -D -m 755 redis-server "$redis_program"
}

# redis_configure PORT [THREADS]: writes $redis_home/run/PORT anew and makes it $redis_run.
redis_configure() {
	redis_run=$redis_home/run/$1
	rm -rf "$redis_run" && mkdir -p "$redis_run" &&
		cat >"$redis_run/redis.conf" <<-END || return
			bind 127.0.0.1
			port $1
			dir $redis_run
			logfile redis.log
			save ""
			appendonly no
			daemonize no
			io-threads ${2:-1}
			io-threads-do-reads yes
		END
	server_owned "$redis_run" "$redis_program"
}

# redis_command: argument by argument, a line each; in the foreground.
redis_command() {
	printf '%s\n' "$redis_program" "$redis_run/redis.conf"
}
