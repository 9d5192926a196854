#!/usr/bin/env bash
# From many sessions to the few that hurt: with a command that knows, and with a server that is measured; stopped
# half way and gone on.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=reduce_lib.sh
. "$FLOWDAR_SOURCE/tests/e2e/reduce_lib.sh"
server=$FLOWDAR_BUILD/bin/demo_httpd
mkdir www
echo hello >www/index.html

# Two requests of one session that hurt only together: that session, without its third.
together="grep -aq 's=none' {} && grep -aq 's=aaaaa ' {}"
reduce 0 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o two.pcap --format json
[ "$(jq -c '[.end, .causes, .confirmed, [.kept[] | .messages_kept, .messages]]' result)" = '["done",1,10,[2,3]]' ] ||
	fail "not one session and two of its three messages"
"$FLOWDAR" split two.pcap -o two --format json >two.json
[ "$(jq -c '[.sessions[] | .from_client.messages, .from_server.messages]' two.json)" = '[2,2]' ] || fail "two.pcap has something else"
[ ! -e two.pcap.state ] || fail "the state is left"
# Of its bytes those that the command looks for, and no others.
[ "$(jq -c '[.kept[] | .client_bytes_kept]' result)" = '[14]' ] || fail "not the 14 bytes"

# Stopped, and gone on: as many runs in the two as in one.
runs=$(jq .runs result)
reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o again.pcap --runs 7 --format json
[ -s again.pcap ] || fail "no best so far"
[ -s again.pcap.state ] || fail "no state"
reduce 0 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o again.pcap --format json
cmp two.pcap again.pcap || fail "another result"
[ $((7 + $(jq .runs result))) = "$runs" ] || fail "$runs runs at once, and 7 and $(jq .runs result)"

# No run more than were asked for, also where messages are about to be shortened.
for most in 13 14 15; do
	reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o most.pcap --runs $most --format json
	[ "$(jq .runs result)" = $most ] || fail "$(jq .runs result) runs in place of $most"
	rm most.pcap.state
done

# Runs are left for the confirmation, however many the bytes would take.
reduce 0 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o kept.pcap --runs $((runs - 5)) --format json
[ "$(jq -c '[.end, .confirmed, .runs]' result)" = "[\"done\",10,$((runs - 5))]" ] || fail "not confirmed within $((runs - 5)) runs"

# Of another search.
reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o other.pcap --runs 2
reduce 1 "$captures/demo-baseline.pcap" --test "grep -aq nothing {}" --trust 1 -o other.pcap
grep -q 'other.pcap.state: is of a search for something else' said || fail "another search goes on"
# So is one with another time-out, by which a session has no answer, and one with other sides.
for other in "--timeout 3s" "--server 9"; do
	# shellcheck disable=SC2086
	reduce 1 "$captures/demo-baseline.pcap" --test "$together" --trust 1 $other -o other.pcap
	grep -q 'other.pcap.state: is of a search for something else' said || fail "another search goes on with $other"
done
# And one at a server that was built anew.
printf '#!/bin/sh\nexec "%s" "$@"\n' "$server" >rebuilt
chmod +x rebuilt
reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o built.pcap --runs 2 -- ./rebuilt --port 0
echo >>rebuilt
reduce 1 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o built.pcap -- ./rebuilt --port 0
grep -q 'built.pcap.state: is of a search for something else' said || fail "another program's search goes on"
reduce 4 "$captures/demo-baseline.pcap" --test "grep -aq nothing {}" --trust 1 -o none.pcap
[ ! -e none.pcap ] || fail "what does not hurt is written"

# A server that is measured. Every attack of the capture hurts by itself: one of them is left.
reduce 0 "$captures/demo-attack.pcap" --test cpu --baseline "$captures/demo-baseline.pcap" --over 3 --confirm 3 --bytes 40 -o one.pcap --format json \
	-- "$server" --port 0 --root www --max-steps=0
[ "$(jq -c '[.end, (.kept | length), .copies]' result)" = '["done",1,1]' ] || fail "not one attack"
grep -aq 'match?s=aaaaaaaaaaaaaaa' one.pcap || fail "not an attack"
[ "$(jq '.kept[0] | .client_bytes_kept * 4 < .client_bytes * 3' result)" = true ] || fail "its headers are left"

# A server that trusts one address alone: that is noticed, and all is played from there.
cat >trusting.pl <<'END'
use IO::Socket::INET;
$SIG{CHLD} = "IGNORE";
my $server = IO::Socket::INET->new(Listen => 99, LocalAddr => "127.0.0.1") or die;
while (my $client = $server->accept) {
	next if $client->peerhost ne "127.0.0.1" or fork;
	syswrite($client, $bytes) while sysread($client, $bytes, 65536);
	exit;
}
END
if command -v perl >/dev/null; then
	reduce 4 "$captures/replay-echo.pcap" --test cpu --over 10s -o no.pcap -- perl trusting.pl
	grep -Eq '[0-5] of 12 sessions went as captured from addresses of their own, and 12 from 127.0.0.1' said || fail "not from 127.0.0.1"
	reduce 4 "$captures/replay-echo.pcap" --test cpu --over 10s --sources 127.0.0.1 -o no.pcap -- perl trusting.pl
	if grep -q 'from addresses of their own' said; then fail "other addresses with --sources"; fi
fi
# One start, and a reset before each run; what the server has started is ended with it, in whichever session it is.
cat >staying.pl <<'END'
use IO::Socket::INET;
use POSIX;
my $server = IO::Socket::INET->new(Listen => 99, LocalAddr => "127.0.0.1") or die;
my $helper = fork;
if (!$helper) {
	close $server;
	setsid;
	$SIG{TERM} = "IGNORE";
	sleep 3600;
	exit;
}
open my $starts, ">>", "starts" or die;
print $starts "$helper\n";
close $starts;
sleep 3600;
END
if command -v perl >/dev/null; then
	reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o no.pcap --runs 5 --reset 'echo {to} >>resets' -- perl staying.pl
	[ "$(wc -l <starts) $(wc -l <resets)" = "1 5" ] || fail "$(wc -l <starts) starts and $(wc -l <resets) resets of 5 runs"
	grep -q '^127.0.0.1:[0-9]*$' resets || fail "the reset is not told where the server is"
	rm no.pcap no.pcap.state
	reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o no.pcap --runs 2 -- perl staying.pl
	[ "$(wc -l <starts)" = 3 ] || fail "$(wc -l <starts) starts of 1 and 2"
	rm no.pcap no.pcap.state
	all_end starts
	reduce 1 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o no.pcap --reset 'echo broken; exit 7' -- perl staying.pl
	grep -q 'reset: the command failed, with 7: "broken"' said || fail "a reset that fails"
	rm no.pcap.state
	# Stopped while the command runs: it is ended, and not waited for.
	"$FLOWDAR" reduce "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o no.pcap --wait-for 10m \
		--reset 'echo $$ >resetting; exec sleep 3600' -- perl staying.pl >result 2>said &
	search=$!
	until [ -s resetting ]; do
		kill -0 $search 2>/dev/null || fail "there is no reset"
		sleep 0.05
	done
	kill "$search"
	status=0
	wait $search || status=$?
	[ $status = 130 ] || fail "stopped while it resets: expected 130, not $status"
	if kill -0 "$(cat resetting)" 2>/dev/null; then fail "the reset goes on"; fi
	rm -f no.pcap.state
fi
# A server that takes its time to end gets one SIGTERM, not one after the other: a recorder would leave all and go.
cat >slow.pl <<'END'
use IO::Socket::INET;
my ($server, $end) = (IO::Socket::INET->new(Listen => 99, LocalAddr => "127.0.0.1") or die);
$SIG{TERM} = sub {
	open my $terms, ">>", "terms" or die;
	print $terms "$$\n";
	$end //= time + 2;
};
sleep 1 until $end and time >= $end;
END
if command -v perl >/dev/null; then
	reduce 130 "$captures/demo-baseline.pcap" --test "$together" --trust 1 -o no.pcap --runs 1 --grace 10m -- perl slow.pl
	[ "$(wc -l <terms)" = 1 ] || fail "$(wc -l <terms) times SIGTERM to one server"
	rm no.pcap no.pcap.state
fi
# A server that ends is none that takes nothing.
cat >ending.pl <<'END'
use IO::Socket::INET;
my $client = (IO::Socket::INET->new(Listen => 99, LocalAddr => "127.0.0.1") or die)->accept;
sysread($client, my $bytes, 1);
END
if command -v perl >/dev/null; then
	reduce 4 "$captures/replay-echo.pcap" --test cpu --over 10s -o no.pcap -- perl ending.pl
	grep -q 'in most runs the server ended' said || fail "a server that ends takes nothing"
fi
# What is wrong by itself comes first, and nothing is started.
for wrong in "--concurrency q" "--concurrency 0" "--timed --speed q" "--timed --speed 0"; do
	# shellcheck disable=SC2086
	reduce 2 nothing.pcap --test cpu --over 10s $wrong -o no.pcap -- "$work/no-server"
	grep -Eq "concurrency|speed" said || fail "$wrong is not told"
done
reduce 2 "$captures/demo-baseline.pcap" --test "$together" --reset true -o no.pcap
reduce 2 "$captures/replay-echo.pcap" --test cpu --over 10s --sources nowhere -o no.pcap -- "$server"

reduce 1 "$captures/demo-attack.pcap" --test cpu --over 20ms -o no.pcap -- "$work/no-server"
grep -q 'no-server: cannot be executed' said || fail "a server that is not there"
reduce 2 "$captures/demo-attack.pcap" --test cpu -o no.pcap -- "$server"
reduce 2 "$captures/demo-attack.pcap" --test function: --over 1ms -o no.pcap -- "$server"
reduce 2 "$captures/demo-attack.pcap" --test nonsense -o no.pcap -- "$server"
[ ! -e no.pcap ] || fail "something was written"
[ ! -e no.pcap.state ] || fail "a state was left behind"
echo "$runs runs from $("$FLOWDAR" split "$captures/demo-baseline.pcap" -o all --format json | jq '.sessions | length') sessions to one"
