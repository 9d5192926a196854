#!/usr/bin/env bash
# docs/tutorials.md as it stands: Debian's nginx; with scripts/test --all a week of recordings of it, httpd
# and redis, too. Nothing is rebuilt; stacks are sampled.
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
for program in nginx apache2 redis-server redis-cli tcpdump curl; do
	command -v $program >/dev/null || { echo "skipped: needs $program"; exit 77; }
done
ip link set lo up
page=$FLOWDAR_SOURCE/docs/tutorials.md
PATH=$(dirname "$FLOWDAR"):$PATH
chmod 711 "$WORK"
mkdir "$WORK/paste"
cd "$WORK/paste" || exit 1
flowdar record -o probe --io --sample --quiet -- true >"$WORK/probe.out" 2>&1 ||
	{ ! grep -q -i 'perf' "$WORK/probe.out" || { echo "skipped: $(head -n 1 "$WORK/probe.out")"; exit 77; }; }
rm -rf probe

# named FUNCTION COMPONENT: the diff's first line, behind what the players print, names it.
named() {
	grep -m 1 -E "^$1 \($2\) runs (for about|(about )?[0-9,.]+x longer)" "$WORK/pasted.out" ||
		{ cat "$WORK/pasted.out"; fail "another verdict than $1"; }
}
page_paste "$page" 'cat >nginx.conf'
named pcre2_match_8 libpcre2-8
if [ "${FLOWDAR_UNMARKED:-all}" = all ]; then
	page_paste "$page" 'flowdar batch week'
	grep -q '^6 .*changed here' "$WORK/pasted.out" || { cat "$WORK/pasted.out"; fail "it is not said when it changed"; }
	page_paste "$page" 'flowdar merge'
	grep -q "^the server's threads work [0-9,.]*x longer per session" "$WORK/pasted.out" ||
		{ cat "$WORK/pasted.out"; fail "merged profiles have another verdict"; }
	page_paste "$page" 'cat >httpd.conf'
	named pcre2_match_8 libpcre2-8
	page_paste "$page" 'flowdar record -o usual-redis'
	named call redis-check-rdb
	page_paste "$page" 'flowdar analyze hurt-redis'
	grep -q evalGenericCommand "$WORK/pasted.out" || fail "the command is not named"
fi
nothing_left
note "docs/tutorials.md can be pasted"
