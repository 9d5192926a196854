# shellcheck shell=bash
# For the findings that load a server: one that counts what it is asked for, at $port. Sourced after debian.sh and unpack, which
# has to have python3 and coreutils.
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }
# shellcheck disable=SC2154 # of debian.sh
cat >"$tmp/root/work/counting.py" <<'PY'
import os, socket, threading
listener = socket.create_server(("127.0.0.1", 0), backlog=200)
print(listener.getsockname()[1], flush=True)
counts = {}
lock = threading.Lock()
page = (b'<html><head><link rel="stylesheet" href="/style.css"><script src="/code.js"></script></head>'
        b'<body><img src="/picture.png"></body></html>')

def answer(path):
    with lock:
        counts[path] = counts.get(path, 0) + 1
        if path == "/counts":
            print(*(f"{path} {count}" for path, count in counts.items()), sep="\n", flush=True)
            os._exit(0)
    if path == "/page":
        return b"200 OK", b"text/html", page
    return b"404 Not Found" if path == "/none" else b"503 Busy" if path == "/busy" else b"200 OK", b"text/plain", b"ok"

def serve(connection):
    data = b""
    try:
        while received := connection.recv(65536):
            data += received
            while b"\r\n\r\n" in data:
                head, data = data.split(b"\r\n\r\n", 1)
                status, kind, body = answer(head.split()[1].decode())
                connection.sendall(b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (status, kind, len(body), body))
    except OSError: # a client has had enough
        pass
    connection.close()

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY
inside timeout 120 python3 counting.py >counted &
counting=$!
for _ in {1..200}; do [ -s counted ] && break; sleep 0.1; done
port=$(sed -n 1p counted)
served() { # what was asked for, a line each: PATH COUNT; the server ends
	exec 3<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET /counts HTTP/1.1\r\n\r\n' >&3
	wait $counting
	sed 1d counted
}
asked() { # PATH: how often, by the file counts
	awk -v path="$1" '$1 == path { n = $2 } END { print n + 0 }' counts
}
