#!/usr/bin/env bash
# Two recorders at the same time, each with one short run after the other: servers, programs that end at
# once, and ones whose children outlive them. LTTng gives both the events of all. No foreign event is in
# what flowdar takes for a recording, none of its own is missing, and every process left out is told.
#
#	DRILL_RUNS=N     how many runs each of the two makes (2), and more until they have met
. "$(dirname "$0")/../e2e/private.sh"

runs=${DRILL_RUNS:-2}

# Says its name by the functions that it calls, so that whose events they are does not hang on pids.
for who in a b; do
	cat > "$WORK/$who.c" <<- END
		#include <stdlib.h>
		#include <sys/wait.h>
		#include <unistd.h>
		__attribute__((noinline)) void only_$who(int n)
		{
			__asm__ volatile("" : : "r"(n) : "memory");
		}
		int main(int argc, char **argv)
		{
			int children = argc > 1 ? atoi(argv[1]) : 0, calls = argc > 2 ? atoi(argv[2]) : 20;
			for (int i = 0; i < children; i++) {
				if (fork() == 0) {
					for (int j = 0; j < calls; j++)
						only_$who(j);
					_exit(0);
				}
			}
			for (int j = 0; j < calls; j++)
				only_$who(j);
			while (wait(NULL) > 0)
				;
			return 0;
		}
	END
	"$FLOWDAR" cc -g -O1 -o "$WORK/$who" "$WORK/$who.c" || fail "cannot compile $who.c"
done

# calls_of DIR FUNCTION: how many calls of it there are, of whatever.
calls_of() {
	"$FLOWDAR" analyze "$1" --no-cache --limit 0 --format json 2> /dev/null |
		jq --arg name "$2" '[.functions[] | select(.function == $name and .waits_in == "") | .calls] | add // 0'
}

# one_run WHO OTHER N: a short run, and what is in it.
one_run() {
	local who=$1 other=$2 dir=$WORK/$1.$3 children=$(($3 % 4)) calls=$((20 + $3))
	local wanted found foreign told left_out pids

	wanted=$(((children + 1) * calls))
	"$FLOWDAR" record -q -o "$dir" -- "$WORK/$who" "$children" "$calls" > "$dir.out" 2> "$dir.err" ||
		{ echo "$who $3: exit status $?" >> "$WORK/failed"; cat "$dir.err" >> "$WORK/failed"; }
	found=$(calls_of "$dir" "only_$who")
	foreign=$(calls_of "$dir" "only_$other")
	told=$(field "$dir" calls_missing)
	left_out=$(jq '.strangers // [] | length' "$dir/recording.json")
	pids=$("$FLOWDAR" info "$dir" --format json 2> /dev/null | jq '.processes | length')
	echo "$who $3 wanted $wanted found $found foreign $foreign told ${told:-0} strangers $left_out processes $pids" \
		"of $((children + 1))" >> "$WORK/runs"
	if [ "$left_out" -gt 0 ]; then
		rm -rf "$WORK/last/$who"
		mv "$dir" "$WORK/last/$who"
		echo "$found" > "$WORK/found.$who"
	fi
	rm -rf "$dir" "$dir".out "$dir".err
}

# has_met WHO: 1 once one of its runs was beside one of the other's.
has_met() {
	[ -d "$WORK/last/$1" ]
	echo $((!$?))
}

both() {
	for ((i = 0; i < runs || (i < 4 * runs && ! $(has_met "$1")); i++)); do
		one_run "$1" "$2" "$i"
	done
}

start_us=${EPOCHREALTIME/./}
mkdir "$WORK/last"
both a b &
both b a &
wait
[ ! -e "$WORK/failed" ] || { cat "$WORK/failed"; fail "a run ended badly"; }
awk '{ runs++; wanted += $4; found += $6; foreign += $8; told += $10; if ($12) met++; if ($14 != $16) odd++ }
	{ unsaid += $6 + $10 < $4 || $6 > $4 }
	$8 || $6 + $10 < $4 || $6 > $4 || $14 != $16 { print "wrong: " $0 }
	END { printf "%d runs: %d calls of %d, %d of others, %d told to be missing; %d runs met the other one\n",
		runs, found, wanted, foreign, told, met; exit !(runs && !foreign && !unsaid && !odd && met) }' \
	"$WORK/runs" || fail "foreign or missing events"
for who in a b; do
	[ -d "$WORK/last/$who" ] || fail "no run of $who was beside the other one"
	[ "$(calls_of "$WORK/last" "only_$who")" = "$(cat "$WORK/found.$who")" ] ||
		fail "read as one folder, two recordings have another number of calls of only_$who"
done
echo "$(((${EPOCHREALTIME/./} - start_us) / 1000000)) s"
nothing_left
echo ok
