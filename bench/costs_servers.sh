# shellcheck shell=bash disable=SC2154,SC2030,SC2031 # names of costs.sh; each build is a subshell
# The servers that are measured: how each is built, started, known to be ready, and loaded.
# Part of costs.sh. One process serves (httpd: one child with threads, nginx: one worker).

. "$source_dir/scripts/lib/common.sh"
. "$source_dir/scripts/lib/servers.sh"
port=${COSTS_PORT:-7480}

# server_built SERVER BUILD: builds it unless it is there. BUILD: plain, ours (marked, flowdar cc),
# hooks (-finstrument-functions), xray (clang).
server_built() {
	local server=$1 build=$2
	local folder=$flowdar_cache/costs/$server/$build log=$flowdar_cache/costs/$server-$build.log
	[ -e "$folder/built" ] && return
	rm -rf "$folder" && mkdir -p "$folder"
	say "building $server ($build)"
	server_source "$server" "$folder/source" || return
	if [ "$build" = ours ]; then
		quietly "$log" "$FLOWDAR" patch --server "$server" "$folder/source" || return
	fi
	(
		cd "$folder/source" || exit
		export CC=cc CFLAGS="-O2 -g"
		case $build in
		ours) CC="$FLOWDAR cc" ;;
		hooks) CFLAGS+=" -finstrument-functions" ;;
		xray) CC=clang CFLAGS+=" -fxray-instrument -fxray-instruction-threshold=1" ;;
		esac
		quietly "$log" "build_$server" "$folder/prefix"
	) && touch "$folder/built"
}

# APR is Debian's, without hooks: libapr1-dev and libaprutil1-dev.
build_httpd() {
	./configure --prefix="$1" --with-mpm=worker --disable-so --disable-ssl --enable-modules=none \
		--enable-mods-static="authz_core unixd mime dir log_config" \
		--with-pcre=/usr/bin/pcre2-config CPPFLAGS="-DBUILD_DATETIME='\"costs\"'" &&
		make -j "$(nproc)" && make install
}

build_nginx() {
	./configure --prefix="$1" --with-cc="$CC" --with-cc-opt="$CFLAGS" \
		--with-ld-opt="$CFLAGS" --with-threads \
		--without-http_gzip_module --without-http_rewrite_module &&
		make -j "$(nproc)" && make install
}

build_redis() {
	make -j "$(nproc)" MALLOC=libc CC="$CC" OPTIMIZATION=-O2 REDIS_CFLAGS="${CFLAGS#-O2}" \
		REDIS_LDFLAGS="${CFLAGS#-O2}" &&
		make PREFIX="$1" MALLOC=libc install
}

# server_command SERVER BUILD: the command and its arguments, a line each.
server_command() {
	local prefix=$flowdar_cache/costs/$1/$2/prefix
	mkdir -p "$work/www"
	[ -e "$work/www/index.html" ] || head -c 1024 /dev/zero | tr '\0' x >"$work/www/index.html"
	case $1 in
	httpd)
		cat >"$work/httpd.conf" <<-END
			ServerName localhost
			ServerRoot $work
			PidFile $work/httpd.pid
			TypesConfig /dev/null
			Listen 127.0.0.1:$port
			User www-data
			Group www-data
			ErrorLog $work/httpd.error
			StartServers 1
			ServerLimit 1
			ThreadsPerChild 25
			MaxRequestWorkers 25
			MaxKeepAliveRequests 0
			DocumentRoot $work/www
			<Directory />
			Require all granted
			</Directory>
		END
		chmod 755 "$work" "$work/www"
		printf '%s\n' "$prefix/bin/httpd" -DFOREGROUND -f "$work/httpd.conf"
		;;
	nginx)
		cat >"$work/nginx.conf" <<-END
			daemon off;
			worker_processes 1;
			pid $work/nginx.pid;
			error_log $work/nginx.error;
			events { worker_connections 512; }
			http {
				access_log off;
				keepalive_requests 1000000000;
				server { listen 127.0.0.1:$port; root $work/www; }
			}
		END
		chmod 755 "$work" "$work/www"
		printf '%s\n' "$prefix/sbin/nginx" -p "$work" -c "$work/nginx.conf"
		;;
	redis)
		printf '%s\n' "$prefix/bin/redis-server" --port "$port" --save '' --daemonize no \
			--dir "$work" --pidfile "$work/redis.pid"
		;;
	esac
}

server_pids() {
	cat "$work/$1.pid" 2>/dev/null || true
}

# The function that gdb's breakpoint is on: once a request.
server_function() {
	case $1 in
	httpd) echo ap_process_request ;;
	nginx) echo ngx_http_process_request ;;
	redis) echo processCommand ;;
	esac
}

server_ready() {
	for _ in $(seq 150); do
		if [ -n "$(server_pids "$1")" ] && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			return
		fi
		sleep 0.1
	done
	echo "$1 does not answer on port $port ($running_way)" >&2
	tail -n 3 "$work"/*.log "$work"/*.error >&2
	return 1
}

# load_SERVER: $seconds of load; the number of requests that were answered.
load_httpd() {
	load_wrk
}

load_nginx() {
	load_wrk
}

# wrk takes whole seconds, and says how long it really took.
load_wrk() {
	local whole
	whole=$(awk "BEGIN { print ($seconds < 1) ? 1 : int($seconds) }")
	"${pinned[@]}" wrk -t1 -c"$clients" -d"${whole}s" "http://127.0.0.1:$port/index.html" |
		sed -n 's/^ *\([0-9]*\) requests in \([0-9.]*\)s.*/\1 \2/p' |
		awk -v "seconds=$seconds" '{ printf "%d\n", $1 / $2 * seconds }'
}

# redis-benchmark is told a number of requests, so it is ended by the time.
load_redis() {
	"${pinned[@]}" redis-benchmark -p "$port" -c "$clients" -n 100000000 -t get --csv >/dev/null 2>&1 &
	local benchmark=$! before after
	before=$(redis_commands)
	sleep "$seconds"
	after=$(redis_commands)
	kill "$benchmark" 2>/dev/null
	wait "$benchmark" 2>/dev/null
	echo $((after - before))
}

redis_commands() {
	redis-cli -p "$port" info stats | tr -d '\r' | sed -n 's/^total_commands_processed://p'
}
