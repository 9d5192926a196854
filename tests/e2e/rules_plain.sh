#!/usr/bin/env bash
# The shipped rules of httpd, and a page of rules for a server that forks, on plain traces that LTTng's own cyg-profile
# library gives of servers built with -finstrument-functions, whose functions are called as theirs and sleep for as long as
# is known: what sessions have is what they took, the wait for the next connection is not theirs, nor does a session
# last longer than its process.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/private.sh"
export LTTNG_UST_REGISTER_TIMEOUT=60000
for need in lttng gcc jq; do
	command -v "$need" > /dev/null || { echo "skipped: needs $need"; exit 77; }
done
library=$(ldconfig -p | awk '/liblttng-ust-cyg-profile-fast\.so/ && !seen++ { print $NF }')
fork=$(ldconfig -p | awk '/liblttng-ust-fork\.so/ && !seen++ { print $NF }')
[ -n "$library" ] && [ -n "$fork" ] || { echo "skipped: needs LTTng's cyg-profile and fork libraries"; exit 77; }

cat > "$WORK/server.c" << 'EOF'
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void ap_queue_pop_something(void) { usleep(300000); }
void ap_process_request(void) { usleep(10000); }
void ap_process_connection(void) { ap_process_request(); ap_process_request(); }
void ap_unixd_accept(void) { usleep(300000); }
void clean_child_exit(void) { exit(0); }
void finish_request(void) { exit(0); }
void handle_request(void) { usleep(20000); finish_request(); }

static void serve_in_children(void)
{
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			handle_request();
	while (wait(NULL) > 0)
		;
	usleep(900000);
}

static void accept_in_child(void)
{
	if (fork() == 0) {
		for (int i = 0; i < 4; i++) {
			ap_unixd_accept();
			ap_process_connection();
		}
		clean_child_exit();
	}
	while (wait(NULL) > 0)
		;
	usleep(900000);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "prefork") == 0) {
		accept_in_child();
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "fork") == 0) {
		serve_in_children();
		return 0;
	}
	for (int i = 0; i < 4; i++) {
		ap_queue_pop_something();
		ap_process_connection();
	}
	return 0;
}
EOF
gcc -g -O0 -finstrument-functions -o "$WORK/server" "$WORK/server.c" || fail "cannot be compiled"
printf '[rule connection]\nfunction=handle_request\ndo=session\n[rule done]\nfunction=finish_request\ndo=process-end\n' \
	> "$WORK/fork.rules"
cp "$FLOWDAR_SOURCE/analyze/rules/shipped/httpd.rules" "$WORK/httpd.rules"
cp "$WORK/httpd.rules" "$WORK/prefork.rules"
lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || fail "no session daemon"

for kind in httpd prefork fork; do
	lttng -q create $kind --output "$WORK/$kind" > /dev/null
	lttng -q enable-event -u -s $kind 'lttng_ust_cyg_profile*:*,lttng_ust_statedump:*'
	lttng -q add-context -u -s $kind -t vpid -t vtid -t procname
	lttng -q start $kind
	LD_PRELOAD="$library $fork" "$WORK/server" $kind || fail "the server"
	lttng -q destroy $kind > /dev/null
	"$FLOWDAR" rules "$WORK/$kind.rules" --check "$WORK/$kind" --format json > "$WORK/$kind.check" || fail "rules"
	"$FLOWDAR" analyze "$WORK/$kind" --rules "$WORK/$kind.rules" --by session --limit 0 --format json \
		> "$WORK/$kind.sessions" 2> "$WORK/$kind.err" || fail "analyze"
	# Four, each with its 20 ms, and nothing of before it began; how long they take is the machine's.
	jq -e '.sessions | length == 4 and all(.state == "finished" and .time_ns >= 20000000 and .time_ns <= .open_ns + 1000000)' \
		"$WORK/$kind.sessions" > /dev/null || fail "$kind: $(jq -c '.sessions' "$WORK/$kind.sessions")"
	note "$kind: $(jq -c '[.sessions[] | .time_ns / 1e6 | floor]' "$WORK/$kind.sessions") ms"
done
jq -e '[.rules[] | select(.rule == "request")][0].met == 8' "$WORK/httpd.check" > /dev/null ||
	fail "requests: $(jq -c . "$WORK/httpd.check")"
jq -e '.rules | all(.no_end == 0 and .no_begin == 0)' "$WORK/fork.check" > /dev/null || fail "$(jq -c . "$WORK/fork.check")"
# A process that accepts waits for it, and is over when it says so.
"$FLOWDAR" analyze "$WORK/prefork" --rules "$WORK/prefork.rules" --server --limit 0 --format json > "$WORK/own" 2> "$WORK/own.err" ||
	fail "analyze --server"
jq -e '[.functions[] | select(.function == "ap_unixd_accept" and .waits_in == "accept") | .own_ns] | length == 1 and .[0] >= 1200000000' \
	"$WORK/own" > /dev/null || fail "accepting: $(jq -c '.functions' "$WORK/own")"
jq -e '[.functions[] | select(.function == "clean_child_exit")] | all(.own_ns < 600000000)' "$WORK/own" > /dev/null ||
	fail "the child goes on: $(jq -c '.functions' "$WORK/own")"
