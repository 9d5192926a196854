# shellcheck shell=bash disable=SC2034,SC2154 # names of private.sh and of scripts/lib
# Sourced by the tests of real servers, after private.sh: a server that is marked, built, recorded in a
# world of its own while clients talk to it, and what the recording must say.

# shellcheck source=../../scripts/lib/common.sh
. "$FLOWDAR_SOURCE/scripts/lib/common.sh"
# shellcheck source=../../scripts/lib/run.sh
. "$FLOWDAR_SOURCE/scripts/lib/run.sh"
# shellcheck source=/dev/null # scripts/lib/servers.sh: with all that it reads shellcheck takes minutes
. "$FLOWDAR_SOURCE/scripts/lib/servers.sh"
PATH=$(dirname "$FLOWDAR"):$PATH

# release_turn: servers of another release are fetched and built by scripts/test --all, or for whoever asks for them.
release_turn() {
	if [ -n "${FLOWDAR_RELEASE:-}" ] && [ "${FLOWDAR_UNMARKED:-}" != all ]; then
		echo "skipped: the server of $FLOWDAR_RELEASE is tried by scripts/test --all, or with FLOWDAR_UNMARKED=all"
		exit 77
	fi
}

# need COMMAND...: skips when one is missing.
need() {
	local command
	for command in "$@"; do
		command -v "$command" >/dev/null || {
			echo "skipped: needs $command"
			exit 77
		}
	done
}

# have SERVER: fetched and built, or skipped.
have() {
	release_turn
	need spatch gcc make curl ab jq babeltrace2
	"$1_fetch" || {
		echo "skipped: the Debian source of $1 is not here, and no mirror gives it (the network is needed once)"
		exit 77
	}
	"$1_build" || fail "$1: could not be built"
	server_libraries "$FLOWDAR_BUILD/lib/flowdar"
}

# serve SERVER NAME DETAIL [ARGUMENT...]: records it into $WORK/NAME on $port; the arguments are those
# of SERVER_configure after the port. Ended with served.
serve() {
	local server=$1
	recording=$WORK/$2
	detail=$3
	shift 3
	port=$(free_port)
	"${server}_configure" "$port" "$@"
	mapfile -t argv < <("${server}_command")
	mapfile -t record_options < <(server_record_options)
	flowdar record --plain-marks --detail "$detail" "${record_options[@]}" -o "$recording" -- "${argv[@]}" \
		>"$recording.err" 2>&1 &
	recorder=$!
	wait_for_port "$port" "$recorder" || fail "$server does not start"
}

# ask PATH...: the status of each, asked for over one connection.
ask() {
	local path urls=()
	for path; do
		urls+=(-o /dev/null "http://127.0.0.1:$port$path")
	done
	curl -sS --max-time 120 -w '%{http_code} ' "${urls[@]}" 2>>"$WORK/curl.err"
}

# all_gone: the server has no connection on $port any more: none but LISTEN (0A) and TIME_WAIT (06).
all_gone() {
	! awk -v port="$(printf ':%04X' "$port")" '
		substr($2, length($2) - 4) == port && $4 != "0A" && $4 != "06" { found = 1 }
		END { exit !found }' /proc/net/tcp
}

# all_rest: the threads of all processes that have the server's socket wait.
all_rest() {
	local pids pid
	pids=$(ss -H -l -t -n -p "sport = :$port" | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u)
	for _ in 1 2 3 4 5; do
		for pid in $pids; do
			! grep -q -s '^State:.[RDtT]' "/proc/$pid/task/"*/status || return
		done
		sleep 0.02
	done
}

# served: ends the recording when all clients are gone; nothing is lost.
served() {
	wait_for 10 all_gone || fail "the server does not close its connections"
	wait_for 60 all_rest || fail "the server does not come to rest" # what is done after closing
	kill -TERM "$recorder"
	wait "$recorder"
	case $? in
	0 | 130) ;;
	*) fail "the recorder failed" ;;
	esac
	recorder=
	[ "$(field "$recording" discarded)" = 0 ] || fail "events were lost"
	plain_trace >"$recording.events" || fail "babeltrace2 cannot read the trace"
}

# plain_trace: all events of the recording as babeltrace2 prints them.
plain_trace() {
	local plain=$recording.ctf
	if flowdar export --help >/dev/null 2>&1; then
		flowdar export "$recording" --ctf "$plain" >/dev/null || return
	else
		plain=$recording/trace
	fi
	babeltrace2 --no-delta --clock-seconds "$plain" 2>/dev/null
}

# events NAME [PATTERN]: how many there are.
events() {
	grep " flowdar:$1: " "$recording.events" | grep -c -- "${2:-}"
}

# same WHAT IS SHOULD-BE
same() {
	[ "$2" = "$3" ] || fail "$1: $2, should be $3"
	note "$1: $2"
}

# sessions_check CLIENTS: one session a client, each ended, all events about sessions that are open.
sessions_check() {
	flowdar analyze "$recording" --by session --limit 0 --format json >"$recording.json" ||
		fail "analyze"
	same "sessions" "$(jq '.sessions | length' "$recording.json")" "$1"
	same "sessions that ended" "$(jq '[.sessions[] | select(.state == "finished")] | length' "$recording.json")" "$1"
	same "begins" "$(events session_begin)" "$1"
	same "ends" "$(events session_end)" "$1"
}

# keys_of EVENTS: the keys of all events called so, once each.
keys_of() {
	sed -n "s/.* flowdar:$1: .* key = \(0x[0-9A-F]*\).*/\1/p" "$recording.events" | sort -u
}

# requests_check REQUESTS: as many as were sent, each with an end, and all of them of sessions.
requests_check() {
	local strangers
	strangers=$(comm -23 <(keys_of 'request_[a-z]*') <(keys_of session_begin))
	[ -z "$strangers" ] || fail "requests of no session: $strangers"
	same "requests" "$(events request_begin)" "$1"
	same "requests that ended" "$(events request_end)" "$1"
}

# shipped_check SERVER RULE REQUESTS: the shipped rules meet as many as were sent.
shipped_check() {
	"$FLOWDAR" rules "$FLOWDAR_SOURCE/analyze/rules/shipped/$1.rules" --check "$recording" --format json \
		>"$recording.rules" || fail "rules"
	same "requests by the shipped rules" \
		"$(jq --arg rule "$2" '.rules[] | select(.rule == $rule) | .met' "$recording.rules")" "$3"
}

# handoffs QUEUE: those of a queue that were taken: object, putting thread, taking thread and seconds
# between; a line each. A put that nobody took, or a take of nothing, is a line that begins with "!".
handoffs() {
	awk -v queue="queue = \"$1\"" '
		# Seconds since the epoch with nine digits behind the point are more than a number of awk
		# has: the two parts one by one.
		function between(from, to, a, b) {
			split(from, a, ".")
			split(to, b, ".")
			return (b[1] - a[1]) + (b[2] - a[2]) / 1e9
		}
		index($0, queue) && match($0, /vtid = [0-9]+/) {
			tid = substr($0, RSTART + 7, RLENGTH - 7)
			match($0, /object = 0x[0-9A-F]+/)
			object = substr($0, RSTART + 9, RLENGTH - 9)
			match($0, /\[[0-9.]+\]/)
			time = substr($0, RSTART + 1, RLENGTH - 2)
			if (/flowdar:handoff_put/) {
				if (object in put)
					print "! put again:", object
				put[object] = time
				by[object] = tid
			} else if (object in put) {
				printf "%s %s %s %.9f\n", object, by[object], tid, between(put[object], time)
				delete put[object]
			} else {
				print "! taken, not put:", object
			}
		}
		END {
			for (object in put)
				print "! not taken:", object
		}' "$recording.events"
}

# handoffs_check QUEUE LEAST: at least so many, all of them pairs, between threads, and with a wait.
handoffs_check() {
	handoffs "$1" >"$recording.handoffs"
	if grep '^!' "$recording.handoffs"; then
		fail "$1: hand-offs without their other half"
	fi
	[ "$(wc -l <"$recording.handoffs")" -ge "$2" ] ||
		fail "$1: $(wc -l <"$recording.handoffs") hand-offs, should be $2 or more"
	awk '$4 <= 0' "$recording.handoffs" | grep . && fail "$1: taken before it was put"
	[ -n "${3:-}" ] || ! awk '$2 == $3' "$recording.handoffs" | grep . || fail "$1: a thread puts what it takes"
	note "$1: $(wc -l <"$recording.handoffs") hand-offs, put by one thread, taken by another"
}

# functions_check LEAST [LOOP...]: so many functions were seen, and each call has its entry and its exit,
# but for those of the functions that a thread is in for ever. (A thread that was in them before its
# process was recorded may have them counted to its first session.)
functions_check() {
	local least=$1 loops
	shift
	loops=$(printf '%s\n' "$@" | jq -R . | jq -s .)
	flowdar analyze "$recording" --by function --limit 0 --format json >"$recording.functions" ||
		fail "analyze"
	[ "$(jq '.functions | length' "$recording.functions")" -ge "$least" ] ||
		fail "$(jq '.functions | length' "$recording.functions") functions, should be $least or more"
	same "calls that are open" "$(jq --argjson loops "$loops" \
		'[.functions[] | select(.function | IN($loops[]) | not) | .unfinished_calls] | add' \
		"$recording.functions")" 0
	pairs_check
	note "functions: $(jq '.functions | length' "$recording.functions")"
}

# pairs_check: no call without an exit but those that are known to have ended otherwise (by a tail call,
# say), which are few; no event of a session that is not open. A process that was forked is recorded a
# moment after it began: the few functions it is in then (its event loop) have exits only.
pairs_check() {
	local repaired otherwise=0
	flowdar analyze "$recording" --limit 1 >"$recording.report" || fail "analyze"
	repaired=$(grep -o '^repaired: .*' "$recording.report") || return 0
	if [[ $(cat "$recording.report") =~ calls\ without\ an\ exit,\ ([0-9,]+)\ ended ]]; then
		otherwise=${BASH_REMATCH[1]//,/}
	fi
	[[ $repaired =~ ^repaired:\ (([0-9]+)\ calls?\ without\ an\ exit)?(,\ )?([1-8]\ exits?\ without\ a\ call)?$ ]] ||
		fail "$repaired"
	[ "${BASH_REMATCH[2]:-0}" -le "$otherwise" ] && [ "$otherwise" -le 100 ] ||
		fail "$repaired ($otherwise ended otherwise)"
	note "$repaired"
}
