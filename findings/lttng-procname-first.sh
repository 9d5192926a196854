#!/usr/bin/env bash
# LTTng-UST 2.13.5: the procname context is the name that a thread had at its first event, for ever.
#
# Guess: `lttng add-context --userspace --type=procname` gives each event the thread's name of that moment, as the kernel's comm and
# prctl(PR_GET_NAME) do. Servers name their threads in the first lines of the thread ("worker 3", "postgres: checkpointer").
# So it is: the name is read once a thread, at its first event, and kept. A thread that had an event before it was named, if only a
# malloc() in a constructor, has its old name in all events from then on, also in sessions that begin much later; a filter
# ($ctx.procname == "new") follows the old name, too.
# What helps: an event of one's own that says the name, or the names of /proc/PID/task/TID/comm beside the trace, joined by vtid.
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
session() { # NAME [FILTER]
	lttng -q create "$1" --output="/work/$1"
	lttng -q enable-event -s "$1" -u lttng_ust_libc:malloc ${2:+--filter "$2"}
	lttng -q add-context -s "$1" -u -t procname -t vpid
	lttng -q start "$1"
}
export -f session events
session whole
traced bash -c '
	for i in 1 2 3; do name=$name$i; done
	echo renamed >/proc/$$/comm
	lttng() { LD_PRELOAD= command lttng "$@"; }
	session later; session filter "\$ctx.procname == \"renamed\""
	for i in {1..99}; do text=$text$i; done
	echo "the kernel calls it $(cat /proc/$$/comm)"
	echo $$ >pid
' 2>/dev/null
for name in whole later filter; do lttng -q destroy $name; done
names() { babeltrace2 "$1" | grep "vpid = $(cat pid) " | grep -o 'procname = "[a-z]*"' | sort | uniq -c | sed 's/^ *[0-9]* //'; }
echo "whole session: $(names whole)"
echo "session that began after the name was changed: $(names later)"
echo "filter for the new name: $(names filter)"
IN
cat >wanted <<'OUT'
the kernel calls it renamed
whole session: procname = "bash"
session that began after the name was changed: procname = "bash"
filter for the new name: 
OUT
if diff wanted <(sed 1d seen); then echo "as described"; else echo "not as described" >&2; exit 1; fi
