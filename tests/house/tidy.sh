#!/usr/bin/env bash
# clang-tidy finds nothing (.clang-tidy) in what the last commits and the work tree have changed; with
# TIDY_ALL=1, as scripts/test has it, in all sources. The path-sensitive analyzer, which takes half an hour for
# all, runs with TIDY_ANALYZE=1 only.
#
# What was looked at is remembered by contents, its own and its headers', in the user's cache: looking again
# costs nothing.
set -euo pipefail
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
build=${FLOWDAR_BUILD:?the folder of a build}
command -v clang-tidy >/dev/null || { echo "skipped: needs clang-tidy"; exit 77; }
[ -e "$build/compile_commands.json" ] || { echo "skipped: no compile_commands.json in $build"; exit 77; }

seen=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/flowdar/tidy
mkdir -p "$seen"
checks='-clang-analyzer-*'
[ -n "${TIDY_ANALYZE:-}" ] && checks=
export build seen checks
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# key FILE: a hash of all that decides what is found in it.
key() {
	# The headers of the tree that it includes, however indirectly.
	local headers
	headers=$(gcc -MM -MG -I. -Iinstrument -Iinstrument/include "$1" 2>/dev/null | tr -s ' \\' '\n\n' | grep '\.[hc]$\|\.def$' | sort -u || echo "$1")
	# shellcheck disable=SC2086
	{ echo "$checks"; clang-tidy --version; cat .clang-tidy $headers; } | sha256sum | cut -d' ' -f1
}

# tidy FILE: says what is wrong with it.
tidy() {
	local file=$1 stamp said
	stamp=$seen/$(key "$file")
	[ -e "$stamp" ] && return
	said=$(clang-tidy -p "$build" --quiet ${checks:+--checks="$checks"} \
		--extra-arg=-Wno-unknown-warning-option "$PWD/$file" 2>/dev/null | grep -E ': (warning|error):' || true)
	if [ -z "$said" ]; then : >"$stamp"; else printf '%s\n' "$said"; fi
}
export -f key tidy

# It can fail: a fault in a made-up file is found.
mkdir "$work/build"
printf '%s\n' 'int twice(int a);' 'int twice(int a)' '{' '	return a == a;' '}' >"$work/forged.c"
clang-tidy --quiet --config-file=.clang-tidy "$work/forged.c" -- 2>/dev/null | grep misc-redundant-expression >/dev/null ||
	{ echo "a forged fault was not found"; exit 1; }

# sources: those to look at.
sources() {
	if [ -n "${TIDY_ALL:-}" ] || ! git rev-parse -q --verify HEAD~3 >/dev/null 2>&1; then
		find base instrument replay pipeline analyze viz cli -name '*.c'
	else
		git diff --name-only --diff-filter=d HEAD~3 -- '*.c' |
			grep -E '^(base|instrument|replay|pipeline|analyze|viz|cli)/' || true
	fi
}

mapfile -t files < <(sources | sort)
[ ${#files[@]} -gt 0 ] || { echo "no source has changed"; exit 0; }
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I{} bash -c 'tidy {}' >"$work/found" || true
sort -u "$work/found"
[ ! -s "$work/found" ] || exit 1
echo "${#files[@]} sources, nothing found"
