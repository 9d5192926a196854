#!/usr/bin/env bash
# Every JSON object that a command prints has "format", and each member of it and each column of CSV is in the
# pages of the formats: of the commands that read the recordings and captures of the tests. "path" has "frames" beside it.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
command -v jq >/dev/null || { echo "skipped: needs jq"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
data=$FLOWDAR_SOURCE/tests/golden/data
captures=$FLOWDAR_SOURCE/tests/captures
bad=0
count=0
cd "$work"
cat "$FLOWDAR_SOURCE"/docs/formats/*.md "$FLOWDAR_SOURCE"/docs/{log,recording,replay-captures}.md | grep -oE '[A-Za-z0-9_]+' | sort -u >words

# documented WHAT FILE: the names in the file, a line each, are words of the pages.
documented() {
	local missing
	missing=$(sort -u "$2" | comm -23 - words | xargs)
	[ -z "$missing" ] || { echo "$1: not in docs/formats: $missing"; bad=1; }
	count=$((count + $(wc -l <"$2")))
}

# json COMMAND...: what it prints.
json() {
	"$FLOWDAR" "$@" --format json >out 2>err || true
	jq -e 'has("format")' out >/dev/null || { echo "$*: no \"format\": $(head -n 1 err)"; bad=1; return; }
	jq -e '[.. | objects | select((.path | type) == "string" and (.path | contains(" > ")) and (has("frames") | not))] == []' out >/dev/null ||
		{ echo "$*: a path without its frames"; bad=1; }
	jq -r '.. | objects | keys_unsorted[]' out | sort -u >names
	documented "$*" names
}

csv() {
	"$FLOWDAR" "$@" --format csv 2>err | head -n 1 | tr -d '"\r' | tr ',' '\n' >names
	[ -s names ] || { echo "$*: nothing printed: $(head -n 1 err)"; bad=1; }
	documented "$* (CSV)" names
}

# It can fail.
echo no_such_member >names
documented "a member that no page has" names >/dev/null
[ $bad = 1 ] || { echo "a member that no page has was taken"; exit 1; }
bad=0 count=0

for by in path component session request client label thread host; do
	json analyze --no-cache "$data/requests" --by $by
	csv analyze --no-cache "$data/requests" --by $by
done
json analyze --no-cache "$data/attack" --server
json analyze --no-cache "$data/attack" --by syscall
for by in function client thread; do
	json diff --no-cache "$data/baseline" "$data/attack" --by $by
	csv diff --no-cache "$data/baseline" "$data/attack" --by $by
done
json info "$data/attack"
# Its numbers are those of recording.json, and are named where it is described, too.
"$FLOWDAR" info "$data/attack" --format json | jq -r 'keys_unsorted[]' | sort -u >names
missing=$(comm -23 names <(grep -oE '[A-Za-z0-9_]+' "$FLOWDAR_SOURCE/docs/formats/commands.md" | sort -u) | xargs)
[ -z "$missing" ] || { echo "info: not in docs/formats/commands.md: $missing"; bad=1; }
json info "$data/attack" --check
csv info "$data/attack"
json sequence "$data/attack" --max-steps 10 -o -
json report "$data/baseline" "$data/attack" -o -
json split "$captures/demo-attack.pcap" -o sessions
json amplify "$captures/demo-attack.pcap" -o more.pcap
json reduce "$captures/demo-attack.pcap" --test 'grep -aq aaaa {}' --trust 1 --confirm 1 --bytes 0 -o one.pcap
json batch "$data/baseline" "$data/attack" -o series
json rules "$FLOWDAR_SOURCE/analyze/rules/shipped/httpd.rules" --check "$data/attack"
json log "$data/attack" --session 127.0.0.1
json patch --list
json doctor
[ $bad = 0 ] && echo "$count members and columns, all in the pages"
exit $bad
