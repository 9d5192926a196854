#!/usr/bin/env bash
# flowdar record and users: a server that drops its rights, one that is started as somebody else,
# and a recorder that is not root.
. "$(dirname "$0")/private.sh"

# Others must be able to run what is tested.
chmod 711 "$WORK"
mkdir -p "$WORK/here/bin" "$WORK/here/lib/flowdar"
cp "$FLOWDAR" "$SERVER" "$WORK/here/bin/"
cp -P "$FLOWDAR_BUILD"/lib/flowdar/*.so* "$WORK/here/lib/flowdar/"
chmod -R a+rX "$WORK/here"
FLOWDAR=$WORK/here/bin/${FLOWDAR##*/} SERVER=$WORK/here/bin/demo_httpd
as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
$as_nobody "$SERVER" --help > /dev/null || { echo "skipped: cannot run programs as nobody"; exit 77; }

cat > "$WORK/drops.c" << 'C'
/* As servers do: two processes forked by root, which go on as nobody. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) int work(int n)
{
	__asm__ volatile("");
	return n + 1;
}

int main(void)
{
	for (int child = 0; child < 2; child++) {
		if (fork() != 0)
			continue;
		if (setgid(65534) != 0 || setuid(65534) != 0)
			return 1;
		for (int i = 0; i < 100; i++)
			work(i);
		return 0;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
C
cc -O0 -finstrument-functions -o "$WORK/here/bin/drops" "$WORK/drops.c" ||
	{ echo "skipped: no compiler"; exit 77; }

note "a server that root starts and that drops its rights after fork"
"$FLOWDAR" record -o "$WORK/drops" -- "$WORK/here/bin/drops" 2> "$WORK/drops.err" ||
	fail "exit status $?"
# 100 calls in each of two children, and main; the children may say that they are in it, too.
calls=$("$FLOWDAR" info "$WORK/drops" --format json | jq '.events[] | select(.event == "func_entry").count')
[ "$calls" = 201 ] || [ "$calls" = 203 ] || fail "$calls calls in place of 201"
processes=$(printed "$WORK/drops" | sed -n 's/.*flowdar:calls.*vpid = \([0-9]*\).*/\1/p' | sort -u | wc -l)
[ "$processes" = 3 ] || fail "$processes processes in place of 3"
[ "$(field "$WORK/drops" events)" = "$(referee "$WORK/drops")" ] || fail "wrong count"
nothing_left

note "a server that is started as somebody else"
"$FLOWDAR" record -o "$WORK/other" --user nobody -- "$SERVER" --port 0 \
	> "$WORK/other.out" 2> "$WORK/other.err" &
recorder=$!
wait_for 10 grep -q listening "$WORK/other.out" "$WORK/other.err" || fail "the server did not start"
port=$(cat "$WORK/other.out" "$WORK/other.err" | port_of /dev/stdin)
curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"
end_recorder "$recorder"
printed "$WORK/other" | grep -q flowdar:session_begin: || fail "no session"
[ "$(field "$WORK/other" events)" = "$(referee "$WORK/other")" ] || fail "wrong count"
nothing_left

note "and by a program that does it"
"$FLOWDAR" record -q -o "$WORK/runuser" --duration 2s -- runuser -u nobody -- "$SERVER" --port 0 \
	> /dev/null 2> "$WORK/runuser.err" || fail "exit status $?"
printed "$WORK/runuser" | grep -q flowdar:calls: || fail "no function"
nothing_left

note "users that cannot be taken on"
"$FLOWDAR" record -o "$WORK/none" --user no-such-user -- "$SERVER" 2> "$WORK/none.err" && fail "recorded"
grep -q 'there is no user "no-such-user"' "$WORK/none.err" || fail "does not say why"
[ ! -e "$WORK/none" ] || fail "something half-made stays"

note "a recorder that is not root"
mkdir "$WORK/home"
chown 65534:65534 "$WORK/home"
HOME=$WORK/home LTTNG_HOME=$WORK/home $as_nobody "$FLOWDAR" record -o "$WORK/home/mine" \
	-- "$SERVER" --port 0 > "$WORK/mine.out" 2> "$WORK/mine.err" &
recorder=$!
wait_for 10 grep -q listening "$WORK/mine.out" "$WORK/mine.err" || fail "the server did not start"
port=$(cat "$WORK/mine.out" "$WORK/mine.err" | port_of /dev/stdin)
curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"
end_recorder "$recorder"
printed "$WORK/home/mine" | grep -q flowdar:session_begin: || fail "no session"
[ "$(field "$WORK/home/mine" events)" = "$(referee "$WORK/home/mine")" ] || fail "wrong count"
[ ! -e "$WORK/home/.lttng/flowdar.lock" ] || fail "the lock file stays behind"
nothing_left

HOME=$WORK/home LTTNG_HOME=$WORK/home $as_nobody "$FLOWDAR" record -o "$WORK/home/none" --user root \
	-- "$SERVER" 2> "$WORK/none.err" && fail "recorded"
grep -q 'cannot become "root": Operation not permitted' "$WORK/none.err" || fail "does not say why"
[ ! -e "$WORK/home/none" ] || fail "something half-made stays"

note "samples, where only those of one's own programs are permitted"
cat > "$WORK/spin.c" << 'C'
#include <time.h>
#include <unistd.h>

static volatile unsigned sink;

__attribute__((noinline)) void spin_here(void)
{
	for (struct timespec now = { 0 }; now.tv_sec == 0 && now.tv_nsec < 600000000;
	     clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now))
		for (unsigned i = 0; i < 100000; i++)
			sink += i;
}

int main(void)
{
	if (fork() != 0)
		return sleep(2) != 0;
	spin_here();
	return 0;
}
C
cc -O1 -o "$WORK/here/bin/spin" "$WORK/spin.c" && chmod a+rx "$WORK/here/bin/spin"
if HOME=$WORK/home LTTNG_HOME=$WORK/home $as_nobody "$FLOWDAR" record -o "$WORK/home/sampled" --sample \
	-- "$WORK/here/bin/spin" > "$WORK/sampled.out" 2> "$WORK/sampled.err"; then
	HOME=$WORK/home $as_nobody "$FLOWDAR" analyze "$WORK/home/sampled" --by sample --server > "$WORK/sampled.txt"
	if grep -q CAP_PERFMON "$WORK/sampled.err"; then # not where everybody may have those of processors
		field "$WORK/home/sampled" warnings | grep -q "the server's own code only" || fail "does not say what they lack"
		grep -q "of the server's own code only" "$WORK/sampled.txt" || fail "analyze does not say what they lack"
	fi
	[ "$(field "$WORK/home/sampled" samples)" -ge 15 ] || fail "$(field "$WORK/home/sampled" samples) samples of 60"
	grep -q spin_here "$WORK/sampled.txt" || fail "not named: $(cat "$WORK/sampled.txt")"
else
	grep -q -- '--sample: the kernel' "$WORK/sampled.err" || fail "exit status $?"
	[ ! -e "$WORK/home/sampled" ] || fail "something half-made stays"
fi
nothing_left

note "a folder that may not be written"
mkdir -m 755 "$WORK/roots"
HOME=$WORK/home LTTNG_HOME=$WORK/home $as_nobody "$FLOWDAR" record -o "$WORK/roots/none" -- "$SERVER" \
	2> "$WORK/denied.err" && fail "recorded"
grep -q "$WORK/roots/none: Permission denied" "$WORK/denied.err" || fail "does not say why"
nothing_left
echo ok
