#!/usr/bin/env bash
# Every command of ours that README, CONTRIBUTING and the pages show can be run as shown: its options
# are known to the program (asked with --help behind them, so nothing is done), and every script that
# is named is there and can be run. Commands that only read are done, too, with recordings and captures of the
# tests by the names that the page has. Whole blocks are run by readme.sh and its neighbours.
set -euo pipefail
: "${FLOWDAR:?}"
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
count=0
declare -a words
declare -A done_with

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
	# The words of our own pages, unset variables and patterns left as they stand; quoted ones are one,
	# but in a line that was cut within its quotes.
	mapfile -t words < <(xargs -n 1 printf '%s\n' <<<"$1" 2>/dev/null || echo cut)
	whole=yes
	[ "${words[-1]}" != cut ] || { whole=no && read -ra words <<<"${1//[\'\"]/}"; }
	case ${words[0]} in
	cc | c++ | COMMAND | help) return 0 ;;
	esac
	(cd "$work" && "$FLOWDAR" "${words[@]}" --help) >"$work/said" 2>&1
}

# stand_in WORD: what a page's name may stand for, where there is nothing of that name.
stand_in() {
	[ ! -e "$work/$1" ] || return 0
	case $1 in
	*/* | *'$'* | *'*'*) return 1 ;;
	*.pcap | *.pcapng) cp "$PWD/tests/captures/demo-attack.pcap" "$work/$1" ;;
	base* | usual* | old* | before* | normal* | calm*) cp -r "$PWD/tests/golden/data/baseline" "$work/$1" ;;
	*.*) [[ $1 = *.rec ]] && cp -r "$PWD/tests/golden/data/attack" "$work/$1" ;;
	*) cp -r "$PWD/tests/golden/data/attack" "$work/$1" ;;
	esac
}

# read_for_real: does the command in words. One that the recordings here have no answer to (a session, a label that
# they do not have) ends with 1, 3 or 4; one that is not as the program wants it with 2.
read_for_real() {
	local word before='' status=0 read=no
	[ $whole = yes ] || return 0
	case ${words[0]} in
	analyze | diff | info | log | sequence | flame | timeline | handoffs | report | split) ;;
	*) return 0 ;;
	esac
	for word in "${words[@]:1}"; do
		case $word in
		-*) ;;
		*[A-Z]*) return 0 ;; # FILE, DIR
		*)
			[[ $before = -* && $before != *=* && $before != --baseline && $before != --subject &&
				$before != --server && $before != --io && $before != --own && $before != --check ]] ||
				{ stand_in "$word" && read=yes; } || return 0
			;;
		esac
		before=$word
	done
	[ $read = yes ] || return 0 # a word of a sentence
	(cd "$work" && timeout 60 "$FLOWDAR" "${words[@]}") >"$work/out" 2>"$work/said" </dev/null || status=$?
	case $status in
	0) real=$((real + 1)) ;;
	1 | 3 | 4) ;;
	*) return 1 ;;
	esac
}

# It can fail.
real=0
whole=yes words=(analyze base --limit ten)
! read_for_real || { echo "a wrong value was taken"; exit 1; }
whole=yes words=(analyze base)
{ read_for_real && [ $real = 1 ]; } || { echo "what can be done was not"; exit 1; }
! known "record --no-such-option" || { echo "an unknown option was taken"; exit 1; }
! known "no-such-command x" || { echo "an unknown command was taken"; exit 1; }

while IFS= read -r page; do
	while IFS= read -r line; do
		count=$((count + 1))
		known "$line" || { echo "$page: flowdar $line: $(head -n 1 "$work/said")"; bad=1; continue; }
		[ -z "${done_with["$line"]:-}" ] || continue
		done_with["$line"]=yes
		read_for_real || { echo "$page: flowdar $line, done: $(head -n 1 "$work/said")"; bad=1; }
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
[ $real -gt 30 ] || { echo "only $real of them were done"; exit 1; }
[ $bad = 0 ] && echo "$count commands, all known and there; $real done"
exit $bad
