# shellcheck shell=bash disable=SC2154,SC2034 # names of costs.sh
# How a server is traced, one case a way. Part of costs.sh.
#
# way_start SERVER WAY starts the server in the background (server_started is the process that was
# started), way_end ends it and sets recorded to what was recorded.

flowdar_lib=${FLOWDAR_LIBRARY_DIR:-$(dirname "$FLOWDAR")/../lib/flowdar}
helpers=liblttng-ust-fork.so:liblttng-ust-fd.so

# build_of WAY: which build it needs.
build_of() {
	case $1 in
	dormant | sessions | auto | functions | uftrace | uftrace-2us) echo ours ;;
	cyg | cyg-fast) echo hooks ;;
	xray) echo xray ;;
	*) echo plain ;;
	esac
}

# What the way needs that is not here is said, once.
way_possible() {
	local tool=
	if [ "$1" = httpd ] && ! command -v apr-1-config >/dev/null; then
		printf '%-7s %-12s %s\n' "$1" "$2" "libapr1-dev and libaprutil1-dev are not installed"
		return 1
	fi
	case $2 in
	uftrace*) tool=uftrace ;;
	strace) tool=strace ;;
	perf*) tool=perf ;;
	gdb) tool=gdb ;;
	cyg*) tool=lttng ;;
	xray) tool=clang ;;
	esac
	if [ -n "$tool" ] && ! command -v "$tool" >/dev/null; then
		printf '%-7s %-12s %s\n' "$1" "$2" "$tool is not installed"
		return 1
	fi
	if ! server_built "$1" plain || ! server_built "$1" "$(build_of "$2")"; then
		printf '%-7s %-12s %s\n' "$1" "$2" "the build failed"
		return 1
	fi
}

record() {
	"$FLOWDAR" record -o "$work/rec" "$@" >"$work/server.log" 2>"$work/record.log" &
	tracer=$!
}

lttng_session() {
	lttng --quiet create costs --output="$work/lttng" >/dev/null
	lttng --quiet enable-channel -u c --subbuf-size=1M --num-subbuf=8
	lttng --quiet enable-event -u -c c 'lttng_ust_cyg_profile*:*'
	lttng --quiet add-context -u -c c -t vtid >/dev/null
	lttng --quiet start >/dev/null
}

way_start() {
	local server=$1 way=$2 build
	local command=()
	build=$(build_of "$way")
	mapfile -t command < <(server_command "$server" "$build")
	command=("${pinned[@]}" "${command[@]}")
	tracer='' debugger='' running_way=$way running_server=$server
	rm -rf "${work:?}"/rec "$work"/lttng "$work"/uftrace
	case $way in
	dormant)
		LD_PRELOAD=$helpers:$flowdar_lib/libflowdar-functions.so:$flowdar_lib/libflowdar-io.so \
			"${command[@]}" >"$work/server.log" 2>&1 & ;;
	sessions) record --detail session -- "${command[@]}" ;;
	io) record --io --detail io -- "${command[@]}" ;;
	io-unwatched) GLIBC_TUNABLES=glibc.pthread.rseq=0 record --io --detail io -- "${command[@]}" ;;
	sample) record --sample --detail session -- "${command[@]}" ;;
	io-sample) record --io --detail io --sample -- "${command[@]}" ;;
	auto) record --functions auto --budget 5% -- "${command[@]}" ;;
	functions) record --detail function -- "${command[@]}" ;;
	cyg | cyg-fast)
		pgrep -x lttng-sessiond >/dev/null || lttng-sessiond --daemonize --no-kernel
		lttng_session
		local library=liblttng-ust-cyg-profile.so
		[ "$way" = cyg ] || library=liblttng-ust-cyg-profile-fast.so
		LTTNG_UST_REGISTER_TIMEOUT=5000 LD_PRELOAD=$helpers:$library \
			"${command[@]}" >"$work/server.log" 2>&1 & ;;
	uftrace) uftrace record --no-libcall -P . -d "$work/uftrace" "${command[@]}" >"$work/server.log" 2>&1 & ;;
	uftrace-2us) uftrace record --no-libcall -P . -t 2us -d "$work/uftrace" "${command[@]}" \
		>"$work/server.log" 2>&1 & ;;
	xray) XRAY_OPTIONS="patch_premain=true xray_mode=xray-fdr xray_logfile_base=$work/xray." \
		"${command[@]}" >"$work/server.log" 2>&1 & ;;
	strace) strace -f -q -o "$work/strace.out" "${command[@]}" >"$work/server.log" 2>&1 & ;;
	perf) perf record -q -F 99 -g -o "$work/perf.out" "${command[@]}" >"$work/server.log" 2>&1 & ;;
	perf-all) perf record -q -F 99 -a --call-graph dwarf,8192 -o "$work/perf.out" "${command[@]}" \
		>"$work/server.log" 2>&1 & ;;
	perf-trace) perf trace -o "$work/perf.out" "${command[@]}" >"$work/server.log" 2>&1 & ;;
	*) "${command[@]}" >"$work/server.log" 2>&1 & ;;
	esac
	server_started=$!
}

# The process that records, where it is the one that was started in the server's place.
way_recorder() {
	case $running_way in
	perf*) echo "$server_started" ;;
	esac
}

# What can only be done to a server that runs: gdb, with a breakpoint where each request passes.
way_attach() {
	[ "$2" = gdb ] || return 0
	local worker
	worker=$(descendants "$server_started" | tail -n 1)
	printf '%s\n' 'set pagination off' "break $(server_function "$1")" 'commands' 'silent' \
		'continue' 'end' 'continue' >"$work/gdb.commands"
	gdb -q -nx -batch -p "${worker:-$server_started}" -x "$work/gdb.commands" \
		>"$work/gdb.log" 2>&1 </dev/null &
	debugger=$!
	for _ in $(seq 100); do
		grep -q 'Breakpoint 1' "$work/gdb.log" && break
		sleep 0.1
	done
	sleep 0.5
}

# Asks the server to end, as its own tools do, then waits for what was started.
way_end() {
	[ -n "${server_started:-}" ] || return 0
	local pid
	if [ -n "$debugger" ]; then
		kill -INT "$debugger" 2>/dev/null || true
		kill -KILL "$debugger" 2>/dev/null || true
		wait "$debugger" 2>/dev/null || true
	fi
	if [ -n "$tracer" ]; then
		kill -INT "$tracer" 2>/dev/null || true
	else
		for pid in $(server_pids "$running_server") $server_started; do
			kill -TERM "$pid" 2>/dev/null || true
		done
	fi
	for _ in $(seq 100); do
		kill -0 "$server_started" 2>/dev/null || break
		sleep 0.1
	done
	# What does not end by itself (gdb, strace): with all that it started.
	for pid in $(descendants "$server_started") $server_started; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	wait "$server_started" 2>/dev/null || true
	server_started=
	case $running_way in
	sessions | io* | sample | auto | functions) recorded=$(sed -n 's/^recorded //p' "$work/record.log") ;;
	cyg | cyg-fast) recorded=$(lttng destroy 2>&1 | grep -i discard || true) ;;
	uftrace*) recorded=$(du -sh "$work/uftrace" | cut -f1) ;;
	strace) recorded=$(du -sh "$work/strace.out" | cut -f1) ;;
	perf*) recorded=$(du -sh "$work/perf.out" | cut -f1) ;;
	esac
}
