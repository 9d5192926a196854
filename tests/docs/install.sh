#!/usr/bin/env bash
# cmake --install puts there what a user needs, the installed program finds it without the source, and the
# target uninstall takes all of it away again.
set -euo pipefail
: "${FLOWDAR_BUILD:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() {
	echo "FAILED: $*"
	exit 1
}

# The manifest is taken out of the build: somebody may have installed from there.
cmake --install "$FLOWDAR_BUILD" --prefix "$prefix" >"$work/log" || fail "$(tail -n 3 "$work/log")"
mkdir "$work/manifests"
mv "$FLOWDAR_BUILD"/install_manifest*.txt "$work/manifests/"
for file in bin/flowdar lib/flowdar/libflowdar-io.so include/flowdar/flowdar.h share/man/man1/flowdar-record.1 \
	share/bash-completion/completions/flowdar share/zsh/site-functions/_flowdar \
	share/fish/vendor_completions.d/flowdar.fish share/flowdar/rules/httpd.rules; do
	[ -s "$prefix/$file" ] || fail "not installed: $file"
done
mv "$prefix" "$work/moved"
prefix=$work/moved
cd "$work"
"$prefix/bin/flowdar" patch --list >list
for server in haproxy httpd lighttpd memcached nginx postgresql redis unbound; do
	grep -q "^$server " list || fail "the installed program does not find the patch set of $server"
done
printf 'int main(void)\n{\n\treturn 0;\n}\n' >probe.c
"$prefix/bin/flowdar" cc -c probe.c || fail "the installed program cannot compile"
man -w -M "$prefix/share/man" flowdar-record >/dev/null || fail "man does not find flowdar-record(1)"
# On a terminal help opens the page, elsewhere it prints the help.
"$prefix/bin/flowdar" help record >help
grep -q "^Usage:" help || fail "help record in a pipe"
PAGER=cat MANPAGER=cat script -qec "$prefix/bin/flowdar help record" /dev/null </dev/null >page 2>&1
sed 's/.\x08//g' page | grep SYNOPSIS >/dev/null || fail "help record on a terminal is no page"

mv "$prefix" "$work/prefix"
cmake -DMANIFEST_DIR="$work/manifests" -DPREFIX="$work/prefix" -P "$FLOWDAR_SOURCE/cmake/Uninstall.cmake" || fail "uninstall"
left=$(find "$work/prefix" -type f)
[ -z "$left" ] || fail "left behind: $left"
left=$(find "$work/prefix" -mindepth 2 -type d -not -path '*/man*')
[ -z "$left" ] || fail "folders left behind: $left"
echo "installed, found, and taken away again"
