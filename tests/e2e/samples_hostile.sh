#!/usr/bin/env bash
# flowdar record --sample: binaries that mean harm, beside good ones. One is cut short while it is read, which ends
# whoever reads it; others are not what they say.
. "$(dirname "$0")/private.sh"

need_samples

cat > "$WORK/hostile.c" <<'END'
void hostile_call(void (*what)(void));
void hostile_call(void (*what)(void)) { what(); __asm__ volatile(""); }
END
cat > "$WORK/server.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#define APART __attribute__((noinline))
static volatile unsigned sink;
static const char *library;
APART static void spin(void)
{
	for (unsigned i = 0; i < 100000; i++) sink += i;
}
/* Until it is cut short. */
APART static void spin_before(void)
{
	struct stat status;
	while (stat(library, &status) == 0 && status.st_size) spin();
}
APART static void spin_after(void)
{
	struct timespec from, now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	do {
		spin();
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while ((now.tv_sec - from.tv_sec) * 1000000000 + now.tv_nsec - from.tv_nsec < 300000000);
}
static void be_cut(void)
{
	spin_before();
	spin_after();
	_exit(0); /* there is no way back */
}
static void map(const char *path)
{
	int fd = open(path, O_RDONLY);
	mmap(0, 65536, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	close(fd);
}
int main(int argc, char **argv)
{
	void *handle = dlopen(library = argv[1], RTLD_NOW);
	void (*call)(void (*)(void)) = handle ? (void (*)(void (*)(void)))dlsym(handle, "hostile_call") : 0;
	for (int i = 2; i < argc; i++)
		map(argv[i]);
	if (!call)
		return 1;
	call(be_cut);
	return 1;
}
END
gcc -O1 -g -shared -fPIC "$WORK/hostile.c" -o "$WORK/libhostile.so" &&
	gcc -O1 -g -fasynchronous-unwind-tables "$WORK/server.c" -o "$WORK/server" || fail "cannot be compiled"

# damaged NAME OFFSET BYTES: the library with other bytes there.
damaged() {
	cp "$WORK/libhostile.so" "$WORK/$1.so"
	printf '%b' "$3" | dd of="$WORK/$1.so" bs=1 seek="$2" conv=notrunc status=none
}
damaged segments 56 '\xff\xff'
damaged sections 60 '\xff\xff'
damaged elsewhere 40 '\xff\xff\xff\xff\xff\xff\xff\x7f'
head -c 100 "$WORK/libhostile.so" > "$WORK/short.so"
cp "$WORK/libhostile.so" "$WORK/last.so"

# The recorder's reader has what comes behind it in its memory, and so it, too.
is_read() {
	local process
	for process in $(pgrep -x flowdar); do
		grep -q '/last\.so' "/proc/$process/maps" 2> /dev/null && return
	done
	return 1
}

"$FLOWDAR" record -q -o "$WORK/rec" --io --sample=999 -- "$WORK/server" "$WORK/libhostile.so" "$WORK"/{segments,sections,elsewhere,short,last}.so \
	> "$WORK/rec.out" 2> "$WORK/rec.err" &
recorder=$!
wait_for 60 is_read || fail "nobody reads the libraries"
truncate -s 0 "$WORK/libhostile.so"
wait $recorder || fail "record: exit status $?: $(cat "$WORK/rec.err")"

note "what is good has its names, before and after"
tail -c +21 "$WORK/rec/samples" | zstd -dc > "$WORK/body" || fail "samples are no zstd frame"
for function in spin_before spin_after; do
	grep -a -q $function "$WORK/body" || fail "$function is in no sample"
done

note "what cannot be read is told"
grep -q 'BINARIES OF THE SERVER COULD NOT BE READ.*libhostile\.so' "$WORK/rec.err" || fail "not a word: $(cat "$WORK/rec.err")"
jq -e '.warnings | map(select(test("libhostile"))) | length == 1' "$WORK/rec/recording.json" > /dev/null || fail "no warning"
[ "$(field "$WORK/rec" samples_lost)" = "" ] || fail "$(field "$WORK/rec" samples_lost) samples were lost"
echo "passed"
