#!/usr/bin/env bash
# What of TLS is rare: resumed sessions, early data (0-RTT; taken and refused), key updates, records over many segments, TLS 1.0 and 1.1,
# between OpenSSL's own client and server. The plaintext of every session is, byte for byte, what tshark makes of it.
# In a network namespace of our own, where we may capture.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}"
need unshare ip jq openssl dumpcap tshark xxd
if [ -z "${IN_NAMESPACE:-}" ]; then
	unshare -rn true 2>/dev/null || skip "this kernel lets nobody make a network namespace"
	rm -rf "$replay_work"
	IN_NAMESPACE=1 exec unshare -rn bash "$0"
fi
cd "$replay_work"
ip link set lo up
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost 2>openssl.log
head -c 300000 /dev/urandom | base64 >large
printf 'GET /early HTTP/1.0\r\n\r\n' >early
# Takes early data, and says something now and then.
while sleep 0.05; do echo "an answer"; done |
	openssl s_server -accept 127.0.0.1:8443 -cert cert.pem -key key.pem -early_data -max_early_data 16384 >server.log 2>&1 &
replay_pids+=($!)
# Gives files, to old clients, too.
openssl s_server -accept 127.0.0.1:8444 -cert cert.pem -key key.pem -WWW -min_protocol TLSv1 -cipher ALL:@SECLEVEL=0 \
	>files.log 2>&1 &
replay_pids+=($!)
capture_start talk.pcap 'port 8443 or port 8444'
wait_for s_server port_open 8443
wait_for "s_server with files" port_open 8444

# client PORT OPTION...: says what comes on its standard input.
client() {
	timeout 200 openssl s_client -connect "127.0.0.1:$1" -servername localhost -keylogfile keys "${@:2}" >client.log 2>&1 || true
}
# say WORD...: with time for each to be answered; ticket FILE WORD: until there is a ticket.
say() {
	for word in "$@"; do
		echo "$word"
		sleep 0.3
	done
}
ticket() {
	rm -f "$1"
	say "$2"
	wait_for "a ticket" test -s "$1" >/dev/null
	sleep 0.1
}
for version in 1_2 1_3; do
	ticket "ticket$version" first | client 8443 "-tls$version" -sess_out "ticket$version"
	say resumed | client 8443 "-tls$version" -sess_in "ticket$version"
	grep -q '^Reused' client.log || fail "TLS $version was not resumed: $(cat client.log)"
	printf 'GET /large HTTP/1.0\r\n\r\n' | client 8444 "-tls$version" -quiet
done
for version in 1 1_1; do
	for suite in AES128-SHA ECDHE-RSA-AES256-SHA; do
		printf 'GET /large HTTP/1.0\r\n\r\n' |
			client 8444 "-tls$version" -min_protocol TLSv1 -cipher $suite:@SECLEVEL=0 -quiet
	done
done
for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
	ticket ticket first | client 8443 -ciphersuites $suite -sess_out ticket
	say later | client 8443 -ciphersuites $suite -sess_in ticket -early_data early
	grep -q 'Early data was accepted' client.log || fail "early data: $(cat client.log)"
done
# A server that has another key for its tickets: the early data was said to nobody, and all is said again.
ticket ticket first | client 8443 -tls1_3 -sess_out ticket
printf 'GET /early HTTP/1.0\r\n\r\n' | client 8444 -tls1_3 -sess_in ticket -early_data early -quiet
say before K after k again | client 8443 -tls1_3
capture_stop talk.pcap
"$FLOWDAR" split talk.pcap --tls-keys keys -o split --format json >split.json
sessions=$(jq '[.sessions[] | select(.tls.decrypted)] | length' split.json)
[ "$sessions" = 19 ] || fail "$sessions are decrypted, of 19: $(cat split.json)"
refused=$(jq '.sessions | to_entries[] | select(.value.tls.from_client.bytes == 23 and .value.tls.from_server.bytes == 68) | .key' split.json)
for i in $(jq '.sessions | to_entries[] | select(.value.tls.decrypted) | .key' split.json); do
	tshark -r talk.pcap -o tls.keylog_file:keys -q -z "follow,tls,raw,$i" 2>/dev/null >follow
	sums=$(for pattern in '^[0-9a-f]+$' '^\t[0-9a-f]+$'; do
		grep -P "$pattern" follow | tr -d '\t\n' | xxd -r -p | sha256sum | cut -d' ' -f1
	done | sort | xargs)
	ours=$(jq -r ".sessions[$i].tls | .from_client.sha256, .from_server.sha256" split.json | sort | xargs)
	# tshark takes refused early data for said.
	[ "$i" = "$refused" ] || [ "$sums" = "$ours" ] || fail "session $i: tshark has other bytes ($(jq -c ".sessions[$i]" split.json))"
done
# Early data is among it: a request of 23 bytes in front of what was said later.
[ "$(jq '[.sessions[] | select(.tls.from_client.bytes == 29)] | length' split.json)" = 3 ] || fail "early: $(cat split.json)"
# Of what was refused only what was said again.
[ "$(jq -r ".sessions[$refused].tls.from_client.sha256" split.json)" = \
	"$(sha256sum <early | cut -d' ' -f1)" ] || fail "refused: $(cat split.json)"
"$FLOWDAR" amplify talk.pcap --tls-keys keys -o plain.pcap 2>amplify.txt || fail "amplify: $(cat amplify.txt)"
[ "$("$FLOWDAR" split plain.pcap -o plain --format json | jq '[.sessions[] | select(.from_client.bytes == 23 and
	.from_server.bytes == 68)] | length')" = 1 ] || fail "refused, in plain: $(cat amplify.txt)"
# Not all of them said nothing.
[ "$(jq '[.sessions[] | select(.tls.decrypted) | .tls.from_server.bytes] | add > 2400000' split.json)" = true ] ||
	fail "too little: $(cat split.json)"
