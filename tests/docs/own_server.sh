#!/usr/bin/env bash
# docs/own-server.md as it stands: a server is marked by rules of one's own, built, captured, recorded and compared.
# And what a set of rules is told that is not sound.
set -uo pipefail
if [ "${FLOWDAR_PASTE:-}" != yes ]; then
	unshare -n true 2>/dev/null || { echo "skipped: needs root, for a network of its own"; exit 77; }
	FLOWDAR_PASTE=yes exec unshare -n bash "$0"
fi
: "${FLOWDAR_SOURCE:?}"
# shellcheck source=../e2e/private.sh
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
# shellcheck source=page_lib.sh
. "$FLOWDAR_SOURCE/tests/docs/page_lib.sh"
for program in spatch tcpdump gcc; do
	command -v $program >/dev/null || { echo "skipped: needs $program"; exit 77; }
done
ip link set lo up
page=$FLOWDAR_SOURCE/docs/own-server.md
PATH=$(dirname "$FLOWDAR"):$PATH
mkdir "$WORK/paste"
cd "$WORK/paste" || exit 1
page_files "$page"
rm -r recipe
page_paste "$page" 'patch --new recipe'
for what in 'waits   wild.c:' 'closes  wild.c:' 'accepts wild.c:'; do
	place=$(grep -o "^${what}[0-9]*" "$WORK/pasted.out") || fail "not listed: $what"
	grep -q "^    $place " "$page" || fail "the page has another line than $place"
done
# The skeleton is sound as it is, and fits the simplest of servers.
mkdir simple
printf '%s\n' '#include <sys/socket.h>' '#include <unistd.h>' 'int main(void)' '{' '	int fd;' '' \
	'	fd = accept(0, 0, 0);' '	close(fd);' '	return 0;' '}' >simple/server.c
flowdar patch --new skeleton >/dev/null || fail "no skeleton without a tree"
flowdar patch --set skeleton simple >"$WORK/simple.out" 2>&1 || fail "the skeleton does not fit: $(cat "$WORK/simple.out")"
gcc -c simple/server.c -o simple.o || fail "what it marked does not compile"
! flowdar patch --new recipe >"$WORK/again.out" 2>&1 || fail "a set was overwritten"
page_files "$page"

# faulty FILE SED-EXPRESSION WORDS: the recipe edited so is refused, with these words.
faulty() {
	rm -rf faulty
	cp -r recipe faulty
	sed -i "$2" "faulty/$1"
	if flowdar patch --set faulty --check wild-1.0 >"$WORK/faulty.out" 2>&1; then
		fail "not refused: $2"
	fi
	grep -q -F -- "$3" "$WORK/faulty.out" || fail "$2: not a word of: $3: $(cat "$WORK/faulty.out")"
}
faulty session.cocci 's/SESSION_END/SESSION_FINISH/' 'flowdar.h has no FLOWDAR_SESSION_FINISH()'
faulty queue.cocci 's/^+ FLOWDAR_HANDOFF_TAKE.*//' 'who waits in the queue waits for ever'
faulty rules.ini 's/^patch = queue/patch = cue/' 'there is no'
faulty session.cocci 's/client->fd = fd;/client->sock = fd;/' 'NO MATCH'
note "faults are told"

page_paste "$page" 'patch --set recipe --check'
page_paste "$page" 'ask()'
page_paste "$page" 'flowdar record -o usual' "$WORK/diff.out"
head -n 1 "$WORK/diff.out"
grep -q '^match (wild) runs' "$WORK/diff.out" || fail "the verdict names something else: $(cat "$WORK/diff.out")"
for name in usual hurt; do
	[ "$(field $name discarded)" = 0 ] || fail "$name: events were lost"
	flowdar analyze $name --by session --limit 0 --format json >"$WORK/$name.json"
	jq -e '.sessions | length == 30 and all(.state == "finished")' "$WORK/$name.json" >/dev/null ||
		fail "$name: $(jq -c '[.sessions[].state]' "$WORK/$name.json")"
done
flowdar analyze hurt --limit 0 | grep '^clients  *queue' >/dev/null || fail "the queue is not seen"
page_paste "$page" 'flowdar sequence --baseline usual hurt'
xmllint --noout wild.svg || fail "wild.svg is no XML"
nothing_left
note "docs/own-server.md can be pasted"
