# shellcheck shell=bash disable=SC2154 # names of private.sh
# Sourced by tests of pages that can be pasted, after private.sh: files and commands of a page, as they stand.

# page_files PAGE: each block that is called by a file's name ("```c server.c") becomes that file.
page_files() {
	awk '/^```[a-z]+ / { name = $2; dir = name; if (sub(/\/[^\/]*$/, "", dir)) system("mkdir -p " dir); next }
		/^```/ { name = ""; next }
		name { print > name }' "$1"
}

# page_block PAGE WORD: the indented blocks of the page that have the word.
page_block() {
	awk -v word="$2" '/^    / { text = text substr($0, 5) "\n"; next }
		/^$/ { held = held "\n"; if (text) next }
		{ if (index(text, word)) printf "%s", text; text = ""; held = "" }
		END { if (index(text, word)) printf "%s", text }' "$1"
}

# page_paste PAGE WORD [OUTPUT]: those blocks, each line as if typed; the first that fails ends it.
page_paste() {
	local text
	text=$(page_block "$1" "$2")
	[ -n "$text" ] || fail "${1##*/} has no block with '$2'"
	bash -e -c "$text" >"${3:-$WORK/pasted.out}" 2>"$WORK/pasted.err" </dev/null || fail "$2: status $?"
	note "pasted: $2"
}
