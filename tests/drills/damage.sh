#!/usr/bin/env bash
# Drills: what commands are given is damaged at a random place, again and again: captures, recordings, profiles, journals,
# orders, rules, states of a search. Each command ends in time, by one of its exit codes and, where that is not 0, with a
# line that says why; it leaves no half of a result, nothing beside it and no process.
#
#	DRILL_SEED=N     the first seed (1); a round's seed is printed when it fails, and repeats it
#	DRILL_ROUNDS=N   how many (34)
#	DRILL_WHAT=NAME  always that command (give_NAME below)
#	DRILL_TOLD=1     a line a round: what came of it
#	DRILL_SLOW=1     also those that start servers again and again (verify, hunt)
. "$(dirname "$0")/../e2e/private.sh"
: "${FLOWDAR_SOURCE:?}"

seed=${DRILL_SEED:-1}
rounds=${DRILL_ROUNDS:-34}
captures=$FLOWDAR_SOURCE/tests/captures
data=$FLOWDAR_SOURCE/tests/golden/data
capture=in/c.pcap
ip link set lo up 2> /dev/null
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS:-}" UBSAN_OPTIONS="exitcode=99:${UBSAN_OPTIONS:-}"

# pick WORD...: one of them.
pick() {
	shift $((RANDOM % $#))
	picked=$1
}

# place_in FILE: a place in it. A file that is empty has one, too.
place_in() {
	size=$(stat -c %s "$1")
	at=$(((RANDOM * 32768 + RANDOM) % (size + 1)))
	few=$((RANDOM % 40 + 1))
}

# splice FILE COMMAND...: what the command prints, in the place of "few" bytes there.
splice() {
	local file=$1
	shift
	{ head -c "$at" "$file"; "$@"; tail -c +$((at + few + 1)) "$file"; } > "$WORK/spliced"
	cat "$WORK/spliced" > "$file"
	rm "$WORK/spliced"
}

wide() {
	printf '%*s' 70000 '' | tr ' ' "$1"
}

# damage FILE: one to three times. As a rule within it; at times there is something else in its place.
damage() {
	local file=$1 times
	times=$((RANDOM % 3 + 1))
	if [ $((RANDOM % 12)) = 0 ]; then
		rm "$file"
		pick empty none folder endless pipe
		# A capture may come out of a pipe, which is waited for.
		[ "$picked $file" != "pipe $capture" ] || picked=empty
		case $picked in
		empty) : > "$file" ;;
		folder) mkdir "$file" ;;
		pipe) mkfifo "$file" ;;
		endless) ln -s /dev/zero "$file" ;;
		esac
		what+=" ${file##*/}: $picked"
		return
	fi
	while [ $((times--)) -gt 0 ]; do
		place_in "$file"
		value=$((RANDOM % 256)) # not in a subshell, which has chances of its own
		pick byte byte byte cut drop zeros double number deep long
		what+=" ${file##*/}: $picked at $at"
		case $picked in
		byte) few=1 && splice "$file" printf "\\x$(printf %x $value)" ;;
		cut) truncate -s "$at" "$file" ;;
		drop) splice "$file" true ;;
		zeros) splice "$file" head -c "$few" /dev/zero ;;
		double) cp "$file" "$WORK/twice" && few=0 && splice "$file" head -c 3000 "$WORK/twice" && rm "$WORK/twice" ;;
		number) splice "$file" printf 99999999999999999999 ;;
		deep) splice "$file" wide '[' ;;
		long) splice "$file" wide a ;;
		esac
	done
}

# run SECONDS OUTPUT ARGUMENT...: the command; OUTPUT is what it is to write, "none": nothing.
run() {
	local most=$1 output=$2 status=0
	shift 2
	what+=" | $*"
	timeout -k 5 "$most" "$FLOWDAR" "$@" > "$WORK/out" 2> "$WORK/err" < /dev/null || status=$?
	case $status in
	0 | 1 | 2 | 3 | 4 | 130) ;; # 130: reduce has come to its number of runs
	124 | 137) bad "does not end in $most s" ;;
	*) bad "exit status $status" ;;
	esac
	codes[status]=$((${codes[status]:-0} + 1))
	if [ $status != 0 ] && [ $status != 3 ]; then
		grep -Eq "^flowdar $1: .{8}" "$WORK/err" || [ -s "$WORK/out" ] || bad "status $status, and no word why"
	fi
	[ "$(stat -c %s "$WORK/err")" -lt 100000 ] || bad "it has said $(stat -c %s "$WORK/err") bytes"
	# A result that is there is whole, whatever was wrong with some of what it is made of.
	# A journal says of each session why it was not played.
	if [[ $output = *.jsonl ]]; then
		[ ! -f "$output" ] || jq . "$output" > /dev/null || bad "a line of the journal is not whole"
	# What a batch has done before it failed is done.
	elif [ "$1" = batch ]; then
		for profile in "$output"/*.profile; do
			[ ! -f "$profile" ] || "$FLOWDAR" analyze "$profile" > "$WORK/out" 2>&1 || bad "$profile cannot be read"
		done
	elif [ $status = 1 ] && [ -n "$(find "$output" ! -type d 2> /dev/null)" ]; then
		bad "failed, and left $(find "$output")"
	fi
	rm -rf "$output"
	left=$(find "$WORK/tmp" "$WORK/here" -mindepth 1 ! -path "$WORK/here/in" ! -path "$WORK/here/in/*")
	[ -z "$left" ] || bad "stays behind: $left"
	[ -z "${DRILL_TOLD:-}" ] || echo "seed $seed: $status $what: $(tail -n 1 "$WORK/err" | head -c 300)"
}

bad() {
	echo "seed $seed: $what"
	head -c 2000 "$WORK/err"
	fail "$1"
}

a_capture() {
	pick demo-attack demo-baseline httpd-regex left-out replay-dns replay-echo replay-ftp replay-redis replay-udp
	cp "$captures/$picked.pcap" $capture
}

a_recording() {
	local files
	pick attack baseline requests
	cp -r "$data/$picked" in/r
	chmod -R u+w in/r
	[ $((RANDOM % 3)) != 0 ] || cp "$WORK/journal" in/r/replay.jsonl
	mapfile -t files < <(find in/r -type f | sort)
	pick "${files[@]}"
	damage "$picked"
}

give_split() { a_capture; damage $capture; run 60 here.d split $capture -o here.d; }
give_amplify() { a_capture; damage $capture; run 60 here.pcap amplify $capture -o here.pcap --clones 3; }
give_replay() { a_capture; damage $capture; run 120 here.jsonl replay $capture --to "127.0.0.1:$port" --timeout 1s --asap -o here.jsonl; }
give_order() {
	cp "$WORK/order" in/order
	damage in/order
	run 120 none replay "$captures/demo-baseline.pcap" --to "127.0.0.1:$port" --timeout 1s --lockstep --order in/order
}
give_rewrite() {
	printf '[host]\nrequest = ^Host: (.*)\\r$\nvalue = x.example.org\n[user]\nrequest = s=([a-z]+)\nvalue = {value}-{clone}-{digits:6}\n' > in/rewrite
	damage in/rewrite
	run 60 here.pcap amplify "$captures/demo-baseline.pcap" -o here.pcap --clones 2 --rewrite in/rewrite
}
give_feed() { a_capture; damage $capture; run 120 none feed $capture -- "$SERVER" --port 8080; }
give_reduce() {
	a_capture
	damage $capture
	run 120 here.pcap reduce $capture --test 'grep -aq GET {}' --trust 1 --runs 6 -o here.pcap --state in/state
}
give_state() {
	"$FLOWDAR" reduce "$captures/demo-baseline.pcap" --test 'grep -aq GET {}' --trust 1 --runs 6 -q -o in/best.pcap --state in/state > /dev/null 2>&1
	[ -f in/state ] || fail "reduce has no state"
	damage in/state
	# The best so far was there before.
	run 120 none reduce "$captures/demo-baseline.pcap" --test 'grep -aq GET {}' --trust 1 --runs 9 -o in/best.pcap --state in/state
}
give_merge() {
	cp "$WORK/a.profile" in/a
	damage in/a
	run 60 here.profile merge in/a "$WORK/b.profile" -o here.profile
}
give_profile() {
	cp "$WORK/a.profile" in/a
	damage in/a
	pick "diff $WORK/b.profile in/a" 'analyze in/a' 'export in/a --folded here.txt' "report $WORK/b.profile in/a -o here.html"
	read -ra words <<< "$picked"
	case $picked in *here.txt) output=here.txt ;; *here.html) output=here.html ;; *) output=none ;; esac
	run 60 $output "${words[@]}"
}
give_batch() { a_recording; cp -r "$data/baseline" in/s; run 120 here.d batch in/r in/s -o here.d; }
give_export() {
	a_recording
	pick folded speedscope pprof chrome perfetto otlp sqlite csv pcap ctf
	run 60 here.x export in/r "--$picked" here.x
}
give_report() { a_recording; pick html md xml sarif json; mkdir here.d; run 120 here.d report "$data/baseline" in/r -o "here.d/r.$picked"; }
give_analyze() { a_recording; pick analyze info log; run 60 none "$picked" in/r; }
give_labels() { cp -r "$data/attack" in/r; chmod -R u+w in/r; cp "$WORK/journal" in/j; damage in/j; run 60 none analyze in/r --by label --label-from in/j; }
give_rules() {
	local shipped
	mapfile -t shipped < <(find "$FLOWDAR_SOURCE/analyze/rules/shipped" -name '*.rules' | sort)
	pick "${shipped[@]}"
	cp "$picked" in/rules
	damage in/rules
	run 60 none rules in/rules --check "$data/attack"
}
# What was recorded stays, whatever was played.
give_play() { a_capture; damage $capture; run 120 none record -q -o in/d --play $capture --wait-for 5s -- "$SERVER" --port 0; }
give_verify() {
	a_capture
	damage $capture
	run 500 none verify $capture "$captures/demo-baseline.pcap" --runs 1 --time 2s --timeout 1s -- "$SERVER" --port 0
}
give_hunt() { a_capture; damage $capture; run 500 here.d hunt $capture -o here.d --time 5s -- "$SERVER" --port 0; }

kinds=(split amplify replay order rewrite reduce state merge profile batch export report analyze labels rules)
# Not for a build of the program alone, without its libraries.
[ ! -e "${FLOWDAR%/bin/*}/lib/flowdar/libflowdar.so" ] || kinds+=(feed play)
[ -z "${DRILL_SLOW:-}" ] || kinds+=(verify hunt)

# A server that what is played is played at, and what is damaged later.
mkdir "$WORK/here" "$WORK/here/in"
cd "$WORK/here" || exit 1
"$SERVER" --port 0 > "$WORK/server.out" 2>&1 &
server=$!
wait_for 15 grep -q 'listening on' "$WORK/server.out" || fail "the server does not listen"
port=$(port_of "$WORK/server.out")
"$FLOWDAR" analyze "$data/attack" --save "$WORK/a.profile" > /dev/null 2>&1 || fail "no profile"
"$FLOWDAR" analyze "$data/baseline" --save "$WORK/b.profile" > /dev/null 2>&1 || fail "no profile"
"$FLOWDAR" replay "$captures/demo-baseline.pcap" --to "127.0.0.1:$port" --lockstep --order-out "$WORK/order" -o "$WORK/journal" \
	> /dev/null 2>&1 || fail "no order"

for ((i = 0; i < rounds; i++)); do
	RANDOM=$seed
	# Each kind comes once in as many rounds.
	kind=${DRILL_WHAT:-${kinds[seed % ${#kinds[@]}]}}
	what=$kind:
	RANDOM=$seed
	"give_$kind"
	rm -rf in
	mkdir in
	kill -0 $server 2> /dev/null || fail "the server is gone"
	seed=$((seed + 1))
done
kill $server
wait $server 2> /dev/null
rm -f /run/lttng/flowdar.lock
nothing_left
for status in "${!codes[@]}"; do
	echo "status $status: ${codes[$status]} times"
done
echo "$rounds drills"
echo ok
