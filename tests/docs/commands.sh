#!/usr/bin/env bash
# Every command of ours that README, CONTRIBUTING and the pages show can be run as shown: its options
# are known to the program (asked with --help behind them, so nothing is done), and every script that
# is named is there and can be run. What a page shows for real is run by readme.sh and the e2e tests.
set -euo pipefail
: "${FLOWDAR:?}"
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
count=0

# blocks PAGE: the lines of its code blocks, fenced or indented, continued lines joined, no prompts.
blocks() {
	awk '/^ *```/ { fenced = !fenced; next }
		fenced || /^    / || /^\t/ { line = $0; sub(/^[ \t]*(\$ )?/, "", line); print line }' "$1" |
		sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}'
}

# commands PAGE: what is said to flowdar in its blocks and between its backticks, one a line: up to the
# end of the command, a comment, or the "--" behind which others' arguments begin.
commands() {
	{
		blocks "$1"
		grep -oE '`flowdar [a-z+]+[^`]*`' "$1" | tr -d '`' || true
	} | sed -nE 's/^(.*[ ;|&("]|)flowdar ([a-z+]+( .*)?)$/\2/p' |
		sed -E -e 's/ #.*//' -e 's/(^| )-- .*//' -e 's/[;|&>)].*//' -e 's/[.,:]$//' | grep -vE '\[|\{' || true
}

# scripts_of PAGE: the files of ours that it names, patterns and words in capitals (NAME) left out.
scripts_of() {
	grep -oE '(^|[` ])(bench|scripts|tests)/[A-Za-z0-9_./*{-]+' "$1" | sed -E -e 's/^[` ]//' -e 's/[.]$//' |
		grep -vE '[*{]|[A-Z]{3}' | sort -u || true
}

# known COMMAND-LINE: whether flowdar takes it; what it says is in said.
known() {
	local -a words
	# The words of our own pages, unset variables and patterns left as they stand; quoted ones are one,
	# but in a line that was cut within its quotes.
	mapfile -t words < <(xargs -n 1 printf '%s\n' <<<"$1" 2>/dev/null || echo cut)
	[ "${words[-1]}" != cut ] || read -ra words <<<"${1//[\'\"]/}"
	case ${words[0]} in
	cc | c++ | COMMAND | help) return 0 ;;
	esac
	(cd "$work" && "$FLOWDAR" "${words[@]}" --help) >"$work/said" 2>&1
}

# It can fail.
! known "record --no-such-option" || { echo "an unknown option was taken"; exit 1; }
! known "no-such-command x" || { echo "an unknown command was taken"; exit 1; }

while IFS= read -r page; do
	while IFS= read -r line; do
		count=$((count + 1))
		known "$line" || { echo "$page: flowdar $line: $(head -n 1 "$work/said")"; bad=1; }
	done < <(commands "$page")
	while IFS= read -r script; do
		[ -e "$script" ] || { echo "$page: there is no $script"; bad=1; continue; }
		[ -d "$script" ] || [ "$(head -c 2 "$script")" != '#!' ] || [ -x "$script" ] ||
			{ echo "$page: $script cannot be run"; bad=1; }
		count=$((count + 1))
	done < <(scripts_of "$page")
done < <(printf '%s\n' README.md CONTRIBUTING.md; find docs -name '*.md' | sort)

# And those that no page names: what has a first line for it can be run.
while IFS= read -r script; do
	[ "$(head -c 2 "$script")" != '#!' ] || [ -x "$script" ] || { echo "$script cannot be run"; bad=1; }
done < <(find bench scripts -type f -name '*.sh')
[ $count -gt 80 ] || { echo "only $count commands found: the pages are written another way"; exit 1; }
[ $bad = 0 ] && echo "$count commands, all known and there"
exit $bad
