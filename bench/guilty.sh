#!/usr/bin/env bash
# Does `flowdar reduce` leave exactly the guilty sessions among many, and with how many runs? Captures are made anew for
# each round, with the guilty ones at random places:
#   demo-regex      demo_httpd, a regular expression that backtracks
#   demo-copies     demo_httpd with 8 workers, an answer that holds one of them for a quarter of a second: it takes 9 at once
#   demo-reader     the same, an answer that its client reads slowly, by small windows: what hurts is a worker held
#   nginx-regex     nginx, a regular expression of a location that backtracks
#   nginx-nesting   nginx, folders nested 120 deep, each of which is asked whether it is a link
#   nginx-copies    nginx, a location of 15 requests a second: it takes 8 at once; of 16 one is to be left
#   httpd-nesting   httpd, folders that are nested 120 deep, each of which is asked for what it allows
#   redis-keys      redis, KEYS with a pattern that no one of 20,000 keys fits
#   redis-multiget  redis, MGET of 8,000 keys, eight times
#   redis-nesting   redis, a script that reads JSON nested 900 deep, a thousand times
#   redis-copies    redis, a command that holds it for 60 ms, likewise
#   redis-hash      redis, a script whose 6,000 strings have the same hash
#   redis-pair      redis, RPUSH of 2,000 elements in one session and SORT of these in another: nothing by itself
#
#   demo-double     demo_httpd, an expression that backtracks less: for about as long as 200 ordinary sessions take together, so that these and
#                   one such are twice the baseline
#
# usage: bench/guilty.sh [ROUNDS [SESSIONS [GUILTY [KIND...]]]]    3 rounds, 1000 sessions, 1 guilty, all
#        bench/guilty.sh [ROUNDS] KIND:SESSIONS:GUILTY...          a list of such cells
# As root, in namespaces of its own. Needs perl, tcpdump, jq, and the servers. A line a round: the first of each cell, then
# the second; at the end a table.
# TIME=SECONDS: no round begins that would not be over by then. KEEP=FILE: rounds are written down there, and those that are
# there already are not made again. OPTIONS: more for reduce, instead of --bytes 0; JOBS=N: --jobs, where processor time is measured.
case ${1:-} in
*:*:*) set -- 3 "$@" ;;
esac
if [ -n "${KEEP:-}" ]; then
	KEEP=$(realpath -m -- "$KEEP")
	export KEEP
fi
# shellcheck source=hidden.sh
. "$(dirname "$0")/hidden.sh"
rounds=${1:-3}
[ $# -lt 1 ] || shift
kinds=(demo-regex demo-copies demo-reader nginx-regex nginx-nesting nginx-copies httpd-nesting redis-keys redis-multiget redis-nesting
	redis-copies redis-hash redis-pair)
case ${1:-} in
*:*:*) cells=("$@") ;;
*)
	sessions=${1:-1000} guilty=${2:-1}
	shift $(($# < 2 ? $# : 2))
	[ $# -eq 0 ] || kinds=("$@")
	cells=("${kinds[@]/%/:$sessions:$guilty}")
	;;
esac
read -ra more <<<"${OPTIONS:---bytes 0}"
kept=${KEEP:-$WORK/rounds}
touch "$kept" || fail "KEEP: $kept cannot be written"
begun=$SECONDS

set_deep() {
	local deep=www
	for _ in {1..120}; do
		deep=$deep/d
	done
	mkdir -p "$deep"
}

server_demo() {
	[ "$kind" != demo-reader ] || truncate -s 12M www/big
	command=("$FLOWDAR_BUILD/bin/demo_httpd" --port="$1" --root=www --threads=8 --delay=8 --max-steps=0)
}

server_nginx() {
	set_nginx "$1"
	case $kind in
	nginx-nesting)
		set_deep
		sed -i 's/ root / disable_symlinks on; root /' nginx.conf
		;;
	nginx-copies)
		sed -i "s/http {/& limit_req_zone \$server_port zone=all:1m rate=15r\/s;/
			s/ root / location = \/limited { limit_req zone=all burst=1000; } root /" nginx.conf
		;;
	esac
}

server_httpd() {
	set_deep
	cp www/index.html www/d/d/
	apache2_conf_begin "$WORK" "$1" "$WORK/www" >httpd.conf
	echo '<Directory />
		AllowOverride All
	</Directory>' >>httpd.conf
	set_httpd
}

server_redis() {
	set_redis "$1"
}
fill_redis() {
	echo 'RPUSH numbers 1 2 3 4 5 6 7 8 9'
}

# capture KIND PORT GUILTY...: capture.pcap of $sessions, and baseline.pcap of a hundred ordinary ones.
capture() {
	local kind=$1 port=$2
	shift 2
	start "$port"
	begin_capture baseline.pcap "$port"
	perl "$FLOWDAR_SOURCE/bench/guilty.pl" "$kind" "$port" 100 || fail "no baseline"
	end_capture
	begin_capture capture.pcap "$port"
	perl "$FLOWDAR_SOURCE/bench/guilty.pl" "$kind" "$port" "$sessions" "$@" || fail "no capture"
	end_capture
	stop
}

# set_cell KIND GUILTY: $options for reduce, the $word of guilty sessions, $count of them, how many to $leave.
set_cell() {
	local limit=(--test latency:p99 --over 450ms) above=(--test cpu --baseline baseline.pcap --all --over)
	count=$2 leave=$2
	case $1 in
	demo-copies) options=("${limit[@]}") word=/echo ;;
	demo-reader) options=("${limit[@]}" --client-pace) word=/big ;;
	nginx-copies) options=("${limit[@]}") word=/limited leave=1 ;;
	redis-copies) options=("${limit[@]}") word=SLEEP leave=1 ;;
	redis-pair) options=(--test cpu --baseline baseline.pcap --over 20 --concurrency 1) word=guilty count=2 leave=2 ;;
	demo-regex) options=("${above[@]}" 5) word='s=a*!' ;;
	demo-double) options=("${above[@]}" 1.6) word='s=a*!' ;;
	nginx-regex) options=("${above[@]}" 5) word=xhtml ;;
	*) options=("${above[@]}" 5) word=guilty ;;
	esac
	[ -z "${JOBS:-}" ] || [ "${options[1]}" != cpu ] || options+=(--jobs "$JOBS")
}

# round KIND SESSIONS GUILTY: a line of what came out: "exact runs seconds", and what else there is to say.
round() {
	local kind=$1 sessions=$2 port begin status=0
	set_cell "$kind" "$3"
	rm -rf www/big redis small.pcap* result said
	port=$(free_port)
	"server_${kind%-*}" "$port"
	choose "$sessions" "$count"
	capture "$kind" "$port" "${which[@]}"
	begin=$SECONDS
	"$FLOWDAR" reduce capture.pcap -q "${options[@]}" "${more[@]}" -o small.pcap --format json -- "${command[@]}" >result 2>said || status=$?
	count_left small.pcap "$word" "$leave"
	[ $status = 0 ] || exact=no
	echo "$exact $(jq -r .runs result 2>/dev/null || echo 0) $((SECONDS - begin)) $left left, guilty of these $right, status $status," \
		"$(jq -r '"\(.causes) causes, \(.copies) copies, \(.at_once) at once, rate \(.rate), order \(.order), confirmed \(.confirmed) of \(.confirm_runs)"' result 2>/dev/null);" \
		"$(tail -n 1 said)"
}

# of CELL FIELD: that of each of its rounds; lines of $kept are a cell, and what round said.
of() {
	awk -v cell="$1" -v field="$2" '$1 == cell { print $field }' "$kept"
}

# How long a round of the cell took, with a half more for its capture and for chance; of the first one nothing is known.
lasts() {
	of "$1" 4 | sort -n | awk '{ most = $1 } END { print NR ? int(most * 1.5) + 5 : 30 }'
}

table() {
	. "$FLOWDAR_SOURCE/bench/median.sh"
	printf '\n%-16s %8s %6s %9s %6s %8s\n' kind sessions guilty exact runs seconds
	for cell in "${cells[@]}"; do
		IFS=: read -r kind sessions guilty <<<"$cell"
		printf '%-16s %8s %6s %9s %6s %8s\n' "$kind" "$sessions" "$guilty" "$(of "$cell" 2 | grep -c yes) of $(of "$cell" 2 | wc -l)" \
			"$(of "$cell" 3 | median)" "$(of "$cell" 4 | median)"
	done
	awk '{ all++; exact += $2 == "yes" } END { printf "%-16s %25d of %d\n", "all", exact, all }' "$kept"
}

for ((number = 1; number <= rounds; number++)); do
	for cell in "${cells[@]}"; do
		[ "$(of "$cell" 2 | wc -l)" -lt "$number" ] || continue
		[ -z "${TIME:-}" ] || [ $((SECONDS - begun + $(lasts "$cell"))) -lt "$TIME" ] || continue
		IFS=: read -r kind sessions guilty <<<"$cell"
		said=$(round "$kind" "$sessions" "$guilty" 2>&1 | tail -n 1)
		case $said in
		yes\ * | no\ *) ;;
		*) said="no 0 0 $said" ;;
		esac
		echo "$cell $said" | tee -a "$kept"
	done
done
table
