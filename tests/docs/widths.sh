#!/usr/bin/env bash
# Tables of all commands that read, and the help of all, at 80, 100 and 200 columns: no line is wider than that, so that no
# terminal wraps it.
# (The tree of flowdar log is as wide as it is deep.)
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 HOME=$work
PATH=$(dirname "$FLOWDAR"):$PATH
cp -r "$FLOWDAR_SOURCE/tests/golden/data" "$work/data"
chmod -R u+w "$work/data"
cd "$work/data"
captures=$FLOWDAR_SOURCE/tests/captures
while read -r line; do
	for width in 80 100 200; do
		rm -rf ../made
		mkdir ../made
		read -ra words <<<"$line"
		status=0
		COLUMNS=$width flowdar "${words[@]}" >"$work/out" 2>"$work/err" </dev/null || status=$?
		[ $status -le 1 ] && [ -s "$work/out" ] || { echo "$line: status $status"; cat "$work/err"; exit 1; }
		wide=$(sed -nE "/^.{$((width + 1)),}/{p;q}" "$work/out")
		[ -z "$wide" ] || { echo "flowdar $line: wider than $width columns: $wide"; exit 1; }
		seen=$((${seen:-0} + 1))
	done
done <<END
$(flowdar --help=names | sed 's/$/ --help/')
info attack
info attack --check
analyze attack
analyze attack --server
analyze requests --unit request
$(for by in path component session request client label thread host; do echo "analyze attack --by $by"; done)
batch . -o ../made/profiles
diff baseline attack
diff requests requests-slow --unit request
$(for by in thread client host; do echo "diff baseline attack --by $by"; done)
calibrate -o ../made/calm baseline attack requests
doctor
patch --list
split $captures/demo-baseline.pcap -o ../made/split
END
echo "$seen tables and helps fit"
