#!/usr/bin/env bash
# A week of recordings on a cluster: submit.sh LIST OUTPUT [SBATCH-OPTIONS...]
#
# LIST names recordings, one a line, on a file system that all nodes see; OUTPUT is a folder there. A job array
# makes OUTPUT/00000.profile and so on, one recording a task, and a job after it OUTPUT/all.profile. Only the
# tasks whose profile is missing are submitted, so the same line resumes what failed; what has been submitted is in
# OUTPUT/list, and a list that does not begin with that is refused, as its numbers are others'. With --wait among the
# options it waits, and its exit code is the merge's.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: submit.sh LIST OUTPUT [SBATCH-OPTIONS...]"; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FLOWDAR_LIST=$(realpath "$1")
mkdir -p "$2"
FLOWDAR_OUTPUT=$(realpath "$2")
shift 2
FLOWDAR_MERGED=$FLOWDAR_OUTPUT/all.profile
export FLOWDAR_LIST FLOWDAR_OUTPUT FLOWDAR_MERGED
made_of=$FLOWDAR_OUTPUT/list
if [ -e "$made_of" ] && ! head -n "$(wc -l < "$made_of")" "$FLOWDAR_LIST" | cmp -s - "$made_of"; then
	echo "$FLOWDAR_LIST does not begin with $made_of, of which the profiles there are; expected new recordings at its end, or another folder" >&2
	exit 1
fi
cp "$FLOWDAR_LIST" "$made_of.new"
mv "$made_of.new" "$made_of"
missing=""
count=$(wc -l < "$FLOWDAR_LIST")
for ((i = 0; i < count; i++)); do
	printf -v name '%05d' "$i"
	[ -e "$FLOWDAR_OUTPUT/$name.profile" ] || missing+=${missing:+,}$i
done
wait=()
options=()
for option in "$@"; do
	if [ "$option" = --wait ]; then wait=(--wait); else options+=("$option"); fi
done
after=()
if [ -n "$missing" ]; then
	array=$(sbatch --parsable --export=ALL --array="$missing" -o "$FLOWDAR_OUTPUT/%A_%a.log" "${options[@]}" \
		"$here/flowdar-array.sbatch")
	# afterany: afterok on a job that has failed and is forgotten runs all the same; the merge looks itself.
	after=(--dependency="afterany:$array" --kill-on-invalid-dep=yes)
fi
exec sbatch --export=ALL -o "$FLOWDAR_OUTPUT/merge-%j.log" "${after[@]}" "${wait[@]}" "${options[@]}" \
	"$here/flowdar-merge.sbatch"
