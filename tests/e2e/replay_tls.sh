#!/usr/bin/env bash
# TLS end to end: curl talks to nginx over TLS 1.2 and 1.3, the capture is decrypted with the secrets that
# curl logged, byte for byte what tshark makes of it, and played over real TLS again, many times over; and
# the mirror on "any" and on a tun. In a network namespace of our own, where we may capture.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}"
need unshare ip jq curl openssl dumpcap tshark editcap xxd
command -v nginx >/dev/null || PATH=$PATH:/usr/sbin
need nginx
if [ -z "${IN_NAMESPACE:-}" ]; then
	unshare -rn true 2>/dev/null || skip "this kernel lets nobody make a network namespace"
	rm -rf "$replay_work"
	IN_NAMESPACE=1 exec unshare -rn bash "$0"
fi
cd "$replay_work"
ip link set lo up
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost 2>openssl.log
mkdir www
echo "something secret" >www/secret
cat >nginx.conf <<END
user root; daemon off; master_process off; pid $PWD/nginx.pid; error_log $PWD/nginx.log;
events { }
http {
	access_log off;
	client_body_temp_path $PWD; proxy_temp_path $PWD; fastcgi_temp_path $PWD; uwsgi_temp_path $PWD; scgi_temp_path $PWD;
	server { listen 127.0.0.1:8443 ssl; listen 127.0.0.1:8080; root $PWD/www;
		ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_protocols TLSv1.2 TLSv1.3; }
	server { listen 127.0.0.1:8444 ssl; root $PWD/www; ssl_verify_client on; ssl_client_certificate cert.pem;
		ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_protocols TLSv1.2 TLSv1.3; }
}
END
nginx -p "$PWD" -c nginx.conf -e nginx.log &
replay_pids+=($!)
wait_for nginx curl -sf http://127.0.0.1:8080/secret
capture_start talk.pcap 'port 8443'
for version in 1.2 1.3; do
	for _ in 1 2 3; do
		SSLKEYLOGFILE=keys curl -skf "--tlsv$version" --tls-max "$version" https://localhost:8443/secret >/dev/null
	done
done
capture_stop talk.pcap

"$FLOWDAR" split talk.pcap --tls-keys keys -o split --format json >split.json
[ "$(jq '[.sessions[] | select(.tls.decrypted)] | length' split.json)" = 6 ] || fail "six are decrypted: $(cat split.json)"
[ "$(jq -r '[.sessions[].tls.version] | unique | join(" ")' split.json)" = "TLS 1.2 TLS 1.3" ] || fail "versions"
[ "$(jq -r '[.sessions[].tls.server_name] | unique | join(" ")' split.json)" = localhost ] || fail "the server's name"
for i in 0 5; do
	tshark -r talk.pcap -o tls.keylog_file:keys -q -z "follow,tls,raw,$i" 2>/dev/null >follow
	for way in from_client from_server; do
		sum=$(jq -r ".sessions[$i].tls.$way.sha256" split.json)
		plain=$(grep -E '^[0-9a-f]+$' follow | tr -d '\n' | xxd -r -p | sha256sum | cut -d' ' -f1)
		other=$(grep -P '^\t[0-9a-f]+$' follow | tr -d '\t\n' | xxd -r -p | sha256sum | cut -d' ' -f1)
		[ "$sum" = "$plain" ] || [ "$sum" = "$other" ] || fail "session $i, $way: tshark has other bytes"
	done
done

# The same secrets in the capture itself.
editcap --inject-secrets tls,keys talk.pcap talk.pcapng
"$FLOWDAR" split talk.pcapng -o split-own --format json >own.json
[ "$(jq '[.sessions[] | select(.tls.decrypted)] | length' own.json)" = 6 ] || fail "secrets of the capture"

# Behind the packets, in another section, and behind others that come long after them, so that none waits any more to be sorted in;
# the second time through them they are known.
editcap -F pcapng talk.pcap front.pcapng
editcap -r -t 100 -F pcapng talk.pcap later.pcapng 1-3
editcap -r -t 100 --inject-secrets tls,keys talk.pcap behind.pcapng 1
cat front.pcapng later.pcapng behind.pcapng >late.pcapng
"$FLOWDAR" split late.pcapng -o split-late --format json >late.json
[ "$(jq '[.sessions[] | select(.tls.decrypted)] | length' late.json)" = 6 ] || fail "secrets behind the packets: $(cat late.json)"
[ "$(jq -c '[.sessions[].tls | select(.) | [.from_client.sha256, .from_server.sha256]]' late.json)" = \
	"$(jq -c '[.sessions[].tls | [.from_client.sha256, .from_server.sha256]]' own.json)" ] || fail "the same plaintext: $(cat late.json)"

# A pipe cannot be read a second time.
"$FLOWDAR" split <(cat late.pcapng) -o split-pipe --format json >pipe.json || fail "of a pipe"
[ "$(jq -c '[.sessions[].tls | select(.) | .decrypted] | unique, length' pipe.json | xargs)" = "[false] 6" ] || fail "of a pipe: $(cat pipe.json)"

# Without them the keys are not those of the run, and the verdict says so.
"$FLOWDAR" replay talk.pcap --to 127.0.0.1:8443 --timeout 2s >sealed.txt || fail "sealed: $(cat sealed.txt)"
grep -q 'TLS, whose keys are not those of this run' sealed.txt || fail "sealed: $(cat sealed.txt)"
# Unless that is what is wanted: handshakes, byte for byte, and no surprise at what becomes of them.
"$FLOWDAR" replay talk.pcap --tls=verbatim --to 127.0.0.1:8443 --timeout 2s -o verbatim.jsonl >verbatim.txt || fail "verbatim: $(cat verbatim.txt)"
! grep -q 'whose keys are not those of this run' verbatim.txt verbatim.jsonl || fail "verbatim: $(cat verbatim.txt)"
# The hello and what follows it were sent, and the server has shaken hands as far as it goes.
[ "$(jq -s '[.[] | select(.sent_bytes > 200 and .received_bytes > 700)] | length' verbatim.jsonl)" = 6 ] ||
	fail "verbatim: $(cat verbatim.jsonl)"
"$FLOWDAR" amplify talk.pcapng --tls-keys - -o plain.pcap 2>amplify.txt || fail "amplify: $(cat amplify.txt)"
grep -q '6 of 6 captured sessions were in TLS' amplify.txt || fail "amplify by the capture's own secrets: $(cat amplify.txt)"
# With them: over TLS, and in plain.
"$FLOWDAR" replay talk.pcap --tls-keys keys --tls --to 127.0.0.1:8443 --clones 20 --asap --format json -o tls.jsonl >tls.json
[ "$(jq '.replay[0].ok' tls.json)" = 120 ] || fail "over TLS: $(cat tls.json)"
[ "$(jq -s '[.[] | select(.handshake_ns > 0)] | length' tls.jsonl)" = 120 ] || fail "handshakes are told"
"$FLOWDAR" replay talk.pcap --tls-keys keys --to 127.0.0.1:8080 --asap --format json >plain.json
[ "$(jq '.replay[0].ok' plain.json)" = 6 ] || fail "in plain: $(cat plain.json)"

# Of a capture of both kinds each is played as what it was; one without TLS is played over TLS as a whole.
capture_start both.pcap 'port 8443 or port 8080'
SSLKEYLOGFILE=keys curl -skf https://localhost:8443/secret >/dev/null
curl -sf http://127.0.0.1:8080/secret >/dev/null
capture_stop both.pcap
"$FLOWDAR" replay both.pcap --tls-keys keys --tls --map 8443=127.0.0.1:8443 --map 8080=127.0.0.1:8080 --clones 3 --asap \
	--format json -o both.jsonl >both.json
[ "$(jq '.replay[0].ok' both.json)" = 6 ] || fail "both kinds: $(cat both.json both.jsonl)"
[ "$(jq -s '[.[] | [.handshake_ns > 0, .server]] | unique | tostring' both.jsonl)" = \
	'"[[false,\"127.0.0.1:8080\"],[true,\"127.0.0.1:8443\"]]"' ] ||
	fail "handshakes of what was TLS: $(cat both.jsonl)"
"$FLOWDAR" replay both.pcap --filter 'port 8080' --tls=localhost --to 127.0.0.1:8443 --asap --format json -o whole.jsonl >whole.json
[ "$(jq '.replay[0].ok' whole.json)" = 1 ] || fail "plain over TLS: $(cat whole.json whole.jsonl)"

# A server that wants to see its clients' certificate gets the one that is given, or the verdict says that it asked.
capture_start shown.pcap 'port 8444'
for version in 1.2 1.3; do
	SSLKEYLOGFILE=keys curl -skf --cert cert.pem --key key.pem "--tlsv$version" --tls-max "$version" https://localhost:8444/secret >/dev/null
done
capture_stop shown.pcap
"$FLOWDAR" replay shown.pcap --tls-keys keys --tls --to 127.0.0.1:8444 --asap -o shown.jsonl >shown.txt
[ "$(jq -s '[.[] | select(.reason == "the server asks for a client'"'"'s certificate: --tls-cert gives one")] | length' shown.jsonl)" = 2 ] ||
	fail "asked for a certificate: $(cat shown.txt)"
cat cert.pem key.pem >both.pem
"$FLOWDAR" replay shown.pcap --tls-keys keys --tls --tls-cert both.pem --to 127.0.0.1:8444 --asap --format json >shown.json
[ "$(jq '.replay[0].ok' shown.json)" = 2 ] || fail "with a certificate: $(cat shown.json)"
! "$FLOWDAR" replay shown.pcap --tls-keys keys --tls --tls-cert cert.pem --to 127.0.0.1:8444 2>shown.err || fail "no key in it"
grep -q 'cert.pem: a certificate and its key in PEM are expected' shown.err || fail "no key in it: $(cat shown.err)"
# Nobody is asked for a pass phrase, and what is not there is told as that.
{ cat cert.pem; openssl rsa -in key.pem -aes128 -passout pass:secret 2>/dev/null; } >locked.pem
! "$FLOWDAR" replay shown.pcap --tls-keys keys --tls --tls-cert locked.pem --to 127.0.0.1:8444 2>shown.err || fail "a key that is locked"
grep -q 'locked.pem: a certificate and its key .* without a pass phrase' shown.err || fail "a key that is locked: $(cat shown.err)"
! grep -qi 'enter' shown.err || fail "a pass phrase is asked for"
! "$FLOWDAR" replay shown.pcap --tls --tls-cert none.pem --to 127.0.0.1:8444 2>shown.err || fail "no certificate"
grep -q 'none.pem: No such file' shown.err || fail "no certificate: $(cat shown.err)"

# The mirror on interfaces that are not Ethernet: all of them at once, and a tun.
mirror_on() {
	local interface=$1
	setsid "$FLOWDAR" mirror -i "$interface" --from 0.0.0.0:8080 --to 127.0.0.1:8080 --format json -o mirror.jsonl >mirror.json 2>mirror.err &
	local mirror=$!
	replay_pids+=("$mirror")
	wait_for "the mirror on $interface" grep -q "watching $interface" mirror.err
	if [ "$interface" = any ]; then
		curl -sf http://127.0.0.1:8080/secret >/dev/null
		wait_for "what is mirrored" played mirror.jsonl 1
	fi
	kill -INT "$mirror"
	wait "$mirror" || true
}
mirror_on any
[ "$(jq '.replay[0].ok' mirror.json)" -ge 1 ] || fail "mirror on any: $(cat mirror.json mirror.err)"
ip tuntap add dev tun9 mode tun 2>/dev/null || { echo "no tun here: not tried"; exit 0; }
ip link set tun9 up
mirror_on tun9
