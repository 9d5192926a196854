#!/usr/bin/env bash
# A server that says what it does by tracef, and whose functions LTTng's own cyg-profile library records:
# nothing of ours is in it. A page of rules gives its sessions, hand-overs and the request that never ended.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/private.sh"
# A program, and each child of it, registers with the session daemon for as long as that takes before it says a word.
export LTTNG_UST_REGISTER_TIMEOUT=60000
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
match=^accept conn=(?<key>\\d+) from (?<peer>(?<label>[0-9.]+):[0-9]+)
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

# Keys that are fields with a text, and such as no event has.
printf '[rule %s]\nevent=lttng_ust_tracef:event\nkey=%s\ndo=session-begin\n' text msg none nothing > "$WORK/keys.rules"
"$FLOWDAR" rules "$WORK/keys.rules" --check "$WORK/trace" --format json > "$WORK/check.json"
[ "$(row text no_end)" = "$(grep -o 'msg = "[^"]*"' "$WORK/text" | sort -u | wc -l)" ] || fail "text keys: $(cat "$WORK/check.json")"
[ "$(row none no_key)" = "$(row none met)" ] || fail "no field: $(cat "$WORK/check.json")"

"$FLOWDAR" analyze "$WORK/trace" --rules "$WORK/server.rules" --format json > "$WORK/analyze.json"
[ "$(jq .session_count "$WORK/analyze.json")" = 16 ] || fail "sessions: $(head -20 "$WORK/analyze.json")"
[ "$(jq .unfinished "$WORK/analyze.json")" = $((16 - closed)) ] || fail "unfinished: $(head -20 "$WORK/analyze.json")"
"$FLOWDAR" analyze "$WORK/trace" --rules "$WORK/server.rules" --by label --format csv | cut -d, -f1,2 | sort > "$WORK/labels"
[ "$(grep -c '^10.0.0.[0-3],' "$WORK/labels")" = 4 ] || fail "labels: $(cat "$WORK/labels")"
"$FLOWDAR" sequence "$WORK/trace" --rules "$WORK/server.rules" --label 10.0.0.2 --format text | grep 10.0.0.2: >/dev/null || fail "no session with a label of the rules"
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

note "the same without numbers: first in, first out, no pid, no load events, functions by nm's listing"
cat > "$WORK/anon.c" << 'END'
#include <lttng/tracef.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SESSIONS 16
static int queued, taken;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;

void answer(int number)
{
	usleep(200);
	if (number == 9)
		pause(); /* its lock is never released, say */
}

static void *worker(void *unused)
{
	(void)unused;
	for (;;) {
		int number;

		pthread_mutex_lock(&lock);
		while (taken == queued)
			pthread_cond_wait(&some, &lock);
		number = taken++;
		tracef("job taken");
		pthread_mutex_unlock(&lock);
		answer(number);
	}
	return NULL;
}

/* LTTng knows a thread by the name that it had at its first event. */
__attribute__((no_instrument_function)) static void *begin(void *unused)
{
	prctl(PR_SET_NAME, "worker");
	return worker(unused);
}

int main(void)
{
	pthread_t workers[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&workers[i], NULL, begin, NULL);
	for (int i = 0; i < SESSIONS; i++) {
		tracef("client accepted");
		pthread_mutex_lock(&lock);
		tracef("job queued");
		queued++;
		pthread_cond_signal(&some);
		pthread_mutex_unlock(&lock);
		usleep(2000);
	}
	for (int all = 0; !all; usleep(1000)) {
		pthread_mutex_lock(&lock);
		all = taken == SESSIONS;
		pthread_mutex_unlock(&lock);
	}
	sleep(1); /* the queue is empty, and workers are idle */
	tracef("over");
	_exit(0);
}
END
cat > "$WORK/anon.rules" << 'END'
[rule accepted]
event=lttng_ust_tracef:event
text=msg
match=^client accepted
do=session
until=accepted

[rule queued]
event=lttng_ust_tracef:event
text=msg
match=^job queued
do=put
queue=jobs

[rule taken]
event=lttng_ust_tracef:event
text=msg
match=^job taken
thread=worker
do=take
queue=jobs
until=take

[rule answered]
function=answer
at=exit
do=session-end

[rule request]
function=answer
do=request
END
gcc -g -no-pie -finstrument-functions -o "$WORK/anon" "$WORK/anon.c" -llttng-ust -ldl -lpthread
nm "$WORK/anon" > "$WORK/anon.nm"
lttng -q create anon --output "$WORK/anon.trace" > /dev/null
lttng -q enable-event -u -s anon 'lttng_ust_cyg_profile*' > /dev/null
lttng -q enable-event -u -s anon 'lttng_ust_tracef*' > /dev/null
lttng -q add-context -u -s anon -t vtid -t procname > /dev/null
lttng -q start anon
LD_PRELOAD=liblttng-ust-cyg-profile.so "$WORK/anon" > /dev/null
lttng -q destroy anon > /dev/null
rm "$WORK/anon"
"$FLOWDAR" rules "$WORK/anon.rules" --check "$WORK/anon.trace" --symbols "$WORK/anon.nm" --format json > "$WORK/check.json"
[ "$(row accepted met)" = 16 ] || fail "accepted: $(cat "$WORK/check.json")"
[ "$(row accepted no_end)" = 1 ] || fail "the session that never ended: $(cat "$WORK/check.json")"
[ "$(row queued met) $(row taken met) $(row taken no_begin)" = '16 16 0' ] || fail "hand-overs: $(cat "$WORK/check.json")"
[ "$(row taken uncertain) $(row taken early)" = '0 0' ] || fail "in step: $(cat "$WORK/check.json")"
[ "$(row request no_end)" = 1 ] || fail "the request that never ended: $(cat "$WORK/check.json")"
[ "$(row answered met)" = 15 ] || fail "answered: $(cat "$WORK/check.json")"
"$FLOWDAR" analyze "$WORK/anon.trace" --rules "$WORK/anon.rules" --symbols "$WORK/anon.nm" --format json > "$WORK/analyze.json"
[ "$(jq -c '[.session_count, .unfinished]' "$WORK/analyze.json")" = '[16,1]' ] || fail "sessions: $(head -30 "$WORK/analyze.json")"
[ "$(jq '[.functions[] | select(.function == "jobs") | .calls] | add' "$WORK/analyze.json")" = 16 ] ||
	fail "hand-overs: $(jq -c '.functions[]' "$WORK/analyze.json")"
[ "$(jq '[.functions[] | select(.function == "answer") | .calls] | add' "$WORK/analyze.json")" = 16 ] ||
	fail "answer: $(jq -c '.functions[]' "$WORK/analyze.json")"
"$FLOWDAR" sequence "$WORK/anon.trace" --rules "$WORK/anon.rules" --symbols "$WORK/anon.nm" --focus answer --format text > "$WORK/picture"
grep -q '^answer in program .*has not returned$' "$WORK/picture" || fail "picture: $(head -3 "$WORK/picture")"

if [ -e "$(gcc -print-file-name=liblttng-ust-pthread-wrapper.so)" ] || ldconfig -p | grep liblttng-ust-pthread-wrapper >/dev/null; then
	note "waits for mutexes, by LTTng's library and the shipped rules"
	gcc -g -finstrument-functions -o "$WORK/locks" "$WORK/server.c" -llttng-ust -ldl -lpthread
	lttng -q create locks --output "$WORK/locks.trace" > /dev/null
	lttng -q enable-event -u -s locks 'lttng_ust_*' > /dev/null
	lttng -q add-context -u -s locks -t vtid -t vpid > /dev/null
	lttng -q start locks
	LD_PRELOAD=liblttng-ust-cyg-profile.so:liblttng-ust-pthread-wrapper.so "$WORK/locks" > /dev/null
	lttng -q destroy locks > /dev/null
	waits=$(babeltrace2 "$WORK/locks.trace" 2> /dev/null | grep -c pthread_mutex_lock_acq)
	[ "$waits" -ge 16 ] || fail "$waits waits in the trace"
	"$FLOWDAR" rules "$FLOWDAR_SOURCE/analyze/rules/shipped/pthread.rules" --check "$WORK/locks.trace" --format json > "$WORK/check.json"
	[ "$(row pthread_mutex_lock met)" -ge 16 ] || fail "waits: $(cat "$WORK/check.json")"
	"$FLOWDAR" analyze "$WORK/locks.trace" --rules "$FLOWDAR_SOURCE/analyze/rules/shipped/pthread.rules" --format json --limit 0 > "$WORK/analyze.json"
	found=$(jq '[.functions[] | select(.waits_in == "pthread_mutex_lock") | .calls] | add // 0' "$WORK/analyze.json")
	[ "$found" -ge $((waits - 3)) ] || fail "$found waits of $waits: $(jq -c '.functions[]' "$WORK/analyze.json")"
fi

note "tracelog, a process for each client, and the shipped rules"
cat > "$WORK/forker.c" << 'END'
#include <lttng/tracelog.h>
#include <sys/wait.h>
#include <unistd.h>

void answer(int number) { usleep(100 + (unsigned)number); }

int main(void)
{
	for (int i = 0; i < 8; i++) {
		tracelog(LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO, "accept 10%d from 10.0.0.%d:99", i, i);
		if (fork() == 0) {
			tracelog(LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG, "serve 10%d", i);
			answer(i);
			if (i != 3)
				tracelog(LTTNG_UST_TRACEPOINT_LOGLEVEL_WARNING, "close 10%d", i);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
END
sed '/^do=session-begin$/a forks=true' "$FLOWDAR_SOURCE/analyze/rules/shipped/tracelog.rules" > "$WORK/forker.rules"
cat >> "$WORK/forker.rules" << 'END'

[rule serve]
event=lttng_ust_tracelog:*
text=msg
match=^serve (?<key>\\d+)
do=session-resume
END
gcc -g -finstrument-functions -o "$WORK/forker" "$WORK/forker.c" -llttng-ust -ldl
lttng -q create forks --output "$WORK/forks.trace" > /dev/null
lttng -q enable-event -u -s forks 'lttng_ust_*' > /dev/null
lttng -q add-context -u -s forks -t vtid -t vpid > /dev/null
lttng -q start forks
LD_PRELOAD=liblttng-ust-cyg-profile.so:liblttng-ust-fork.so "$WORK/forker" > /dev/null
lttng -q destroy forks > /dev/null
"$FLOWDAR" rules "$WORK/forker.rules" --check "$WORK/forks.trace" --format json > "$WORK/check.json"
[ "$(row accept met) $(row accept began_again) $(row accept no_end)" = '8 0 1' ] || fail "forks: $(cat "$WORK/check.json")"
[ "$(row serve met) $(row serve no_begin)" = '8 0' ] || fail "children: $(cat "$WORK/check.json")"
"$FLOWDAR" analyze "$WORK/forks.trace" --rules "$WORK/forker.rules" --format json > "$WORK/analyze.json"
[ "$(jq .session_count "$WORK/analyze.json")" = 8 ] || fail "sessions: $(head -20 "$WORK/analyze.json")"
[ "$(jq '[.functions[] | select(.function == "answer") | .calls] | add' "$WORK/analyze.json")" = 8 ] ||
	fail "answers: $(jq -c '.functions[]' "$WORK/analyze.json")"
[ "$("$FLOWDAR" analyze "$WORK/forks.trace" --rules "$WORK/forker.rules" --by session --limit 0 --format csv | grep -c ',answer,')" = 8 ] ||
	fail "not each session has its answer"

note "processes by their pid namespace"
lttng -q create spaces --output "$WORK/spaces.trace" > /dev/null
lttng -q enable-event -u -s spaces 'lttng_ust_*' > /dev/null
lttng -q add-context -u -s spaces -t vtid -t vpid -t pid_ns > /dev/null
lttng -q start spaces
LD_PRELOAD=liblttng-ust-cyg-profile.so:liblttng-ust-fork.so "$WORK/forker" > /dev/null
unshare -p -f bash -c 'readlink /proc/self/ns/pid > "$1"; exec "${@:2}"' - "$WORK/ns" \
	env LD_PRELOAD=liblttng-ust-cyg-profile.so:liblttng-ust-fork.so "$WORK/forker" > /dev/null
lttng -q destroy spaces > /dev/null
ns=$(tr -dc 0-9 < "$WORK/ns")
sed "/^event=/a pid_ns=$ns" "$WORK/forker.rules" > "$WORK/inside.rules"
"$FLOWDAR" rules "$WORK/forker.rules" --check "$WORK/spaces.trace" --format json > "$WORK/check.json"
[ "$(row accept met)" = 16 ] || fail "both: $(cat "$WORK/check.json")"
"$FLOWDAR" rules "$WORK/inside.rules" --check "$WORK/spaces.trace" --format json > "$WORK/check.json"
[ "$(row accept met) $(row accept began_again) $(row accept no_end) $(row serve no_begin)" = '8 0 1 0' ] || fail "one: $(cat "$WORK/check.json")"
for jobs in 1 2; do
	[ "$("$FLOWDAR" analyze "$WORK/spaces.trace" --rules "$WORK/inside.rules" --jobs $jobs --no-cache --format json | jq .session_count)" = 8 ] ||
		fail "not the sessions of one namespace, by $jobs threads"
done
"$FLOWDAR" info "$WORK/spaces.trace" > "$WORK/info"
grep "in pid namespace $ns" "$WORK/info" > /dev/null || fail "info does not tell the namespace: $(cat "$WORK/info")"
