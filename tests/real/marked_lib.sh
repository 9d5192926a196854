# shellcheck shell=bash disable=SC2154,SC2034 # names of unmarked_lib.sh
# The server of a test without marks once more, marked by flowdar patch and recorded with sessions alone: each
# client is a session, which ends, with as many requests as it sent, and no event is about no session.

# marked PROGRAM REQUESTS BUILD: PROGRAM is what BUILD makes in the tree; REQUESTS are those of a client.
marked() {
	local tree=$WORK/marked argv
	note "with the marks of flowdar patch"
	cp -a "$server_cache/$unmarked/source/$unmarked" "$tree"
	flowdar patch "$tree" >"$WORK/patch.out" 2>&1 || fail "flowdar patch: $(cat "$WORK/patch.out")"
	(cd "$tree" && "$3") >"$WORK/marked.out" 2>&1 || fail "marked, it cannot be built: $(tail -n 5 "$WORK/marked.out")"
	port=$(free_port)
	recording=$WORK/home/marked
	"${unmarked}_configure" "$port" || fail "$unmarked cannot be configured"
	mapfile -t argv < <("${unmarked}_command")
	"$FLOWDAR" record --detail session -o "$recording" -- "$tree/$1" "${argv[@]:1}" >"$recording.err" 2>&1 &
	recorder=$!
	wait_for 30 unmarked_listens || fail "$unmarked does not start: $(cat "$recording.err")"
	unmarked_talk marked 12 4 0
	unmarked_ended
	same "marked sessions" "$(jq '[.sessions[] | select(.state == "finished")] | length' "$recording.sessions")" 12
	same "requests of each" "$(jq -r '.sessions[].requests' "$recording.sessions" | sort -u)" "$2"
	flowdar analyze "$recording" --by session >"$WORK/marked.table"
	! grep '^repaired: ' "$WORK/marked.table" || fail "events about no session"
}
