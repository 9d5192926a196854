#!/usr/bin/env bash
# Every capture of tcpdump's tests through split and amplify: no crash, no hang, no leak (where the
# build has the sanitizers), a list of sessions or one line that says what is wrong, and nothing
# half-written left behind.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=tcpdump_captures.sh
. "$FLOWDAR_SOURCE/tests/real/tcpdump_captures.sh"

captures=$(tcpdump_captures) || {
	echo "skipped: the source of tcpdump cannot be fetched"
	exit 77
}
export ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0 fine=0 refused=0

complain() {
	echo "$1: $2"
	head -n 5 "$work/err" | sed 's/^/    /'
	bad=$((bad + 1))
}

# check CAPTURE WHAT STATUS OUTPUT: the command ended as it may.
check() {
	local lines
	lines=$(grep -vc ' warning: ' "$work/err")
	case $3 in
	0) fine=$((fine + 1)) ;;
	1)
		refused=$((refused + 1))
		if [ "$lines" != 1 ] || ! grep -q "^flowdar $2: " "$work/err"; then
			complain "$1" "$2: not one line"
		fi
		[ ! -e "$4" ] || complain "$1" "$2: failed, and left $4"
		;;
	124) complain "$1" "$2: more than 30 s" ;;
	*) complain "$1" "$2: status $3" ;;
	esac
	[ -z "$(find "$work/out" -mindepth 1 ! -path "$4" ! -path "$4/*")" ] ||
		complain "$1" "$2: left $(ls "$work/out")"
}

for capture in "$captures"/*; do
	[[ $capture == *.pcap* ]] || continue
	name=${capture##*/}
	rm -rf "$work/out" && mkdir "$work/out"
	timeout 300 "$FLOWDAR" split "$capture" -o "$work/out/dir" --format json >"$work/list" 2>"$work/err"
	check "$name" split $? "$work/out/dir"
	rm -rf "$work/out" && mkdir "$work/out"
	timeout 300 "$FLOWDAR" amplify "$capture" -o "$work/out/more.pcap" --clones 3 --repeat 2 \
		--phase random --speed 2 >/dev/null 2>"$work/err"
	status=$?
	# What amplify reports when all went well is no complaint.
	[ $status != 0 ] || : >"$work/err"
	check "$name" amplify $status "$work/out/more.pcap"
done
echo "$fine runs fine, $refused refused in one line, $bad bad"
[ $((fine + refused)) -gt 1000 ] || { echo "that are too few: are the captures there?"; exit 1; }
exit $((bad > 0))
