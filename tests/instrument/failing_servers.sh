#!/usr/bin/env bash
# What traced_failing.sh records: each server given, again and again, each time with another allocation of
# flowdar's libraries that fails, and then with all from one on, which goes so many at a step. Arguments: a
# folder to work in, failing.so, that step, servers.
set -u
work=$1
failing=$2
from_step=$3
shift 3
preload=$LD_PRELOAD
unset LD_PRELOAD

stop() {
	echo "$what: $1"
	cat "$work/said" "$work/failed" 2> /dev/null
	exit 1
}

# serves SERVER: that it begins, answers and ends as if nothing was; fails when no allocation failed.
serves() {
	local port='' pid status=0
	rm -f "$work/failed" "$work/said" # what the one before said may stand there until this one runs
	env "$way=$n" FAIL_LOG="$work/failed" LD_PRELOAD="$failing:$preload" "$1" --port 0 > "$work/said" 2>&1 &
	pid=$!
	for ((try = 0; try < 3000 && ${#port} == 0; try++)); do
		sleep 0.02
		port=$(sed -n 's/.*listening on [0-9.]*:\([0-9]*\).*/\1/p' "$work/said" 2> /dev/null)
		kill -0 $pid 2> /dev/null || break
	done
	[ -n "$port" ] || stop "did not begin"
	# It has no root; what counts is that it answers as always.
	for _ in 1 2 3; do
		answer=$(curl -s -m 120 -o /dev/null -w '%{http_code} after %{time_total} s %{errormsg}' "http://127.0.0.1:$port/")
		[ "${answer%% *}" = 404 ] || stop "answered $answer
$(grep -H . /proc/"$pid"/task/*/{comm,wchan,syscall} 2> /dev/null)"
	done
	kill $pid
	wait $pid || status=$?
	[ $status = 0 ] || stop "ended with $status"
	[ -e "$work/failed" ] && cat "$work/failed" >> "$work/all"
}

for server in "$@"; do
	for way in FAIL_AT FAIL_FROM; do
		step=1
		[ $way = FAIL_AT ] || step=$from_step
		served=0
		for ((n = 1; n < 1000; n += step)); do
			what="${server##*/} $way=$n"
			serves "$server" || break
			served=$((served + 1))
		done
		echo "${server##*/}: $served servers with $way"
	done
done
echo "ok: no server fell"
