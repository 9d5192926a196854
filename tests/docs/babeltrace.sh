#!/usr/bin/env bash
# The plugin for babeltrace2, by babeltrace2's own program: it finds recordings by itself, its calls and
# sessions add up to flowdar analyze's, times can be cut out, streams merged, and one session filtered.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
plugins=$FLOWDAR_BUILD/lib/babeltrace2/plugins
command -v babeltrace2 >/dev/null || { echo "skipped: needs babeltrace2"; exit 77; }
[ -e "$plugins/babeltrace-plugin-flowdar.so" ] || { echo "skipped: not built here (sanitizers)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
attack=$FLOWDAR_SOURCE/tests/golden/data/attack
requests=$FLOWDAR_SOURCE/tests/golden/data/requests
export LC_ALL=C.UTF-8

fail() {
	echo "FAILED: $*"
	[ ! -s "$work/err" ] || head -n 5 "$work/err"
	exit 1
}

# bt NAME ARGUMENT...: what babeltrace2 says of the arguments, in NAME.
bt() {
	local name=$1
	shift
	babeltrace2 --plugin-path "$plugins" "$@" >"$work/$name" 2>"$work/err" || fail "babeltrace2 $*: status $?"
}

count() {
	grep -c "$2" "$work/$1" || true
}

# ---- a recording by its name alone ----
bt all "$attack"
sessions=$("$FLOWDAR" analyze "$attack" --by session --limit 0 --format json | jq '.sessions | length')
[ "$(count all flowdar:session_begin)" = "$sessions" ] && [ "$(count all flowdar:session_end)" = "$sessions" ] ||
	fail "$sessions sessions, $(count all flowdar:session_begin) begin, $(count all flowdar:session_end) end"
[ "$(count all flowdar:call_begin)" = "$(count all flowdar:call_end)" ] || fail "calls begin and do not end"
[ "$(count all flowdar:handoff_put)" = "$(count all flowdar:handoff_take)" ] || fail "what is put is not taken"

# ---- and by that of its trace, or of a folder in there, where that is packed ----
cp -r "$attack" "$work/rec"
"$FLOWDAR_BUILD/tests/ctf/pack_trace" "$work/rec/trace" >/dev/null || fail "the trace was not packed"
for part in . trace trace/ust trace/ust/uid/0/64-bit; do
	(cd "$work/rec/$part" && bt part .)
	cmp -s "$work/part" "$work/all" || fail "$part: other events than those of the recording"
done
bt twice "$work/rec/trace" "$work/rec/trace/ust" "$work/rec"
cmp -s "$work/twice" "$work/all" || fail "inputs of one recording: other events than those of the recording"
bt raw "$attack/trace"
grep -q lttng_ust_statedump "$work/raw" || fail "a trace that others read, too, was not left to them"

# Calls of sessions, function by function, are those of flowdar analyze.
sed -n 's/.*flowdar:call_begin:.* session = "[^"]\+".* name = "\([^"]*\)".*/\1/p' "$work/all" | sort | uniq -c |
	awk '{ print $2, $1 }' >"$work/bt.calls"
"$FLOWDAR" analyze "$attack" --limit 0 --format json |
	jq -r '[.functions[] | select(.calls > 0 and .waits_in == "")] | group_by(.function)[] | "\(.[0].function) \(map(.calls) | add)"' |
	sort >"$work/our.calls"
# (Rows of waits in a function are left out there.)
join "$work/bt.calls" "$work/our.calls" | awk '$2 != $3 { print; bad = 1 } END { exit bad || NR < 10 }' >"$work/differ" ||
	fail "calls differ from analyze's: $(head -n 3 "$work/differ")"

# ---- times: cut out, and nothing goes back ----
first=$(sed -n '1s/^\[\([0-9:.]*\)\].*/\1/p' "$work/all")
bt seconds --clock-seconds "$attack"
sed 's/^\[\([0-9.]*\)\].*/\1/' "$work/seconds" | sort -c -n || fail "times go back"
middle=$(sed -n "$(($(wc -l <"$work/seconds") / 2))s/^\[\([0-9.]*\)\].*/\1/p" "$work/seconds")
bt late --clock-seconds --begin="$middle" "$attack"
bt early --clock-seconds --end="$middle" "$attack"
[ -s "$work/late" ] && [ -s "$work/early" ] || fail "nothing before or after $middle (begins at $first)"
[ $(($(wc -l <"$work/late") + $(wc -l <"$work/early"))) -ge "$(wc -l <"$work/seconds")" ] || fail "--begin and --end lose events"

# ---- one session ----
client=$("$FLOWDAR" analyze "$attack" --by session --limit 1 --format json | jq -r '.sessions[0].client')
bt one run --component "src:source.flowdar.recording" --params="inputs=[\"$attack\"]" \
	--component "only:filter.flowdar.owner" --params="session=\"$client\"" --component pretty:sink.text.pretty \
	--connect src:only --connect only:pretty
[ "$(count one "session = \"$client\"")" = "$(wc -l <"$work/one")" ] || fail "events of others than $client"
[ "$(wc -l <"$work/one")" = "$(count all "session = \"$client\"")" ] || fail "events of $client are missing"

# ---- requests ----
bt requests run --component "src:source.flowdar.recording" --params="inputs=[\"$requests\"]" --params='unit="request"' \
	--component pretty:sink.text.pretty --connect src:pretty
asked=$("$FLOWDAR" analyze "$requests" --by request --limit 0 --format json | jq '[.requests[].count] | add')
[ "$(count requests flowdar:request_begin)" = "$asked" ] || fail "$asked requests, $(count requests flowdar:request_begin) begin"
grep -q 'flowdar:call_begin:.* request = "/match' "$work/requests" || fail "calls do not say for which request they were"

# ---- it becomes a plain trace, which everybody reads ----
bt ctf run --component "src:source.flowdar.recording" --params="inputs=[\"$attack\"]" \
	--component "ctf:sink.ctf.fs" --params="path=\"$work/plain\"" --connect src:ctf
[ "$(babeltrace2 "$work/plain" 2>/dev/null | wc -l)" = "$(wc -l <"$work/all")" ] || fail "a plain trace has other events"

# ---- what is wrong is said ----
! babeltrace2 --plugin-path "$plugins" run --component src:source.flowdar.recording --params='inputs=["/no/such"]' \
	--component d:sink.utils.dummy --connect src:d >"$work/out" 2>"$work/err" || fail "a recording that is not there was read"
grep -q '/no/such' "$work/err" || fail "it is not said which is not there"
echo "$(wc -l <"$work/all") events of $sessions sessions through babeltrace2"
