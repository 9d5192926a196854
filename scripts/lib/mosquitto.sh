# shellcheck shell=bash disable=SC2154,SC2034 # names of common.sh and server.sh; for those who source it
# mosquitto as a server to look at: an event loop of clients that stay, no marks. Needs common.sh; server.sh says
# what each function does.

# shellcheck source=server.sh
. "${BASH_SOURCE[0]%/*}/server.sh"

mosquitto_home=$server_cache/mosquitto
mosquitto_program=$mosquitto_home/prefix/bin/mosquitto
mosquitto_run= # set by mosquitto_configure: the directory of the configured server

mosquitto_fetch() {
	fetch_sources "$mosquitto_home" mosquitto
}

# mosquitto_build: leaves $mosquitto_program.
mosquitto_build() {
	server_build "$mosquitto_home" "$server_cflags" mosquitto_build_all
}

mosquitto_build_all() {
	cp -a "$mosquitto_home/source/mosquitto" "$mosquitto_home/build" &&
		server_hurt "$mosquitto_home/build/mosquitto/src/handle_publish.c" '	uint16_t mid = 0;' \
			context-\>in_packet.payload context-\>in_packet.remaining_length &&
		server_step "mosquitto" mosquitto_build_mosquitto
}

mosquitto_build_mosquitto() {
	cd "$mosquitto_home/build/mosquitto" &&
		server_make -C src CC="$server_cc" CFLAGS="$server_cflags" WITH_CJSON=no WITH_DOCS=no mosquitto &&
		install -D -m 755 src/mosquitto "$mosquitto_program"
}

# mosquitto_configure PORT [daemon]: the word sends it to the background.
mosquitto_configure() {
	mosquitto_run=$mosquitto_home/run/$1
	mosquitto_how=${2:-}
	rm -rf "$mosquitto_run" && mkdir -p "$mosquitto_run" && mosquitto_conf "$1" >"$mosquitto_run/mosquitto.conf" || return
	server_owned "$mosquitto_run" "$mosquitto_program"
}

# Root's drops its rights.
mosquitto_conf() {
	cat <<-END
		listener $1 127.0.0.1
		allow_anonymous true
		user $server_user
	END
}

mosquitto_command() {
	printf '%s\n' "$mosquitto_program" -c "$mosquitto_run/mosquitto.conf"
	[ "$mosquitto_how" != daemon ] || printf '%s\n' -d
}
