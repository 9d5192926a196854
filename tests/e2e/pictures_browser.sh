#!/usr/bin/env bash
# No text of a picture lies over another or is cut off at the edge, whatever font draws it: measured in a
# browser that has DejaVu only (a bare Debian), Liberation only (Arial's and Helvetica's widths), and all.
set -euo pipefail
command -v chromium >/dev/null || { echo "skipped: needs chromium"; exit 77; }
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
data=$FLOWDAR_SOURCE/tests/golden/data
cd "$work"
mkdir svg wide # wide: what is measured with the widest fonts only
cp "$FLOWDAR_SOURCE"/tests/golden/sequence/*.svg svg/
"$FLOWDAR" sequence --baseline "$data/baseline" "$data/attack" -o svg/measured.svg >/dev/null
"$FLOWDAR" sequence --baseline "$data/baseline" "$data/attack" --for review -o svg/review.svg >/dev/null
"$FLOWDAR" sequence "$data/requests-slow" -o svg/one.svg >/dev/null
"$FLOWDAR" flame --baseline "$data/baseline" "$data/attack" -o svg/flame.svg >/dev/null
"$FLOWDAR" flame --baseline "$data/baseline" "$data/attack" --width 600 -o wide/narrow.svg >/dev/null
"$FLOWDAR" flame --baseline "$data/baseline" "$data/attack" --form tree -o wide/tree.svg >/dev/null
"$FLOWDAR" flame --baseline "$data/baseline" "$data/attack" --form waits -o wide/waits.svg >/dev/null
"$FLOWDAR" timeline "$data/attack" -o wide/timeline.svg >/dev/null
"$FLOWDAR" handoffs "$data/attack" -o wide/handoffs.svg >/dev/null

# Each picture in a page of its own, with a script that writes what it finds into the title.
page() {
	echo '<!DOCTYPE html><meta charset="utf-8"><title></title><body style="margin:0">'
	sed '/^<?xml/d' "$1"
	cat <<'SCRIPT'
<script>
const texts = [...document.querySelectorAll("text")].filter((t) => t.textContent.trim()).map((t) => [t.textContent, t.getBoundingClientRect()]);
const right = document.querySelector("svg").getBoundingClientRect().right, bad = [];
texts.forEach(([text, a], i) => {
	if (a.right > right + 1) bad.push("cut off: " + text);
	texts.slice(i + 1).forEach(([other, b]) => {
		const x = Math.min(a.right, b.right) - Math.max(a.left, b.left), y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
		if (x > 1 && y > 4) bad.push("one over the other: " + text + " / " + other);
	});
});
document.title = texts.length + " texts, " + bad.length + " faults. " + bad.slice(0, 3).join("; ");
</script>
SCRIPT
}

measure() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$work/profile" --dump-dom "file://$work/page.html" 2>/dev/null |
		grep -oE '<title>[0-9]+ texts[^<]*' | sed 's/<title>//'
}

fonts() {
	printf '<fontconfig><include>/etc/fonts/conf.d</include><dir>%s</dir><cachedir>%s</cachedir></fontconfig>' "$1" "$work/fonts" >fonts.conf
	export FONTCONFIG_FILE=$work/fonts.conf
}

bad=0
for set in /usr/share/fonts/truetype/dejavu /usr/share/fonts/truetype/liberation all; do
	if [ "$set" = all ]; then unset FONTCONFIG_FILE; else fonts "$set"; fi
	[ "$set" = all ] || [ -d "$set" ] || { echo "skipped: no fonts in $set"; continue; }
	pictures=(svg/*.svg)
	[ "${set##*/}" != dejavu ] || pictures+=(wide/*.svg)
	for picture in "${pictures[@]}"; do
		page "$picture" >page.html
		found=$(measure)
		case $found in
		*' texts, 0 faults.'*) ;;
		*) echo "${set##*/}, ${picture##*/}: ${found:-the browser said nothing}"; bad=1 ;;
		esac
	done
done
[ $bad = 0 ] && echo "$(find svg wide -name "*.svg" | wc -l) pictures in three sets of fonts: no text over another, none cut off"
exit $bad
