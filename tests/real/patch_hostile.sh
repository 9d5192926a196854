#!/usr/bin/env bash
# flowdar patch on trees that mean harm, and runs that are cut off: nothing outside the tree is read or
# written, nothing is half patched, nothing stays behind. With a set of patches of its own.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
command -v spatch >/dev/null || { echo "skipped: needs spatch"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp FLOWDAR_PATCHES=$work/sets
export FLOWDAR_HEADER=$FLOWDAR_SOURCE/instrument/include/flowdar/flowdar.h
export ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99
mkdir -p "$TMPDIR" "$work/sets/toy" "$work/outside"

cat >"$work/sets/toy/rules.ini" <<'END'
[server]
title = a toy
made-for = 1
version-file = version.h
version = VERSION "([^"]*)"
header = include/flowdar/flowdar.h

[begin]
file = src/a.c
patch = a.cocci
adds = FLOWDAR_NOTE("a", "begins")
marks = the beginning

[end]
file = src/b.c
patch = b.cocci
adds = FLOWDAR_NOTE("b", "ends")
marks = the end
END
for letter in a b; do
	cat >"$work/sets/toy/$letter.cocci" <<-END
		@@ @@
		+ FLOWDAR_NOTE("$letter", "$([ $letter = a ] && echo begins || echo ends)");
		  work_$letter();
	END
done

fail() {
	echo "FAILED: $*"
	cat "$work/out"
	exit 1
}

# A tree that fits.
fresh() {
	tree="$work/a tree; \$(touch $work/outside/ran) \"'"
	rm -rf "$tree"
	mkdir -p "$tree/src"
	echo '#define VERSION "1"' >"$tree/version.h"
	printf 'void a(void)\n{\n\twork_a();\n}\n' >"$tree/src/a.c"
	printf 'void b(void)\n{\n\twork_b();\n}\n' >"$tree/src/b.c"
	keep
}

# What the tree is now is what it is to be later, and so is what is outside.
keep() {
	rm -rf "$work/kept" "$work/kept-outside"
	cp -a "$tree" "$work/kept"
	cp -a "$work/outside" "$work/kept-outside"
}

untouched() {
	diff -r --no-dereference "$work/kept" "$tree" >"$work/diff" || fail "$1: the tree changed: $(cat "$work/diff")"
	diff -r --no-dereference "$work/kept-outside" "$work/outside" >"$work/diff" ||
		fail "$1: something outside changed: $(cat "$work/diff")"
	[ -z "$(ls -A "$TMPDIR")" ] || fail "$1: leaves $(ls "$TMPDIR")"
	[ -z "$(find "$work" -mindepth 1 -name '*.flowdar-new' -o -name '.flowdar-patch.new' -type d)" ] || fail "$1: leaves a half file"
}

# patch STATUS WHAT ARGUMENT...
patch() {
	local status=$1 what=$2 got=0
	shift 2
	timeout 300 "$FLOWDAR" patch "$@" "$tree" >"$work/out" 2>&1 || got=$?
	[ $got = "$status" ] || fail "$what: status $got, should be $status"
}

# refuse WHAT: nothing happens, and one line or a report says why.
refuse() {
	keep
	patch 1 "$1"
	[ -s "$work/out" ] || fail "$1: nothing is said"
	untouched "$1"
	patch 1 "$1, --check" --check
	untouched "$1, --check"
	echo "ok: $1"
}

fresh
patch 0 "a tree with an odd name"
grep -q 'FLOWDAR_NOTE("a"' "$tree/src/a.c" || fail "not patched"
patch 0 "taken back" --reverse
untouched "a tree with an odd name"
echo "ok: a tree with an odd name"

fresh
sed -i 's/work_b/other_b/' "$tree/src/b.c"
keep
patch 1 "a rule that does not fit"
grep -q -- '--skip RULE' "$work/out" || fail "no word of --skip"
patch 1 "no such rule" --skip nonsense
grep -q 'toy has no rule "nonsense" to skip; it has "begin", "end"' "$work/out" || fail "which rules are there?"
untouched "no such rule"
patch 0 "without a rule, --check" --skip end --check
untouched "without a rule, --check"
patch 0 "without a rule" --skip end
grep -q -E '^toy +end +skipped' "$work/out" || fail "not said to be skipped"
grep -q 'FLOWDAR_NOTE("a"' "$tree/src/a.c" || fail "not patched"
cmp -s "$tree/src/b.c" "$work/kept/src/b.c" || fail "what was skipped was patched"
patch 0 "taken back" --reverse
untouched "without a rule"
echo "ok: without a rule"

fresh
chmod 755 "$tree/src/a.c"
ln "$tree/src/a.c" "$work/outside/linked.c"
keep
patch 0 "a file with another link"
cmp -s "$work/outside/linked.c" "$work/kept-outside/linked.c" || fail "the other link was written to"
[ "$(stat -c %a "$tree/src/a.c")" = 755 ] || fail "the mode is another"
patch 0 "taken back" --reverse
[ "$(stat -c %a "$tree/src/a.c")" = 755 ] || fail "the mode is another after --reverse"
untouched "a file with another link"
rm "$work/outside/linked.c"
echo "ok: a file with another link outside"

fresh
cp "$tree/src/b.c" "$work/outside/b.c"
ln -sf "$work/outside/b.c" "$tree/src/b.c"
refuse "a file that is a symbolic link to outside"
fresh
mv "$tree/src" "$work/outside/src" && ln -s "$work/outside/src" "$tree/src"
refuse "a directory that is a symbolic link to outside"
rm -r "$work/outside/src"
fresh
ln -s "$work/outside" "$tree/include"
refuse "where the header goes is a symbolic link"
fresh
ln -s "$work/outside" "$tree/.flowdar-patch.new"
keep
patch 1 "where originals go is a symbolic link"
untouched "where originals go is a symbolic link"
echo "ok: where originals go is a symbolic link"
fresh
ln -s "$work/outside" "$tree/.flowdar-patch"
refuse "a store that is a symbolic link"
fresh
rm "$tree/src/b.c" && mkfifo "$tree/src/b.c"
cp -a "$tree" "$work/with-fifo"
patch 1 "a file that is a pipe"
[ -p "$tree/src/b.c" ] || fail "the pipe is gone"
diff "$tree/src/a.c" "$work/kept/src/a.c" || fail "half patched"
echo "ok: a file that is a pipe"
fresh
truncate -s 20M "$tree/src/b.c"
refuse "a file that is too large"
fresh
head -c 300000 /dev/urandom >"$tree/src/b.c"
refuse "a file that is noise"
fresh
python3 -c 'print("void b(void)\n{\n" + "{" * 20000 + "}" * 20000 + "}")' >"$tree/src/b.c" 2>/dev/null ||
	printf '{%.0s' {1..20000} >"$tree/src/b.c"
refuse "a file that nests deeply"
fresh
rm "$tree/src/b.c"
refuse "a file that is missing"
fresh
mkdir -p "$tree/include/flowdar" && echo mine >"$tree/include/flowdar/flowdar.h"
refuse "a header of its own"

# What is stored is not believed.
fresh
patch 0 "patched"
echo '/* mine */' >>"$tree/src/a.c"
keep
patch 1 "an edited file" --reverse
grep -q 'src/a.c: was edited' "$work/out" || fail "the edited file is not named"
untouched "an edited file"
echo "ok: an edited file is kept"
fresh
patch 0 "patched"
keep
echo 'evil' >"$tree/.flowdar-patch/0"
keep
patch 1 "a forged original" --reverse
untouched "a forged original"
for path in ../outside/evil /etc/passwd src/../../outside/evil ''; do
	fresh
	patch 0 "patched"
	sed -i "s|^path=src/a.c|path=$path|" "$tree/.flowdar-patch/manifest"
	keep
	patch 1 "a forged path: $path" --reverse
	untouched "a forged path: $path"
done
fresh
patch 0 "patched"
for byte in 0 40 100 200 300; do
	head -c "$byte" "$tree/.flowdar-patch/manifest" >"$work/cut"
	cp "$work/cut" "$tree/.flowdar-patch/manifest.cut"
	cp -a "$tree" "$work/cut-tree"
	mv "$work/cut-tree/.flowdar-patch/manifest.cut" "$work/cut-tree/.flowdar-patch/manifest"
	"$FLOWDAR" patch --reverse "$work/cut-tree" >"$work/out" 2>&1
	[ $? -le 1 ] || fail "a manifest cut at $byte"
	rm -rf "$work/cut-tree" "$tree/.flowdar-patch/manifest.cut"
done
echo "ok: what is stored is checked before it is used"

# Cut off. An spatch that takes its time, so that there is something to cut.
mkdir "$work/bin"
printf '#!/bin/sh\n[ -e %q ] || : >%q\nsleep 5\n' "$work/started" "$work/started" >"$work/bin/spatch"
chmod +x "$work/bin/spatch"
for signal in INT TERM; do
	fresh
	rm -f "$work/started"
	PATH=$work/bin:$PATH "$FLOWDAR" patch "$tree" >"$work/out" 2>&1 &
	pid=$!
	for _ in {1..100}; do
		[ -e "$work/started" ] && break
		sleep 0.05
	done
	kill -$signal $pid
	wait $pid
	status=$?
	[ $status = 130 ] || fail "SIG$signal: status $status"
	untouched "SIG$signal"
	echo "ok: SIG$signal leaves nothing"
done
# A run that was killed between two files: one is patched, the other not yet.
fresh
patch 0 "patched"
cp "$work/kept/src/b.c" "$tree/src/b.c"
echo half >"$tree/src/b.c.flowdar-new"
patch 1 "patched in part"
grep -q 'or was in part' "$work/out" || fail "not said that it is patched in part"
patch 0 "in part, taken back" --reverse
untouched "in part, taken back"
echo "ok: a run that was killed between two files is taken back"

# No spatch.
fresh
mkdir "$work/none"
got=0
PATH=$work/none "$FLOWDAR" patch "$tree" >"$work/out" 2>&1 || got=$?
[ $got = 1 ] && [ "$(wc -l <"$work/out")" = 1 ] && grep -q 'Debian package coccinelle' "$work/out" ||
	fail "no spatch: status $got"
untouched "no spatch"
echo "ok: without spatch one line names the package"

# Words that are wrong.
for words in "--check --reverse $work" "--server apache $work" "" "$work/nowhere" "$work" "--format yaml $work" \
	"--list $work"; do
	# shellcheck disable=SC2086 # words
	"$FLOWDAR" patch $words >"$work/out" 2>&1
	case $? in
	1) [ "$(wc -l <"$work/out")" = 1 ] || fail "patch $words: not one line" ;;
	2) ;;
	*) fail "patch $words: is taken" ;;
	esac
done
[ ! -e "$work/outside/ran" ] || fail "a name was run"
echo "ok: wrong words"
