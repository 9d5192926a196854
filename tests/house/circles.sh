#!/usr/bin/env bash
# Inside a room the modules lie in floors, too: no two .c files need each other, directly or over others.
# Read from what the compiler made (nm of each room's library, and of the objects of the libraries that are
# loaded into servers), so that a header shared by a room is no arrow.
# First the check is shown to work: a circle forged of two files must be found.
set -euo pipefail
build=${FLOWDAR_BUILD:?the folder of a build}
command -v nm >/dev/null || { echo "skipped: needs binutils"; exit 77; }

# Circles that stay, by their first module, and why.
allowed='
control two: the helper thread is started by what it tells of changes
ctf_parser a recursive descent: types hold declarations, declarations hold types
'

# circles ARCHIVE...: the modules of each circle, a line each.
circles() {
	nm -A "$@" 2>/dev/null | awk '
		function climb(v,    w, i, n, list, member) {
			order[v] = low[v] = ++clock
			stack[++top] = v; on[v] = 1
			n = split(needs[v], list, " ")
			for (i = 1; i <= n; i++) {
				w = list[i]
				if (!(w in order)) climb(w)
				if (on[w] && low[w] < low[v]) low[v] = low[w]
			}
			if (low[v] != order[v]) return
			member = ""; n = 0
			do { w = stack[top--]; on[w] = 0; sub(/^.*:/, "", w); sub(/\.c\.o$/, "", w); member = w " " member; n++
			} while (order[v] != order[stack[top + 1]])
			if (n > 1) print member
		}
		{
			if (NF < 2) next
			split($1, place, ":"); object = place[1] ":" place[2]
			type = $(NF - 1); name = $NF
			if (type ~ /[TDBRV]/) home[place[1], name] = object
			else if (type == "U") wants[++count] = place[1] SUBSEP object SUBSEP name
			seen[object] = 1
		}
		END {
			for (i = 1; i <= count; i++) {
				split(wants[i], part, SUBSEP)
				if ((part[1], part[3]) in home && home[part[1], part[3]] != part[2])
					needs[part[2]] = needs[part[2]] " " home[part[1], part[3]]
			}
			for (v in seen) if (!(v in order)) climb(v)
		}' | while read -r line; do tr ' ' '\n' <<<"$line" | sort | tr '\n' ' '; echo; done
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'int up(void); int down(void) { return up(); }' >"$scratch/low.c"
echo 'int down(void); int up(void) { return down(); }' >"$scratch/high.c"
echo 'int up(void); int top(void) { return up(); }' >"$scratch/top.c"
for file in low high top; do
	cc -c "$scratch/$file.c" -o "$scratch/$file.c.o"
done
ar rc "$scratch/libforged.a" "$scratch"/*.o
[ "$(circles "$scratch/libforged.a" | xargs)" = "high low" ] || { echo "a forged circle was not found"; exit 1; }

bad=0
for library in "$build"/instrument/CMakeFiles/libflowdar*.dir; do
	find "$library" -name '*.o' -print0 | xargs -0 ar rc "$scratch/$(basename "$library" .dir).a"
done
mapfile -t archives < <({ find "$build" -name 'libfdar_*.a' -not -name '*test_kit*' | sort; } &&
	ls "$scratch"/libflowdar*.a)
while read -r first rest; do
	[ -n "$first" ] || continue
	if ! grep -q "^$first " <<<"$allowed"; then
		echo "these need each other: $first $rest"
		bad=1
	fi
done < <(circles "${archives[@]}")
[ $bad = 0 ] && echo "${#archives[@]} rooms: no circle of modules but those listed with their reason"
exit $bad
