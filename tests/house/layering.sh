#!/usr/bin/env bash
# A room includes its own headers and those of the rooms that its line in CMake names, no others; and the
# rooms lie in floors: no circles. The lines are fdar_room(ROOM DEPENDS...) in the boxes' CMakeLists.txt.
# What runs inside somebody's server includes nothing of the house but its own box; of it, others may
# include instrument/wire alone (and cli/ the patcher, by its line).
# First the check is shown to work: each kind of forbidden include is forged into a made-up tree and must
# be found.
set -euo pipefail
source_dir=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
boxes='base instrument pipeline analyze viz replay cli'

# rooms TREE: "ROOM DEPENDS..." a line, of all boxes; rooms only.
rooms() {
	local box
	for box in $boxes; do
		[ -e "$1/$box/CMakeLists.txt" ] || continue
		sed 's/#.*//' "$1/$box/CMakeLists.txt" | tr '\n' ' ' | grep -oE 'fdar_room\([^)]*\)' |
			sed -E 's/fdar_room\(//; s/\)//; s/PkgConfig::[A-Z_]+//g; s/Threads::Threads//g'
	done
}

# violations TREE: every include that points where it must not, every .c or .h file that is in no room,
# and circles of rooms, one a line; status 1 if any.
violations() {
	local tree=$1
	rooms "$tree" >"$scratch/rooms"
	(cd "$tree" && { find $boxes -name '*.[ch]' 2>/dev/null || true; } | sort |
		xargs grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+["<]' /dev/null) |
		sed -E 's/:[[:space:]]*#[[:space:]]*include[[:space:]]+["<]([^">]*)[">].*/:\1/' |
		awk -F: -v rooms="$scratch/rooms" '
		function folder(path) { return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "" }
		# Depth first; "below" is on the way now, "done" has no circle below.
		function climb(room, way,    i, n, list) {
			if (room in done) return
			if (room in below) { print "a circle of rooms:" way " " room; bad = 1; return }
			below[room] = 1
			n = split(depends[room], list, " ")
			for (i = 1; i <= n; i++) if (list[i] in depends) climb(list[i], way " " room)
			delete below[room]; done[room] = 1
		}
		BEGIN {
			while ((getline line < rooms) > 0) {
				n = split(line, word, " ")
				depends[word[1]] = ""
				for (i = 2; i <= n; i++) { may[word[1], word[i]] = 1; depends[word[1]] = depends[word[1]] " " word[i] }
			}
			for (room in depends) climb(room, "")
		}
		{
			file = $1; number = $2; header = $3
			from = folder(file); to = folder(header)
			if (header ~ /^\.\.\/|\/\.\.\//) { print file ":" number ": a path with dots: " header; bad = 1; next }
			if (header !~ /^(base|instrument|pipeline|analyze|viz|replay|cli)\//) next
			if (to == "instrument/wire") next
			if (from in depends) {
				if (from != to && !((from, to) in may)) { print file ":" number ": " from " must not include \"" header "\""; bad = 1 }
			} else if (from ~ /^instrument/) {
				if (to !~ /^instrument/ || to == "instrument/patcher") { print file ":" number ": what runs in a server must not include \"" header "\""; bad = 1 }
			} else { print file ": is in no room"; bad = 1 }
		}
		END { exit bad }'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
forged=$scratch/tree
mkdir -p "$forged"/{base,cli/kit,replay/play,instrument/{io,wire,patcher}} "$forged"/{pipeline/{low,high},analyze/walk}
echo 'fdar_room(base PkgConfig::GLIB)' >"$forged/base/CMakeLists.txt"
printf 'fdar_room(pipeline/low base)\nfdar_room(pipeline/high base\n  pipeline/low PkgConfig::GLIB)\n' >"$forged/pipeline/CMakeLists.txt"
echo 'fdar_room(analyze/walk pipeline/high)' >"$forged/analyze/CMakeLists.txt"
echo 'fdar_room(replay/play)' >"$forged/replay/CMakeLists.txt"
printf '#include "pipeline/low/a.h"\n#include "base/b.h"\n#include "instrument/wire/c.h"\n#include <glib.h>\n' >"$forged/pipeline/high/fine.c"
violations "$forged" || { echo "a permitted include was refused"; exit 1; }
for forbidden in 'pipeline/low/up.c:pipeline/high/a.h' 'pipeline/high/over.c:analyze/walk/walk.h' \
	'replay/play/side.c:pipeline/low/a.h' 'analyze/walk/through.c:pipeline/low/a.h' \
	'analyze/walk/server.c:instrument/io/next.h' 'pipeline/low/dots.c:../high/a.h' \
	'instrument/io/house.c:base/b.h' 'cli/kit/nowhere.c:base/b.h'; do
	echo "  #  include \"${forbidden#*:}\"" >"$forged/${forbidden%%:*}"
	if violations "$forged" >/dev/null; then
		echo "a forbidden include was not found: $forbidden"
		exit 1
	fi
	rm "$forged/${forbidden%%:*}"
done
echo 'fdar_room(base pipeline/high)' >"$forged/base/CMakeLists.txt"
if violations "$forged" >/dev/null; then
	echo "a circle of rooms was not found"
	exit 1
fi

violations "$source_dir"
echo "$(rooms "$source_dir" | wc -l) rooms: none includes what its line does not name, no circles"
