# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# nginx as a server to look at: one worker process and a pool of threads that read files. Needs
# common.sh; server.sh says what each function does.
#
#	nginx_fetch             Debian's source of nginx
#	nginx_build
#	nginx_configure PORT [EVENTS]  pages, a file of 41 KiB that threads read, and a server behind another;
#	                        EVENTS are epoll unless said, or poll or select, which go without the threads
#	nginx_command
#
# All of it is outside the repository, under $nginx_home, and is used again the next time.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

nginx_home=$server_cache/nginx
nginx_program=$nginx_home/prefix/bin/nginx
nginx_run= # set by nginx_configure: the directory of the configured server

nginx_fetch() {
	fetch_sources "$nginx_home" nginx
}

# nginx_build: leaves $nginx_program.
nginx_build() {
	server_build "$nginx_home" "$server_cflags" nginx_build_all
}

nginx_build_all() {
	cp -a "$nginx_home/source/nginx" "$nginx_home/build" &&
		server_mark "$nginx_home/build/nginx" &&
		server_step "nginx" nginx_build_nginx
}

nginx_build_nginx() {
	local without=(--without-http_gzip_module)
	cd "$nginx_home/build/nginx" || return
	# Before 1.22 it knows the first PCRE alone.
	grep -q pcre2 auto/lib/pcre/conf || without+=(--without-http_rewrite_module)
	./configure --prefix="$nginx_home/prefix" --with-threads --with-poll_module --with-select_module \
		"${without[@]}" --with-cc="$server_cc" --with-cc-opt="$server_cflags" &&
		server_make &&
		install -D -m 755 objs/nginx "$nginx_program"
}

# nginx_configure PORT [EVENTS]: writes $nginx_home/run/PORT anew and makes it $nginx_run.
nginx_configure() {
	nginx_run=$nginx_home/run/$1
	rm -rf "$nginx_run" && mkdir -p "$nginx_run/html" "$nginx_run/tmp" &&
		printf '<!doctype html>\n<title>flowdar</title>\n<p>It works.\n' >"$nginx_run/html/index.html" &&
		head -c 41984 /dev/zero | tr '\0' a >"$nginx_run/html/large.txt" &&
		nginx_conf "$1" "${2:-epoll}" >"$nginx_run/nginx.conf" || return
	server_owned "$nginx_run" "$nginx_program"
}

# nginx_command: argument by argument, a line each; in the foreground.
nginx_command() {
	local early=(-e error.log) help
	help=$("$nginx_program" -h 2>&1)
	[[ $help == *"-e filename"* ]] || early=() # before 1.19.5
	printf '%s\n' "$nginx_program" -p "$nginx_run" "${early[@]}" -c nginx.conf
}

# "/behind/" is answered by the same server, asked as one behind it: by way of a Unix socket, so that
# clients come through the port alone.
nginx_conf() {
	local pool="thread_pool default threads=4;" aio="aio threads;"
	[ "$2" = epoll ] || pool='' aio=''
	cat <<-END
		daemon off;
		worker_processes 1;
		pid nginx.pid;
		error_log error.log;
		$pool
		events {
			use $2;
			worker_connections 256;
		}
		http {
			client_body_temp_path tmp/body;
			proxy_temp_path tmp/proxy;
			fastcgi_temp_path tmp/fastcgi;
			uwsgi_temp_path tmp/uwsgi;
			scgi_temp_path tmp/scgi;
			access_log access.log;
			keepalive_requests 1000000;
			server {
				listen 127.0.0.1:$1;
				root html;
				location = /large.txt {
					$aio
					sendfile off;
				}
				location /behind/ {
					proxy_pass http://unix:$nginx_run/behind.sock:/;
				}
			}
			server {
				listen unix:$nginx_run/behind.sock;
				access_log behind.log;
				root html;
			}
		}
	END
}
