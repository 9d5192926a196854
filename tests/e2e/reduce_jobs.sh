#!/usr/bin/env bash
# Several runs at once: each server in a network namespace of its own, on the same port; stopped and killed, nothing of them stays.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
command -v perl >/dev/null || { echo "skipped: needs perl"; exit 77; }
unshare -n true 2>/dev/null || unshare -r -n true 2>/dev/null || { echo "skipped: no network namespaces here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=reduce_lib.sh
. "$FLOWDAR_SOURCE/tests/e2e/reduce_lib.sh"
server=$FLOWDAR_BUILD/bin/demo_httpd
mkdir www tmp
echo hello >www/index.html
export TMPDIR=$work/tmp

# A server that is measured, at a port that only one can have.
reduce 0 "$captures/demo-attack.pcap" --test cpu --baseline "$captures/demo-baseline.pcap" --over 3 --confirm 3 --bytes 0 --jobs 2 \
	-o one.pcap --format json -- "$server" --port 18080 --root www --max-steps=0
[ "$(jq -c '[.end, (.kept | length), .confirmed]' result)" = '["done",1,3]' ] || fail "not one attack"
grep -aq 'match?s=aaaaaaaaaaaaaaa' one.pcap || fail "not an attack"

# As somebody without rights, where the kernel lets him, and may read us.
weak=()
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --clear-groups unshare -r -n true 2>/dev/null; then
	chmod 777 "$work" tmp
	weak=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
if [ ${#weak[@]} -gt 0 ] && "${weak[@]}" test -x "$FLOWDAR" -a -x "$server" -a -r "$captures/demo-attack.pcap"; then
	"${weak[@]}" "$FLOWDAR" reduce "$captures/demo-attack.pcap" --test crash --jobs 2 -o weak.pcap -- "$server" --port 18080 --root www >result 2>said &&
		fail "what does not crash it"
	grep -q 'the whole capture does not hurt' said || fail "without rights"
	! grep -q 'cannot be had' said || fail "no namespace for who has no rights"
fi

# No run more than were asked for.
together="grep -aq 's=none' {} && grep -aq 's=aaaaa ' {}"
for most in 6 7; do
	reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 --jobs 2 -o most.pcap --runs $most --format json
	[ "$(jq .runs result)" = $most ] || fail "$(jq .runs result) runs in place of $most"
	rm most.pcap.state
done

# Root without the right to make namespaces is told what is missing, and the search goes on without.
if [ "$(id -u)" = 0 ] && setpriv --bounding-set=-sys_admin,-setfcap true 2>/dev/null; then
	setpriv --bounding-set=-sys_admin,-setfcap "$FLOWDAR" reduce "$captures/demo-baseline.pcap" --test "$together" --trust 1 --jobs 2 -o most.pcap \
		--runs 2 >result 2>said && fail "two runs are not enough"
	grep -q 'cannot be had here (root without CAP_SYS_ADMIN' said || fail "not what is missing"
	rm most.pcap.state
fi

# A hunt asks likewise, and says at once what does not go with it.
status=0
"$FLOWDAR" hunt "$captures/demo-baseline.pcap" -o hunt --jobs 2 --reset true -- "$server" >result 2>said || status=$?
[ $status = 2 ] && grep -q 'jobs goes with a server that is started for each run' said || fail "hunt --jobs with --reset: status $status"

cat >staying.pl <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(Listen => 99, LocalAddr => "127.0.0.1", LocalPort => 18083) or die;
open my $starts, ">>", "starts" or die;
syswrite($starts, "$$ " . readlink("/proc/self/ns/net") . "\n");
sleep 3600;
END
for signal in INT KILL; do
	rm -f starts
	# A command that waits for ever at both servers.
	"$FLOWDAR" reduce "$captures/demo-baseline.pcap" --test 'echo {} >>asked; exec sleep 3600' --jobs 2 -o no.pcap -- perl staying.pl >result 2>said &
	search=$!
	for _ in $(seq 1200); do
		[ ! -s starts ] || [ "$(wc -l <starts)" != 2 ] || break
		kill -0 $search 2>/dev/null || fail "the search is over"
		sleep 0.05
	done
	[ "$(cut -d' ' -f2 starts | sort -u | wc -l)" = 2 ] || fail "not two servers, each in a namespace of its own"
	! grep -qF "$(readlink /proc/self/ns/net)" starts || fail "a server in our own namespace"
	kill -$signal $search
	status=0
	wait $search || status=$?
	[ $signal = KILL ] || [ $status = 130 ] || fail "SIG$signal: status $status"
	all_end starts
	[ $signal = KILL ] || [ -z "$(ls tmp)" ] || fail "files are left: $(ls tmp)"
	rm -f no.pcap.state
done

reduce 2 "$captures/demo-baseline.pcap" --test cpu --over 1ms --jobs 2 --reset true -o no.pcap -- "$server"
reduce 2 "$captures/demo-baseline.pcap" --test function:main --over 1ms --jobs 2 -o no.pcap -- "$server"
reduce 2 "$captures/demo-baseline.pcap" --test cpu --over 1ms --jobs 2 --to 192.0.2.1:80 -o no.pcap -- "$server"
if [ "$(nproc)" -le 64 ]; then
	reduce 2 "$captures/demo-baseline.pcap" --test latency --over 1ms --jobs "$(nproc)" -o no.pcap -- "$server"
	grep -q "share processors: latency" said || fail "latency by the clock"
fi
echo "two at once"
