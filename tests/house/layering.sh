#!/usr/bin/env bash
# Each folder may include its own headers and those of the folders below it, no others.
# First the check is shown to work: a forbidden include in a made-up tree has to be found.
set -euo pipefail
source_dir=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}

# allowed FOLDER: the folders whose headers FOLDER may include.
allowed() {
	case $1 in
	base) echo base ;;
	instrument) echo instrument ;;
	replay) echo 'replay base' ;;
	pipeline) echo 'pipeline base' ;;
	analyze) echo 'analyze pipeline base' ;;
	viz) echo 'viz analyze pipeline base' ;;
	cli) echo 'cli viz analyze pipeline replay base' ;;
	esac
}

# violations TREE: every include that points where it must not, one a line; status 1 if any.
violations() {
	local tree=$1 folder file number header target bad=0
	for folder in base instrument replay pipeline analyze viz cli; do
		[ -d "$tree/$folder" ] || continue
		while IFS=: read -r file number header; do
			target=${header%%/*}
			case $header in
			instrument/wire/*) continue ;; # for everybody
			instrument/patcher/*) [ $folder = cli ] && continue ;;
			base/* | instrument/* | replay/* | pipeline/* | analyze/* | viz/* | cli/*) ;;
			../* | */../*) target=.. ;;
			*) continue ;;
			esac
			if [[ " $(allowed $folder) " != *" $target "* ]]; then
				printf '%s:%s: %s/ must not include "%s"\n' "${file#"$tree"/}" "$number" $folder "$header"
				bad=1
			fi
		done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+["<]' "$tree/$folder" --include='*.[ch]' |
			sed -E 's/:[[:space:]]*#[[:space:]]*include[[:space:]]+["<]([^">]*)[">].*/:\1/')
	done
	return $bad
}

forged=$(mktemp -d)
trap 'rm -rf "$forged"' EXIT
mkdir "$forged/analyze" "$forged/pipeline" "$forged/replay"
echo '#include "pipeline/events/event.h"' >"$forged/analyze/fine.c"
violations "$forged" || { echo "a permitted include was refused"; exit 1; }
for forbidden in 'pipeline/up.c:analyze/walk/walk.h' 'replay/side.c:pipeline/events/event.h' \
	'analyze/over.c:instrument/include/flowdar/flowdar.h' 'analyze/dots.c:../viz/scene.h'; do
	echo "  #  include \"${forbidden#*:}\"" >"$forged/${forbidden%%:*}"
	if violations "$forged" >/dev/null; then
		echo "a forbidden include was not found: $forbidden"
		exit 1
	fi
	rm "$forged/${forbidden%%:*}"
done

violations "$source_dir"
echo "no folder includes what it must not"
