#!/usr/bin/env bash
# Two releases of a real server: memcached as Debian has it, and the same without its fix of CVE-2026-47783, with
# which a login compares every line of the password file with safe_memcmp, to the end of the file. Builds both,
# records each three times under the same forty logins, and prints what the verdict says: with one run a side, with
# three, and with a calibration, and of runs of one build. It gates nothing.
#
#	bench/truth/release.sh [FOLDER]     keeps trees and recordings there, and uses trees that are there
#
# Needs a build (FLOWDAR_BUILD, default build/release or build/debug): ninja flowdar instrument_libraries; gcc, make,
# libevent-dev, libsasl2-dev, libsasl2-modules, and apt's network for the source. A minute or two.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${FLOWDAR_BUILD:-$root/build/release}
[ -x "$build/bin/flowdar" ] || build=$root/build/debug
[ -x "$build/bin/flowdar" ] || { echo "no flowdar in $build: build it first" >&2; exit 1; }
PATH=$build/bin:$PATH
fix=0008-CVE-2026-47783-CVE-2026-47784.patch
kept=${1:-}
work=${kept:-$(mktemp -d)}
mkdir -p "$work"
work=$(cd "$work" && pwd)
recorder=
finish() {
	[ -z "$recorder" ] || kill -INT "$recorder" 2>/dev/null || true
	[ -n "$kept" ] || rm -rf "$work"
}
trap finish EXIT

if [ ! -d "$work/new" ] || [ ! -d "$work/old" ]; then
	# shellcheck source=/dev/null
	. "$root/scripts/lib/common.sh"
	# shellcheck source=/dev/null
	. "$root/scripts/lib/servers.sh"
	# shellcheck source=/dev/null
	. "$root/scripts/lib/memcached.sh"
	memcached_fetch >&2
	# shellcheck disable=SC2154 # memcached.sh sets it
	cp -a "$memcached_home/source/memcached" "$work/new"
	cp -a "$work/new" "$work/old"
	patch -R -p1 -s -d "$work/old" <"$work/new/debian/patches/$fix"
fi
for tree in old new; do
	[ ! -x "$work/$tree/memcached" ] || continue
	(cd "$work/$tree" && CC='flowdar cc' CFLAGS='-O2 -g -w' ./configure --disable-docs --enable-sasl --enable-sasl-pwdb &&
		make -j2 memcached) >"$work/$tree.log" 2>&1 || { tail -5 "$work/$tree.log" >&2; exit 1; }
done

cd "$work"
mkdir -p sasl
echo 'mech_list: plain' >sasl/memcached.conf
for ((i = 1; i <= 200; i++)); do echo "user$i@$(hostname):secret$i"; done >users
export MEMCACHED_SASL_PWDB=$work/users SASL_CONF_PATH=$work/sasl

# login: one of memcached's binary protocol (SASL PLAIN), on descriptor 5; what it answers. A real client's bytes.
login() {
	printf '\x80\x21\x00\x05\x00\x00\x00\x00\x00\x00\x00\x13\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00PLAIN' >&5
	printf '\x00user5\x00secret5' >&5
	head -c 37 <&5 | tail -c 13
}

# record_run NAME TREE
record_run() {
	local port=$((20000 + RANDOM % 10000)) client tries=0 said
	rm -rf "${work:?}/$1"
	flowdar record -q -o "$1" --io --detail function -- "./$2/memcached" -u nobody -l 127.0.0.1 -p "$port" -t 1 -S \
		-B binary 2>"$1.err" &
	recorder=$!
	until { exec 5<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { echo "memcached does not start" >&2; exit 1; }
		sleep 0.1
	done
	for ((client = 0; client < 40; client++)); do
		said=$(login)
		[ "$said" = Authenticated ] || { echo "a login failed: $said" >&2; exit 1; }
		exec 5>&-
		exec 5<>"/dev/tcp/127.0.0.1/$port"
	done
	exec 5>&-
	kill -INT "$recorder"
	wait "$recorder" || true
	recorder=
}

for run in 1 2 3; do
	record_run "old$run" old
	record_run "new$run" new
done
rm -rf calm
show() {
	printf '\n$ flowdar %s\n' "$*"
	flowdar "$@" | awk 'NR <= 4 && NF || /^called/ || /^note: renamed/'
}
show diff old1 new1
show diff old1 new1 --baseline old2 --baseline old3 --subject new2 --subject new3
show calibrate -o calm old1 old2 old3
show diff old1 new1 --calibration calm
show diff old1 old2
show diff new1 new2
show diff new1 old1
