#!/usr/bin/env bash
# A server that says what it does by tracef, and whose functions LTTng's own cyg-profile library records:
# nothing of ours is in it. A page of rules gives its sessions, hand-overs and the request that never ended.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/private.sh"
for need in lttng babeltrace2 gcc jq; do
	command -v "$need" > /dev/null || { echo "skipped: needs $need"; exit 77; }
done
echo '#include <lttng/tracef.h>' | gcc -E - > /dev/null 2>&1 || { echo "skipped: needs lttng/tracef.h"; exit 77; }

cat > "$WORK/server.c" << 'EOF'
#include <lttng/tracef.h>
#include <pthread.h>
#include <unistd.h>

#define SESSIONS 16
static int queue[SESSIONS], head, tail;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void parse(int conn) { usleep(100 + (unsigned)conn); }

void handle_request(int conn)
{
	parse(conn);
	if (conn == 5)
		pause();
}

static void *worker(void *unused)
{
	(void)unused;
	for (int done = 0; done < SESSIONS / 2;) {
		int conn = -1;

		pthread_mutex_lock(&lock);
		if (head < tail)
			conn = queue[head++];
		pthread_mutex_unlock(&lock);
		if (conn < 0) {
			usleep(100);
			continue;
		}
		tracef("work conn=%d", conn);
		handle_request(conn);
		tracef("close conn=%d", conn);
		done++;
	}
	return NULL;
}

int main(void)
{
	pthread_t workers[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&workers[i], NULL, worker, NULL);
	for (int conn = 0; conn < SESSIONS; conn++) {
		tracef("accept conn=%d from 10.0.0.%d:4000", conn, conn % 4);
		tracef("queue conn=%d", conn);
		pthread_mutex_lock(&lock);
		queue[tail++] = conn;
		pthread_mutex_unlock(&lock);
		usleep(3000);
	}
	sleep(1);
	_exit(0);
}
EOF
cat > "$WORK/server.rules" << 'EOF'
[rule accepted]
event=lttng_ust_tracef:event
text=msg
match=^accept conn=(?<key>\\d+) from (?<peer>[0-9.:]+)
do=session-begin

[rule queued]
event=lttng_ust_tracef:event
text=msg
match=^queue conn=(?<object>\\d+)
do=put
queue=connections

[rule worker]
event=lttng_ust_tracef:event
text=msg
match=^work conn=(?<object>\\d+)
do=take
queue=connections

[rule closed]
event=lttng_ust_tracef:event
text=msg
match=^close conn=(?<key>\\d+)
do=session-end

[rule request]
function=handle_request
do=request

[component reader]
functions=parse
EOF
gcc -g -finstrument-functions -o "$WORK/server" "$WORK/server.c" -llttng-ust -ldl -lpthread
lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || fail "no session daemon"
lttng -q create t --output "$WORK/trace" > /dev/null
lttng -q enable-event -u -s t 'lttng_ust*' > /dev/null
lttng -q add-context -u -s t -t vtid -t vpid > /dev/null
lttng -q start t
LD_PRELOAD=liblttng-ust-cyg-profile.so "$WORK/server" > /dev/null
lttng -q destroy t > /dev/null

# An independent count of what the trace says.
babeltrace2 "$WORK/trace" > "$WORK/text" 2> /dev/null
accepted=$(grep -c 'accept conn=' "$WORK/text")
closed=$(grep -c 'close conn=' "$WORK/text")
[ "$accepted" = 16 ] || fail "the trace has $accepted sessions"

"$FLOWDAR" rules "$WORK/server.rules" --check "$WORK/trace" --format json > "$WORK/check.json"
row() { jq -r --arg rule "$1" --arg figure "$2" '.rules[] | select(.rule == $rule) | .[$figure]' "$WORK/check.json"; }
[ "$(row accepted met)" = 16 ] || fail "accepted: $(cat "$WORK/check.json")"
[ "$(row accepted no_end)" = $((16 - closed)) ] || fail "sessions without an end: $(cat "$WORK/check.json")"
[ "$(row worker met)" = "$(grep -c 'work conn=' "$WORK/text")" ] || fail "hand-overs: $(cat "$WORK/check.json")"
[ "$(row worker no_begin)" = 0 ] || fail "hand-overs without a put: $(cat "$WORK/check.json")"
[ "$(row request no_end)" = 1 ] || fail "the request that never ended: $(cat "$WORK/check.json")"

"$FLOWDAR" analyze "$WORK/trace" --rules "$WORK/server.rules" --format json > "$WORK/analyze.json"
[ "$(jq .session_count "$WORK/analyze.json")" = 16 ] || fail "sessions: $(head -20 "$WORK/analyze.json")"
[ "$(jq .unfinished "$WORK/analyze.json")" = $((16 - closed)) ] || fail "unfinished: $(head -20 "$WORK/analyze.json")"
jq -e '.functions[] | select(.function == "parse" and .component == "reader" and .calls >= 9)' "$WORK/analyze.json" > /dev/null ||
	fail "parse is no reader: $(jq -c '.functions[]' "$WORK/analyze.json")"
jq -e '.functions[] | select(.function == "connections" and .calls >= 9)' "$WORK/analyze.json" > /dev/null ||
	fail "no queue: $(jq -c '.functions[]' "$WORK/analyze.json")"
# Without rules there is nobody's time but the server's.
[ "$("$FLOWDAR" analyze "$WORK/trace" --format json | jq .session_count)" = 0 ] || fail "sessions without rules"
# The recording's own rules.
cp "$WORK/server.rules" "$WORK/trace/rules"
[ "$("$FLOWDAR" analyze "$WORK/trace" --format json | jq .session_count)" = 16 ] || fail "its own rules are not taken"
note "16 sessions, $closed closed"
