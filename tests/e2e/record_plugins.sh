#!/usr/bin/env bash
# flowdar record: libraries that are loaded late, one in the place of another, and programs that
# execute others: every call is there, under its own name.
. "$(dirname "$0")/private.sh"
cd "$WORK" || exit 1

cat > plugin.c << 'C'
volatile int sum;

static __attribute__((noinline)) int inner(int number)
{
	return sum += number;
}

#ifdef SLOW
/* The library is there, and dlopen() has not returned, when the helper looks at what is loaded. */
#include <unistd.h>

__attribute__((constructor)) static void slow(void)
{
	usleep(350000);
}
#endif

int plug(int number);
int plug(int number)
{
	return inner(number) + 1;
}
C
cat > host.c << 'C'
/* Loads each library, calls it 100 times at once, unloads it. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		void *library = dlopen(argv[i], RTLD_NOW);
		int (*plug)(int);

		if (!library) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		*(void **)&plug = dlsym(library, "plug");
		printf("%p\n", (void *)plug);
		for (int k = 0; k < 100; k++)
			plug(k);
		dlclose(library);
	}
	return 0;
}
C
cat > away.c << 'C'
/* The first library's file is away, as it is for who has another root by now, while the second is loaded. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = argc > 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	int (*plug)(int);

	if (!library)
		return 1;
	*(void **)&plug = dlsym(library, "plug");
	for (int k = 0; k < 100; k++)
		plug(k);
	if (rename(argv[1], "away") != 0 || !dlopen(argv[2], RTLD_NOW))
		return 1;
	for (int k = 0; k < 100; k++)
		plug(k);
	return rename("away", argv[1]) != 0;
}
C
cat > exec.c << 'C'
#include <unistd.h>

volatile int sum;

__attribute__((noinline)) void NAME(int number)
{
	sum += number;
}

int main(int argc, char **argv)
{
	for (int i = 0; i < 50; i++)
		NAME(i);
	return argc > 1 ? execv(argv[1], argv + 1) : 0;
}
C
gcc --version > /dev/null 2>&1 || { echo "skipped: no compiler"; exit 77; }
# build MODE: everything, with flowdar cc in that mode.
build() {
	for name in one two; do
		"$FLOWDAR" cc --flowdar-compiler=gcc --flowdar-mode="$1" -O1 -g -shared -fPIC -Dinner=inner_$name \
			-o p_$name.so plugin.c || fail "flowdar cc"
		"$FLOWDAR" cc --flowdar-compiler=gcc --flowdar-mode="$1" -O1 -g -no-pie -fno-pie -DNAME=only_$name \
			-o e_$name exec.c || fail "flowdar cc"
	done
	"$FLOWDAR" cc --flowdar-compiler=gcc --flowdar-mode="$1" -O1 -g -shared -fPIC -DSLOW -o p_slow.so plugin.c ||
		fail "flowdar cc"
	"$FLOWDAR" cc --flowdar-compiler=gcc --flowdar-mode="$1" -O1 -g -o host host.c || fail "flowdar cc"
	"$FLOWDAR" cc --flowdar-compiler=gcc --flowdar-mode="$1" -O1 -g -o away_host away.c || fail "flowdar cc"
	"$FLOWDAR" cc --flowdar-compiler=gcc --flowdar-mode="$1" -O1 -g -Wl,-rpath,"$WORK" -o host_rpath host.c ||
		fail "flowdar cc"
}

record() {
	rm -rf rec
	"$FLOWDAR" record -q -o rec -- "$@" > rec.out 2> rec.err || fail "exit status $?: $*"
	"$FLOWDAR" analyze rec --format json > rec.json 2>> rec.err || fail "analyze"
}

# calls FUNCTION COMPONENT COUNT
calls() {
	local count
	count=$(jq --arg f "$1" --arg c "$2" \
		'[.. | objects | select(.function? == $f and .component? == $c and .below? == null) | .calls][0] // 0' rec.json)
	[ "$count" = "$3" ] || fail "$count calls of $1 in $2 in place of $3"
}

modes=hooks
[ "$(uname -m)" = x86_64 ] && modes="patch hooks"
for mode in $modes; do
	build "$mode"
	note "$mode: a library in the place of another"
	record ./host "$WORK/p_one.so" "$WORK/p_two.so" ./p_one.so
	[ "$(sort -u rec.out | wc -l)" = 1 ] || note "they were at different places"
	calls plug p_one 200
	calls inner_one p_one 200
	calls plug p_two 100
	calls inner_two p_two 100
	! grep -q "first 100 ms" rec.err || fail "calls are said to be missing"

	note "$mode: a library that is unloaded and loaded again, to the same place"
	record ./host ./p_one.so ./p_one.so ./p_one.so ./p_one.so ./p_one.so ./p_one.so ./p_one.so ./p_one.so
	[ "$(sort -u rec.out | wc -l)" = 1 ] || note "it was at different places"
	calls plug p_one 800
	calls inner_one p_one 800

	note "$mode: a library whose file cannot be read any more when another is loaded"
	record ./away_host ./p_one.so ./p_two.so
	[ "$(field rec calls)" = 401 ] || fail "$(field rec calls) calls, not main and two times 200"

	note "$mode: a library that takes long to be loaded"
	record ./host "$WORK/p_slow.so"
	! grep -q "first 100 ms" rec.err || fail "calls are said to be missing"

	note "$mode: a program that executes another"
	record ./e_one ./e_two
	calls only_one e_one 50
	calls only_two e_two 50

	note "$mode: a caller with a search path of its own finds what it finds without us"
	record ./host_rpath p_one.so
	[ "$mode" = hooks ] || grep -q "first 100 ms" rec.err || fail "nothing is said of what is missing"
done
nothing_left
echo ok
