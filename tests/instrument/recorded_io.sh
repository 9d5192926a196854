#!/usr/bin/env bash
# flowdar record --io: Debian's nginx as it is, in the foreground and attached to, from command line to
# the sessions that flowdar tells of.
. "$(dirname "$0")/../e2e/private.sh"
for tool in nginx curl jq; do
	command -v $tool > /dev/null || { echo "skipped: needs $tool"; exit 77; }
done
port=$((7310 + RANDOM % 80))
mkdir "$WORK/www"
echo hello > "$WORK/www/index.html"
chmod 755 "$WORK" "$WORK/www"
cat > "$WORK/nginx.conf" << END
daemon off;
worker_processes 2;
user root;
pid $WORK/nginx.pid;
error_log $WORK/nginx.log;
events { worker_connections 256; }
http { access_log off; server { listen 127.0.0.1:$port; root $WORK/www; } }
END
command=(nginx -c "$WORK/nginx.conf" -e "$WORK/nginx.log")

answers() {
	[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")" = 200 ]
}

# closed: nobody is connected to the server but our descriptor 9.
closed() {
	[ "$(ss -H -t -n state all "sport = :$port" | grep -v -c -E '^(LISTEN|TIME-WAIT)')" = 1 ]
}

# sessions DIR: how many of each, by flowdar info: sessions that began, ended, and events of bytes.
sessions() {
	"$FLOWDAR" info "$1" --format json | jq -r '[.events[] | {(.event): .count}] | add |
		"\(.session_begin) \(.session_end) \(.bytes)"'
}

note "from the start"
"$FLOWDAR" record --io --bytes 16 -o "$WORK/one" -- "${command[@]}" > /dev/null 2> "$WORK/one.err" &
recorder=$!
wait_for 10 answers || fail "no answer"
for _ in 1 2 3 4 5; do
	curl -s -o /dev/null -w '%{local_port}\n' "http://127.0.0.1:$port/" >> "$WORK/ports" || fail "no answer"
done
# Politely: what its clients have closed it closes, too, before it ends.
kill -QUIT "$(cat "$WORK/nginx.pid")"
wait "$recorder" || fail "exit status $?"
[ "$(field "$WORK/one" discarded)" = 0 ] || fail "events were lost"
"$FLOWDAR" export "$WORK/one" --ctf "$WORK/plain" > /dev/null || fail "export: exit status $?"
babeltrace2 "$WORK/plain" > "$WORK/events.txt"
while read -r client; do
	[ "$(grep -c "session_begin:.* peer = \"127.0.0.1:$client\"" "$WORK/events.txt")" = 1 ] ||
		fail "not one session of port $client"
done < "$WORK/ports"
read -r begun ended bytes < <(sessions "$WORK/one")
[ "$begun $ended $bytes" = "6 6 12" ] ||
	fail "sessions, ends, bytes: $begun $ended $bytes"
"$FLOWDAR" analyze "$WORK/one" > "$WORK/analyze.txt" || fail "analyze: exit status $?"
grep -q "^$begun sessions: $begun finished" "$WORK/analyze.txt" || fail "$(cat "$WORK/analyze.txt")"

note "attached to, with a client that has been there before"
LD_PRELOAD=liblttng-ust-fork.so.1:liblttng-ust-fd.so.1:$FLOWDAR_BUILD/lib/flowdar/libflowdar-io.so \
	"${command[@]}" 2> "$WORK/nginx.err" &
server=$!
wait_for 10 answers || fail "no answer"
exec 9<> "/dev/tcp/127.0.0.1/$port"
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&9
read -r -t 120 line <&9 && [ -n "$line" ] || fail "no answer on the connection"
"$FLOWDAR" record --io -o "$WORK/two" --attach "$server" > "$WORK/two.out" 2> "$WORK/two.err" &
recorder=$!
wait_for 10 grep -q recording "$WORK/two.err" || fail "does not say that it records"
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&9
until read -r -t 120 line <&9 || fail "no second answer on the connection"; [[ $line = HTTP/* ]]; do
	: # what is left of the first
done
answers || fail "no answer"
wait_for 10 closed || fail "the server does not close its client's connection"
end_recorder "$recorder"
exec 9>&-
kill "$server"
wait "$server"
[ "$(sessions "$WORK/two")" = "2 1 null" ] || fail "sessions, ends, bytes: $(sessions "$WORK/two")"

note "a program that cannot be recorded"
echo 'int main(void) { return 0; }' > "$WORK/static.c"
if gcc -static "$WORK/static.c" -o "$WORK/static" 2> /dev/null; then
	"$FLOWDAR" record --io -o "$WORK/three" -- "$WORK/static" 2> "$WORK/three.err" && fail "a recording of nothing"
	head -n 1 "$WORK/three.err" | grep -q 'static is statically linked' || fail "$(cat "$WORK/three.err")"
fi
nothing_left
