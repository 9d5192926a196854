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

# What the page said, not what pages of the browser's own say on a slow machine.
complained() {
	grep 'CONSOLE' said | grep -v 'source: chrome://'
}

fail() {
	echo "$1"
	exit 1
}

dom '' >plain.html
if complained; then fail "the page complained"; fi
wanted=$(($(grep -o '<table id=' report.html | wc -l) + $(grep -o 'class="flame"' report.html | wc -l)))
[ "$(grep -o 'type="search"' plain.html | wc -l)" = $wanted ] || fail "expected a search field for each of $wanted tables and flame graphs"

dom '#find-functions=match_from' >filtered.html
shown=$(tr '\n' ' ' <filtered.html | grep -oE '<table id="functions">.*' | sed 's,</table>.*,,' |
	grep -oE '<tr[^>]*>' | grep -vc hidden)
[ "$shown" = 2 ] || fail "filtered by match_from: expected the head and one row, not $shown"

dom '#sort-functions=0a' >sorted.html
first=$(tr '\n' ' ' <sorted.html | grep -oE '<table id="functions">.*' | grep -oE '<code>[^<]*' | sed -n 1p)
[ "$first" = '<code>answer_match' ] || fail "sorted by name: begins with $first"

frame=$(grep -oE 'id="subject-[0-9]+" class="frame" data-name="match_from"' report.html | sed -n 1p | cut -d'"' -f2)
dom "#zoom-flame-subject=$frame" >zoomed.html
grep -o 'display: none' zoomed.html >/dev/null || fail "zoomed into $frame: nothing is hidden"
if complained; then fail "the page complained"; fi

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
const diagram = document.querySelector("#sessions a");
const drawn = document.getElementById(diagram.hash.slice(1));
const closed = !drawn.closest("details").open;
diagram.click();
did.push(closed && drawn.closest("details").open && drawn.getBoundingClientRect().height > 50 &&
	location.hash.includes("at=" + drawn.id));
const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
did.push(ids.length === new Set(ids).size);
document.querySelector("header > .tools button").click();
did.push(document.documentElement.dataset.theme === "dark");
// Pictures as well, whatever the system has.
const papers = [...document.querySelectorAll("figure svg")].map((svg) => getComputedStyle(svg.querySelector("rect")).fill);
did.push(papers.length > 5 && papers.every((paper) => paper !== "rgb(255, 255, 255)"));
// None is wider than its place, and none so narrow that it is not there.
const pictures = [...document.querySelectorAll("figure > .scroll > svg")].map((svg) => svg.getBoundingClientRect().width /
	svg.closest(".scroll").clientWidth);
did.push(pictures.length > 5 && pictures.every((part) => part > 0.5 && part < 1.01));
// What a table is of is read without scrolling.
const captions = [...document.querySelectorAll("caption")].map((caption) => caption.getBoundingClientRect().right);
did.push(captions.length > 1 && captions.every((right) => right <= document.documentElement.clientWidth));
document.title = "did " + did.join(" ");
</script>
SCRIPT
} >report.html
for width in 1400 900 400; do
	dom '' --window-size=$width,900 >hands.html
	grep -q '<title>did 12 true true true true true true true true true true true</title>' hands.html ||
		fail "by hand, $width points wide: $(grep -oE '<title>[^<]*' hands.html)"
	if complained; then fail "the page complained, $width points wide"; fi
done
mv whole.html report.html

for part in '<table id="functions">' 'match_from' 'id="subject-' 'id="sequence"' 'id="again"'; do
	sed '/^<script>/,$d' report.html | grep -F "$part" >/dev/null || fail "without script: no $part"
done
for part in '<section id="changes">' '<section id="waits">' '<section id="threads-subject">' '<section id="handoffs-baseline">'; do
	grep -F "$part" report.html >/dev/null || fail "no $part"
done
mv report.html pair.html
"$FLOWDAR" report "$data/attack" -o report.html >/dev/null
dom '' >alone.html
if complained; then fail "the page of one recording complained"; fi
grep -F 'One recording says what costs most' alone.html >/dev/null || fail "one recording: no word of it"
grep -F '<section id="threads">' alone.html >/dev/null || fail "one recording: no time line"

# Texts of strangers wherever a recording has some: a function, a thread, a client, what was asked, a label, a command line.
# Those of the trace are as long as what they stand for.
cp -r "$data/attack" evil
chmod -R u+w evil
export LC_ALL=C
thread=$'"><b>\033\'&' client=$'<img src=q:"\'>&' asked=$'<script>title=1</script>"\'\033[2J&&'
find evil/trace -type f -exec sed -i "s|worker-0|${thread//&/\\&}|g; s|127\.0\.0\.1:37[0-9][0-9]4|${client//&/\\&}|g
	s|GET /match?s=aaaaaaaaa! HTTP/1\.1|${asked//&/\\&}|g" {} +
sed -i $'s|match_from$|</code><script>document.title=1</script><img src=q: onerror=document.title=1>"\'\033[31m|' evil/symbols/*.txt
sed -i 's|"/srv/demo/www"|"</pre></script><script>document.title=1</script>"|' evil/recording.json
echo '{"label":"</script><script>document.title=1</script>\u001b[31m","client":"127.0.0.1:37758"}' >evil/replay.jsonl
"$FLOWDAR" report "$data/baseline" evil -o report.html >/dev/null 2>said
[ ! -s said ] || fail "strangers: not as long as what they stand for: $(cat said)"
for part in '&lt;b&gt;' '&lt;img src=q:' '&lt;script&gt;title=1' 'onerror=document' '&lt;/pre&gt;'; do
	grep -F "$part" report.html >/dev/null || fail "strangers: no $part in the page, so that nothing is tested"
done
if grep -P '[\x00-\x08\x0b-\x1f\x7f]' report.html >/dev/null; then fail "strangers: control characters in the page"; fi
cat >>report.html <<'SCRIPT'
<script>
document.querySelectorAll("details").forEach((each) => { each.open = true; });
document.title = "has " + [document.title === "1", document.querySelectorAll("script").length,
	document.querySelectorAll("img, iframe, object, [onerror], [onload]").length].join(" ");
</script>
SCRIPT
dom '' >evil.html
if complained; then fail "strangers: the page complained"; fi
grep -q '<title>has false 2 0</title>' evil.html || fail "strangers: $(grep -oE '<title>has [^<]*' evil.html)"
mv pair.html report.html
[ "$(stat -c %s report.html)" -lt 2000000 ] || fail "larger than 2 MB"
echo "the report works from a file, with its script and without"
