#!/usr/bin/env bash
# A search that is killed, and goes on, finds what one does that was left in peace: `flowdar reduce` is ended by SIGKILL
# after a number of answers by chance, again and again until it comes to its end; then its result is the same, byte for
# byte, and nothing was asked twice but what the kill cut off, and what the whole messages do (three runs), before their bytes. The oracle wants three sessions of an attack
# and one word of an ordinary one, all together, and says by chance (the same for the same question) that it cannot tell.
#
#	usage: tests/drills/reduce_kills.sh [SEEDS [FIRST]]     20 seeds, from 1
: "${FLOWDAR_SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${FLOWDAR_BUILD:=$FLOWDAR_SOURCE/build/debug}"
: "${FLOWDAR:=$FLOWDAR_BUILD/bin/flowdar}"
set -uo pipefail
seeds=${1:-20} first=${2:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/reduce-kills.XXXXXX")
trap 'rm -rf "$work"' EXIT
. "$FLOWDAR_SOURCE/tests/e2e/reduce_lib.sh"
zcat "$captures/demo-hidden.pcap.gz" >all.pcap
cat >oracle <<'END'
#!/bin/bash
# oracle PART COPIES
sum=$(md5sum <"$1")
echo "${sum%% *} $2" >>asked
[[ $sum != [01]* ]] || exit 125
[ "$(grep -a -o 'match?s=aaaaaaaa' "$1" | wc -l)" -ge 3 ] && [ "$(grep -a -c 's=AAAA' "$1")" -ge 1 ]
END
chmod +x oracle
search=(all.pcap --test './oracle {} {copies}' --trust 1 --confirm 3 --bytes 20)

# answers: how many the search has kept.
answers() {
	wc -l 2>/dev/null <small.pcap.state || echo 0
}

: >asked
"$FLOWDAR" reduce "${search[@]}" -q -o whole.pcap >whole.result 2>said || fail "it does not come to its end by itself"
questions=$(wc -l <asked)
alike=0 kills=0
for ((seed = first; seed < first + seeds; seed++)); do
	RANDOM=$seed
	rm -f small.pcap small.pcap.state
	: >asked
	cut=0
	while :; do
		wanted=$(($(answers) + 1 + RANDOM % (questions / 3 + 1)))
		"$FLOWDAR" reduce "${search[@]}" -q -o small.pcap >result 2>said &
		search_pid=$!
		while kill -0 $search_pid 2>/dev/null && [ "$(answers)" -lt "$wanted" ]; do
			sleep 0.002
		done
		kill -KILL $search_pid 2>/dev/null && cut=$((cut + 1))
		status=0
		wait $search_pid 2>/dev/null || status=$?
		[ $status = 137 ] || break
	done
	[ "$status" = 0 ] || fail "seed $seed: status $status"
	kills=$((kills + cut))
	if cmp -s whole.pcap small.pcap && [ "$(wc -l <asked)" -le $((questions + 4 * cut)) ] && [ ! -e small.pcap.state ]; then
		alike=$((alike + 1))
	else
		echo "seed $seed, $cut kills: another result, or $(wc -l <asked) questions in place of $questions"
	fi
done
echo "$alike of $seeds searches alike, $kills kills; $questions questions each"
[ $alike = "$seeds" ]
