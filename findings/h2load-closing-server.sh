#!/usr/bin/env bash
# h2load 1.52.0: where a server closes after each answer, "traffic: N total" leaves answers out, and the bytes a second with it.
#
# Guess: ten answers of 117 bytes are 1170 bytes of traffic, with HTTP/1.1 kept open or with a server that closes after each answer.
# So it is: kept open, 1170. Of a server that closes, an answer counts only when its end is seen before the close, which is a
# matter of microseconds: from 0 to 1170, another number in each run, often below the "headers" that stand beside it in the
# same line. Requests, status codes, headers and data are right; the rate in the line "finished in" (KB/s) is of the total.
# What helps: headers plus data of that line in place of the total; or requests per second.
#
# Exit status: 0 as described, 1 not so, 2 could not be run (no root or user namespaces).
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack nghttp2-client=1.52.0-1+deb12u3 python3=3.11.2-1+b1 coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/server.py <<'PY'
import http.server, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/" + sys.argv[1]
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")
        if self.path == "/end":
            threading.Thread(target=server.shutdown).start()
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
serve() { # VERSION: a server in the background, for a minute at most; $port, $server
	inside timeout 60 python3 server.py "$1" >"port-$1" &
	server=$!
	for _ in {1..100}; do [ -s "port-$1" ] && break; sleep 0.1; done
	port=$(cat "port-$1")
}
end() { # the server
	exec 3<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET /end HTTP/1.0\r\n\r\n' >&3
	cat <&3 >/dev/null
	exec 3>&-
	wait "$server"
}
load() { run h2load --h1 -n 10 -c 1 "http://127.0.0.1:$port/" >said 2>&1; }
part() { sed -n "s/^traffic:.*(\([0-9]*\)) total.*(\([0-9]*\)) headers.*(\([0-9]*\)) data/\\$1/p" said; }

serve 1.1
load
expect "kept open" "$(part 1) total, $(part 2) headers, $(part 3) data" "1170 total, 800 headers, 60 data"
end
serve 1.0
short=0
for _ in {1..10}; do
	load
	echo "closed after each answer: $(sed -n 's/^requests:.* \([0-9]* succeeded\).*/\1/p' said), $(part 1) total, $(part 2) headers, $(part 3) data"
	[ "$(part 1)" -ge 1170 ] || short=$((short + 1))
	[ "$(part 2)+$(part 3)" = 800+60 ] || { bad=1; echo "  NOT AS DESCRIBED, was 800 headers, 60 data"; }
done
end
[ $short -ge 5 ] || { bad=1; echo "  NOT AS DESCRIBED, the total was too small in most runs"; }
exit $bad
