#!/usr/bin/env bash
# The truth on real servers: built from Debian's sources by `flowdar cc`, with a function that runs or sleeps for
# a millisecond where clients ask for it (tests/servers/hurt.h), with a real attack, and with nothing at all
# (A/A). Prints a line a comparison: what was expected in the first line of `flowdar diff`, and what it said.
# It gates nothing.
#
#	bench/truth/real.sh [--clients N] [--at-once N] [-o FOLDER] [SERVER...]
#
# SERVER      of memcached, proftpd, haproxy, lighttpd, httplib (default: all)
# --clients   in each recording (default 60), --at-once so many at a time (default 4)
# -o          keeps the recordings there
#
# Needs a build (FLOWDAR_BUILD, default build/debug) with flowdar, instrument_libraries and talk. The first time
# a server is fetched and built, for a minute or two; then it is five recordings of a second each.
# shellcheck disable=SC2034,SC2154 # by name of the server; names of scripts/lib
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FLOWDAR_BUILD:-$root/build/debug}
PATH=$build/bin:$PATH
flowdar_root=$root
# shellcheck source=../../scripts/lib/common.sh
. "$root/scripts/lib/common.sh"
# shellcheck source=../../scripts/lib/run.sh
. "$root/scripts/lib/run.sh"
# shellcheck source=../../scripts/lib/server.sh
. "$root/scripts/lib/server.sh"

clients=60 at_once=4 keep=
servers=()
while [ $# -gt 0 ]; do
	case $1 in
	--clients) clients=$2 && shift ;;
	--at-once) at_once=$2 && shift ;;
	-o) keep=$2 && shift ;;
	-*) sed -n '2,/^set/p' "$0" | grep '^#' && exit 2 ;;
	*) servers+=("$1") ;;
	esac
	shift
done
[ ${#servers[@]} -gt 0 ] || servers=(memcached proftpd haproxy lighttpd httplib)

work=${keep:-$(mktemp -d)}
mkdir -p "$work" && chmod 755 "$work" || die "cannot write $work"
finish() {
	stop_server || true
	[ -n "$keep" ] || rm -rf "$work"
}
trap finish EXIT

# Dialogues of usual clients, with SPIN and SLEEP where a number of microseconds comes, and of the attack;
# and what is expected of it.
http() {
	printf '> GET %s HTTP/1.1\\r\\nHost: a\\r\\nConnection: %s\\r\\n\\r\\n\n< %s\\n\n' "$1" "$2" "$3"
}

memcached_usual() {
	printf '%s\n' '> set one 0 0 5\r\nhello\r\n' '< STORED\r\n' '> get spin-SPIN\r\n' '< END\r\n' '> get sleep-SLEEP\r\n' '< END\r\n' \
		'> get one none\r\n' '< END\r\n'
}
memcached_attack() {
	memcached_usual
	printf '> get%s\\r\\n\n< END\\r\\n\n' "$(printf ' key%d' {1..400})"
}
memcached_expected='process_get_command|assoc_find|item_get|limited_get|do_item_get|resp_|hash'

ftp() {
	printf '%s\n' '< \r\n' '> USER guest\r\n' '< \r\n' '> PASS secret\r\n' '< logged in\r\n' '> MDTM spin-SPIN\r\n' '< \r\n' \
		'> MDTM sleep-SLEEP\r\n' '< \r\n' "> STAT $1\\r\\n" "< $2\\r\\n" '> QUIT\r\n' '< \r\n'
}
proftpd_usual() {
	ftp few 'End of status'
}
proftpd_attack() {
	ftp many 'End of status'
}
proftpd_files() {
	mkdir -p "$proftpd_run/files/few" "$proftpd_run/files/many" &&
		touch "$proftpd_run/files/"{spin,sleep}-{0,1000} "$proftpd_run/files/few/one" "$proftpd_run/files/many/"{a..z}{00..19}
}
proftpd_expected='listfile|nlstdir|listdir|dolist|sreaddir|ls_|sendline|pr_response|outputfiles|fsio|dir_'

haproxy_usual() {
	http /spin-SPIN keep-alive 'It works.' && http /sleep-SLEEP close 'It works.'
}
haproxy_attack() {
	http /spin-SPIN keep-alive 'It works.' && http "/regex/$(printf 'a%.0s' {1..20})b" close 'It works.'
}
# What it has found out about a path it does not find out again, else.
haproxy_files() {
	sed -i 's/nbthread 2/&\n    tune.pattern.cache-size 0/' "$haproxy_run/haproxy.conf"
}
haproxy_expected='pat_match_reg|regex_exec'

lighttpd_usual() {
	http /spin-SPIN.html keep-alive 'It works.' && http /sleep-SLEEP.html close 'It works.'
}
lighttpd_attack() {
	http /spin-SPIN.html keep-alive 'It works.' && http "/regex/$(printf 'a%.0s' {1..20})b" close '</html>'
}
lighttpd_files() {
	local page
	for page in spin-0 spin-1000 sleep-0 sleep-1000; do
		cp "$lighttpd_run/html/index.html" "$lighttpd_run/html/$page.html" || return
	done
}
lighttpd_expected='pcre_keyvalue_buffer_process'

httplib_usual() {
	http /spin-SPIN keep-alive 'It works.' && http /sleep-SLEEP close 'It works.'
}
httplib_attack() {
	http /spin-SPIN keep-alive 'It works.' && http "/regex/$(printf 'a%.0s' {1..14})" close 'No.'
}
httplib_expected='_Executor|regex'

# record NAME SPIN SLEEP DIALOGUE
record() {
	local argv pid
	port=$(free_port)
	"${server}_configure" "$port" || return
	[ "$(type -t "${server}_files")" != function ] || "${server}_files" || return
	mapfile -t argv < <("${server}_command")
	"$4" | sed "s/SPIN/$2/; s/SLEEP/$3/" >"$work/$server/$1.talk"
	rm -rf "${work:?}/$server/$1"
	flowdar record --io --detail function -o "$work/$server/$1" -- "${argv[@]}" >"$work/$server/$1.log" 2>&1 &
	recorder=$!
	wait_for_port "$port" "$recorder" || return
	"$build/tests/talk" -n "$clients" -c "$at_once" "$port" "$work/$server/$1.talk" >/dev/null || return
	sleep 0.3
	stop_server
}

# judge WHAT BASELINE SUBJECT EXPECTED
judge() {
	local said verdict
	flowdar diff "$work/$server/$2" "$work/$server/$3" --format json >"$work/$server/$1.json" 2>"$work/$server/$1.err"
	said=$(flowdar diff "$work/$server/$2" "$work/$server/$3" 2>/dev/null | head -n 1)
	verdict=$(jq -r '[.verdict.function, .verdict.confidence] | map(. // "-") | join(" ")' "$work/$server/$1.json" 2>/dev/null)
	printf '%s | %s | %s | %s | %s\n' "$server" "$1" "$4" "$verdict" "$said"
}

for server in "${servers[@]}"; do
	# shellcheck source=/dev/null
	. "$root/scripts/lib/$server.sh"
	"${server}_fetch" && "${server}_build" || die "$server cannot be built"
	mkdir -p "$work/$server"
	for run in 'base 0 0' 'again 0 0' 'spin 1000 0' 'sleep 0 1000'; do
		# shellcheck disable=SC2086 # three words
		record $run "${server}_usual" || die "$server: $run: $(tail -n 3 "$work/$server/${run%% *}.log")"
	done
	record attack 0 0 "${server}_attack" || die "$server: attack"
	judge alike base again -
	judge spin base spin 'hurt_spin running'
	judge sleep base sleep 'hurt_sleep waiting'
	expected=${server}_expected
	judge attack base attack "${!expected}"
done
printf 'load: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
