#!/usr/bin/env bash
# A server whose queue of connections is full: a step that opens one more is given up, and says why. The kernel
# would go on trying for two minutes. One that accepts and resets, or closes, at once has taken the connection.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
need jq perl
cd "$replay_work"
# It accepts nobody. Of a queue of no length one connection still fits; the others are dropped.
# shellcheck disable=SC2016 # perl's
perl -MIO::Socket::INET -e '
	my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
	listen($server, 0);
	my @inside = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $server->sockport, Blocking => 0) } 1 .. 4;
	$| = 1;
	print $server->sockport, "\n";
	sleep 3600' >port 2>perl.log &
replay_pids+=($!)
wait_for "the full server" test -s port
port=$(cat port)
"$FLOWDAR" split "$FLOWDAR_SOURCE/tests/captures/replay-echo.pcap" -o parts >/dev/null
one=$(find parts -name '*.pcap' | sort | head -n 1)
"$FLOWDAR" replay "$one" --to "127.0.0.1:$port" --lockstep --steps-out steps.jsonl -o journal.jsonl --format json >summary.json
[ "$(jq -c '.replay[0] | [.sessions, .timeout]' summary.json)" = '[1,1]' ] || fail "not a timeout: $(cat summary.json)"
[ "$(jq -rs '.[0] | .what + " " + .end' steps.jsonl)" = "open untaken" ] || fail "the first step: $(head -n 1 steps.jsonl)"
[ "$(jq -rs '.[1:] | map(.end) | unique | join(" ")' steps.jsonl)" = skipped ] || fail "the others: $(cat steps.jsonl)"
# The kernel would say that it timed out.
grep -q "queue of connections is full" journal.jsonl || fail "it does not say why: $(cat journal.jsonl)"
for way in resets closes; do
	# shellcheck disable=SC2016 # perl's
	perl -MIO::Socket::INET -MSocket -e '
		my $server = IO::Socket::INET->new(Listen => 64, LocalAddr => "127.0.0.1") or die;
		$| = 1;
		print $server->sockport, "\n";
		while (my $client = $server->accept) {
			setsockopt($client, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)) if $ARGV[0] eq "resets";
			close($client);
		}' $way >$way 2>perl.log &
	replay_pids+=($!)
	wait_for "the server that $way" test -s $way
	"$FLOWDAR" replay "$one" --to "127.0.0.1:$(cat $way)" --lockstep --clones 100 --steps-out steps.jsonl --format json >summary.json
	[ "$(jq -c '.replay[0] | [.sessions, .reset]' summary.json)" = '[100,100]' ] || fail "$way: not a reset: $(cat summary.json)"
	opens=$(jq -rs 'map(select(.what == "open") | .end) | unique | join(" ")' steps.jsonl)
	[ "$opens" = settled ] || fail "opened, and it $way: $opens"
done
echo "given up before the kernel does"
