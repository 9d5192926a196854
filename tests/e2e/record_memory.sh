#!/usr/bin/env bash
# flowdar record: where events go when there is no room for them. The bound of the memory holds; what is
# missing is counted to the last event; with --lossless nothing is missing.
. "$(dirname "$0")/private.sh"

cat > "$WORK/talk.c" << 'C'
/* talk THREADS COUNT [noise]: so many threads say so many scopes each, flat out: two events a scope; or
 * notes that are hard to compress. */
#include <flowdar/flowdar.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static long count;

static void *scopes(void *nothing)
{
	for (long i = count; i > 0; i--) {
		FLOWDAR_SCOPE("a scope with a name of some length, so that it counts");
	}
	return nothing;
}

static void *noise(void *nothing)
{
	uint64_t number = (uintptr_t)&number;
	char text[65];

	for (long i = count; i > 0; i--) {
		for (int word = 0; word < 4; word++) {
			number ^= number << 13;
			number ^= number >> 7;
			number ^= number << 17;
			snprintf(text + 16 * word, 17, "%016llx", (unsigned long long)number);
		}
		FLOWDAR_NOTE("noise", text);
	}
	return nothing;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t all[16];

	count = argc > 2 ? atol(argv[2]) : 1;
	for (int i = 0; i < threads && i < 16; i++)
		pthread_create(&all[i], NULL, argc > 3 ? noise : scopes, NULL);
	for (int i = 0; i < threads && i < 16; i++)
		pthread_join(all[i], NULL);
	return 0;
}
C
cc -O2 -I "$FLOWDAR_SOURCE/instrument/include" -o "$WORK/talk" "$WORK/talk.c" -lpthread ||
	{ echo "skipped: no compiler"; exit 77; }

# said DIR: how many events of talk's there are.
said() {
	"$FLOWDAR" info "$1" --format json |
		jq '[.events[] | select(.event | startswith("scope") or . == "note").count] | add // 0'
}

# watch_memory: the most KiB that are in /dev/shm until the job $recorder is done, into $most.
watch_memory() {
	most=0
	while kill -0 "$recorder" 2> /dev/null; do
		local now
		now=$(df --output=used /dev/shm | tail -n 1)
		[ "$now" -gt "$most" ] && most=$now
		sleep 0.05
	done
}

note "lossless: four threads flat out, nothing is missing"
"$FLOWDAR" record -o "$WORK/soak" --lossless -- "$WORK/talk" 4 500000 2> "$WORK/soak.err" ||
	fail "exit status $?"
[ "$(said "$WORK/soak")" = 4000000 ] || fail "$(said "$WORK/soak") events in place of 4000000"
[ "$(field "$WORK/soak" discarded)" = 0 ] || fail "events were lost"
[ "$(field "$WORK/soak" lossless)" = 1 ] || fail "recording.json does not say so"
grep -q 'none lost' "$WORK/soak.err" || fail "does not say so"
nothing_left

note "a size that is not to be passed"
"$FLOWDAR" record -o "$WORK/size" --max-size 1M -- "$WORK/talk" 2 100000000 2> "$WORK/size.err" ||
	fail "exit status $?"
[ "$(field "$WORK/size" ended)" = "maximum size reached" ] || fail "ended: $(field "$WORK/size" ended)"
[ "$(du -sb "$WORK/size/trace" | cut -f1)" -le $((1100 * 1024)) ] || fail "$(du -sb "$WORK/size/trace") bytes"
[ "$(said "$WORK/size")" -gt 10000 ] || fail "$(said "$WORK/size") events"
nothing_left

note "a size that nothing fits into"
"$FLOWDAR" record -o "$WORK/tiny" --max-size 1 -- "$WORK/talk" 2 100000000 2> "$WORK/tiny.err" && fail "recorded"
grep -q 'the maximum size was reached before a single event' "$WORK/tiny.err" || fail "another reason: $(cat "$WORK/tiny.err")"
nothing_left

note "no room in /dev/shm to begin with"
mount -o remount,size=64m /dev/shm
"$FLOWDAR" record -o "$WORK/none" -- true 2> "$WORK/none.err" && fail "recorded"
grep -q '/dev/shm: .* are free there' "$WORK/none.err" || fail "does not say why"
[ ! -e "$WORK/none" ] || fail "something half-made stays"

note "somebody else fills /dev/shm meanwhile"
"$FLOWDAR" record -o "$WORK/filled" --memory 60M -- "$WORK/talk" 1 100000000 2> "$WORK/filled.err" &
recorder=$!
wait_for 15 grep -q '^recording' "$WORK/filled.err" || fail "did not start"
# What has come to the disk meanwhile makes room again.
kept() {
	[ -n "$(find "$WORK/filled/trace" -name '*.zst' -size +256k 2> /dev/null)" ]
}
filled() {
	dd if=/dev/zero bs=1M 2> /dev/null >> /dev/shm/somebody
	finished "$WORK/filled"
}
wait_for 30 kept || fail "nothing is kept"
wait_for 30 filled || fail "goes on for ever"
wait "$recorder" || fail "exit status $?"
[ "$(field "$WORK/filled" ended)" = "shared memory full" ] || fail "ended: $(field "$WORK/filled" ended)"
[ "$(said "$WORK/filled")" -gt 10000 ] || fail "$(said "$WORK/filled") events"
rm /dev/shm/somebody
mount -o remount,size=80% /dev/shm
nothing_left

# From here on with a disk of 8 MB/s.
SLOW=$FLOWDAR_BUILD/tests/drain/slow_disk
if [ ! -x "$SLOW" ] || [ ! -w /dev/fuse ]; then
	echo "the rest is skipped: no slow disk without libfuse3 and /dev/fuse"
	echo ok
	exit 0
fi
trap 'umount -l "$WORK/disk" 2> /dev/null; rm -rf "$WORK"' EXIT
mkdir "$WORK/back" "$WORK/disk"
"$SLOW" 8000000 "$WORK/back" "$WORK/disk" 2> "$WORK/disk.err" &
disk=$!
wait_for 5 mountpoint "$WORK/disk" || fail "no slow disk"

note "a slow disk, lossless: the server waits, the bound holds, nothing is missing"
"$FLOWDAR" record -o "$WORK/disk/slow" --lossless --memory 128M -- "$WORK/talk" 4 400000 noise 2> "$WORK/slow.err" &
recorder=$!
watch_memory
wait "$recorder" || fail "exit status $?"
[ "$most" -le $((128 * 1024)) ] || fail "$most KiB in memory"
[ "$(said "$WORK/disk/slow")" = 1600000 ] || fail "$(said "$WORK/disk/slow") events in place of 1600000"
[ "$(field "$WORK/disk/slow" waited_ns)" -gt 0 ] || fail "the server never waited"
nothing_left

note "a slow disk, lossy: the bound holds, what is missing is counted to the last event"
"$FLOWDAR" record -o "$WORK/disk/lossy" --memory 96M -- "$WORK/talk" 2 800000 noise 2> "$WORK/lossy.err" &
recorder=$!
watch_memory
wait "$recorder" || fail "exit status $?"
[ "$most" -le $((96 * 1024)) ] || fail "$most KiB in memory"
dropped=$(field "$WORK/disk/lossy" dropped)
discarded=$(field "$WORK/disk/lossy" discarded)
there=$(said "$WORK/disk/lossy")
# Some of those that are not there may be of threads and modules, of which there are some tens, and of threads
# that were off the processor, which on a full machine is so many times a second.
all=$((there + ${dropped:-0} + ${discarded:-0}))
if [ $all -lt 1600000 ] || [ $all -gt 1604000 ]; then
	fail "$there events there, $dropped dropped, $discarded discarded"
fi
if [ "${dropped:-0}" -gt 0 ]; then
	grep -q 'EVENTS WERE DROPPED' "$WORK/lossy.err" || fail "nothing said"
	[ "$(jq '[.losses[].events] | add' "$WORK/disk/lossy/recording.json")" -gt 0 ] || fail "not said where"
else
	fail "the disk was fast enough: nothing was tested"
fi
nothing_left
kill "$disk"
wait "$disk"
echo ok
