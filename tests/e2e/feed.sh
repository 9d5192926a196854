#!/usr/bin/env bash
# A server that is fed from a capture: all of it, and the same calls in every run, by every thread; in the debugger,
# too. What cannot be fed is refused, by its name.
set -euo pipefail
. "$(dirname "$0")/private.sh"
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
captures=$FLOWDAR_SOURCE/tests/captures
server=$FLOWDAR_BUILD/bin/demo_httpd
cd "$WORK"
mkdir -p www
echo hello >www/index.html

# feed STATUS ARGUMENT...: into "said".
feed() {
	local expected=$1 status=0
	shift
	timeout -k 5 300 "$FLOWDAR" feed "$@" >out 2>said || status=$?
	[ $status = "$expected" ] || fail "feed $*: expected $expected, not $status: $(cat said)"
}

feed 0 "$captures/demo-baseline.pcap" -- "$server" --port 8080 --root www
grep -q '227 of 227 steps, 47 of 47 connections; the server said [1-9][0-9]* bytes$' said || fail "not all was fed: $(cat said)"
told=$(cat said)

# Recorded, run after run: thread by thread the same calls, for the same sessions. Waits are left out, as times are: one is
# told only when the kernel made it wait.
runs=${1:-4}
for run in $(seq "$runs"); do
	rm -rf recorded
	timeout -k 5 300 "$FLOWDAR" record -q -o recorded -- "$FLOWDAR" feed "$captures/demo-baseline.pcap" -- \
		"$server" --port 8080 --root www >out 2>said || fail "recording: $(cat said)"
	[ "$(grep 'steps' said)" = "$told" ] || fail "another run when it is recorded: $(cat said)"
	"$FLOWDAR" log recorded --unfolded --format json >log.json
	jq -r 'def calls: select(.kind == "call" and .of != "wait"), (.below[]? | calls);
		[.items[] | calls] | group_by(.tid)[] | sort_by(.start_epoch_ns)[] | "\(.session) \(.name) \(.result // "")"' log.json >"calls.$run"
	[ "$(wc -l <"calls.$run")" -gt 300 ] || fail "only $(wc -l <"calls.$run") calls"
	cmp calls.1 "calls.$run" || fail "run $run: $(diff calls.1 "calls.$run" | head -10)"
done
"$FLOWDAR" analyze recorded --by session --format json >sessions.json
[ "$(jq .session_count sessions.json)" = 47 ] || fail "not 47 sessions"

if command -v gdb >/dev/null; then
	feed 0 "$captures/demo-baseline.pcap" -- gdb -nx -batch -ex 'handle SIGTERM nostop noprint pass' -ex 'break queue_put' \
		-ex run -ex 'delete' -ex continue --args "$server" --port 8080 --root www
	grep -q 'hit Breakpoint 1' out || fail "no breakpoint: $(cat out)"
	[ "$(cat out said | grep -o '[0-9]* of 227 steps.*')" = "${told#flowdar feed: }" ] || fail "another run in gdb: $(cat out said)"
fi
if command -v valgrind >/dev/null; then
	feed 0 "$captures/demo-baseline.pcap" -- valgrind -q --error-exitcode=9 "$server" --port 8080 --root www
	[ "$(cat said)" = "$told" ] || fail "another run under valgrind: $(cat said)"
fi
for other in redis-server nginx; do
	command -v $other >/dev/null || continue
	case $other in
	redis-server) feed 0 "$captures/replay-redis.pcap" -- redis-server --port 6379 --save '' --protected-mode no ;;
	nginx)
		cat >nginx.conf <<-END
			daemon off; master_process off; pid $PWD/nginx.pid; error_log $PWD/nginx.err; events { }
			http { access_log off; client_body_temp_path $PWD/b; proxy_temp_path $PWD/p; fastcgi_temp_path $PWD/f;
			uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s; server { listen 8081; root $PWD/www; } }
		END
		feed 0 "$captures/replay-nginx.pcap" -- nginx -e "$PWD/nginx.err" -c "$PWD/nginx.conf"
		;;
	esac
	grep -q ' 16 of 16 connections' said || fail "$other: $(cat said)"
done

# Servers that make it hard: all waits go on, all end, and what was not done is told.
odd() {
	feed "$1" "$captures/demo-baseline.pcap" -- "$FLOWDAR_BUILD/tests/feed_odd" "$2" 8080
	grep -qE "$3" said || fail "$2: $(cat said)"
}
odd 0 nothing '^flowdar feed: nothing was fed: the program ended, and listened on no TCP port$'
odd 0 never '227 of 227 steps, .* the server said 0 bytes, [1-9][0-9]* of its clients'.* not read, 47 connections were not accepted
for way in pause suspend masked looks tries; do
	odd 0 $way '227 of 227 steps, 47 of 47 connections; the server said [1-9][0-9]* bytes$'
done
odd 7 waits '227 of 227 steps, 47 of 47 connections; the server said [1-9][0-9]* bytes$'
odd 0 plain '227 of 227 steps, 47 of 47 connections; the server said [1-9][0-9]* bytes$'
odd 3 closes 'a socket of type 2, protocol 0: only TCP can be fed'
for way in deaf deaf-looks deaf-tries; do
	odd 0 $way 'the server does not end after SIGTERM: it is ended$'
done
for way in spins finds; do
	feed 3 --patience 1s "$captures/demo-baseline.pcap" -- "$FLOWDAR_BUILD/tests/feed_odd" $way 8080
	grep -q 'has worked for 1 s of processor time since step [1-9][0-9]*, and asks for no more' said || fail "$way: $(cat said)"
	grep -q 'of 227 steps, [1-9][0-9]* of 47 connections' said || fail "$way: not how far it came: $(cat said)"
done
# A script that starts it: of the other programs in there nothing is said.
feed 0 "$captures/demo-baseline.pcap" -- sh -c "mkdir made; '$FLOWDAR_BUILD/tests/feed_odd' masked 8080; rmdir made"
[ "$(wc -l <said)" = 1 ] || fail "more than a server was fed: $(cat said)"
feed 0 "$captures/demo-baseline.pcap" -- "$FLOWDAR_BUILD/tests/feed_odd" forked 8080
wait_for 5 grep -q 'the server made another process, which listens' said
[ -z "$(pgrep -x feed_odd)" ] || fail "feed_odd stays behind"

# What is fed is damaged: no word of it is believed.
damaged() {
	local status=0
	FLOWDAR_FEED=3 LD_PRELOAD=$FLOWDAR_BUILD/lib/flowdar/libflowdar-feed.so "$FLOWDAR_BUILD/tests/feed_odd" masked 8080 \
		3<"$FLOWDAR_SOURCE/tests/fuzz/corpus/feed/$1" >out 2>said || status=$?
	[ $status = "$2" ] || fail "$1: expected $2, not $status: $(cat said)"
	grep -q "$3" said || fail "$1: $(cat said)"
}
damaged whole 0 '7 of 7 steps, 2 of 2 connections'
damaged cut 3 'what is fed is damaged at byte'
damaged long_step 3 'what is fed is damaged at byte 32'
damaged many_connections 3 'damaged: 4294967295 connections in 7 steps'
damaged other 3 'comes from another version'

# What cannot be fed.
feed 1 "$captures/replay-udp.pcap" -- "$server" --port 8080
feed 3 "$captures/replay-echo.pcap" -- "$FLOWDAR_BUILD/bin/echo_server" 7000
grep -q 'a socket of type 2, protocol 0: only TCP can be fed' said || fail "UDP: $(cat said)"
feed 1 "$captures/demo-baseline.pcap" -- ./no-server
feed 2 "$captures/demo-baseline.pcap"
echo "$told; $runs recorded runs alike"
