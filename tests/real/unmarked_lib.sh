# shellcheck shell=bash disable=SC2034,SC2154 # names of the files sourced here, and of the tests
# Sourced by the tests of real servers without a mark in them, after private.sh: built by `flowdar cc`, recorded as
# an ordinary user and as root, in the foreground and in the background, and looked at from outside
# meanwhile. What must hold, of whichever server it is:
#
#	unmarked_turn NAME      skips, when another server's turn it is (scripts/test)
#	unmarked_begin NAME     fetched and built, and what an ordinary user needs to record it
#	unmarked_shapes         every way to start it: each client is one session, with its bytes and functions, and
#	                        sessions and server together have the time that the kernel counted
#	unmarked_rules          the shipped rules meet what the clients asked for
#	unmarked_strace         reads and writes of each session as strace counts them
#	unmarked_hurt           a spin of 2 ms in 30 % of the sessions, at concurrency 1, 4 and 16: all of it is
#	                        charged to them, nobody else is charged
#
# The test sets clients_usual and clients_hurt, scripts of tests/servers/talk.c; the second asks for spins of
# 2 ms, unmarked_spins of them (tests/servers/hurt.h). unmarked_calls: how many calls a session must have at
# the least; unmarked_straced: clients under strace, and how many at a time; unmarked_datagrams=-u: its clients
# send datagrams; unmarked_signal: what tells the server to end by itself; unmarked_ways: how
# it is started; unmarked_forks=1: it has a process for each connection, and no other; unmarked_waits=1: what it
# waits with is what thread_times.c counts; unmarked_files: a function that makes what it serves beside that of
# its configuration.

# shellcheck source=servers_lib.sh
. "$FLOWDAR_SOURCE/tests/real/servers_lib.sh"

unmarked_datagrams=
unmarked_waits=
unmarked_calls=5
unmarked_spins=1
unmarked_clients=40
unmarked_straced=(40 4)
unmarked_forks=
unmarked_signal=TERM
unmarked_ways=(foreground daemon)

# Another release's server (FLOWDAR_RELEASE) is tried with its marks alone; all that is here is of the sources of this one.
unmarked_turn() {
	release_turn
	case " ${FLOWDAR_UNMARKED:-$1} " in
	*" $1 "* | *" all "*) ;;
	*)
		echo "skipped: today it is the turn of $FLOWDAR_UNMARKED; scripts/test --all has all servers"
		exit 77
		;;
	esac
}

unmarked_begin() {
	unmarked=$1
	if [ -n "${FLOWDAR_RELEASE:-}" ]; then
		marked_begin "$1"
		return
	fi
	need gcc make jq strace setpriv
	# shellcheck source=/dev/null
	. "$FLOWDAR_SOURCE/scripts/lib/$1.sh"
	"$1_fetch" || {
		echo "skipped: the Debian source of $1 is not here, and no mirror gives it (the network is needed once)"
		exit 77
	}
	"$1_build" || fail "$1: could not be built"
	# An ordinary user's, to whom the build may be closed.
	chmod 711 "$WORK"
	mkdir -p "$WORK/here/bin" "$WORK/here/lib/flowdar" "$WORK/home"
	cp "$FLOWDAR" "$WORK/here/bin/" && cp -P "$FLOWDAR_BUILD"/lib/flowdar/*.so* "$WORK/here/lib/flowdar/" &&
		cp "$FLOWDAR_BUILD/tests/thread_times.so" "$WORK/here/lib/" || fail "cannot be copied"
	chmod -R a+rX "$WORK/here"
	chown "$server_user:" "$WORK/home"
	FLOWDAR=$WORK/here/bin/${FLOWDAR##*/}
	as_user=(setpriv --reuid "$server_user" --regid "$server_user" --init-groups env -u LTTNG_HOME HOME="$WORK/home")
	as_root=(env)
	cd / || fail "cannot go to /"
}

# unmarked_record AS HOW NAME: as user or root, in the foreground or as a daemon; the server listens on $port
# then, its first process is $server_pid, and the recording is $recording. Each of its processes waits for LTTng as
# long as it takes, which under strace on a busy machine is longer than what the recorder grants it.
unmarked_record() {
	local -n as=as_$1
	local argv
	port=$(free_port)
	recording=$WORK/home/$3
	"${unmarked}_configure" "$port" "$([ "$2" = foreground ] || echo "$2")" "${unmarked_behind:-}" ||
		fail "$unmarked cannot be configured"
	[ "$(type -t unmarked_files)" != function ] || unmarked_files || fail "no files"
	mapfile -t argv < <("${unmarked}_command")
	: >"$recording.times" && chmod 666 "$recording.times"
	# shellcheck disable=SC2016 # for the inner shell
	"${as[@]}" "$FLOWDAR" record --plain-marks --io --detail function -o "$recording" -- \
		sh -c 'export THREAD_TIMES="$2" LD_PRELOAD="$1:$LD_PRELOAD" LTTNG_UST_REGISTER_TIMEOUT=120000; shift 2; exec "$@"' sh \
		"$WORK/here/lib/thread_times.so" "$recording.times" "${argv[@]}" >"$recording.err" 2>&1 &
	recorder=$!
	wait_for 30 unmarked_listens || fail "$unmarked does not start: $(cat "$recording.err")"
	wait_for 60 unmarked_rests || fail "$unmarked does not come to rest"
}

# unmarked_rests: the server's threads wait, those of the libraries as well: what they do at its start is done.
unmarked_rests() {
	for _ in 1 2 3 4 5; do
		! grep -q -s '^State:.[RDtT]' "/proc/$server_pid/task/"*/status || return
		sleep 0.02
	done
}

# unmarked_listens: and who does, into server_pid: the first of all that do.
unmarked_listens() {
	local kind=-t
	[ -z "$unmarked_datagrams" ] || kind=-u
	kill -0 "$recorder" || return
	server_pid=$(ss -H -l -n -p "$kind" "sport = :$port" | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -n | head -n 1)
	[ -n "$server_pid" ]
}

# unmarked_talk NAME CLIENTS AT-ONCE PERCENT: who they were is in NAME.clients: a port and a kind a line.
unmarked_talk() {
	"$FLOWDAR_BUILD/tests/talk" ${unmarked_datagrams:+"$unmarked_datagrams"} -n "$2" -c "$3" -p "$4" "$port" "$clients_usual" "$clients_hurt" \
		>"$WORK/home/$1.clients" 2>"$WORK/talk.err" ||
		fail "clients: $(head -n 3 "$WORK/talk.err"); the server: $(tail -n 5 "$recording.err")"
}

# unmarked_served: no connection is left, nor a process that was for one: that may read on when both sides have closed.
unmarked_served() {
	all_gone || return
	[ -z "$unmarked_forks" ] || [ "$(ps -o stat= --ppid "$server_pid" | grep -vc '^Z')" = 0 ]
}

# unmarked_ended: the server is told to end, and with it ends the recording; nothing is lost.
unmarked_ended() {
	wait_for 30 unmarked_served || fail "the server does not close its connections"
	unmarked_listens || fail "the server is gone: $(cat "$recording.err")" # who listened at first may have gone to the background
	wait_for 60 unmarked_rests || fail "$unmarked does not come to rest"    # what is done after closing
	kill -"$unmarked_signal" "$server_pid"
	wait "$recorder"
	case $? in 0 | 130) ;; *) fail "the recorder failed: $(cat "$recording.err")" ;; esac
	recorder=
	[ "$(field "$recording" discarded)" = 0 ] || fail "events were lost"
	[ -z "$(field "$recording" processes_silent)" ] || fail "a process said nothing: $(cat "$recording.err")"
	# That it went to the background is said, too.
	jq -e '.warnings // [] | all(startswith("the server went to the background"))' "$recording/recording.json" >/dev/null ||
		fail "$(field "$recording" warnings)"
	flowdar analyze "$recording" --by session --limit 0 --format json >"$recording.sessions" &&
		flowdar analyze "$recording" --limit 0 --format json >"$recording.functions" &&
		flowdar analyze "$recording" --server --limit 0 --format json >"$recording.server" || fail "analyze"
}

# unmarked_each_one: each client is one session, and no session is nobody's.
unmarked_each_one() {
	local wrong
	wrong=$(diff <(jq -r '.sessions[].client' "$recording.sessions" | sed 's/.*://' | sort) \
		<(cut -d' ' -f1 "$recording.clients" | sort)) ||
		fail "sessions (<) and clients (>) differ: $wrong; $(jq -c '.sessions[0:3]' "$recording.sessions")"
	wrong=$(jq -c --argjson calls "$unmarked_calls" '.sessions[] | select(.state != "finished" or .calls < $calls or
		.bytes_in == 0 or .bytes_out == 0)' "$recording.sessions" | head -n 3)
	[ -z "$wrong" ] || fail "these sessions did not end, read, write or call as they should: $wrong"
	# Those of a script are alike.
	wrong=$(unmarked_by_kind bytes_in | sort | uniq -c)
	[ "$(wc -l <<<"$wrong")" = "$(cut -d' ' -f2 "$recording.clients" | sort -u | wc -l)" ] ||
		fail "sessions of one script read different numbers of bytes: $wrong"
}

# unmarked_by_kind MEMBER: "usual" or "other" and that of the session, a line each; by port.
unmarked_by_kind() {
	join -j 1 -o 1.2,2.2 <(sort -k 1,1 "$recording.clients") \
		<(jq -r --arg member "$1" '.sessions[] | (.client | sub(".*:"; "")) + " " + (.[$member] | tostring)' \
			"$recording.sessions" | sort -k 1,1)
}

# unmarked_times: own times of all frames, of sessions and of the server, against the life of the server's threads
# from main() on as the kernel's clock has it, and the part of them that ran against its processor time (and what
# they stood in the run queue for: an event begins before a thread loses the processor, and ends after). What ran and
# is not among it ran inside of calls that wait, which are told apart: the account closes. What the referee took for its
# looks is a frame's in a child of fork(), and in none at the beginning and end of a thread; a child's frames begin
# when it is forked, before it has a processor.
unmarked_times() {
	local frames running life cpu queue waits looked before
	frames=$(jq -s '[.[].functions[] | select(.component != "queue") | .own_ns] | add' "$recording.functions" "$recording.server")
	running=$(jq -s '[.[].functions[] | select(.component != "queue" and .waits_in == "") | .own_ns] | add' \
		"$recording.functions" "$recording.server")
	read -r life cpu queue waits looked before < <(awk '{ life += $3; cpu += $4; queue += $5; waits += $6; looked += $7; before += $8 }
		END { printf "%.0f %.0f %.0f %.0f %.0f %.0f\n", life, cpu, queue, waits, looked, before }' "$recording.times")
	note "times: sessions and server $((frames / 1000)) us, threads $((life / 1000)) us ($((looked / 1000)) us of it the referee's), and $((before / 1000)) us until fork() returned;" \
		"running $((running / 1000)) us, on a processor $((cpu / 1000)) us, of that in waits $((waits / 1000)) us, in the run queue $((queue / 1000)) us"
	[ $((frames * 100)) -ge $(((life - looked) * 98)) ] && [ $((frames * 100)) -le $(((life + before) * 102)) ] ||
		fail "sessions and server have $frames ns, threads $life ns: $(cat "$recording.times")"
	[ -n "$unmarked_waits" ] || return 0
	[ $((running * 100)) -le $(((cpu + queue) * 102)) ] && [ $(((running + waits) * 100)) -ge $((cpu * 98)) ] ||
		fail "$running ns are told to be running, and $waits ns ran in waits, of $cpu ns: $(cat "$recording.times")"
}

# unmarked_shapes [AS HOW]...
unmarked_shapes() {
	local as how
	[ -z "${FLOWDAR_RELEASE:-}" ] || return 0
	for as in user root; do
		for how in "${unmarked_ways[@]}"; do
			note "as $as, $how"
			unmarked_record $as $how "$as-$how"
			unmarked_talk "$as-$how" "$unmarked_clients" 4 30
			unmarked_ended
			unmarked_each_one
			unmarked_times
		done
	done
}

# unmarked_rules RULE EACH: by the shipped rules there are as many requests as the clients of the last recording made.
unmarked_rules() {
	shipped_check "$unmarked" "$1" $((unmarked_clients * $2))
}

# unmarked_strace: each session's reads and writes are those that strace sees on its connection.
unmarked_strace() {
	local tracer wrong
	[ -z "${FLOWDAR_RELEASE:-}" ] || return 0
	note "reads and writes, as strace has them"
	unmarked_record root foreground strace
	strace -f -qq -yy -o "$WORK/strace.log" -e signal=none \
		-e trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,sendfile,splice -p "$server_pid" 2>"$WORK/strace.err" &
	tracer=$!
	wait_for 10 unmarked_traced "$tracer" || fail "strace: $(cat "$WORK/strace.err")"
	unmarked_talk strace "${unmarked_straced[@]}" 30
	wait_for 30 unmarked_served || fail "the server does not close its connections"
	kill -INT "$tracer"
	wait "$tracer"
	unmarked_ended
	unmarked_each_one
	wrong=$(diff <(jq -r '.sessions[] | "\(.client | sub(".*:"; "")) \(.reads) \(.writes) \(.bytes_in) \(.bytes_out)"' \
		"$recording.sessions" | sort) <(unmarked_strace_counts | sort)) ||
		fail "reads, writes and bytes of sessions (<) and of strace (>) differ: $(head -n 20 <<<"$wrong")"
	same "reads and writes by strace" "$(unmarked_strace_counts | awk '{ all += $2 + $3 } END { print all }')" \
		"$(jq '[.sessions[] | .reads + .writes] | add' "$recording.sessions")"
}

# unmarked_traced TRACER: it has all threads of the server, has let them go on, and waits for what they do: of a thread
# that it comes to later a call may be missed.
unmarked_traced() {
	[ -z "$(grep -L '^TracerPid:.*[1-9]' "/proc/$server_pid/task/"*/status)" ] || return
	grep -q '^State:.S' "/proc/$1/status" && unmarked_rests
}

# unmarked_strace_counts: a line a connection: the client's port, reads, writes, bytes of both. A call that another
# thread's came into is in two lines; of calls that found no work nothing is recorded, and what is looked at and left there
# (MSG_PEEK) is not read yet. When both sides have said their last, strace may no longer find the ends of a descriptor:
# they are what they were before.
unmarked_strace_counts() {
	awk -v port=":$port" '
		/ = -1 EAGAIN / { next }
		/ <unfinished \.\.\.>$/ { begun[$1] = substr($0, 1, length($0) - 17); next }
		/<\.\.\. [a-z]+ resumed>/ { rest = $0; sub(/.* resumed>/, "", rest); $0 = begun[$1] rest }
		/[ |]MSG_PEEK/ { next }
		{
			call = $2
			sub(/\(.*/, "", call)
			fd = $2
			sub(/^[a-z]+\(/, "", fd)
			sub(/<.*/, "", fd)
			# The connection has both ends; of datagrams the address says who.
			if ((at = index($0, port "->"))) {
				client = substr($0, at + length(port) + 2)
				sub(/\].*/, "", client)
				sub(/.*:/, "", client)
				of[$1, fd] = client
			} else if ($2 ~ /<TCP:\[[0-9]+\]>/ && ($1, fd) in of) {
				client = of[$1, fd]
			} else if (index($0, "UDP:[127.0.0.1" port "]") && match($0, /htons\([0-9]+/)) {
				client = substr($0, RSTART + 6, RLENGTH - 6)
			} else {
				next
			}
			match($0, /\) += +-?[0-9]+/)
			result = substr($0, RSTART, RLENGTH)
			sub(/.* /, "", result)
			if (call ~ /^(read|recv)/) {
				reads[client]++
				in_bytes[client] += result > 0 ? result : 0
			} else {
				writes[client]++
				out_bytes[client] += result > 0 ? result : 0
			}
			seen[client] = 1
		}
		END {
			for (client in seen)
				print client, reads[client] + 0, writes[client] + 0, in_bytes[client] + 0, out_bytes[client] + 0
		}' "$WORK/strace.log"
}

# unmarked_of LABEL [JQ]: of hurt_spin() in the sessions of that label, or in none (server): its calls and own time.
unmarked_of() {
	local which=(--label "$1")
	[ "$1" != server ] || which=(--server)
	flowdar analyze "$recording" --label-from "$recording.labels" "${which[@]}" --limit 0 --format json |
		jq -r '[.functions[] | select(.function == "hurt_spin")] | "\(map(.calls) | add // 0) \(map(.own_ns) | add // 0)"'
}

# unmarked_hurt: hurt_spin() is called for those who ask for it only. Each of them has it as often as it asked, and at
# least so long; nobody else has any.
unmarked_hurt() {
	local at_once hurt calls ns
	[ -z "${FLOWDAR_RELEASE:-}" ] || return 0
	for at_once in 1 4 16; do
		note "2 ms of spin for 30 %, $at_once at a time"
		unmarked_record user foreground "hurt-$at_once"
		unmarked_talk "hurt-$at_once" 60 "$at_once" 30
		unmarked_ended
		unmarked_each_one
		sed 's/\(.*\) \(.*\)/{"client":"127.0.0.1:\1","label":"\2"}/' "$recording.clients" >"$recording.labels"
		hurt=$(grep -c ' other$' "$recording.clients")
		read -r calls ns < <(unmarked_of other)
		# A server may look twice (lighttpd, when a file is new to it).
		[ "$calls" -ge $((hurt * unmarked_spins)) ] || fail "$calls spins of $hurt who were hurt"
		note "spins charged to $hurt who were hurt: $calls"
		# Where others had the processor in between, switching to and fro is in the thread's own clock, by which
		# the spin ends, and told as waiting for the processor.
		[ $((ns * 100)) -ge $((calls * 2000000 * 98)) ] || fail "$ns ns of $calls spins"
		same "spins charged to others, and ns" "$(unmarked_of usual)" "0 0"
		same "spins charged to nobody, and ns" "$(unmarked_of server)" "0 0"
		same "hurt sessions that ran so long" "$(unmarked_by_kind running_ns |
			awk -v least=$((unmarked_spins * 1960000)) '$1 == "other" && $2 >= least' | wc -l)" "$hurt"
	done
}
