#!/usr/bin/env bash
# Coccinelle 1.1.1 (spatch) passes over a whole function with a computed goto or a nested function, and its parser calls it 100 % good.
#
# Guess: code that spatch cannot handle is a parse error, which `--verbose-parsing` and the statistics of `--parse-c` show; so a tree
# that is "100.00% good" there is a tree in which every place that fits the rule was changed.
# So it is for macros that are no C (the last case here: bad lines are named, 45 % good). A function with `goto *table[i]` or with a
# function inside is parsed without a fault, and then not looked at: none of its places is changed or reported, status 0, no word with
# --verbose-parsing, and --parse-c counts all its lines as good. The other functions of the file are done as usual, so the patch looks
# whole. Loops of interpreters and state machines are where such gotos are, and they are the largest functions of their programs.
# What helps: count the places by other means (grep, the compiler's warnings about what was to be replaced) and compare.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack coccinelle=1.1.1.deb-2+b1 bash coreutils diffutils grep
mkdir -p root/work
ln -sf bash root/bin/sh
cat >root/work/rule.cocci <<'C'
@@ expression e; @@
- old(e)
+ fresh(e)
C
after=$'int after(int a)\n{\n\told(a);\n\treturn 0;\n}\n'
source_of() { # NAME: a function from standard input, and an ordinary one behind it
	{ cat; printf '%s' "$after"; } >"root/work/$1.c"
}
source_of plain <<'C'
int run(int a)
{
	old(a);
	return 0;
}
C
source_of goto <<'C'
int run(int a)
{
	static void *table[] = { &&first, &&second };
	old(a);
	goto *table[a];
first:
	a++;
second:
	return a;
}
C
source_of nested <<'C'
int run(int a)
{
	int twice(int b) { return 2 * b; }
	old(a);
	return twice(a);
}
C
source_of macro <<'C'
int run(int a)
{
	DO {
		old(a);
	} WHILE(a);
	return 0;
}
C
cat >root/work/try <<'IN'
spatch --version | head -n 1
for name in plain goto nested macro; do
	rc=0
	spatch --verbose-parsing --sp-file rule.cocci $name.c >changed 2>said || rc=$?
	echo "$name: status $rc, $(grep -c '^+.*fresh' changed) of 2 changed, lines called bad: $(grep -ci '^bad' said)," \
		"$(spatch --parse-c $name.c 2>&1 | grep -o '[0-9.]*% good')"
done
IN
inside bash try | tee seen
cat >wanted <<'OUT'
plain: status 0, 2 of 2 changed, lines called bad: 0, 100.00% good
goto: status 0, 1 of 2 changed, lines called bad: 0, 100.00% good
nested: status 0, 1 of 2 changed, lines called bad: 0, 100.00% good
OUT
if diff wanted <(sed -n 2,4p seen) && grep -q '^macro: .* 1 of 2 changed, lines called bad: [1-9]' seen; then
	echo "as described"
else
	echo "not as described" >&2
	exit 1
fi
