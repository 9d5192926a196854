# The sessions of bench/guilty.sh, said at a port of 127.0.0.1: one after the other, each of some ordinary ones or of the guilty.
#
# usage: guilty.pl KIND PORT SESSIONS GUILTY...    (the guilty ones' numbers, from 0)
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SO_RCVBUF pack_sockaddr_in inet_aton);

my ($kind, $port, $sessions, @guilty) = @ARGV;
my %guilty = map { $guilty[$_] => $_ } 0 .. $#guilty;
my $a = "a" x 22;

sub get { "GET $_[0] HTTP/1.1\r\nHost: example.com\r\nUser-Agent: client\r\nConnection: $_[1]\r\n\r\n" }

# Strings of one length that Lua 5.1 hashes alike: it looks at every third byte of 64 only.
sub alike {
	my ($count) = @_;
	join " ", map { my $s = "x" x 64; my $n = $_; for my $at (0 .. 14) { substr($s, 3 * $at, 1) = chr(97 + $n % 2); $n >>= 1 } $s } 0 .. $count - 1;
}

my %say = (
	demo => sub { get($_[0] % 3 ? "/index.html" : "/match?s=aaaa", $_[1]) },
	nginx => sub { get($_[0] % 3 ? "/" : "/news/one-two.html", $_[1]) },
	httpd => sub { get($_[0] % 3 ? "/index.html" : "/d/d/index.html", $_[1]) },
	redis => sub { ("SET user:$_[0] v$_[0]\r\n", "GET user:1\r\n", "LRANGE numbers 0 9\r\n")[$_[0] % 3] },
);
my %hurt = (
	"demo-regex" => sub { get("/match?s=$a!", "close") },
	"demo-double" => sub { get("/match?s=" . "a" x 20 . "!", "close") },
	"demo-copies" => sub { get("/echo?s=" . "e" x 2000, "close") },
	"demo-reader" => sub { get("/static/big", "close") },
	"nginx-nesting" => sub { get("/d" x 120 . "/guilty", "keep-alive") x 60 . get("/guilty", "close") },
	"nginx-copies" => sub { get("/limited", "close") },
	"nginx-regex" => sub { get("/news/$a.xhtml", "close") },
	"httpd-nesting" => sub { get("/d" x 120 . "/guilty", "keep-alive") x 60 . get("/guilty", "close") },
	"redis-keys" => sub { "KEYS *:*:guilty*\r\n" x 20 },
	"redis-copies" => sub { "DEBUG SLEEP 0.06\r\n" },
	"redis-multiget" => sub { ("MGET " . join(" ", ("guilty") x 8000) . "\r\n") x 8 },
	"redis-pair" => sub { $_[0] ? "SORT guilty ALPHA LIMIT 0 1\r\n" x 400 : "DEL guilty\r\nRPUSH guilty " . join(" ", 1 .. 2000) . "\r\n" },
);
if ($kind eq "redis-nesting") {
	my $script = 'for i=1,1000 do cjson.decode(ARGV[1]) end return "guilty"';
	my $deep = "[" x 900 . "]" x 900;
	$hurt{$kind} = sub {
		sprintf "*4\r\n\$4\r\nEVAL\r\n\$%d\r\n%s\r\n\$1\r\n0\r\n\$%d\r\n%s\r\n", length $script, $script, length $deep, $deep;
	};
}
if ($kind eq "redis-hash") {
	my $script = 'local t={} for w in string.gmatch(ARGV[1],"%S+") do t[w]=1 end return "guilty"';
	my $words = alike(6000);
	$hurt{$kind} = sub {
		sprintf "*4\r\n\$4\r\nEVAL\r\n\$%d\r\n%s\r\n\$1\r\n0\r\n\$%d\r\n%s\r\n", length $script, $script, length $words, $words;
	};
}
# A connection; who reads slowly has little room for what comes, so that the server feels it.
sub begin {
	my ($slow) = @_;
	my $socket = IO::Socket::INET->new(Proto => "tcp") or return;
	$socket->sockopt(SO_RCVBUF, 1 << 16) if $slow;
	return $socket->connect(pack_sockaddr_in($port, inet_aton("127.0.0.1"))) && $socket;
}

my ($server) = $kind =~ /^(\w+)-/;
my $end = $server eq "redis" ? "QUIT\r\n" : "";
for my $number (0 .. $sessions - 1) {
	my $pause = $kind =~ /-reader$/ && exists $guilty{$number} ? 0.02 : 0;
	my $socket = begin($pause) or die "session $number: $!";
	my @messages = ($say{$server}->($number, "keep-alive"));
	push @messages, exists $guilty{$number} ? $hurt{$kind}->($guilty{$number}) . $end
		: $say{$server}->($number + 1, "close") . $end;
	for my $at (0 .. $#messages) {
		my ($sent, $bytes) = 0;
		$sent += syswrite($socket, $messages[$at], length($messages[$at]) - $sent, $sent) // die "session $number: $!"
			while $sent < length $messages[$at];
		sysread($socket, $bytes, $pause ? 1 << 18 : 1 << 20) or last;
		next if $at < $#messages;
		select undef, undef, undef, $pause while sysread($socket, $bytes, $pause ? 1 << 18 : 1 << 20);
	}
	close $socket;
}
