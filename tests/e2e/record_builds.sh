#!/usr/bin/env bash
# flowdar diff of one program under other names, stripped and not: an equal build id is the same code,
# and what one recording's table names is named in the other.
. "$(dirname "$0")/private.sh"
cd "$WORK" || exit 1

cat > server.c << 'C'
#include <flowdar/flowdar.h>
#include <stdlib.h>

int library_work(int rounds);
static volatile unsigned sink;

static __attribute__((noinline)) void tick(int number)
{
	sink = sink * 33 + (unsigned)number;
}

static __attribute__((noinline)) void parse(int rounds)
{
	for (int i = 0; i < rounds; i++)
		tick(i);
}

static __attribute__((noinline)) void handle(int rounds)
{
	parse(rounds);
	sink += (unsigned)library_work(rounds);
}

int main(int argc, char **argv)
{
	for (long i = 1; i <= 40; i++) {
		FLOWDAR_SESSION_BEGIN(i, "10.0.0.1:1", -1);
		handle(argc > 1 ? atoi(argv[1]) : 1);
		FLOWDAR_SESSION_END(i);
	}
	return 0;
}
C
cat > library.c << 'C'
static volatile unsigned sink;

static __attribute__((noinline)) unsigned inner(int rounds)
{
	for (int i = 0; i < rounds; i++)
		sink = sink * 33 + (unsigned)i;
	return sink;
}

int library_work(int rounds);
int library_work(int rounds)
{
	return (int)(inner(rounds) & 1);
}
C
gcc --version > /dev/null 2>&1 || { echo "skipped: no compiler"; exit 77; }
mkdir full bare
"$FLOWDAR" cc --flowdar-compiler=gcc -g -O1 -shared -fPIC -Wl,--build-id -Wl,-soname,libwork.so.1 library.c \
	-o full/libwork.so.1 || fail "flowdar cc"
"$FLOWDAR" cc --flowdar-compiler=gcc -g -O1 -Wl,--build-id server.c -o full/server full/libwork.so.1 ||
	fail "flowdar cc"
strip -o bare/server-next full/server || fail "strip"
strip -o bare/libwork.so.1 full/libwork.so.1 || fail "strip"

# record NAME FOLDER PROGRAM ROUNDS
record() {
	LD_LIBRARY_PATH=$2 "$FLOWDAR" record -q -o "$1" -- "$2/$3" "$4" > rec.out 2> rec.err || fail "record $1"
}

# components FILE: "function component" of what is compared.
components() {
	jq -r '.functions[] | select(.waits_in == "") | .function + " " + .component' "$1" | sort
}

record base full server 1000
record next bare server-next 26000 # with enough calls for its profile to be kept
"$FLOWDAR" analyze next --format json > alone.json 2> alone.err || fail "analyze"
! grep -q '"parse"' alone.json || fail "a stripped program's functions have names from nowhere"
grep -q "without a name: what would help is" alone.err ||
	fail "what would help is not said: $(cat alone.err); $(jq -c "[.functions[] | [.function, .component, .own_ns]] | sort_by(-.[2]) | .[:8]" alone.json)"

note "the baseline's tables name what the subject's file does not"
for _ in first second; do
	"$FLOWDAR" diff base next --limit 0 --min-share 0 --format json > diff.json || fail "diff"
	for one in "parse server-next" "handle server-next" "tick server-next" "inner libwork" "library_work libwork"; do
		components diff.json | grep -qx "$one" || fail "no row for $one: $(components diff.json)"
	done
	# Of a function that the scheduler stops, there may be a row of what it waits for.
	jq -c '.functions[] | select(.presence != "both" and .waits_in == "" and .function != "processor")' diff.json > diff.out
	[ ! -s diff.out ] || fail "something is new: $(head -n 3 diff.out)"
done
jq -e '.notes[] | select(test("server-next is the baseline.s server under another name .equal build ids"))' diff.json \
	> diff.out || fail "the other name is not said"
"$FLOWDAR" diff next base --limit 0 --min-share 0 --format json > diff.json || fail "diff"
components diff.json | grep -qx "parse server" || fail "not the other way round: $(components diff.json)"

note "and so do the pictures"
"$FLOWDAR" sequence next --baseline base --format text > sequence.out 2> sequence.err || fail "sequence"
grep -q "parse .*×" sequence.out || fail "no ratio of parse"
! grep -Eq 'gone|new$' sequence.out || fail "the picture takes the program for another: $(cat sequence.out)"

note "names that were borrowed are not kept beside the recording"
"$FLOWDAR" analyze next --format json > again.json 2> /dev/null || fail "analyze"
cmp -s alone.json again.json || fail "another answer after diff"
mv base/symbols base/symbols.away
mv full full.away
"$FLOWDAR" diff base next --limit 0 --min-share 0 --format json > diff.json 2> diff.err || fail "diff"
! components diff.json | grep -q '^parse ' || fail "names of a table that is gone"
mv base/symbols.away base/symbols

note "a program that was moved, and stripped where it is, keeps the names of its recording"
"$FLOWDAR" analyze base --format json > moved.json 2> moved.err || fail "analyze"
grep -q '"parse"' moved.json || fail "no names after it was moved"
mv full.away full
strip full/server full/libwork.so.1 || fail "strip"
"$FLOWDAR" analyze base --format json > stripped.json 2> stripped.err || fail "analyze"
grep -q '"parse"' stripped.json || fail "no names after it was stripped"
# Two stripped files, and their debug information with a server of it on this machine.
if command -v debuginfod > debuginfod.out && ldconfig -p | grep -q 'libdebuginfod\.so\.1'; then
	note "names from a server of debug information, where the user has switched that on"
	mkdir debug
	"$FLOWDAR" cc --flowdar-compiler=gcc -g -O1 -Wl,--build-id server.c -o far full/libwork.so.1 || fail "flowdar cc"
	objcopy --only-keep-debug far debug/far.debug || fail "objcopy"
	strip far || fail "strip"
	LD_LIBRARY_PATH=full "$FLOWDAR" record -q -o far.rec -- ./far 100 > rec.out 2> rec.err || fail "record far"
	port=$((20000 + $$ % 20000))
	debuginfod -p "$port" -d debuginfod.db -F debug > debuginfod.out 2>&1 &
	server=$!
	wait_for 20 grep -q 'groomed database' debuginfod.out || note "the server is slow"
	export DEBUGINFOD_CACHE_PATH=$WORK/cache
	DEBUGINFOD_URLS="http://127.0.0.1:$port" "$FLOWDAR" analyze far.rec --format json > far.json 2> far.err ||
		fail "analyze"
	kill "$server"
	wait "$server" 2> /dev/null
	for one in handle parse tick; do
		grep -q "\"$one\"" far.json || fail "no $one: $(cat debuginfod.out)"
	done
	"$FLOWDAR" analyze far.rec --format json > far.json 2> far.err || fail "analyze"
	! grep -q '"parse"' far.json || fail "names from a server that was not asked for"
else
	note "no debuginfod: names from servers are not tried"
fi

# A sanitizer's library ends programs in which another one is loaded before it.
if "$FLOWDAR" cc --flowdar-compiler=gcc -g -O1 -fsanitize=address server.c library.c -o guarded 2> guarded.err &&
	./guarded 1 2> guarded.err; then
	note "a server with a sanitizer in it"
	"$FLOWDAR" record -q -o guarded.rec -- ./guarded 100 > rec.out 2> rec.err || fail "record guarded: $(cat rec.err)"
	"$FLOWDAR" analyze guarded.rec --format json > guarded.json || fail "analyze"
	for one in handle parse tick; do
		grep -q "\"$one\"" guarded.json || fail "no $one of a server with a sanitizer"
	done
else
	note "no sanitizer here: $(head -n 1 guarded.err)"
fi

cat > clones.cc << 'C'
#include <flowdar/flowdar.h>

static volatile unsigned sink;

namespace srv
{
static __attribute__((noinline)) long parse(const char *text, int rounds, int strict)
{
	long sum = 0;

	for (int i = 0; i < rounds; i++)
		for (const char *at = text; *at; at++)
			sum += strict ? *at * i : *at ^ i;
	return sum;
}

template <class T> static __attribute__((noinline)) T mix(const T &value, int rounds)
{
	T result = value;

	for (int i = 0; i < rounds; i++)
		sink = sink + (unsigned)(result = result * 3 + (T)i);
	return result;
}
}

int main()
{
	for (long i = 1; i <= 40; i++) {
		FLOWDAR_SESSION_BEGIN(i, "10.0.0.1:1", -1);
		sink = sink + (unsigned)srv::parse("GET /index.html", 100, 1) + (unsigned)srv::mix<int>((int)sink, 50) +
		       (unsigned)srv::mix<unsigned long>(sink, 50);
		FLOWDAR_SESSION_END(i);
	}
	return 0;
}
C
if g++ --version > /dev/null 2>&1; then
	note "compilers' clones in C++ are the functions in the source"
	# The C++ library stays, though nothing here needs it, as it is in servers: its demangler is asked.
	"$FLOWDAR" c++ --flowdar-compiler=g++ -O1 -Wl,--no-as-needed clones.cc -o clones1 || fail "flowdar c++"
	"$FLOWDAR" c++ --flowdar-compiler=g++ -O3 -flto -Wl,--no-as-needed clones.cc -o clones3 || fail "flowdar c++"
	nm clones3 | grep -q 'parse.*\.constprop' || note "the compiler made no clone of parse"
	for build in clones1 clones3; do
		"$FLOWDAR" record -q -o "$build.rec" --functions 'srv::*,!srv::mix<int>' -- "./$build" > rec.out 2> rec.err ||
			fail "record $build"
		"$FLOWDAR" analyze "$build.rec" --format csv > "$build.csv" 2> rec.err || fail "analyze"
		grep -q '^"srv::parse(char const\*, int, int)",' "$build.csv" || fail "$build: no parse: $(cat "$build.csv")"
		grep -q 'srv::mix<unsigned long>' "$build.csv" || fail "$build: no mix"
		! grep -q 'srv::mix<int>' "$build.csv" || fail "$build: what was left out is there"
	done
	"$FLOWDAR" diff clones1.rec clones3.rec --limit 0 --min-share 0 --format json > diff.json || fail "diff"
	[ "$(jq '[.functions[] | select(.presence == "both")] | length' diff.json)" = 2 ] || fail "not the same functions"
fi
nothing_left
echo ok
