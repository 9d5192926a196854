#!/usr/bin/env bash
# Makes the manual and the completions out of the program and its pages: manual.sh FLOWDAR SOURCE OUT
# VERSION DATE. OUT gets share/man, share/bash-completion, share/zsh and share/fish as they are installed.
# Pages of sections 3 and 5 are those of docs/, by lowdown; without it they are left out, aloud.
set -euo pipefail
flowdar=$1 source=$2 out=$3 version=$4 date=$5
man=$out/share/man

# A file is written whole or not at all.
write() {
	mkdir -p "${1%/*}"
	cat >"$1.new"
	mv "$1.new" "$1"
}

# roff: lowdown's output as mandoc likes it: headings on one line, no macros that do nothing, a typewriter's
# letters in bold (a terminal has no others), links by their text, short lines where lines are filled.
roff() {
	sed -E -e 's/\\fB\\fC([^\\]*(\\-[^\\]*)*)\\fR\\fR/\\fB\1\\fR/g' -e 's/\\fC/\\fB/g' -e 's/ <\\fI[^>]*\\fR>//g' -e 's/[ \t]+$//' |
		awk '
			/^\.(SH|SS)$/ { heading = $0; next }
			heading != "" { if ($0 != "") { print heading " " (heading == ".SH" ? toupper($0) : $0); heading = ""; fresh = 1 } ; next }
			/^\.(LP|PP)$/ { waiting = $0; next }
			$0 == "" { next }
			/^\.(EX|nf|DS)/ { verbatim = 1 }
			/^\.TS/ { table = 1 }
			{ if (waiting != "" && !fresh) print waiting; waiting = ""; fresh = 0 }
			!verbatim && !/^\./ && length($0) > 78 && !(table && /\|/) { fill($0); next }
			{ print }
			/^\.(EE|fi|DE)/ { verbatim = 0 }
			/^\.TE/ { table = 0 }
			function fill(line, words, n, i, row) {
				n = split(line, words, " ")
				row = words[1]
				for (i = 2; i <= n; i++)
					if (length(row) + 1 + length(words[i]) > 78 && words[i] !~ /^[.\x27]/) { print row; row = words[i] }
					else row = row " " words[i]
				print row
			}'
}

# page NAME SECTION MARKDOWN SUMMARY
page() {
	local title=${1^^}
	{
		printf '.\\" Made from %s\n' "$3"
		[ "$(grep -c '^|' "$source/$3")" = 0 ] || printf "'\\\\\" t\n"
		printf '.TH %s %s "%s" "flowdar %s" "flowdar"\n.SH NAME\n%s \\- %s\n' \
			"${title//-/\\-}" "$2" "$date" "$version" "${1//-/\\-}" "$4"
		# The page's own name is in NAME already.
		sed -e '1{/^# /s/.*/# Description/}' "$source/$3" | lowdown -Tman --parse-no-img-ext 2>/dev/null |
			roff
	} | write "$man/man$2/$1.$2"
}

"$flowdar" --help=man | write "$man/man1/flowdar.1"
while read -r command; do
	"$flowdar" --help=man "$command" | write "$man/man1/flowdar-$command.1"
done < <("$flowdar" --help=names)
"$flowdar" --help=bash | write "$out/share/bash-completion/completions/flowdar"
"$flowdar" --help=zsh | write "$out/share/zsh/site-functions/_flowdar"
"$flowdar" --help=fish | write "$out/share/fish/vendor_completions.d/flowdar.fish"
if command -v lowdown >/dev/null; then
	page flowdar.h 3 docs/instrument.md "marks in the source of a server"
	page flowdar-recording 5 docs/formats/recording.md "what is in a recording"
	page flowdar-rules 5 docs/rules.md "what events and functions of a server mean that nobody marked"
	page flowdar-profile 5 docs/formats/profile.md "what a recording comes to, as a file"
else
	echo "manual: without lowdown there are no pages of sections 3 and 5" >&2
fi
