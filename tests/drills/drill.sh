#!/usr/bin/env bash
# Drills: something of a recording under load is killed at a random moment, again and again. Each time the
# recording opens or the recorder says why there is none, what is missing is told, the server is not
# harmed by what was not aimed at it, and nothing stays behind.
#
#	DRILL_SEED=N     the first seed (1); a round's seed is printed when it fails, and repeats it
#	DRILL_ROUNDS=N   how many (60)
#	DRILL_VICTIM=WHO always that one (recorder, watchdog, sessiond, consumer, daemons, server, nobody)
. "$(dirname "$0")/../e2e/private.sh"

seed=${DRILL_SEED:-1}
rounds=${DRILL_ROUNDS:-60}
opened=0
none=0
lossy=0
unfinished=0
missing_sum=0
told_sum=0

# pick WORD...: one of them.
pick() {
	shift $((RANDOM % $#))
	picked=$1
}

# victims WHO: their pids, as they are now.
victims() {
	case $1 in
	recorder) echo "$recorder" ;;
	watchdog) pgrep -x flowdar-watch ;;
	sessiond) pgrep -x lttng-sessiond ;;
	consumer) pgrep -x lttng-consumerd ;;
	daemons) pgrep -x lttng-consumerd; pgrep -x lttng-sessiond ;;
	server) pgrep -x demo_httpd ;;
	esac
}

# lost NAME: what the server's libraries counted and the trace has not is what the recording tells of, to
# the call.
lost() {
	local dir=$WORK/$1 said found told missing
	if [ -n "$(field "$dir" unfinished)" ]; then
		grep -q '^warning: unfinished' "$WORK/$1.info" || fail "$what: info does not say that it is unfinished"
		unfinished=$((unfinished + 1))
		return 0
	fi
	said=$(field "$dir" calls)
	told=$(field "$dir" calls_missing)
	told=${told:-0}
	found=$("$FLOWDAR" info "$dir" --format json |
		jq '[.events[] | select(.event == "func_entry").count] | add // 0')
	missing=$((${said:-0} - found))
	[ $missing -gt 0 ] || missing=0
	[ "$told" = "$missing" ] || fail "$what: $said calls were counted, $found are there, $told are told to be missing"
	missing_sum=$((missing_sum + missing))
	told_sum=$((told_sum + told))
	# What a killed server had in hand is missing, and counted.
	if [ "$who" = server ] && [ "${said:-0}" != 0 ]; then
		[ "$(field "$dir" processes_killed)" = 1 ] || fail "$what: nobody says that the server was killed"
	fi
	[ "$told" != 0 ] || return 0
	lossy=$((lossy + 1))
	if grep -q 'none lost' "$WORK/$1.err"; then
		fail "$what: $told calls are missing, and none lost"
	fi
}

# round: one drill.
round() {
	local name=r$1 who delay status=0 options=() load port=
	pick recorder watchdog sessiond consumer daemons server nobody
	who=${DRILL_VICTIM:-$picked}
	pick '' --lossless --crash-safe '--detail io' '--memory 64M'
	read -ra options <<< "$picked"
	delay=0.$((RANDOM % 9))
	pick 0 1 1 2
	delay=$picked$(echo "$delay" | tail -c 3)
	what="seed $seed: $who after $delay s ${options[*]}"
	set -m
	"$FLOWDAR" record -o "$WORK/$name" "${options[@]}" -- "$SERVER" --port 0 > "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	set +m
	if wait_for 15 grep -q 'listening on' "$WORK/$name.out"; then
		port=$(port_of "$WORK/$name.out")
	fi
	( end=$((SECONDS + 6)); while [ $SECONDS -lt $end ]; do
		curl -s -m 5 -o /dev/null "http://127.0.0.1:$port/" || exit 0
	done ) &
	load=$!
	sleep "$delay"
	for pid in $(victims "$who"); do
		kill -9 "$pid" 2> /dev/null
	done
	sleep "0.$((RANDOM % 6))"
	kill -INT "$recorder" 2> /dev/null
	wait "$recorder" 2> /dev/null || status=$?
	kill "$load" 2> /dev/null
	wait "$load" 2> /dev/null
	[ "$who" = watchdog ] && pkill -x demo_httpd
	wait_for 30 nobody_left || { ps -e -o pid,ppid,args; fail "$what: processes stay behind"; }
	if "$FLOWDAR" info "$WORK/$name" > "$WORK/$name.info" 2>&1; then
		opened=$((opened + 1))
		lost "$name"
	else
		none=$((none + 1))
		# It says why, or what was to be recorded is told with the reason.
		grep -qE 'nothing was recorded|the recorder was killed|not yet' "$WORK/$name.err" "$WORK/$name.info" ||
			fail "$what: no recording, and no word why (status $status)"
	fi
	rm -rf "${WORK:?}/$name"* /run/lttng/flowdar.lock
}

for ((i = 0; i < rounds; i++)); do
	RANDOM=$seed
	round "$i"
	seed=$((seed + 1))
done
# What killed recorders and watchdogs left in memory, the next recorder takes away.
"$FLOWDAR" record -q -o "$WORK/last" --duration 1s -- "$SERVER" --port 0 > /dev/null 2> "$WORK/last.err" ||
	fail "the last one: exit status $?"
rm -f /run/lttng/flowdar.lock
nothing_left
echo "$rounds drills: $opened recordings open ($unfinished unfinished, and say so), $none times there is none and it is said why"
echo "$lossy recordings tell of a loss: $told_sum calls told, $missing_sum missing"
echo ok
