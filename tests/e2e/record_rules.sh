#!/usr/bin/env bash
# flowdar record: which calls are recorded is told to the libraries in the server; the numbers add up.
. "$(dirname "$0")/private.sh"

cat > "$WORK/calls.c" << 'C'
/* Four threads: 20,000 calls of mid, ten of leaf in each; 20 calls of slow, of 10 ms each. */
#include <pthread.h>
#include <unistd.h>

volatile int sum;

__attribute__((noinline)) void leaf(int number)
{
	sum += number;
}

__attribute__((noinline)) void mid(int number)
{
	for (int i = 0; i < 10; i++)
		leaf(number + i);
}

__attribute__((noinline)) void slow(void)
{
	usleep(10000);
}

void *work(void *nothing)
{
	for (int i = 0; i < 20000; i++)
		mid(i);
	for (int i = 0; i < 20; i++)
		slow();
	return nothing;
}

int main(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
C
gcc -O1 -g -finstrument-functions -o "$WORK/calls" "$WORK/calls.c" -lpthread ||
	{ echo "skipped: no compiler"; exit 77; }
all=$((4 * (1 + 20000 + 200000 + 20) + 1))

# count EVENT: of that event in the recording.
count() {
	"$FLOWDAR" info "$WORK/rec" --format json |
		jq --arg event "$1" '[.events[] | select(.event == $event).count] | add // 0'
}

# record OPTIONS...: runs it, anew.
record() {
	rm -rf "$WORK/rec"
	"$FLOWDAR" record -q -o "$WORK/rec" "$@" -- "$WORK/calls" 2> "$WORK/rec.err" ||
		fail "exit status $?: $*"
	[ "$(field "$WORK/rec" discarded)" = 0 ] || fail "events were lost: $*"
	[ "$(count func_entry)" = "$(count func_exit)" ] || fail "calls do not pair: $*"
}

# expect CALLS SKIPPED: how many calls there are, and how many were only counted.
expect() {
	local skipped
	skipped=$(field "$WORK/rec" calls_skipped)
	[ "$(count func_entry)" = "$1" ] || fail "$(count func_entry) calls in place of $1"
	[ "$(field "$WORK/rec" calls)" = "$1" ] || fail "the server says $(field "$WORK/rec" calls)"
	[ "${skipped:-0}" = "$2" ] || fail "$skipped calls skipped in place of $2"
}

# priced: the price of a call was measured, and is one: above 5 ns, and below 20 us on the fullest machine.
priced() {
	local inner outer
	inner=$(field "$WORK/rec" price_inner_ps)
	outer=$(field "$WORK/rec" price_outer_ps)
	[ "${inner:-0}" -gt 5000 ] && [ "${outer:-0}" -gt 5000 ] || fail "a call took ${inner:-0} and ${outer:-0} ps"
	[ $((inner + outer)) -lt 20000000 ] || fail "a call took $inner and $outer ps"
}

note "all of them, and what a call takes"
record
expect $all 0
priced

note "lossless"
record --lossless
expect $all 0

note "by name"
record --functions mid
expect 80000 0
[ "$(field "$WORK/rec" functions)" = mid ] || fail "recording.json does not say what was asked for"
[ "$(field "$WORK/rec" functions_live)" = 1 ] || fail "$(field "$WORK/rec" functions_live) functions live"
record --functions '!leaf'
expect $((all - 800000)) 0
priced
record --functions '*,!l*,leaf,bin:no-such-binary'
expect $all 0

note "a rule that fits no function is told"
record --functions 'mid,prase,!no_such,bin:calls,thread:none*'
for rule in prase '!no_such'; do
	grep -q -- "--functions '$rule': no function that could be recorded fits it" "$WORK/rec.err" ||
		fail "nothing is said of $rule: $(cat "$WORK/rec.err")"
done
[ "$(grep -c 'no function' "$WORK/rec.err")" -le 4 ] || fail "more is said: $(cat "$WORK/rec.err")"

note "by depth"
record --depth 2
expect $((all - 800000)) 0
[ "$(field "$WORK/rec" depth)" = 2 ] || fail "recording.json does not say what was asked for"
[ "$(field "$WORK/rec" price_measured)" = "" ] || fail "the price of a part of the calls is told"

note "by duration: what is too short is counted"
record --min-duration 1ms
[ "$(count func_entry)" -lt 1000 ] || fail "$(count func_entry) calls of 1 ms and more"
[ "$(count func_entry)" -ge 85 ] || fail "$(count func_entry) calls of 1 ms and more"
[ $(($(count func_entry) + $(field "$WORK/rec" calls_skipped))) = $all ] ||
	fail "$(count func_entry) calls and $(field "$WORK/rec" calls_skipped) skipped are not $all"

note "a compiler's clone by the name of its function"
cat > "$WORK/clones.c" << 'C'
volatile int sum;

__attribute__((noinline)) void parse(int number) __asm__("parse.constprop.0");
__attribute__((noinline)) void parse(int number)
{
	sum += number;
}

__attribute__((noinline)) static int first(int number)
{
	return number * sum + 7;
}

__attribute__((noinline)) static int second(int number)
{
	return number * sum + 7;
}

int main(void)
{
	for (int i = 0; i < 100; i++)
		parse(first(i) + second(i) + second(i));
	return 0;
}
C
"$FLOWDAR" cc --flowdar-compiler=gcc -O2 -g -o "$WORK/calls" "$WORK/clones.c" || fail "flowdar cc"
record --functions parse
expect 100 0
! grep -q 'no function' "$WORK/rec.err" || fail "a rule that fits is told not to: $(cat "$WORK/rec.err")"
rm -rf "$WORK/rec"

note "functions with the same code are two"
record --functions first,second
expect 300 0
"$FLOWDAR" analyze "$WORK/rec" --format json > "$WORK/rec.json"
for pair in first=100 second=200; do
	calls=$(jq --arg f "${pair%=*}" '[.. | objects | select(.function? == $f) | .calls][0]' "$WORK/rec.json")
	[ "$calls" = "${pair#*=}" ] || fail "$calls calls of ${pair%=*} in place of ${pair#*=}"
done

note "where code may not be changed: it is said why functions stay off"
cat > "$WORK/forbidden.c" << 'C'
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argc;
	/* As MemoryDenyWriteExecute does: PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN (Linux 6.3). */
	if (prctl(65, 1, 0, 0, 0))
		return 77;
	execv(argv[1], argv + 1);
	return 1;
}
C
if gcc -fpatchable-function-entry=5 -O1 -g -o "$WORK/loud" "$WORK/calls.c" -lpthread 2> /dev/null &&
	gcc -o "$WORK/forbidden" "$WORK/forbidden.c" && "$WORK/forbidden" /bin/true; then
	"$FLOWDAR" record -q -o "$WORK/off" -- "$WORK/forbidden" "$WORK/loud" 2> "$WORK/off.err" || true
	grep -q 'functions that were asked for are not recorded: changing code is forbidden there' \
		"$WORK/off.err" || fail "does not say why functions stay off: $(cat "$WORK/off.err")"
	mv "$WORK/loud" "$WORK/calls"
	record
	! grep -q 'not recorded' "$WORK/rec.err" || fail "says that functions are off: $(cat "$WORK/rec.err")"
fi
nothing_left
echo ok
