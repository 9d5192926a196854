#!/usr/bin/env bash
# How what is left has to be played: so many at once, in this order only. And what a server takes for itself while a
# session waits is not charged to that session.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
command -v perl >/dev/null || { echo "skipped: needs perl"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=reduce_lib.sh
. "$FLOWDAR_SOURCE/tests/e2e/reduce_lib.sh"

# hidden: half a millisecond for everybody, and 60 for user-42, but only after aab. pair: a fifth of a second of work for user-42, but only after aab. crowd: a tenth of a second for each of three clients or more
# at once, who wait for their answers. fickle: likewise, see below. busy: a seventh of a processor, and no answers at all.
# hang: answers in the first two starts (nobody looks at it in one, and all is played in the other), and never again.
# late: likewise, and a third of a second of work for a client that has waited for as long as that takes to use up what would be enough.
cat >server.pl <<'END'
use IO::Select;
use IO::Socket::INET;
use Time::HiRes;
my $way = shift;
my $server = IO::Socket::INET->new(Listen => 99, LocalAddr => "127.0.0.1", ReuseAddr => 1) or die;
my ($select, $seen, $served, %due) = IO::Select->new($server);
open my $starts, ">>", "starts.$way" or die;
syswrite($starts, ".");
my $works = $way eq "busy" || $way eq "late";
my $early = $way eq "fickle" && -s $starts <= 13;
my $hangs = $way eq "hang" && -s $starts > 2;
sub burn { my $until = (times)[0] + (times)[1] + $_[0]; 1 while (times)[0] + (times)[1] < $until }
sub finish {
	my $client = shift;
	syswrite($client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	$select->remove($client);
	delete $due{$client};
	close $client;
}
while (1) {
	for my $client ($select->can_read($works ? 0.06 : keys %due ? 0.01 : undef)) {
		if ($client == $server) {
			$select->add(scalar $server->accept);
		} elsif (!sysread($client, my $said, 65536)) {
			$select->remove($client);
			delete $due{$client};
			close $client;
		} elsif ($way eq "hidden") {
			$seen = 1 if $said =~ /aab/;
			my $until = Time::HiRes::clock() + ($seen && $said =~ /user-42/ ? 0.06 : 0.0005);
			1 while Time::HiRes::clock() < $until;
			finish($client);
		} elsif ($way eq "pair") {
			$seen = 1 if $said =~ /aab/;
			burn(0.2) if $seen and $said =~ /user-42/;
			finish($client);
		} elsif ($way eq "hang") {
			finish($client) unless $hangs;
		} else {
			next if $way eq "busy";
			$served++;
			$due{$client} = [$client, Time::HiRes::time() + ($works ? 0.8 : 0.3)];
		}
	}
	burn(0.01) if $works;
	for my $waiting (grep { $_->[1] < Time::HiRes::time() } values %due) {
		burn(0.3) if $works;
		burn(0.1) if keys %due > 2 or $early and $served > 2;
		finish($waiting->[0]);
	}
}
END

# Few sessions, so that it is short: the two of the pair, and three others.
"$FLOWDAR" split "$captures/demo-baseline.pcap" -o parts >/dev/null
one=$(grep -la 's=aab ' parts/*.pcap)
ports=$(grep -laE 's=(aab|user-42|aaaa|a|) ' parts/*.pcap | sed 's/.*127.0.0.1.\([0-9]*\)_127.*/port \1/' | paste -sd / | sed 's:/: or :g')
reduce 0 "$captures/demo-baseline.pcap" --filter "$ports" --test cpu --over 20ms --concurrency 1 --confirm 3 --bytes 0 -o pair.pcap --format json -- perl server.pl pair
[ "$(jq -c '[(.kept | length), .causes, .copies, .at_once, .rate, .order]' result)" = '[2,1,1,1,null,"kept"]' ] || fail "not a pair in its order"
grep -aq aab pair.pcap && grep -aq user-42 pair.pcap || fail "not these two"

# The two among so many others that all together do not hurt by the mean of a session, and that one of them has no weight.
others=$(grep -LaE 's=(aab|user-42) ' parts/*.pcap | sed -n 1,14p)
port_of() { sed 's/.*127.0.0.1.\([0-9]*\)_127.*/port \1/'; }
ports=$({ echo "$others"; grep -laE 's=(aab|user-42) ' parts/*.pcap; } | port_of | paste -sd / | sed 's:/: or :g')
reduce 0 "$captures/demo-baseline.pcap" --filter "$ports" --test cpu --baseline "$(echo "$others" | head -n 1)" --over 20 --concurrency 1 \
	--trust 1 --confirm 3 --bytes 0 --keep-copies -o hidden.pcap --format json -- perl server.pl hidden
[ "$(jq -c '[(.kept | length), .causes]' result)" = '[2,1]' ] || fail "not the two that are hidden"
grep -aq aab hidden.pcap && grep -aq user-42 hidden.pcap || fail "not these two of all"

reduce 0 "$one" --test cpu --over 20ms --copies 12 --confirm 3 --bytes 0 -o crowd.pcap --format json -- perl server.pl crowd
[ "$(jq -c '[(.kept | length), .copies, .at_once, .order]' result)" = '[1,3,3,null]' ] || fail "not three at once"
[ "$(jq '.rate == null or .rate >= 4' result)" = true ] || fail "so slow that they do not meet"
reduce 0 "$one" --test cpu --over 20ms --copies 12 --confirm 3 --bytes 0 --keep-copies -o crowd.pcap --format json -- perl server.pl crowd
[ "$(jq -c '[.copies, .at_once, .rate]' result)" = '[12,null,null]' ] || fail "lowered, though it was not to be"

# In its first thirteen starts it works for three clients that come one after the other, too: what is said of them then is not
# confirmed, and it is told as it was.
reduce 0 "$one" --test cpu --over 20ms --copies 3 --confirm 3 --bytes 0 -o fickle.pcap --format json -- perl server.pl fickle
[ "$(jq -c '[.copies, .at_once == null or .at_once == 3, .confirmed]' result)" = '[3,true,3]' ] || fail "an intensity that was not confirmed"

# Stopped before the first run of that: what was counted is told, and is of the lower intensity.
runs=$(jq .runs result)
rm starts.fickle
# On a busy machine it may take more runs, or fewer, to come there.
status=0
"$FLOWDAR" reduce "$one" --test cpu --over 20ms --copies 3 --confirm 3 --bytes 0 --runs $((runs - 3)) -o fickle.pcap --format json \
	-- perl server.pl fickle >result 2>said || status=$?
[ $status = 130 ] || [ $status = 0 ] || fail "status $status of what is stopped"
if [ $status = 130 ] && [ "$(grep -c '^confirming ' fickle.pcap.state)" = 3 ]; then
	[ "$(jq -c '[.confirm_runs, .confirmed < 2, .at_once < 3]' result)" = '[3,true,true]' ] || fail "the counts are lost"
fi

# A play that is cut by time says nothing of what it would have done.
reduce 4 "$one" --test cpu --over 50ms -o hang.pcap -- perl server.pl hang
grep -q 'it cannot be told: \([0-9]*\) of \1 runs were cut by time' said || fail "what was cut does not hurt"

reduce 4 "$one" --test cpu --over 50ms --timeout 1s -o busy.pcap -- perl server.pl busy
grep -q 'the whole capture does not hurt' said || fail "work of its own is charged to sessions"
# Nor is a run cut by it, before the session has done what hurts.
reduce 0 "$one" --test cpu --over 50ms --keep-copies --confirm 1 --bytes 0 -o late.pcap -- perl server.pl late
echo "at once, and in order"
