#!/usr/bin/env bash
# What recording a function call costs, against LTTng's own cyg-profile libraries and uftrace.
#
# usage: bench/calls.sh [BUILD-DIRECTORY]    (after: ninja -C BUILD-DIRECTORY instrument_libraries control_tool)
# Nanoseconds of processor time a call (entry and exit), over the same calls without any tracer: the
# median of nine rounds in which each takes its turn. As root: a session daemon of its own, away from others.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$source_dir/build/release}
library=$build/lib/flowdar/libflowdar-functions.so
[ -e "$library" ] || { echo "no $library: ninja -C $build instrument_libraries"; exit 1; }
if [ -z "${BENCH_NAMESPACE:-}" ]; then
	BENCH_NAMESPACE=own exec unshare --mount --pid --fork --kill-child --mount-proc bash "$0" "$build"
fi
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
mkdir -p /run/lttng
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work LTTNG_HOME=$work
rounds=${ROUNDS:-20000}

gcc -O2 "$source_dir/bench/calls.c" -o "$work/plain"
gcc -O2 -finstrument-functions "$source_dir/bench/calls.c" -o "$work/hooks"
gcc -O2 -fpatchable-function-entry=5 "$source_dir/bench/calls.c" -o "$work/patch"
gcc -O2 -pg "$source_dir/bench/calls.c" -o "$work/mcount"

lttng-sessiond --no-kernel --daemonize >"$work/log" 2>&1
# session NAME EVENTS: into memory, over and over, so that no disk takes part. Not started.
session() {
	{
		lttng create "$1" --snapshot -o "$work/snapshot"
		lttng enable-channel -u -s "$1" --subbuf-size=1M --num-subbuf=4 --overwrite events
		lttng enable-event -u -s "$1" -c events "$2"
		lttng add-context -u -s "$1" -c events -t vpid -t vtid
		lttng start "$1"
	} >>"$work/log"
}

# segment NAME COMMAND...: a control segment, with that said to it (tests/instrument/control_tool.c).
segment() {
	"$build/tests/control_tool" "$work/$1" make "$1"
	"$build/tests/control_tool" "$work/$1" "${@:2}"
}
segment minimum set minimum_ns 1000000
segment none rules nothing
segment budget set budget_ppm 50000

helpers=liblttng-ust-fork.so:liblttng-ust-fd.so
loaded() {
	LD_PRELOAD=$helpers:$1 "${@:2}" "$rounds"
}
controlled() {
	FLOWDAR_CONTROL=$work/$1 loaded "$library" "$work/$2"
}
# Long enough for the budget to be kept most of the time.
budgeted() {
	FLOWDAR_CONTROL=$work/budget LD_PRELOAD=$helpers:$library "$work/$1" $((rounds * 50))
}
uftraced() {
	uftrace record -d "$work/uftrace" --no-event --no-libcall "$@" "$rounds"
	rm -rf "$work/uftrace"
}

# turn: one round of all that can be had, "NAME NANOSECONDS" lines; of those named off, nothing records.
off() {
	echo "plain $("$work/plain" "$rounds")"
	echo "off/hooks,without-the-library $("$work/hooks" "$rounds")"
	echo "off/hooks,with-the-library $(loaded "$library" "$work/hooks")"
	echo "off/patchable,without-the-library $("$work/patch" "$rounds")"
	echo "off/patchable,with-the-library $(loaded "$library" "$work/patch")"
}
on() {
	echo "on/hooks $(loaded "$library" "$work/hooks")"
	echo "on/patchable $(loaded "$library" "$work/patch")"
	echo "on/hooks,--min-duration=1ms $(controlled minimum hooks)"
	echo "on/patchable,--min-duration=1ms $(controlled minimum patch)"
	echo "on/hooks,no-function-selected $(controlled none hooks)"
	echo "on/patchable,no-function-selected $(controlled none patch)"
	echo "on/hooks,--budget=5% $(budgeted hooks)"
	echo "on/patchable,--budget=5% $(budgeted patch)"
	command -v uftrace >/dev/null || return 0
	echo "uftrace/-pg $(uftraced "$work/mcount")"
	echo "uftrace/-pg,-t1ms $(uftraced -t 1ms "$work/mcount")"
}
cyg() {
	echo "cyg-profile-fast $(loaded liblttng-ust-cyg-profile-fast.so "$work/hooks")"
	echo "cyg-profile $(loaded liblttng-ust-cyg-profile.so "$work/hooks")"
}

for _ in 1 2 3 4 5 6 7 8 9; do
	off
	session flowdar 'flowdar:*'
	on
	lttng destroy flowdar >>"$work/log"
	session fast 'lttng_ust_cyg_profile*'
	cyg
	lttng destroy fast >>"$work/log"
done >"$work/times"

awk '
	{ n[$1]++; value[$1, n[$1]] = $2; if (!($1 in seen)) { seen[$1] = 1; order[++names] = $1 } }
	function median(name,   i, j, t) {
		for (i = 1; i <= n[name]; i++) for (j = i + 1; j <= n[name]; j++)
			if (value[name, j] + 0 < value[name, i] + 0) { t = value[name, i]; value[name, i] = value[name, j]; value[name, j] = t }
		return value[name, int((n[name] + 1) / 2)]
	}
	END {
		plain = median("plain"); ours = median("on/hooks") - plain
		printf "%-42s %10s  %s\n", "", "ns a call", "of recording by hooks"
		for (i = 2; i <= names; i++) {
			cost = median(order[i]) - plain
			printf "%-42s %10.1f  %.2f\n", order[i], cost, cost / ours
		}
	}' "$work/times"
