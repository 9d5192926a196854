#!/usr/bin/env bash
# flowdar record --sample counts page faults and migrations by session, where the kernel lets it.
. "$(dirname "$0")/private.sh"
. "$(dirname "$0")/no_perf.sh"

cat > "$WORK/server.c" << 'C'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGES  20000u
#define ROUNDS 10

static void fault(void)
{
	char *memory = mmap(NULL, PAGES << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(memory, PAGES << 12, MADV_NOHUGEPAGE);
	for (unsigned i = 0; i < PAGES; i++)
		((volatile char *)memory)[i << 12] = 1;
	munmap(memory, PAGES << 12);
}

/* Onto each of the processors that it may have, in turn. */
static void migrate(void)
{
	cpu_set_t all, one;

	sched_getaffinity(0, sizeof(all), &all);
	for (int i = 0; i < ROUNDS * CPU_SETSIZE; i++) {
		CPU_ZERO(&one);
		CPU_SET(i % CPU_SETSIZE, &one);
		if (CPU_ISSET(i % CPU_SETSIZE, &all))
			sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[argc - 1])),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct rusage used;
	char asked = 0;

	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(listener, 64) != 0)
		return 1;
	while (asked != 'q') {
		int client = accept(listener, NULL, NULL);

		if (read(client, &asked, 1) == 1 && asked == 'f')
			fault();
		else if (asked == 'm')
			migrate();
		if (write(client, &asked, 1) != 1)
			return 2;
		close(client);
	}
	getrusage(RUSAGE_SELF, &used);
	printf("%ld\n", used.ru_minflt + used.ru_majflt);
	return 0;
}
C
cc -O1 -o "$WORK/server" "$WORK/server.c" || fail "no compiler"

ask() {
	exec 3<> "/dev/tcp/127.0.0.1/$port" || return 1
	printf %s "$1" >&3
	[ "$(cat <&3)" = "$1" ] || fail "$1: another answer"
	exec 3>&-
}
asked() { (ask "$1") 2> /dev/null; }

# recorded NAME [COMMAND...]: what is asked of the server is in $requests, a letter a session.
recorded() {
	local i
	port=$(free_port)
	"${@:2}" "$FLOWDAR" record -q -o "$WORK/$1" --io --sample ${unasked:+--no-counts} -- "$WORK/server" "$port" > "$WORK/$1.out" 2> "$WORK/$1.err" &
	recorder=$!
	wait_for 60 asked n || fail "$1: the server did not start"
	for ((i = 0; i < ${#requests}; i++)); do ask "${requests:i:1}"; done
	ask q
	wait $recorder || fail "$1: exit status $?"
	"$FLOWDAR" analyze "$WORK/$1" --by session --sort start --limit 0 --format json > "$WORK/$1.json" ||
		fail "$1: analyze: exit status $?"
}

note "without permission there are none, which is said"
requests=f
recorded none "$WORK/no_perf"
grep -q 'page faults and migrations are not counted' "$WORK/none.err" || fail "does not say so"
jq -e '[.sessions[] | .page_faults, .migrations] | all(. == null)' "$WORK/none.json" > /dev/null ||
	fail "has some: $(jq -c '[.sessions[].page_faults]' "$WORK/none.json")"

note "nor where nobody wants them, which is no warning"
unasked=1 recorded unasked
grep -q 'not counted' "$WORK/unasked.err" && fail "warns of what was asked for"
jq -e '[.sessions[] | .page_faults, .migrations] | all(. == null)' "$WORK/unasked.json" > /dev/null ||
	fail "has some: $(jq -c '[.sessions[].page_faults]' "$WORK/unasked.json")"
"$FLOWDAR" record --no-counts -o "$WORK/alone" -- true 2> "$WORK/alone.err"
[ $? = 2 ] && grep -q 'needs --sample' "$WORK/alone.err" || fail "--no-counts alone: $(cat "$WORK/alone.err")"

note "each session has its own"
requests=nnn
recorded usual
if grep -q 'migrations are not counted\|migrations of sessions are not counted' "$WORK/usual.err"; then
	echo "passed; the rest is skipped: the kernel lets nobody count"
	exit 0
fi
requests=fnmfnmfnm
recorded faults
# counts_of LETTER COLUMN: of the sessions that asked for that; the first one asked whether the server is there.
counts_of() {
	jq --arg letter "$1" --arg column "$2" --arg requests "$requests" \
		'[.sessions[1:1 + ($requests | length)] | to_entries[] | select($requests[.key:.key + 1] == $letter) | .value[$column]]' \
		"$WORK/faults.json"
}
# Whose they were is an estimate, by some of them: neither exact, nor anywhere near those of others.
counts_of f page_faults | jq -e 'length == 3 and add / 3 >= 15000 and add / 3 <= 25000' > /dev/null ||
	fail "faults: $(counts_of f page_faults | jq -c .)"
counts_of n page_faults | jq -e 'length == 3 and add / 3 <= 5000' > /dev/null || fail "faults of others: $(counts_of n page_faults | jq -c .)"
if [ "$(nproc)" -gt 1 ]; then
	counts_of m migrations | jq -e "add >= 10 * $(nproc)" > /dev/null || fail "migrations: $(counts_of m migrations | jq -c .)"
fi

note "the sum of all is near what the server had, and info says that it is estimated whose they were"
"$FLOWDAR" info "$WORK/faults" --format json > "$WORK/info.json" || fail "info: exit status $?"
had=$(cat "$WORK/faults.out")
jq -e --argjson had "$had" '.page_faults >= $had * 0.75 and .page_faults <= $had * 1.25' "$WORK/info.json" > /dev/null ||
	fail "all: $(jq -c .page_faults "$WORK/info.json"), and the server had $had"
jq -e '.counts_estimated > 10000' "$WORK/info.json" > /dev/null || fail "estimated: $(jq -c .counts_estimated "$WORK/info.json")"
"$FLOWDAR" info "$WORK/faults" > "$WORK/info.txt" || fail "info: exit status $?"
grep -q '^page faults: .* is estimated$' "$WORK/info.txt" || fail "info does not say so"
jq -e 'has("page_faults") and .page_faults == null' <("$FLOWDAR" info "$WORK/none" --format json) > /dev/null || fail "info has some of nobody's"

note "a profile keeps them, and diff tells them beside the verdict"
"$FLOWDAR" merge "$WORK/faults" "$WORK/faults" -o "$WORK/twice.profile" 2> "$WORK/merge.err" || fail "merge: exit status $?"
"$FLOWDAR" diff "$WORK/usual" "$WORK/twice.profile" --format json > "$WORK/diff.json" 2> "$WORK/diff.err"
mean=$(jq '[.sessions[].page_faults] | add / length' "$WORK/faults.json")
jq -e --argjson mean "$mean" '.sides[1].page_faults as $told | ($told - $mean) * ($told - $mean) < 0.0001' "$WORK/diff.json" > /dev/null ||
	fail "diff: $(jq -c .sides "$WORK/diff.json"), and not $mean"
jq -e '.notes | any(startswith("page faults of a session: ") and contains("estimated"))' "$WORK/diff.json" > /dev/null ||
	fail "notes: $(jq -c .notes "$WORK/diff.json")"
echo "passed"
