#!/usr/bin/env bash
# flowdar record --sample where the kernel lets nobody look: by timers in the server.
. "$(dirname "$0")/private.sh"
. "$(dirname "$0")/no_perf.sh"

cc -O1 -o "$WORK/server" "$(dirname "$0")/ticks_server.c" -lpthread || fail "no compiler"

note "threads, children, programs that these become; all signals blocked, reset, and wanted by the server"
"$WORK/no_perf" "$FLOWDAR" record -q -o "$WORK/parts" --sample -- "$WORK/server" > "$WORK/parts.out" 2> "$WORK/parts.err" ||
	fail "exit status $?"
[ "$(cat "$WORK/parts.out")" = "early: 0 signals: 0" ] || fail "the server noticed: $(cat "$WORK/parts.out")"
grep -q 'by timers in the server itself' "$WORK/parts.err" || fail "does not say how"
grep -q 'from some moment on: they wanted the signal' "$WORK/parts.err" || fail "does not say that it gave way"
grep -q 'about to forbid themselves' "$WORK/parts.err" && fail "gave up for a child of vfork()"
"$FLOWDAR" analyze "$WORK/parts" --by sample --server --format json --limit 0 > "$WORK/parts.json" || fail "analyze: $?"
# Each for 0.4 s: 40 samples.
for part in first_thread other_thread forked_child executed_program blocks_all after_reset; do
	jq -e --arg part "$part" '.samples[] | select(.function == $part) | .total >= 20 and .total <= 60' \
		"$WORK/parts.json" > /dev/null ||
		fail "$part: $(jq -c --arg part "$part" '.samples[] | select(.function == $part)' "$WORK/parts.json")"
done
# What it takes to tell the waits is no part of the server's.
jq -e '.places.price as $price | .samples[] | select(.function == "waits") | .total >= 5 and .total + $price >= 20 and .total <= 60' \
	"$WORK/parts.json" > /dev/null || fail "waits: $(jq -c '.places, (.samples[] | select(.function == "waits"))' "$WORK/parts.json")"
# 1,600 of half a millisecond: 80.
jq -e '.samples[] | select(.function == "in_short_thread") | .total >= 40 and .total <= 130' "$WORK/parts.json" > /dev/null ||
	fail "short threads: $(jq -c '.samples[] | select(.function == "in_short_thread")' "$WORK/parts.json")"
jq -e '[.samples[] | select(.function == "after_yield")] == []' "$WORK/parts.json" > /dev/null || fail "did not give way"
jq -e '.samples[] | select(.function == "[kernel]") | .own >= 10' "$WORK/parts.json" > /dev/null || fail "nothing of the kernel"
nothing_left

note "a server that locks itself in goes on, without samples from there on"
"$WORK/no_perf" "$FLOWDAR" record -q -o "$WORK/locked" --sample -- "$WORK/server" locked > "$WORK/locked.out" 2> "$WORK/locked.err" ||
	fail "exit status $?"
[ "$(cat "$WORK/locked.out")" = "alive: 0" ] || fail "did not live: $(cat "$WORK/locked.out")"
grep -q 'about to forbid themselves system calls' "$WORK/locked.err" || fail "does not say that it stopped"
"$FLOWDAR" analyze "$WORK/locked" --by sample --server --format json --limit 0 > "$WORK/locked.json" || fail "analyze: $?"
jq -e '[.samples[].function] | contains(["first_thread"]) and (contains(["forked_child"]) or contains(["after_reset"]) | not)' \
	"$WORK/locked.json" > /dev/null || fail "samples: $(jq -c '[.samples[].function]' "$WORK/locked.json")"

note "once a second"
"$WORK/no_perf" "$FLOWDAR" record -q -o "$WORK/once" --sample=1 -- "$WORK/server" > "$WORK/once.out" 2> "$WORK/once.err" ||
	fail "exit status $?"
"$FLOWDAR" analyze "$WORK/once" --by sample --server --format json > "$WORK/once.json" || fail "analyze: $?"
jq -e '.samples_taken >= 1' "$WORK/once.json" > /dev/null || fail "samples: $(jq -c .samples_taken "$WORK/once.json")"

note "no memory for samples, nor for a child's file: the server lives, and it is told"
if "$WORK/server" populates; then # else all of it is had at the begin, or none
	mkdir "$WORK/small"
	mount -t tmpfs -o size=16k tmpfs "$WORK/small"
	FLOWDAR_TICKS="999 $WORK/small" LD_PRELOAD=$FLOWDAR_BUILD/lib/flowdar/libflowdar-ticks.so "$WORK/server" full > "$WORK/full.out" ||
		fail "exit status $?"
	[ "$(cat "$WORK/full.out")" = "alive: 0" ] || fail "did not live: $(cat "$WORK/full.out")"
	[ "$(find "$WORK/small" -type f | wc -l)" = 1 ] || fail "the child has a file: no test"
	# head, and without: FDAR_TICKS_NO_FILE.
	[ "$(od -An -tu8 -j64 -N8 "$WORK/small/"*)" -gt 100 ] || fail "too few ticks: no test"
	[ "$(od -An -tu4 -j72 -N4 "$WORK/small/"* | tr -d ' ')" = 16 ] || fail "does not say that the child has none"
	umount "$WORK/small"
fi

note "none is free: said, and the server is as it was"
cat > "$WORK/taken.c" << 'C'
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Handlers do not outlive exec, but being ignored does; by system call, behind everybody's back. */
int main(int argc, char **argv)
{
	unsigned long ignored[4] = { (unsigned long)SIG_IGN };

	for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
		syscall(SYS_rt_sigaction, i, ignored, 0, 8);
	execvp(argv[1], argv + 1);
	return argc;
}
C
cc -o "$WORK/taken" "$WORK/taken.c" || fail "no compiler"
"$WORK/no_perf" "$FLOWDAR" record -q -o "$WORK/none" --sample -- "$WORK/taken" "$WORK/server" executed 2> "$WORK/none.err" ||
	fail "exit status $?"
grep -q 'PROCESSES OF THE SERVER HAVE NO SAMPLES: ' "$WORK/none.err" || fail "does not say that there was no signal"

note "a program that is executed in another root has none: said"
cat > "$WORK/jailed.c" << 'C'
#include <unistd.h>

int main(int argc, char **argv)
{
	return argc != 2 || chdir(argv[1]) != 0 || chroot(".") != 0 || execl("/busy", "busy", (char *)0) != 0;
}
C
mkdir "$WORK/jail"
cc -o "$WORK/jailed" "$WORK/jailed.c" || fail "no compiler"
echo 'int main(void) { for (volatile long i = 0; i < 100000000; i++) ; }' | cc -x c -static -o "$WORK/jail/busy" - ||
	fail "no static libraries"
"$WORK/no_perf" "$FLOWDAR" record -q -o "$WORK/root" --sample -- "$WORK/jailed" "$WORK/jail" 2> "$WORK/root.err" ||
	fail "exit status $?: $(cat "$WORK/root.err")"
grep -q 'executes after chroot() have no samples' "$WORK/root.err" || fail "does not say so: $(cat "$WORK/root.err")"

command -v nginx > /dev/null && command -v ab > /dev/null ||
	{ echo "passed; the rest is skipped: needs nginx-light and apache2-utils"; exit 0; }

port=$(free_port)
mkdir -p "$WORK/www"
echo hello > "$WORK/www/index.html"
chmod -R a+rX "$WORK/www"
cat > "$WORK/nginx.conf" << CONF
daemon off;
worker_processes 2;
pid $WORK/nginx.pid;
error_log $WORK/nginx.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $WORK/tmp/body; proxy_temp_path $WORK/tmp/proxy; fastcgi_temp_path $WORK/tmp/fastcgi;
	uwsgi_temp_path $WORK/tmp/uwsgi; scgi_temp_path $WORK/tmp/scgi;
	server {
		listen 127.0.0.1:$port; root $WORK/www;
		location ~ ^/((a+)+)+\$ { return 204; }
	}
}
CONF

# recorded NAME PATH [COMMAND...]: 150 requests for it, each on a connection of its own.
recorded() {
	"$WORK/no_perf" "$FLOWDAR" record -q -o "$WORK/$1" --io --sample -- "${@:3}" nginx -c "$WORK/nginx.conf" \
		> "$WORK/$1.out" 2> "$WORK/$1.err" &
	local recorder=$!
	wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port/index.html" || fail "$1: the server did not start"
	ab -q -n 150 -c 2 "http://127.0.0.1:$port$2" > "$WORK/$1.ab" 2>&1 || fail "$1: ab: exit status $?"
	kill -INT $recorder
	wait $recorder
	# A recorder that gets no processor for 0.6 s loses some.
	lost=$(field "$WORK/$1" samples_lost)
	[ "${lost:-0}" -le 20 ] || fail "$1: $lost samples were lost"
}

note "nginx as Debian ships it, whose workers are another user's, and a pattern that backtracks"
recorded usual /index.html
recorded attack '/aaaaaaaaaaa-a-secret-that-no-file-may-hold!'
"$FLOWDAR" analyze "$WORK/attack" --by sample --sort total --format json --limit 0 > "$WORK/attack.json" ||
	fail "analyze: exit status $?"
jq -e '.samples_taken >= 15 and .stacks_cut <= 0.05 * .samples_taken' "$WORK/attack.json" > /dev/null ||
	fail "$(jq -c '[.samples_taken, .stacks_cut]' "$WORK/attack.json")"
jq -e '.places.session >= 0.9 * (.samples_taken - .places.price)' "$WORK/attack.json" > /dev/null ||
	fail "places: $(jq -c .places "$WORK/attack.json")"
"$FLOWDAR" diff "$WORK/usual" "$WORK/attack" > "$WORK/diff" || fail "diff: exit status $?"
head -n 1 "$WORK/diff" | grep -E -q '^pcre2_match_8 \(libpcre2-8\) runs .* by samples$' ||
	fail "the verdict: $(head -n 1 "$WORK/diff")"
"$FLOWDAR" diff "$WORK/attack" "$WORK/attack" --format json > "$WORK/same.json"
jq -e '.samples.outcome == "nothing" and .verdict.function == null' "$WORK/same.json" > /dev/null ||
	fail "against itself: $(jq -c '[.samples.outcome, .verdict.function]' "$WORK/same.json")"

note "in a pid namespace of its own"
recorded inner '/aaaaaaaaaaa!' unshare -p -f --mount-proc --kill-child
"$FLOWDAR" analyze "$WORK/inner" --by sample --format json --limit 0 > "$WORK/inner.json" || fail "analyze: $?"
jq -e '.samples[] | select(.function == "pcre2_match_8") | .total_part > 0.5' "$WORK/inner.json" > /dev/null ||
	fail "pcre2_match_8 is not in it"

note "what clients sent is in no file"
grep -r -q 'a-secret-that-no-file' "$WORK/attack" && fail "stacks were kept"
nothing_left
echo "passed"
