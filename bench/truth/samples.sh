#!/usr/bin/env bash
# Sampling, on servers that were not rebuilt for it: which function flowdar diff names of Debian's apache2 as it is,
# under an expression that backtracks, and of nginx from Debian's sources, as a user builds it, with a loop in
# ngx_http_static_handler; each adds about a millisecond of processor time to a session. nginx-sleep sleeps there instead, off the
# processor, which no sample sees: what is to be named is the wait, and no function. And of the usual load
# against itself (A/A), of each two of its recordings. Prints a line a comparison and the sums. It gates nothing.
#
#	bench/truth/samples.sh [--rounds N] [--sessions N] [--part N] [--times N] [-v] [-o FOLDER] [SERVER...]
#
# SERVER      of apache2, apache2-prefork, nginx, nginx-sleep (default: apache2, nginx)
# --rounds    how many times the usual and the hurt side are recorded (default 10); --sessions in each (default 150)
# --part      so many of a hundred sessions of the hurt side are hurt, the others at the same time (default 100)
# --times     nginx alone: so many tenths of a millisecond are added (default 10)
# -v          the sentence of each verdict, too
# -o          keeps what was built and recorded there; an nginx that is there is used again
#
# Needs a build (FLOWDAR_BUILD, default build/release or build/debug), CAP_PERFMON, apache2-bin, apache2-utils, jq,
# and for nginx gcc, make and apt's network for the source. Some ten seconds a round and server.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FLOWDAR_BUILD:-$root/build/release}
[ -x "$build/bin/flowdar" ] || build=$root/build/debug
[ -x "$build/bin/flowdar" ] || { echo "no flowdar in $build: build it first" >&2; exit 1; }
PATH=$build/bin:/usr/sbin:$PATH
# shellcheck disable=SC2034 # of scripts/lib
flowdar_root=$root
# shellcheck source=../../scripts/lib/common.sh
. "$root/scripts/lib/common.sh"
# shellcheck source=../../scripts/lib/apache2-conf.sh
. "$root/scripts/lib/apache2-conf.sh"
# shellcheck source=../../scripts/lib/run.sh
. "$root/scripts/lib/run.sh"

rounds=10 sessions=150 part=100 times=10 kept='' verbose=''
servers=()
while [ $# -gt 0 ]; do
	case $1 in
	--rounds) rounds=$2 && shift ;;
	--sessions) sessions=$2 && shift ;;
	--part) part=$2 && shift ;;
	--times) times=$2 && shift ;;
	-v) verbose=1 ;;
	-o) kept=$2 && shift ;;
	-*) sed -n '2,/^set/p' "$0" | grep '^#' && exit 2 ;;
	*) servers+=("$1") ;;
	esac
	shift
done
[ ${#servers[@]} -gt 0 ] || servers=(apache2 nginx)
for tool in ab jq curl; do
	command -v $tool >/dev/null || die "needs $tool"
done

work=${kept:-$(mktemp -d)}
mkdir -p "$work/htdocs" "$work/tmp" && work=$(cd "$work" && pwd) && chmod 755 "$work" || die "cannot write $work"
finish() {
	stop_server || true
	[ -n "$kept" ] || rm -rf "$work"
}
trap finish EXIT
echo hello >"$work/htdocs/index.html"

apache2_ready() {
	[ -x /usr/sbin/apache2 ] || die "needs apache2-bin"
	apache2_conf_begin "$work" "$port" "$work/htdocs" rewrite >"$work/apache2.conf"
	cat >>"$work/apache2.conf" <<-'END'
		RewriteEngine On
		RewriteRule ^/((a+)+)+$ /index.html
		MaxConnectionsPerChild 0
	END
	command=(apache2 -f "$work/apache2.conf" -DFOREGROUND)
	expected='pcre2_match_8|ap_regexec_len'
	apache2_calibrate
}

# cpu_ns: processor time of all processes below the first one of $1.
cpu_ns() {
	local pid
	for pid in "$1" $(pgrep -P "$1"); do
		cat "/proc/$pid/task"/*/schedstat 2>/dev/null
	done | awk '{ all += $1 } END { printf "%.0f", all }'
}

# The shortest path that costs about a millisecond: one letter more costs three times as much.
apache2-prefork_ready() {
	apache2_mpm=prefork apache2_ready
}

apache2_calibrate() {
	local length before each
	# Prefork ends all of its process group.
	setsid "${command[@]}" >"$work/calibrate.log" 2>&1 &
	recorder=$!
	wait_for_port "$port" $recorder || die "apache2: $(tail -n 3 "$work/calibrate.log")"
	for ((length = 6; length < 20; length++)); do
		hurt=/$(printf "%${length}s" '' | tr ' ' a)-
		ab -q -n 20 "http://127.0.0.1:$port$hurt" >/dev/null 2>&1
		before=$(cpu_ns $recorder)
		ab -q -n 20 "http://127.0.0.1:$port$hurt" >/dev/null 2>&1
		each=$((($(cpu_ns $recorder) - before) / 20000))
		[ $each -lt 900 ] || break
	done
	stop_server
	echo "apache2: $length letters cost $each us a request"
}

# How many turns of its loop this machine does in a millisecond.
turns() {
	cat >"$work/turns.c" <<-'END'
		#include <stdio.h>
		#include <time.h>
		int main(void)
		{
			struct timespec from, to;
			volatile unsigned turn = 0;
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
			while (turn < 100000000u)
				turn++;
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
			printf("%.0f\n", 1e14 / ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)));
		}
	END
	gcc -O2 -o "$work/turns" "$work/turns.c" && "$work/turns"
}

nginx_ready() {
	local tree=$work/nginx/tree
	if [ ! -x "$work/nginx/nginx" ]; then
		# shellcheck source=/dev/null
		. "$root/scripts/lib/nginx.sh"
		nginx_fetch >&2 || die "no source of nginx"
		rm -rf "$tree" && mkdir -p "$work/nginx" && cp -a "${nginx_home:?}/source/nginx" "$tree" || die "cannot be copied"
		# The first statement of the function that sends files.
		awk -v turns="$(turns)" '
			{ print }
			/^ngx_http_static_handler\(ngx_http_request_t \*r\)$/ { inside = 1 }
			inside && /^    ngx_open_file_info_t / {
				print "    ngx_uint_t tenths = r->uri.len > 5 ? (ngx_uint_t)atoi((char *)r->uri.data + 5) : 0;"
				print "    volatile ngx_uint_t turn = ngx_strncmp(r->uri.data, \"/hurt\", 5) ? 0 : tenths;"
				printf "    for (turn *= %d; turn; turn--) { }\n", turns / 10
				print "    if (!ngx_strncmp(r->uri.data, \"/rest\", 5)) { usleep(100 * tenths); }"
				inside = 0
			}' "$tree/src/http/modules/ngx_http_static_module.c" >"$work/nginx/patched.c" || die "cannot be patched"
		grep -q 'tenths' "$work/nginx/patched.c" || die "nginx: there is no such function to patch"
		cp "$work/nginx/patched.c" "$tree/src/http/modules/ngx_http_static_module.c"
		(cd "$tree" && ./configure --without-http_gzip_module \
			--with-cc-opt='-O2 -g -fstack-protector-strong -Wno-declaration-after-statement' &&
			make -j2) >"$work/nginx/build.log" 2>&1 || die "nginx cannot be built: $work/nginx/build.log"
		cp "$tree/objs/nginx" "$work/nginx/nginx"
	fi
	cat >"$work/nginx.conf" <<-END
		daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.log;
		events { }
		http {
			access_log off; root $work/htdocs;
			client_body_temp_path $work/tmp/b; proxy_temp_path $work/tmp/p; fastcgi_temp_path $work/tmp/f;
			uwsgi_temp_path $work/tmp/u; scgi_temp_path $work/tmp/s;
			server { listen 127.0.0.1:$port; }
		}
	END
	cp "$work/htdocs/index.html" "$work/htdocs/hurt$times.html"
	cp "$work/htdocs/index.html" "$work/htdocs/rest$times.html"
	command=("$work/nginx/nginx" -p "$work" -c "$work/nginx.conf")
	expected=ngx_http_static_handler
	hurt=/hurt$times.html
}

nginx-sleep_ready() {
	nginx_ready
	expected=usleep
	hurt=/rest$times.html
}

# load NAME PATH: so many requests for it, each on a connection of its own; of a hurtful path its part, beside the usual.
load() {
	local hurts=$((sessions * part / 100)) other
	[ "$2" = "$hurt" ] && [ "$part" -lt 100 ] || { ab -q -n "$sessions" -c 2 "http://127.0.0.1:$port$2" >"$work/$1.ab" 2>&1; return; }
	ab -q -n $((sessions - hurts)) -c 1 "http://127.0.0.1:$port/index.html" >"$work/$1.usual.ab" 2>&1 &
	other=$!
	ab -q -n $hurts -c 1 "http://127.0.0.1:$port$2" >"$work/$1.ab" 2>&1 && wait $other
}

# record_run NAME PATH
record_run() {
	rm -rf "${work:?}/$1"
	flowdar record -q -o "$work/$1" --io --sample -- "${command[@]}" >"$work/$1.log" 2>&1 &
	recorder=$!
	wait_for_port "$port" $recorder || die "$1: $(tail -n 3 "$work/$1.log")"
	load "$1" "$2" || die "$1: ab: $(tail -n 1 "$work/$1.ab")"
	stop_server || die "$1: $(tail -n 3 "$work/$1.log")"
	[ "$(jq '.samples_lost // 0' "$work/$1/recording.json")" = 0 ] || lost=$((lost + 1))
}

# judge WHAT BASELINE SUBJECT: sets $function, $confidence and $outcome.
judge() {
	local said
	flowdar diff "$work/$2" "$work/$3" --format json >"$work/diff.json" 2>/dev/null
	change=$(jq -r '.verdict.sentence // "-"' "$work/diff.json" 2>/dev/null)
	said=$(jq -r '[.verdict.function // "-", .verdict.confidence // "-", (.samples.outcome // "-" | gsub(" "; "_")),
		([(.samples.functions // [])[].added_ns] | max // 0 | . / 1e4 | round / 100)] | join(" ")' "$work/diff.json" 2>/dev/null)
	read -r function confidence outcome added <<<"${said:-- - - -}"
	printf '%s %s: %s, %s; samples: %s, %s ms added a session\n' "$server" "$1" "$function" "$confidence" "$outcome" "$added"
}

for server in "${servers[@]}"; do
	port=$(free_port)
	function='' confidence='' outcome='' lost=0
	"${server}_ready"
	named=0 found=0 wrong=0 alarms=0 high=0 alike=0 sure=0
	for ((round = 1; round <= rounds; round++)); do
		record_run "$server-usual$round" /index.html
		record_run "$server-hurt$round" "$hurt"
		judge "round $round" "$server-usual$round" "$server-hurt$round"
		[ -z "$verbose" ] || printf '\t%s\n' "$change"
		[[ ! $function =~ ^($expected)$ ]] || named=$((named + 1))
		[[ $function =~ ^($expected|-)$ ]] || [ "$confidence" = low ] || wrong=$((wrong + 1))
		[ "$outcome" != found ] || found=$((found + 1))
		[ "$confidence" != high ] || sure=$((sure + 1))
	done
	for ((one = 1; one <= rounds; one++)); do
		for ((other = one + 1; other <= rounds; other++)); do
			judge "alike $one $other" "$server-usual$one" "$server-usual$other" >/dev/null
			alike=$((alike + 1))
			[ "$outcome" != found ] || alarms=$((alarms + 1))
			[ "$function" = - ] || [ "$confidence" != high ] || high=$((high + 1))
		done
	done
	printf '%s: %d of %d name %s (samples found it %d times; high %d; wrong at medium or above %d); of %d A/A samples find %d, high %d; runs with lost samples: %d\n' \
		"$server" $named "$rounds" "${expected//|/ or }" $found $sure $wrong $alike $alarms $high $lost
done
printf 'load: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
