#!/usr/bin/env bash
# eu-addr2line of elfutils 0.188: a function whose name is made of the letters a to f is taken for an address.
#
# Guess: eu-addr2line takes names of functions in the place of addresses (binutils' does not), so a list of names gives a list of places.
# So it is: what can be read as a hexadecimal number is one, with or without 0x. main has its place; add, feed, bad, face or dec are 0xadd,
# 0xfeed ..., and told is what lies there, mostly nothing: "??:0", status 0. In a list of some hundred names the few that are missing look
# like functions without debug information.
# What helps: name+0, which is no number.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack elfutils=0.188-2.1 gcc-12=12.2.0-14+deb12u1 libc6-dev coreutils

mkdir -p root/work
cat >root/work/server.c <<'IN'
static int add(int a, int b) { return a + b; }
static int feed(int a) { return add(a, 1); }
static int serve(int a) { return feed(a); }
int main(void) { return serve(-1); }
IN
inside gcc-12 -g -O0 server.c -o server
{
	for name in main serve feed add feed+0 add+0; do
		echo "$name: $(inside eu-addr2line -s -e server "$name"), status $?"
	done
} | tee seen
cat >wanted <<'OUT'
main: server.c:4:16, status 0
serve: server.c:3:25, status 0
feed: ??:0, status 0
add: ??:0, status 0
feed+0: server.c:2:24, status 0
add+0: server.c:1:30, status 0
OUT
if diff wanted seen; then echo "as described"; else echo "not as described" >&2; exit 1; fi
