#!/usr/bin/env bash
# The report in a real browser, from a file: its script runs under its own content security policy without
# an error, the fragment brings sorting, filter and zoom back, keys and links do what they should, and without script all of it is still there.
set -euo pipefail
command -v chromium >/dev/null || { echo "skipped: needs chromium"; exit 77; }
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
data=$FLOWDAR_SOURCE/tests/golden/data
cd "$work"
"$FLOWDAR" report "$data/baseline" "$data/attack" -o report.html >/dev/null

# dom FRAGMENT [OPTIONS...]: the page as it is once its script has run; what it complained of in said.
dom() {
	local fragment=$1
	shift
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$work/profile" --enable-logging=stderr --virtual-time-budget=2000 "$@" \
		--dump-dom "file://$work/report.html$fragment" 2>said
}

fail() {
	echo "$1"
	exit 1
}

dom '' >plain.html
if grep 'CONSOLE' said; then fail "the page complained"; fi
wanted=$(($(grep -o '<table id=' report.html | wc -l) + $(grep -o 'class="flame"' report.html | wc -l)))
[ "$(grep -o 'type="search"' plain.html | wc -l)" = $wanted ] || fail "expected a search field for each of $wanted tables and flame graphs"

dom '#find-functions=match_from' >filtered.html
shown=$(tr '\n' ' ' <filtered.html | grep -oE '<table id="functions">.*' | sed 's,</table>.*,,' |
	grep -oE '<tr[^>]*>' | grep -vc hidden)
[ "$shown" = 2 ] || fail "filtered by match_from: expected the head and one row, not $shown"

dom '#sort-functions=0a' >sorted.html
first=$(tr '\n' ' ' <sorted.html | grep -oE '<table id="functions">.*' | grep -oE '<code>[^<]*' | head -n 1)
[ "$first" = '<code>answer_match' ] || fail "sorted by name: begins with $first"

frame=$(grep -oE 'id="subject-[0-9]+" class="frame" data-name="match_from"' report.html | head -n 1 | cut -d'"' -f2)
dom "#zoom-flame-subject=$frame" >zoomed.html
grep -o 'display: none' zoomed.html >/dev/null || fail "zoomed into $frame: nothing is hidden"
if grep 'CONSOLE' said; then fail "the page complained"; fi

# What hands do: long tables, the keyboard in a flame graph, links, the theme; what came of it is the title.
mv report.html whole.html
{
	cat whole.html
	cat <<'SCRIPT'
<script>
const shown = () => [...document.querySelectorAll("#functions tbody tr")].filter((row) => !row.hidden).length;
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const did = [shown()];
document.querySelector("#ranking .scroll + button").click();
did.push(shown() === document.querySelectorAll("#functions tbody tr").length);
const frame = document.querySelector("section.flame .frame[tabindex='0']");
frame.focus();
press("ArrowRight");
did.push(document.activeElement !== frame && document.activeElement.classList.contains("frame"));
press("Enter");
did.push(location.hash.includes("zoom-flame-subject="));
press("Escape");
did.push(!location.hash.includes("zoom"));
document.querySelector("nav a[href='#who']").click();
did.push(location.hash.includes("at=who") && document.activeElement.id === "who");
document.querySelector("header > .tools button").click();
did.push(document.documentElement.dataset.theme === "dark");
document.title = "did " + did.join(" ");
</script>
SCRIPT
} >report.html
dom '' >hands.html
mv whole.html report.html
grep -q '<title>did 12 true true true true true true</title>' hands.html ||
	fail "by hand: $(grep -oE '<title>[^<]*' hands.html)"
if grep 'CONSOLE' said; then fail "the page complained"; fi

for part in '<table id="functions">' 'match_from' 'id="subject-' 'id="sequence"' 'id="again"'; do
	sed '/^<script>/,$d' report.html | grep -F "$part" >/dev/null || fail "without script: no $part"
done
for part in '<section id="changes">' '<section id="waits">' '<section id="threads-subject">' '<section id="handoffs-baseline">'; do
	grep -F "$part" report.html >/dev/null || fail "no $part"
done
mv report.html pair.html
"$FLOWDAR" report "$data/attack" -o report.html >/dev/null
dom '' >alone.html
if grep 'CONSOLE' said; then fail "the page of one recording complained"; fi
grep -F 'One recording says what costs most' alone.html >/dev/null || fail "one recording: no word of it"
grep -F '<section id="threads">' alone.html >/dev/null || fail "one recording: no time line"
mv pair.html report.html
[ "$(stat -c %s report.html)" -lt 2000000 ] || fail "larger than 2 MB"
echo "the report works from a file, with its script and without"
