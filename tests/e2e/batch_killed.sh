#!/usr/bin/env bash
# A batch that is killed again and again, at whatever moment, and begun again: in the end its table and its profiles
# are those of a batch that nobody disturbed, and nothing else is left but what is another's.
set -euo pipefail
: "${FLOWDAR:?the program}" "${FLOWDAR_SOURCE:?the source}"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/flowdar-e2e.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
KILLS=6
RECORDINGS=32

fail() {
	echo "FAILED: $*"
	exit 1
}

# How much is done: by what tells that it is.
done_now() {
	find "$WORK/killed" -name '.*.from' | wc -l
}

mkdir "$WORK/all" "$WORK/killed"
for ((i = 0; i < RECORDINGS; i++)); do
	from=baseline
	[ $((i % 3)) != 2 ] || from=attack
	cp -r "$FLOWDAR_SOURCE/tests/golden/data/$from" "$WORK/all/$(printf 'r%02d' $i)"
done
"$FLOWDAR" batch "$WORK/all" -o "$WORK/whole" --jobs 2 --format json > "$WORK/whole.json" 2> "$WORK/whole.err" ||
	fail "$(cat "$WORK/whole.err")"

# Each gets a little further, and is killed when it has, or before; where none is left to do, all is begun anew.
killed=0
for ((i = 0; killed < KILLS; i++)); do
	[ $i -lt 100 ] || fail "only $killed batches were killed before their end"
	before=$(done_now)
	if [ "$before" = $RECORDINGS ]; then
		rm -r "$WORK/killed"
		mkdir "$WORK/killed"
		before=0
	fi
	"$FLOWDAR" batch "$WORK/all" -o "$WORK/killed" --jobs 2 > "$WORK/out" 2>&1 &
	batch=$!
	for ((try = 0; try < 6000; try++)); do
		kill -0 $batch 2> /dev/null || break
		[ "$(done_now)" -le $((before + i % 3)) ] || break
		sleep 0.01
	done
	sleep "0.0$((RANDOM % 10))"
	kill -KILL $batch 2> /dev/null || true
	status=0
	wait $batch 2> /dev/null || status=$?
	[ $status != 137 ] || killed=$((killed + 1))
done
echo "-- $killed killed, $(done_now) of $RECORDINGS done by then"

# What looks like a writer's, and is not a batch's.
mkdir -p "$WORK/killed/.flowdar-batch"
touch "$WORK/killed/r00.profile.backup" "$WORK/killed/.flowdar-batch/r00.profile.LEFT01"
"$FLOWDAR" batch "$WORK/all" -o "$WORK/killed" --jobs 2 --format json > "$WORK/killed.json" 2> "$WORK/killed.err" ||
	fail "$(cat "$WORK/killed.err")"
cmp "$WORK/whole.json" "$WORK/killed.json" || fail "another table"
for profile in "$WORK"/whole/*.profile; do
	cmp "$profile" "$WORK/killed/${profile##*/}" || fail "another profile"
done
names() {
	find "$1" -mindepth 1 -printf '%P\n' | sort
}
[ -e "$WORK/killed/r00.profile.backup" ] || fail "another's file is gone"
rm "$WORK/killed/r00.profile.backup"
diff <(names "$WORK/whole") <(names "$WORK/killed") || fail "killed batches left something"
