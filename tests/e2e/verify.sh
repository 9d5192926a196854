#!/usr/bin/env bash
# The ladder: what hurts hurts on every step, and on none once it is fixed; what does not is told, too.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
captures=$FLOWDAR_SOURCE/tests/captures
server="$FLOWDAR_BUILD/bin/demo_httpd --port 0 --root $work/www --max-steps"
cd "$work"
mkdir www
echo hello >www/index.html

fail() {
	echo "$1"
	[ ! -s said ] || cat said
	[ ! -s result ] || cat result
	exit 1
}

# verify STATUS ARGUMENT...: into "result" and "said".
verify() {
	local expected=$1 status=0
	shift
	"$FLOWDAR" verify -q --format json "$@" >result 2>said || status=$?
	[ $status = "$expected" ] || fail "verify $*: expected $expected, not $status"
}

# What a match costs: 200,000 steps before, and 100 now. The limit is wide, for a machine that is busy.
# shellcheck disable=SC2086
verify 0 "$captures/demo-attack.pcap" "$captures/demo-baseline.pcap" --over 5 --runs 2 -o trex \
	--before "$server=200000" -- $server=100
[ "$(jq -r .verdict result)" = fixed ] || fail "not fixed"
jq -e '.copies > 1 and .sessions == 15 and .baseline_sessions == 47' result >/dev/null || fail "another load"
for step in fed larger replayed amplified; do
	jq -e --arg step $step '.steps[] | select(.step == $step) |
		.verdict_before == "hurts" and .times_before > 5 and .verdict == "does not hurt" and .times < 3' result >/dev/null ||
		fail "$step: not as it is"
done
jq -e '.steps[] | select(.step == "trex") | .verdict == "written" and (.why | contains("refused: 0"))' result >/dev/null ||
	fail "no profile for T-Rex"
[ "$(grep -c 'name : ' trex/trex.yaml)" -ge 1 ] || fail "no template in trex.yaml"
mirrored=$(jq -r '.steps[] | select(.step == "mirrored") | .verdict_before + ", " + .verdict + ": " + .why' result)
case $mirrored in
"hurts, does not hurt: ") ;;
*"not permitted"*) mirrored="not done: no right to capture" ;;
*) fail "mirrored: $mirrored" ;;
esac

# The same server twice is not fixed, and a port that is taken leaves the mirror out, not the rest.
# shellcheck disable=SC2086
verify 3 "$captures/demo-attack.pcap" "$captures/demo-baseline.pcap" --over 5 --runs 1 -- ${server/--port 0/--port 18080}=200000
jq -e '[.steps[] | select(.verdict == "hurts")] | length == 4' result >/dev/null || fail "not four steps that hurt"
jq -e '.steps[] | select(.step == "mirrored") | .verdict == "not done" and (.why | length > 10)' result >/dev/null ||
	fail "a mirror without a second server"

# A server that serves nobody (it answers something else) neither crashes nor takes long; with what is normal it is known
# whether it is that server.
verify 4 "$captures/demo-attack.pcap" --test crash --runs 1 --to 127.0.0.1:18081 -- "$FLOWDAR_BUILD/bin/echo_server" 18081
jq -e '[.steps[] | select(.verdict == "cannot be told" and (.why | contains("not one session")))] | length == 3' result >/dev/null ||
	fail "a server that serves nobody"
COLUMNS=60 "$FLOWDAR" verify -q "$captures/demo-attack.pcap" --test crash --runs 1 --to 127.0.0.1:18081 \
	-- "$FLOWDAR_BUILD/bin/echo_server" 18081 >result 2>said || true
tr -s '\n ' ' ' <result | grep -E 'fed: not one session .* mirrored: ' >/dev/null || fail "the reasons are cut"
# shellcheck disable=SC2086
verify 0 "$captures/demo-attack.pcap" "$captures/demo-baseline.pcap" --test crash --runs 1 -- $server=100
[ "$(jq -r .verdict result)" = harmless ] || fail "what does not crash a server"

# A server that takes its time, without working: the baseline itself is cut, so nobody knows what is normal but of a session at a time.
cat >slow.pl <<'END'
use IO::Socket::INET;
$SIG{PIPE} = "IGNORE";
my $server = IO::Socket::INET->new(Listen => 999, LocalAddr => "127.0.0.1") or die;
while (my $client = $server->accept) {
	while (sysread $client, my $bytes, 65536) {
		select undef, undef, undef, 0.1;
		syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	}
}
END
if command -v perl >/dev/null; then
	# By a wide limit: what perl takes for a few sessions differs.
	verify 4 "$captures/demo-attack.pcap" "$captures/demo-baseline.pcap" --over 20 --runs 1 --time 300ms -- perl slow.pl
	for step in replayed amplified; do
		jq -e --arg step $step '.steps[] | select(.step == $step) | .why | contains("the baseline was cut")' result >/dev/null ||
			fail "$step: a baseline that was cut is normal"
	done
fi

verify 2 "$captures/demo-attack.pcap" -- true
verify 2 "$captures/demo-attack.pcap" "$captures/demo-baseline.pcap"
verify 1 "$captures/demo-attack.pcap" "$captures/demo-baseline.pcap" -- "$work/no-server"
grep -q 'no-server: cannot be executed' said || fail "a server that is not there"
# Nor does root always have the right.
weak=()
[ "$(id -u)" != 0 ] || weak=(setpriv --bounding-set "-setuid,-setgid")
if "${weak[@]}" true 2>/dev/null && ! "${weak[@]}" setpriv --reuid=nobody true 2>/dev/null; then
	status=0
	"${weak[@]}" "$FLOWDAR" verify "$captures/demo-attack.pcap" --test crash --user nobody -- true >said 2>&1 || status=$?
	[ $status = 1 ] && grep -q 'cannot be started: "cannot become "nobody"' said || fail "another user without a right: $status"
fi
verify 1 nothing.pcap "$captures/demo-baseline.pcap" -- true
[ ! -s result ] || fail "half a table"
echo "fixed, on every step; mirrored: $mirrored"
