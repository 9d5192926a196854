#!/usr/bin/env bash
# LTTng-UST 2.13.5: to a filter an unsigned number from 2^63 on is negative, so `size > 1000000` does not pass the largest.
#
# Guess: malloc's size is a size_t, is listed as unsigned and shown as 18446744073709551516 by babeltrace2; so a filter for the suspicious ones,
# `size > 1000000`, passes a call that asks for -100 bytes, the very bug that one looks for.
# So it is not: `size > 1000000` is false there, `size < 0` and `size == -100` are true, and a constant from 2^63 on, which is taken without a
# word, is negative too: `size >= 0x8000000000000000` passes 7. The same for addresses of the kernel, hashes and counters with the
# highest bit. A sentence in lttng-enable-event(1) says that all numbers are cast to signed ones; the field's type
# in `lttng list --fields`, the command and the trace say otherwise.
# What helps: `size > 1000000 || size < 0`.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack gcc-12=12.2.0-14+deb12u1 libc6-dev
# shellcheck source=lib/lttng.sh
. "$lib/lttng.sh"
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/server.c <<'C'
#include <stdlib.h>
int main(void)
{
	volatile size_t small = 7, wrong = (size_t)-100;
	free(malloc(small));
	free(malloc(wrong));
	return 0;
}
C
inside gcc-12 -O0 -o server server.c
lttng_session <<'IN' | tee seen
lttng --version
try() { # FILTER: which of the two calls pass
	local rc=0
	rm -rf out
	lttng -q create s --output=/work/out
	lttng -q enable-event -s s -u lttng_ust_libc:malloc --filter "$1" || rc=$?
	lttng -q start s
	traced ./server
	lttng -q destroy s
	echo "$1: status $rc, passed:" $(babeltrace2 out | grep -oE 'size = (7|18446744073709551516),' | grep -oE '[0-9]+')
}
try 'size > 0 || size <= 0'
try 'size > 1000000'
try 'size < 0'
try 'size == -100'
try 'size >= 0x8000000000000000'
try 'size > 1000000 || size < 0'
IN
cat >wanted <<'OUT'
size > 0 || size <= 0: status 0, passed: 7 18446744073709551516
size > 1000000: status 0, passed:
size < 0: status 0, passed: 18446744073709551516
size == -100: status 0, passed: 18446744073709551516
size >= 0x8000000000000000: status 0, passed: 7 18446744073709551516
size > 1000000 || size < 0: status 0, passed: 18446744073709551516
OUT
if diff wanted <(sed 1d seen); then echo "as described"; else echo "not as described" >&2; exit 1; fi
