#!/usr/bin/env bash
# LTTng 2.13.9: a second session with the same --output empties the first one's finished trace, status 0.
#
# Guess: `lttng create two --output=/traces/a`, where /traces/a holds the trace of a session that was destroyed, is refused or puts the
# new trace beside the old one, as names with dates do by default.
# So it is: no word from create, start or destroy, each with status 0; both sessions have the same path below it (ust/uid/UID/64-bit),
# the stream files are opened anew and cut to nothing, and what babeltrace2 reads afterwards is the second session alone.
# The same happens without --output to two sessions of one name that are created in the same second: the folder's name is
# NAME-YYYYMMDD-HHMMSS. A loop over short runs that calls each session the same loses traces like this.
# What helps: mkdir (not mkdir -p) of a folder for each session, and a name of its own for each.
#
# Needs root or user namespaces. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/lttng.sh
. "$lib/lttng.sh"

lttng_session <<'IN' | tee seen
lttng --version
record() { # SESSION PROGRAMS [CREATE'S ARGUMENT]: a session around so many programs; the status of each step
	local i
	lttng create "$1" ${3+"$3"} >created; printf '%s' "$1: create $?"
	lttng -q enable-event -s "$1" -u lttng_ust_libc:malloc
	lttng -q start "$1"; printf ', start %s' $?
	for ((i = 0; i < $2; i++)); do traced sort lines >/dev/null; done
	lttng -q destroy "$1"; echo ", destroy $?"
}
record first 9 --output=/work/out
before=$(events out)
record second 1 --output=/work/out
after=$(events out)
[ "$before" = $((9 * after)) ] && echo "9 programs' events, then those of 1: the first trace is gone"
echo "words about it: $(grep -ci 'exist\|overwr\|not empty' created)"

for try in {1..30}; do # until both begin in one second
	rm -rf lttng-traces
	from=$(date +%s)
	record same 0 >/dev/null
	lttng -q create same
	[ "$(date +%s)" = "$from" ] && break
	lttng -q destroy same
done
echo "two sessions of one name in one second: $(ls lttng-traces | wc -l) folder"
IN
cat >wanted <<'OUT'
first: create 0, start 0, destroy 0
second: create 0, start 0, destroy 0
9 programs' events, then those of 1: the first trace is gone
words about it: 0
two sessions of one name in one second: 1 folder
OUT
if diff wanted <(sed 1d seen); then echo "as described"; else echo "not as described" >&2; exit 1; fi
