#!/usr/bin/env bash
# TLS that begins within a session, by the requests of ten protocols, with TLS 1.2 and 1.3: openssl's client talks to
# our servers; split tells the request and has the plaintext that tshark has, replay --tls turns to TLS at the same
# point, also open loop and all at once. In a network namespace of our own, where we may capture.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}"
need unshare ip jq openssl dumpcap tshark xxd python3
server=$(cd "$(dirname "$0")" && pwd)/starttls_server.py
if [ -z "${IN_NAMESPACE:-}" ]; then
	unshare -rn true 2>/dev/null || skip "this kernel lets nobody make a network namespace"
	rm -rf "$replay_work"
	IN_NAMESPACE=1 exec unshare -rn bash "$0"
fi
cd "$replay_work"
ip link set lo up
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost 2>openssl.log
serve servers python3 "$server"
wait_for "the servers" grep -q ready servers.log
capture_start talk.pcap tcp

# talk PROTOCOL PORT VERSION: two lines, each answered. The client goes when its input ends.
talk() {
	local log=$1$3.txt
	mkfifo "$1$3"
	timeout 100 openssl s_client -connect "127.0.0.1:$2" -starttls "$1" "-tls$3" -servername example.org \
		-keylogfile "keys$1$3" <"$1$3" >"$log" 2>&1 &
	exec 4>"$1$3"
	echo hello >&4
	wait_for "the first answer of $1" grep -q 'answer to hello' "$log"
	echo world >&4
	wait_for "the second answer of $1" grep -q 'answer to world' "$log"
	exec 4>&-
	wait
}
targets=()
talks=()
while read -r protocol port; do
	for version in 1_2 1_3; do
		talk "$protocol" "$port" $version &
		talks+=($!)
	done
	targets+=(--map "$port=127.0.0.1:$port")
done <<-END
	smtp 9025
	imap 9143
	pop3 9110
	ftp 9021
	nntp 9119
	sieve 9419
	postgres 9432
	mysql 9306
	ldap 9389
	xmpp 9522
END
for pid in "${talks[@]}"; do
	wait "$pid" || fail "a talk: $(tail -n 3 ./*.txt)"
done
capture_stop talk.pcap
cat keys* >keys

"$FLOWDAR" split talk.pcap --tls-keys keys -o split --format json >split.json
[ "$(jq '[.sessions[] | select(.tls.decrypted and .tls.server_name == "example.org" and .tls.from_client.bytes == 12 and
	.tls.from_server.bytes == 32)] | length' split.json)" = 20 ] || fail "twenty are decrypted: $(cat split.json)"
[ "$(jq -r '[.sessions[].tls.behind] | group_by(.)[] | "\(length) \(.[0])"' split.json | tr '\n' ',')" = \
	"2 AUTH TLS,2 LDAP's StartTLS,2 MySQL's SSLRequest,2 PostgreSQL's SSLRequest,8 STARTTLS,2 STLS,2 XMPP's starttls," ] ||
	fail "requests: $(jq -c '[.sessions[].tls.behind]' split.json)"
# tshark knows these two by their content alone.
for protocol in smtp imap; do
	port=$([ $protocol = smtp ] && echo 9025 || echo 9143)
	for i in $(jq ".sessions | to_entries[] | select(.value.server | endswith(\":$port\")) | .key" split.json); do
		tshark -r talk.pcap -o tls.keylog_file:keys -d "tcp.port==$port,$protocol" -q -z "follow,tls,raw,$i" 2>/dev/null >follow
		[ "$(grep -E '^\s?[0-9a-f]+$' follow | tr -d '\t\n' | xxd -r -p | tr -d '\r\n')" = \
			"helloanswer to helloworldanswer to world" ] || fail "tshark on $protocol: $(cat follow)"
	done
done

# play WHAT OPTION...: all of them, over TLS of this run.
play() {
	local what=$1
	shift
	"$FLOWDAR" replay talk.pcap --tls-keys keys --tls "${targets[@]}" --clones 3 --timeout 60s --format json -o "$what.jsonl" "$@" \
		>"$what.json" 2>"$what.err" || fail "$what: $(cat "$what.err" "$what.json")"
	[ "$(jq '[.replay[0].ok, .replay[0].exact] | tostring' "$what.json")" = '"[60,60]"' ] ||
		fail "$what: $(cat "$what.json") $(jq -c 'select(.verdict != "ok") | [.captured_server, .reason]' "$what.jsonl")"
	[ "$(jq -s '[.[] | select(.handshake_ns > 0)] | length' "$what.jsonl")" = 60 ] || fail "$what: handshakes are told"
}
play asap --asap
play timed --speed 10
play open --wait time
play none --wait none

# Without --tls what was in it is played in plain, and it is said why that went wrong.
"$FLOWDAR" replay talk.pcap --tls-keys keys "${targets[@]}" --asap --timeout 2s >plain.txt || true
grep -q 'played in plain: --tls turns to it there, too' plain.txt || fail "in plain: $(cat plain.txt)"
