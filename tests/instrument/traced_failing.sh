#!/usr/bin/env bash
# Allocations of the libraries in a server that fail, each in its turn, and all from there on: the server
# goes on and answers, and what was recorded can be read.
#
#	FAILING_STEP=N   of those where all fail from one on, each N-th (8)
. "$(dirname "$0")/../e2e/private.sh"

# record NAME OPTIONS... -- SERVERS...: all these servers are children of what is recorded.
record() {
	local name=$1 options=() status=0
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	mkdir "$WORK/$name.work"
	timeout 500 "$FLOWDAR" record -q -o "$WORK/$name" "${options[@]}" -- bash "$(dirname "$0")/failing_servers.sh" \
		"$WORK/$name.work" "$FLOWDAR_BUILD/tests/failing.so" "${FAILING_STEP:-8}" "$@" > "$WORK/$name.out" 2> "$WORK/$name.err" || status=$?
	grep -q '^ok: no server fell$' "$WORK/$name.out" || fail "$name: $(cat "$WORK/$name.out")"
	[ $status = 0 ] || fail "$name: exit status $status"
	cat "$WORK/$name.out"
	awk '{ print $2, $3 }' "$WORK/$name.work/all" | sort | uniq -c
	"$FLOWDAR" info "$WORK/$name" --format json > "$WORK/$name.json" || fail "$name: cannot be read"
	[ "$(jq '[.events[] | select(.event == "session_begin").count] | add' "$WORK/$name.json")" -gt 100 ] ||
		fail "$name: few sessions"
	nothing_left
}

record hooks --detail all -- "$SERVER"
patched=$FLOWDAR_BUILD/tests/demo_httpd_patched
[ ! -x "$patched" ] || record patched --functions auto --io --bytes 64 -- "$patched"
# Each kind of allocation was among those that failed.
for what in malloc calloc strdup mmap pthread_create; do
	cat "$WORK"/*.work/all | grep -q " $what " || fail "no $what failed"
done
echo ok
