#!/usr/bin/env bash
# wrk 4.1.0: its latencies are not those of the requests that it made: for each slow one it adds others that it did not make.
#
# Guess: average, deviation and percentiles of --latency are those of the requests counted below them. With one connection of, say,
# 100 requests one of a second is the 99th percentile and above, and requests times average are the time of the run.
# So it is: after the run, for each latency longer than the average distance of requests, made-up ones are added that go down from it
# in such steps (a correction for "coordinated omission"), as if requests had been due meanwhile; wrk has no rate at which they
# could be due. Neither --help nor the output says so, and it cannot be turned off. A server that answers in 20 ms and once in 1 s
# has a 90th percentile of some 500 ms in wrk and of 20 ms in its own log. Number of requests, Req/Sec and maximum are as
# measured, so average times requests is several times longer than the run.
# What helps: percentiles from the server's log or a capture; or a tool with a rate (wrk2 -R, h2load --rps), where requests are due.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack wrk=4.1.0-3+b2 python3=3.11.2-1+b1 coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/server.py <<'PY'
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
times = []
while len(times) < 40: # wrk tries a connection first, without a request
    connection = listener.accept()[0]
    data = b""
    while received := connection.recv(4096):
        data += received
        while b"\r\n\r\n" in data:
            data = data.split(b"\r\n\r\n", 1)[1]
            start = time.monotonic()
            time.sleep(1.0 if len(times) == 20 else 0.02)
            times.append(time.monotonic() - start)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            except OSError: # wrk is done
                pass
times.sort()
print("percentile", *[int(1000 * times[len(times) * part // 100]) for part in (50, 90)])
print("slow", sum(t > 0.2 for t in times))
print("average", int(1000 * sum(times) / len(times)))
PY
inside timeout 60 python3 server.py >served &
server=$!
for _ in {1..100}; do [ -s served ] && break; sleep 0.1; done
run wrk --version 2>&1 | sed -n 1p || true
timeout 30 bash -c "$(declare -f run); tmp=$tmp; run wrk -t 1 -c 1 -d 4s --latency http://127.0.0.1:$(sed -n 1p served)/" >said
wait $server
cat said
sed 1d served
ms() { # TIME: as wrk shows it
	awk -v t="$1" 'BEGIN { print int(t ~ /ms$/ ? t : t ~ /us$/ ? t / 1000 : t * 1000) }'
}
bad=0
expect() { # WHAT MS MIN MAX
	echo "$1: $2"
	if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then bad=1; echo "  NOT AS DESCRIBED, was $3 to $4"; fi
}
served() { awk -v what="$1" -v field="$2" '$1 == what { print $field }' served; }
shown() { ms "$(awk -v what="$1" '$1 == what { print $2; exit }' said)"; }
requests=$(awk '/requests in/ { print $1 }' said)
expect "slow requests" "$(served slow 2)" 1 1
expect "90th percentile, server, ms" "$(served percentile 3)" 20 100
expect "90th percentile, wrk, ms" "$(shown 90%)" 300 999
expect "average, server, ms" "$(served average 2)" 20 60
expect "average, wrk, ms" "$(shown Latency)" 80 400
expect "requests times average in a run of 4 s, ms" $((requests * $(shown Latency))) 8000 99999
exit $bad
