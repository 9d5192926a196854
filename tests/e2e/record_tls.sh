#!/usr/bin/env bash
# The way to TLS that needs nobody's help: nginx and httpd serve TLS 1.2 and 1.3 while they are recorded and
# tcpdump listens; what they say is decrypted with the secrets that `record --tls-keys` took out of them,
# byte for byte what tshark makes of it, and played over real TLS again, 20-fold. The secrets are nobody
# else's, come from workers that dropped their rights, and a key log of the server's own stays whole.
if [ "${IN_NETWORK:-}" != yes ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skipped: needs root, to capture in a network of its own (unshare -n)"
		exit 77
	fi
	IN_NETWORK=yes exec unshare -n bash "$0"
fi
. "$(dirname "$0")/private.sh"
PATH=$PATH:/usr/sbin
for tool in ip curl openssl tcpdump tshark xxd jq nginx apache2; do
	command -v $tool >/dev/null || { echo "skipped: needs $tool"; exit 77; }
done
ip link set lo up
chmod 711 "$WORK"
cd "$WORK" || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 1 \
	-subj /CN=localhost 2>openssl.log || fail "no certificate"
mkdir www temp
chmod 755 www
chmod 777 temp
seq 20000 >www/numbers

cat >nginx.conf <<END
daemon off; user nobody nogroup; worker_processes 2; pid $WORK/nginx.pid; error_log $WORK/nginx.log;
events { }
http {
	access_log off;
	client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
	server { listen 127.0.0.1:8443 ssl; root $WORK/www;
		ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_protocols TLSv1.2 TLSv1.3; }
}
END
modules=$(dirname "$(find /usr/lib/apache2 -name mod_ssl.so | head -n 1)")
cat >httpd.conf <<END
ServerRoot $WORK
ServerName localhost
Listen 127.0.0.1:8444
PidFile $WORK/httpd.pid
ErrorLog $WORK/httpd.log
DefaultRuntimeDir $WORK
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule ssl_module $modules/mod_ssl.so
User nobody
Group nogroup
DocumentRoot $WORK/www
KeepAlive Off
SSLEngine on
SSLProtocol TLSv1.2 +TLSv1.3
SSLCertificateFile $WORK/cert.pem
SSLCertificateKeyFile $WORK/key.pem
END

# serve NAME PORT COMMAND...: recorded into $WORK/NAME, until ended; $port.
serve() {
	name=$1 port=$2
	shift 2
	"$FLOWDAR" record -o "$WORK/$name" --io --tls-keys -- "$@" 2>"$name.err" &
	recorder=$!
	wait_for 30 curl -skf "https://127.0.0.1:$port/numbers" -o first || fail "$name does not start"
}

ended() {
	kill -INT $recorder
	wait $recorder
	[ $? = 130 ] || fail "$name: the recorder failed"
}

ask() {
	printf 'GET /numbers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
}

# What tcpdump was not given time to read by its end is not in its file, and not counted as dropped: a
# last datagram, which the sessions' file does not get, tells that all before it is written.
last_word=flowdar-has-said-all
all_written() {
	echo $last_word >/dev/udp/127.0.0.1/9
	grep -q $last_word "$1"
}

# Both ends of every connection to the server have said their last: nothing but those who waited for late
# packets is left.
all_closed() {
	! awk -v port=":$(printf %04X "$port")" '$4 != "0A" && $4 != "06" && ($2 $3) ~ port { left = 1 }
		END { exit !left }' /proc/net/tcp
}

# talk NAME: eight sessions, four of each version, one of them resumed, captured into NAME.pcap.
talk() {
	local version
	tcpdump -q -U -s 0 -i lo -w "$1.all" "tcp port $port or udp port 9" 2>"$1.tcpdump.log" &
	tcpdump=$!
	wait_for 30 grep -q 'listening on' "$1.tcpdump.log" || fail "tcpdump does not listen"
	for version in 2 3; do
		for _ in 1 2; do
			curl -skf --tlsv1.$version --tls-max 1.$version "https://localhost:$port/numbers" -o got ||
				fail "curl: TLS 1.$version"
			cmp -s got www/numbers || fail "other numbers"
		done
		ask | openssl s_client -connect localhost:"$port" -tls1_$version \
			-servername localhost -sess_out ticket -ign_eof -quiet >got 2>s_client.log
		ask | openssl s_client -connect localhost:"$port" -tls1_$version \
			-servername localhost -sess_in ticket -ign_eof -quiet >got 2>s_client.log
		tail -c 100000 got | grep -q '^20000' || fail "the resumed session has no answer: $(cat s_client.log)"
	done
	wait_for 30 all_closed || fail "$1: a connection stays open"
	wait_for 60 all_written "$1.all" || fail "$1: tcpdump does not write"
	kill -INT $tcpdump
	wait $tcpdump
	tcpdump -r "$1.all" -w "$1.pcap" tcp 2>"$1.tcpdump.log" || fail "$1: $(cat "$1.tcpdump.log")"
}

# judge NAME: our plaintext is tshark's.
judge() {
	local keys=$WORK/$1/tls.keys id way sum sums count=0
	"$FLOWDAR" split "$1.pcap" --tls-keys "$keys" -o "$1.split" --format json >"$1.json" || fail "$1: split"
	[ "$(jq '[.sessions[] | select(.tls.decrypted)] | length' "$1.json")" = 8 ] || fail "$1: not all are decrypted"
	[ "$(jq -r '[.sessions[].tls.version] | unique | join(" ")' "$1.json")" = "TLS 1.2 TLS 1.3" ] || fail "$1: versions"
	for ((id = 0; id < 8; id++)); do
		tshark -n -r "$1.pcap" -o tls.keylog_file:"$keys" -q -z "follow,tls,raw,$id" 2>/dev/null >follow
		sums=" $(grep -E '^[0-9a-f]+$' follow | xxd -r -p | sha256sum) $(grep -P '^\t[0-9a-f]+$' follow |
			tr -d '\t' | xxd -r -p | sha256sum)"
		for way in from_client from_server; do
			sum=$(jq -r ".sessions[$id].tls.$way.sha256" "$1.json")
			[[ $sums == *" $sum "* ]] || fail "$1: session $id, $way: tshark has other bytes"
			count=$((count + 1))
		done
	done
	[ $count = 16 ] || fail "$1: $count streams were compared"
}

# again NAME: over TLS of this run.
again() {
	"$FLOWDAR" replay "$1.pcap" --tls-keys "$WORK/$1/tls.keys" --tls --to "127.0.0.1:$port" --clones 20 --asap \
		--format json -o "$1.jsonl" >"$1.replay" || fail "$1: replay"
	[ "$(jq '.replay[0].ok' "$1.replay")" = 160 ] || fail "$1: not all are ok: $(cat "$1.replay")"
	[ "$(jq -s '[.[] | select(.handshake_ns > 0)] | length' "$1.jsonl")" = 160 ] || fail "$1: handshakes"
}

note "nginx, whose workers are nobody's"
serve nginx 8443 nginx -p "$WORK" -c nginx.conf -e nginx.log
grep -q 'tls.keys: whoever has it can read' nginx.err || fail "it is not said that secrets are kept"
[ "$(stat -c '%a %U' nginx/tls.keys)" = "600 $(id -un)" ] || fail "others may read the secrets"
talk nginx
judge nginx
again nginx
"$FLOWDAR" amplify nginx.pcap --tls-keys nginx/tls.keys -o plain.pcap 2>amplify.txt || fail "amplify: $(cat amplify.txt)"
grep -q '8 of 8 captured sessions were in TLS' amplify.txt || fail "amplify: $(cat amplify.txt)"
"$FLOWDAR" split plain.pcap -o plain.split --format json >plain.json || fail "split of what is in plain"
cmp -s <(jq -c '.sessions[] | [.from_client.sha256, .from_server.sha256]' plain.json) \
	<(jq -c '.sessions[] | [.tls.from_client.sha256, .tls.from_server.sha256]' nginx.json) ||
	fail "what amplify wrote in plain is not what split has decrypted"
ended
"$FLOWDAR" info nginx >info.txt || fail "info"
grep -q 'TLS secrets' info.txt || fail "info does not tell: $(cat info.txt)"
"$FLOWDAR" analyze nginx --by session --limit 0 --format json >sessions.json || fail "analyze"
[ "$(jq '.sessions | length' sessions.json)" -ge 168 ] || fail "the sessions are not in the recording"

note "httpd, with a key log of its own, which is written on"
export SSLKEYLOGFILE=$WORK/own.keys
serve httpd 8444 apache2 -f "$WORK/httpd.conf" -DFOREGROUND
unset SSLKEYLOGFILE
talk httpd
judge httpd
again httpd
ended
# A log each: nothing is in one alone.
cmp -s <(sort -u own.keys | grep -v '^#') <(sort -u httpd/tls.keys) || fail "httpd's own log has other secrets"

note "a server that closes every descriptor, and has a client where the log was"
"$FLOWDAR" record -o headstrong --io --tls-keys -- "$FLOWDAR_BUILD/tests/tls_headstrong" cert.pem key.pem client \
	>lines 2>headstrong.err || fail "the headstrong server"
[ ! -s client ] || fail "secrets were written to a client"
[ "$(cat lines)" = 5 ] || fail "its own callback got $(cat lines) lines"
# Both ends are in this process, and each logs five secrets.
[ "$(wc -l <headstrong/tls.keys)" = 10 ] || fail "tls.keys has $(wc -l <headstrong/tls.keys) lines"

note "not asked for, or out of reach: no secret is kept"
"$FLOWDAR" record -o plain -- true 2>plain.err
[ ! -e plain/tls.keys ] || fail "secrets were kept without being asked for"
"$FLOWDAR" record -o none --tls-keys --io -- "$SERVER" --port 0 --root www >none.out 2>none.err &
recorder=$!
wait_for 5 grep -q listening none.out none.err || fail "the server does not start"
ended
grep -q 'no TLS secret came' none.err || fail "it is not said that no secret came"
"$FLOWDAR" record -o attached --tls-keys --attach 1 2>attached.err
[ $? = 2 ] || fail "--tls-keys with --attach: $(cat attached.err)"
grep -q 'out of reach' attached.err || fail "--tls-keys with --attach: $(cat attached.err)"
echo "32 streams are tshark's, 320 of 320 sessions played over TLS were ok"
