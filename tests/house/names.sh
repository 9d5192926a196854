#!/usr/bin/env bash
# What a room exports is called after the room or one of its modules: fdar_<module>_..., or without fdar_
# where it stays inside the room; a noun that is neither is in names.list, with the one room that has it. And
# no name is exported twice. Read from what the compiler made (nm of each room's library).
# First the check is shown to work, on two forged rooms.
set -euo pipefail
build=${FLOWDAR_BUILD:?the folder of a build}
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
command -v nm >/dev/null || { echo "skipped: needs binutils"; exit 77; }

# strays LIST ARCHIVE...: "ROOM MODULE NAME" of each name that is not called after its place; "twice NAME ROOMS".
strays() {
	local list=$1
	shift
	nm -A --defined-only "$@" 2>/dev/null | awk -v list="$list" '
		function fits(name, noun) {
			if (index(name, noun) == 1) return 1
			sub(/s$/, "", noun)
			return index(name, noun) == 1
		}
		BEGIN {
			while ((getline line < list) > 0) {
				split(line, part, " ")
				if (line !~ /^#/ && part[1] != "") nouns[part[2]] = nouns[part[2]] " " part[1]
			}
		}
		NF >= 2 && $(NF - 1) ~ /^[TDBR]$/ && $NF !~ /^__odr_asan/ {
			split($1, place, ":")
			room = place[1]; sub(/.*libfdar_/, "", room); sub(/\.a$/, "", room)
			module = place[2]; sub(/\.c\.o$/, "", module)
			if (!((room, module) in known)) modules[room] = modules[room] " " module
			known[room, module] = 1
			rooms[++count] = room; at[count] = module; name[count] = $NF
			if (($NF in owner) && owner[$NF] != room) print "twice", $NF, owner[$NF], room
			owner[$NF] = room
		}
		END {
			for (i = 1; i <= count; i++) {
				rest = name[i]; sub(/^fdar_/, "", rest)
				short = rooms[i]; sub(/.*_/, "", short)
				found = fits(rest, short)
				words = split(modules[rooms[i]] nouns[rooms[i]], word, " ")
				for (w = 1; w <= words && !found; w++) found = fits(rest, word[w])
				if (!found) print rooms[i], at[i], name[i]
			}
		}'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'int fdar_kettle_fill(void) { return 0; } int fdar_spoon_turn(void) { return 0; }' >"$scratch/kettle.c"
echo 'int fdar_kettle_fill(void) { return 0; } int stove_light(void) { return 0; }' >"$scratch/stove.c"
for file in kettle stove; do
	cc -c "$scratch/$file.c" -o "$scratch/$file.c.o"
	ar rc "$scratch/libfdar_forged_$file.a" "$scratch/$file.c.o"
done
forged=$(strays /dev/null "$scratch"/libfdar_forged_*.a | sort | tr '\n' ';')
[ "$forged" = "forged_kettle kettle fdar_spoon_turn;forged_stove stove fdar_kettle_fill;twice fdar_kettle_fill forged_kettle forged_stove;" ] ||
	{ echo "the forged rooms were not seen through: $forged"; exit 1; }

mapfile -t archives < <(find "$build" -name 'libfdar_*.a' -not -name '*test_kit*' | sort)
found=$(strays tests/house/names.list "${archives[@]}")
if [ -n "$found" ]; then
	echo "$found"
	echo "name it after its room or module, or put its noun into tests/house/names.list"
	exit 1
fi
echo "${#archives[@]} rooms: what they export is called after them"
