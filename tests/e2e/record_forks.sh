#!/usr/bin/env bash
# flowdar record and servers that fork for each connection, as an ordinary user: every child is recorded,
# whatever it did to its environment; each connection is one session, with its own time and no other's;
# a process that nobody could record is told of.
. "$(dirname "$0")/private.sh"

# Others must be able to run what is tested.
chmod 711 "$WORK"
mkdir -p "$WORK/here/bin" "$WORK/here/lib/flowdar" "$WORK/home"
cp "$FLOWDAR" "$WORK/here/bin/"
cp -P "$FLOWDAR_BUILD"/lib/flowdar/*.so* "$WORK/here/lib/flowdar/"
cp "$FLOWDAR_BUILD/tests/traced_forker" "$WORK/here/bin/" || { echo "skipped: no forking server"; exit 77; }
chmod -R a+rX "$WORK/here"
chown 65534:65534 "$WORK/home"
FLOWDAR=$WORK/here/bin/${FLOWDAR##*/}
server=$WORK/here/bin/traced_forker
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u LTTNG_HOME HOME="$WORK/home")
"${as_nobody[@]}" true || { echo "skipped: cannot run programs as nobody"; exit 77; }

# recorded NAME OPTION... -- SERVER...: as nobody, in the background; its port is then in $port.
recorded() {
	local name=$1
	shift
	"${as_nobody[@]}" "$FLOWDAR" record -o "$WORK/home/$name" "$@" > "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	wait_for 20 grep -q '^listening on ' "$WORK/$name.out" || fail "the server did not start"
	port=$(sed -n 's/^listening on //p' "$WORK/$name.out")
}

# client SECONDS: says something, waits so long, says it again.
client() {
	local line
	exec 5<> "/dev/tcp/127.0.0.1/$port" || fail "no connection"
	echo hello >&5
	read -r -t 120 line <&5 && [ "$line" = hello ] || fail "no answer"
	sleep "$1"
	echo again >&5
	read -r -t 120 line <&5 && [ "$line" = again ] || fail "no second answer"
	exec 5>&-
}

# forked NAME [PROCESSES]: three clients, each a session of its own time; the second is served for 100 ms more.
forked() {
	client 0.1
	client 0.3
	client 0.1
	wait "$recorder" || fail "exit status $?"
	[ "$(field "$WORK/home/$1" processes_known)" = "${2:-4}" ] ||
		fail "$(field "$WORK/home/$1" processes_known) processes in place of ${2:-4}"
	[ -z "$(field "$WORK/home/$1" processes_silent)" ] || fail "a process said nothing"
	jq -e '.warnings // [] | all(startswith("the server went to the background"))' "$WORK/home/$1/recording.json" > /dev/null ||
		fail "$(field "$WORK/home/$1" warnings)"
	grep -q '^recorded .* of 3 sessions in ' "$WORK/$1.err" || fail "$(grep '^recorded' "$WORK/$1.err")"
	"$FLOWDAR" analyze "$WORK/home/$1" --by session --format json > "$WORK/$1.json" || fail "analyze"
	# In the order in which they began: each waits for its client, and works for little.
	jq -e '[.sessions[] | select(.state == "finished")] | length == 3' "$WORK/$1.json" > /dev/null ||
		fail "$(jq -c '[.sessions[] | [.state, .open_ns]]' "$WORK/$1.json")"
	jq -e --argjson all "$(field "$WORK/home/$1" duration_ns)" '.sessions | length == 3 and
		all(.bytes_in == 12 and .bytes_out == 12 and .running_ns < .time_ns / 2) and
		(map(.time_ns) | add < $all) and
		(sort_by(.start_epoch_ns) | map(.waiting_ns / 1e6) | .[0] >= 70 and .[1] >= 240 and .[2] >= 70)' \
		"$WORK/$1.json" > /dev/null ||
		fail "$(jq -c '.sessions' "$WORK/$1.json")"
}

for how in plain title blocked exit title,blocked,exit; do
	note "children of a server: $how"
	recorded "$how" --io --detail function -- "$server" 3 "$how"
	forked "$how"
	"$FLOWDAR" analyze "$WORK/home/$how" --by function --format json > "$WORK/$how.functions" || fail "analyze"
	jq -e '[.functions[] | select(.function == "serve")] | map(.calls) | add >= 3' "$WORK/$how.functions" \
		> /dev/null || fail "$(jq -c '[.functions[] | [.function, .calls]]' "$WORK/$how.functions")"
	[ "$(jq '[.functions[].unfinished_calls] | add' "$WORK/$how.functions")" = 0 ] ||
		fail "calls are open: $(jq -c .functions "$WORK/$how.functions")"
	nothing_left
done

# Children name their parent by its number, which was that of the shell before; what daemon() leaves behind ends.
note "children of a server that a shell has executed, and that goes to the background"
recorded shell --io --detail function -- sh -c "exec '$server' 3 daemon"
forked shell 6
"$FLOWDAR" analyze "$WORK/home/shell" --server --limit 0 --format json > "$WORK/shell.server" || fail "analyze"
[ "$(jq '[.functions[].unfinished_calls] | add' "$WORK/shell.server")" = 0 ] ||
	fail "calls are open: $(jq -c .functions "$WORK/shell.server")"
nothing_left

note "a process that LTTng does not reach"
"${as_nobody[@]}" "$FLOWDAR" record -o "$WORK/home/silent" --io -- sh -c \
	"HOME=/nonexistent '$server' 0; '$server' 0; exit 0" > "$WORK/silent.out" 2> "$WORK/silent.err" ||
	fail "exit status $?"
grep -q 'processes of the server said nothing' "$WORK/silent.err" || fail "$(cat "$WORK/silent.err")"
[ "$(field "$WORK/home/silent" processes_silent)" = 1 ] || fail "$(cat "$WORK/home/silent/recording.json")"
nothing_left

# LTTng forks where the file is not there by which it waits for a daemon, in a forked child: a shell's here.
note "a process that LTTng makes for itself is none of the server's"
"$FLOWDAR" record -o "$WORK/home/own" --io -- sh -c 'rm -f /dev/shm/lttng-ust-wait-*; (true); exit 0' \
	> "$WORK/own.out" 2> "$WORK/own.err" || fail "exit status $?"
[ "$(field "$WORK/home/own" processes_known)" = 3 ] || fail "$(field "$WORK/home/own" processes_known) processes in place of 3"
[ -z "$(field "$WORK/home/own" processes_silent)" ] || fail "$(cat "$WORK/own.err")"
# And the child in which it does so still says of which fork it is: without that its connections are not its parent's.
printed "$WORK/home/own" > "$WORK/own.events"
number=$(sed -n 's/.* flowdar:forking: .*{ number = \([0-9]*\) }$/\1/p' "$WORK/own.events")
grep -q "flowdar:process: .* fork = $number, " "$WORK/own.events" || fail "no process of fork \"$number\": $(grep flowdar:process "$WORK/own.events")"
nothing_left
echo ok
