# shellcheck shell=bash disable=SC2154 # $out is set by those who source this
# Runs a server under `flowdar record`, plays a capture at it, and ends both. Needs common.sh, and
# "flowdar" on the PATH. Uses $out, the directory of the results.

recorder= # process ids of the running `flowdar record` and `flowdar replay`, empty when there is none
player=
record_options=() # further options of `flowdar record`, for the caller to set

# free_port: a port of 127.0.0.1 on which nobody listens now.
free_port() {
	local port
	for _ in {1..50}; do
		port=$((20000 + RANDOM % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
	die "found no free port"
}

# wait_for_port PORT PID: until somebody listens on PORT; fails when PID ends first, or after a minute.
# Asks the kernel: a connection made to find out would be a session in the recording.
wait_for_port() {
	local port pid=$2
	printf -v port ':%04X ' "$1"
	for _ in {1..600}; do
		if grep -q "${port}00000000:0000 0A" /proc/net/tcp; then
			return
		fi
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

# start_server RECORDING PORT COMMAND...: records COMMAND, and returns once it listens on PORT.
start_server() {
	local recording=$1 port=$2
	shift 2
	rm -rf "$recording"
	flowdar record --detail all "${record_options[@]}" -o "$recording" -- "$@" >"$recording.log" 2>&1 &
	recorder=$!
	if ! wait_for_port "$port" "$recorder"; then
		cat "$recording.log" >&2
		die "the server did not start: see $recording.log"
	fi
}

# stop_all: ends what still runs; for a trap, so that nothing is left behind.
stop_all() {
	[ -z "$player" ] || kill -TERM "$player" 2>/dev/null || true
	stop_server || true
}

# stop_server: ends the recording, and with it the server; nothing when there is none.
stop_server() {
	local status=0
	[ -n "$recorder" ] || return 0
	kill -TERM "$recorder" 2>/dev/null || true
	wait "$recorder" || status=$?
	recorder=
	case $status in
	0 | 130) ;; # 130: stopped by us, as it should be
	*) return $status ;;
	esac
}

# play_at_server NAME CAPTURE CLONES [SECONDS]: records the server that server_argv PORT tells the
# command of, while CLONES copies of the sessions in CAPTURE are played at it, into $out/NAME. With
# SECONDS the server is ended that long after the first session began: for captures that end with
# sessions still open, so that the server is looked at while they are.
play_at_server() {
	local name=$1 capture=$2 clones=$3 seconds=${4:-} port argv
	port=$(free_port)
	mapfile -t argv < <(server_argv "$port")
	say "$name: recording the server while ${capture##*/} is played at it, $clones times"
	start_server "$out/$name" "$port" "${argv[@]}"
	flowdar replay "$capture" --to "127.0.0.1:$port" --clones "$clones" --label "$name" \
		-o "$out/$name/replay.jsonl" &
	player=$!
	if [ -n "$seconds" ]; then
		sleep "$seconds"
	else
		wait "$player"
	fi
	if ! stop_server; then
		cat "$out/$name.log" >&2
		die "recording $name failed"
	fi
	[ -z "$seconds" ] || wait "$player" || true # its sessions were cut, on purpose
	player=
	cat "$out/$name.log"
}
