# shellcheck shell=bash disable=SC2154,SC2034 # names of unmarked_lib.sh
# A server that is marked by flowdar patch and recorded with sessions alone: each client is a session, which ends,
# with as many requests as it sent, and no event is about no session. It is that of a test without marks once
# more, or, after marked_begin, one that has no such test.

# marked_begin NAME: its source is there, and what an ordinary user needs to record it.
marked_begin() {
	unmarked=$1
	release_turn
	need spatch gcc make jq setpriv
	# shellcheck source=/dev/null
	. "$FLOWDAR_SOURCE/scripts/lib/$1.sh"
	"$1_fetch" || {
		echo "skipped: the Debian source of $1 is not here, and no mirror gives it (the network is needed once)"
		exit 77
	}
	chmod 711 "$WORK"
	mkdir -p "$WORK/home"
	chown "$server_user:" "$WORK/home"
	cd / || fail "cannot go to /"
}

marked_options=() # of flowdar record, for a server that does not drop root's rights

# marked PROGRAM REQUESTS BUILD: PROGRAM is what BUILD makes in the tree, once; REQUESTS are those of a client.
marked() {
	local tree=$WORK/marked argv
	note "with the marks of flowdar patch"
	[ -d "$tree" ] || marked_tree "$tree" "$3"
	port=$(free_port)
	recording=$WORK/home/marked
	rm -rf "$recording"
	# What is built without marks is of this release.
	[ -z "${FLOWDAR_RELEASE:-}" ] || printf -v "${unmarked}_program" %s "$tree/$1"
	"${unmarked}_configure" "$port" || fail "$unmarked cannot be configured"
	mapfile -t argv < <("${unmarked}_command")
	"$FLOWDAR" record --plain-marks --detail session "${marked_options[@]}" -o "$recording" -- "$tree/$1" "${argv[@]:1}" >"$recording.err" 2>&1 &
	recorder=$!
	wait_for 30 unmarked_listens || fail "$unmarked does not start: $(cat "$recording.err")"
	unmarked_talk marked 12 4 0
	unmarked_ended
	same "marked sessions" "$(jq '[.sessions[] | select(.state == "finished")] | length' "$recording.sessions")" 12
	same "requests of each" "$(jq -r '.sessions[].requests' "$recording.sessions" | sort -u)" "$2"
	flowdar analyze "$recording" --by session >"$WORK/marked.table"
	! grep '^repaired: ' "$WORK/marked.table" || fail "events about no session"
}

# marked_tree TREE BUILD: the server's source there, marked and built.
marked_tree() {
	server_source "$unmarked" "$1"
	flowdar patch "$1" >"$WORK/patch.out" 2>&1 || fail "flowdar patch: $(cat "$WORK/patch.out")"
	(cd "$1" && "$2") >"$WORK/marked.out" 2>&1 || fail "marked, it cannot be built: $(tail -n 5 "$WORK/marked.out")"
	chmod -R a+rX "$1"
}
