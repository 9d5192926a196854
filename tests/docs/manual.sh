#!/usr/bin/env bash
# The manual is sound by mandoc's judgement and has every command and every option that --help has; the
# completions are read by their shells, and complete commands, options, values, recordings,
# and labels, functions and threads of these.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}"
command -v mandoc >/dev/null || { echo "skipped: needs mandoc"; exit 77; }
share=$FLOWDAR_BUILD/share
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

fail() {
	echo "FAILED: $*"
	bad=1
}

# options COMMAND: the long options of its help.
options() {
	"$FLOWDAR" "$1" --help | sed -nE 's/^  (-[a-zA-Z], )?(--[a-z-]+).*/\2/p' | grep -v -e --flowdar- -e '--help' || true
}

count=0
for page in "$share"/man/man*/*; do
	mandoc -Tlint "$page" >"$work/lint" 2>&1 || true
	[ ! -s "$work/lint" ] || fail "$(head -n 3 "$work/lint")"
	count=$((count + 1))
done
while read -r command; do
	page=$share/man/man1/flowdar-$command.1
	[ -s "$page" ] || { fail "no page of $command"; continue; }
	mandoc -Tascii "$page" | sed 's/.\x08//g' >"$work/page"
	while read -r option; do
		grep -q -e "$option" "$work/page" || fail "flowdar-$command(1) does not have $option"
	done < <(options "$command")
	grep -q "flowdar-$command" "$share/man/man1/flowdar.1" || grep -q "flowdar..$command" "$share/man/man1/flowdar.1" ||
		fail "flowdar(1) does not name $command"
done < <("$FLOWDAR" --help=names)
if command -v lowdown >/dev/null; then
	for page in man3/flowdar.h.3 man5/flowdar-{recording,rules,profile}.5; do
		[ -s "$share/man/$page" ] || fail "no $page"
	done
fi

# ---- bash: with the words as readline hands them over ----
mkdir -p "$work/here/base" "$work/here/folder"
echo '{}' >"$work/here/base/recording.json"
# Labels and functions of a recording; of names that would be more than a word to a shell, none.
cat >"$work/here/base/replay.jsonl" <<'END'
{"client": "127.0.0.1:1", "label": "normal"}
{"client": "127.0.0.1:2", "label": "noisy"}
{"client": "127.0.0.1:3", "label": "no$(touch hit)"}
{"client": "127.0.0.1:4", "label": "no;way"}
END
mkdir "$work/here/base/symbols"
printf '%s\n' '0000000000002410 0000000000000022 match_from' '0000000000002510 0000000000000022 match_`id`' \
	'0000000000002610 0000000000000022 main' >"$work/here/base/symbols/00.txt"
attack=${FLOWDAR_SOURCE:?}/tests/golden/data/attack
PATH=$(dirname "$FLOWDAR"):$PATH
cat >"$work/complete.bash" <<'END'
# complete.bash FILE WORD...: what the last word becomes, a line each.
. "$1"
shift
compopt() { :; } # only known inside of a real completion
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_flowdar
printf '%s\n' "${COMPREPLY[@]}"
END

# completes EXPECTED WORD...: one of the completions in bash is EXPECTED.
completes() {
	local expected=$1
	shift
	(cd "$work/here" && bash "$work/complete.bash" "$share/bash-completion/completions/flowdar" "$@") >"$work/got" 2>&1
	grep -Fxq -e "$expected" "$work/got" || fail "bash: $*: expected '$expected', got: $(tr '\n' ' ' <"$work/got")"
}

completes record flowdar rec
completes --detail= flowdar record --det
completes io flowdar record --detail i
completes io flowdar record --detail = i
completes function flowdar record -d fun
completes json flowdar diff --format = ''
completes 'base ' flowdar analyze b
completes folder/ flowdar diff base f
completes p99 flowdar analyze --sort p
completes thread flowdar analyze base --by th
completes memory flowdar verify --test m
completes verify flowdar help ver
completes postgresql flowdar patch --server p
completes --flowdar-mode= flowdar cc --flow
completes hooks flowdar cc --flowdar-mode = h
completes noisy flowdar analyze base --label n
completes normal flowdar diff base base --baseline-label = n
completes match_from flowdar sequence base --focus m
completes 127.0.0.1:3 flowdar log base --session 127
completes 127.0.0.1:4 flowdar analyze base -s ''
completes worker-1 flowdar log "$attack" --thread work
completes acceptor flowdar sequence "$attack" --thread = acc
completes 2 flowdar log base --session 127.0.0.1 :
completes 1 flowdar timeline base --session = 127.0.0.1 : 1
[ "$("$FLOWDAR" --help=labels "$work/here/base" | xargs)" = 'noisy normal' ] || fail "labels that are no plain words are offered"
[ "$("$FLOWDAR" --help=clients "$work/here/base" | xargs)" = '127.0.0.1:1 127.0.0.1:2 127.0.0.1:3 127.0.0.1:4' ] || fail "clients offered"
[ "$("$FLOWDAR" --help=functions "$work/here/base" "$work/none" | xargs)" = 'main match_from' ] || fail "functions offered"
[ "$("$FLOWDAR" --help=threads "$attack" "$work/here/base" | xargs)" = 'acceptor worker-0 worker-1' ] || fail "threads offered"
shellcheck --shell=bash --severity=warning "$share/bash-completion/completions/flowdar" || fail "shellcheck finds something"

# ---- zsh and fish ----
if command -v zsh >/dev/null; then
	zsh -f -n "$share/zsh/site-functions/_flowdar" || fail "zsh does not read _flowdar"
	zsh -f -c "fpath=('$share/zsh/site-functions' \$fpath); autoload -U compinit; compinit -u -d '$work/dump'; whence -w _flowdar" |
		grep -q function || fail "zsh's compinit does not take _flowdar"
	# As a user has it: at a terminal, a line and the key. Setting up is over when the word that it makes is seen.
	cat >"$work/complete.zsh" <<'END'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; cd $4; fpath=($1 \$fpath); autoload -U compinit; compinit -u -d $2; bindkey '^I' list-choices; print set''up"
zpty -r shell seen '*setup*'
zpty -n -w shell "$5"$'\t'
zpty -r shell seen "*$3*" && print found
END
	# zsh_completes EXPECTED LINE: what is listed has EXPECTED, which is not in LINE.
	zsh_completes() {
		timeout 300 zsh -f "$work/complete.zsh" "$share/zsh/site-functions" "$work/dump" "$1" "$work/here" "$2" >"$work/got" 2>&1
		grep -q found "$work/got" || fail "zsh: $2: expected $1"
	}
	zsh_completes 'record  ' 'flowdar rec'
	zsh_completes "server's source: sessions" 'flowdar pat'
	zsh_completes --detail 'flowdar record --det'
	zsh_completes function 'flowdar record --detail f'
	zsh_completes base/ 'flowdar analyze ba'
	zsh_completes memory 'flowdar verify --test m'
	zsh_completes normal 'flowdar analyze base --label no'
	zsh_completes match_from 'flowdar sequence base --focus m'
	zsh_completes 127.0.0.1:4 'flowdar analyze base --session 127'
	zsh_completes worker-1 "flowdar log $attack --thread w"
	zsh_completes --flowdar-mode 'flowdar cc --flowdar-m'
fi
if command -v fish >/dev/null; then
	# fish_completes EXPECTED LINE
	fish_completes() {
		HOME=$work fish -c "source '$share/fish/vendor_completions.d/flowdar.fish'; complete -C '$2'" >"$work/got" 2>&1
		grep -q "^$1" "$work/got" || fail "fish: $2: expected $1, got: $(tr '\n' ' ' <"$work/got")"
	}
	fish_completes record 'flowdar rec'
	fish_completes --detail 'flowdar record --det'
	fish_completes function 'flowdar record --detail f'
	fish_completes memory 'flowdar verify --test m'
	fish_completes verify 'flowdar help ver'
	fish_completes normal "flowdar analyze $work/here/base --label no"
	fish_completes match_from "flowdar sequence $work/here/base --focus m"
	fish_completes 127.0.0.1:4 "flowdar analyze $work/here/base --session 127"
	fish_completes acceptor "flowdar log $attack --thread acc"
	fish_completes --flowdar-mode 'flowdar cc --flow'
	fish_completes "patch.*server's source: sessions" 'flowdar pat'
fi
[ $bad = 0 ] && echo "$count pages, nothing found; completions of bash, zsh and fish"
exit $bad
