#!/usr/bin/env bash
# flowdar record --io of servers as Debian ships them, and nothing else: whose time it was is inferred from
# what threads read, write and wait for. An attack on the processor is none of slow clients.
. "$(dirname "$0")/private.sh"
. "$(dirname "$0")/apache.sh"

[ -x /usr/sbin/nginx ] || have_apache || { echo "skipped: needs nginx or apache2-bin"; exit 77; }
chmod 755 "$WORK"

# One process and one thread: an event loop.
cat > "$WORK/nginx.conf" <<CONF
daemon off; master_process off; pid $WORK/nginx.pid; error_log $WORK/nginx.log;
events { }
http {
	access_log off; root $WORK/htdocs;
	client_body_temp_path $WORK/tmp/b; proxy_temp_path $WORK/tmp/p; fastcgi_temp_path $WORK/tmp/f;
	uwsgi_temp_path $WORK/tmp/u; scgi_temp_path $WORK/tmp/s;
	server { listen 127.0.0.1:$APACHE_PORT; location / { if (\$arg_x ~ "^(a+)+\$") { return 403; } } }
}
CONF
# Threads, and hand-offs between them.
configure_apache <<'RULES'
RewriteCond %{QUERY_STRING} ^x=((a+)+)$
RewriteRule ^ - [F]
RULES

# recorded NAME QUERY SERVER...: 30 requests, each on a connection of its own.
recorded() {
	local name=$1 query=$2
	shift 2
	"$FLOWDAR" record -q -o "$WORK/$name" --io -- "$@" > "$WORK/$name.out" 2> "$WORK/$name.err" &
	local recorder=$!
	wait_for 15 curl -s -o /dev/null "http://127.0.0.1:$APACHE_PORT/index.html" || fail "$name: the server did not start"
	for _ in $(seq 30); do
		curl -s -o /dev/null "http://127.0.0.1:$APACHE_PORT/index.html?x=$query"
	done
	kill -INT $recorder
	wait $recorder
	[ "$(field "$WORK/$name" functions_live)" = "" ] || fail "$name: has functions"
}

# judged SERVER: both recordings of it, and what is said of them.
judged() {
	local usual=$WORK/$1-usual attack=$WORK/$1-attack
	"$FLOWDAR" analyze "$attack" --format json > "$WORK/$1.json" || fail "$1: analyze: exit status $?"
	jq -e '.inferred and .inferred_sessions == .session_count and .time_per_session_ns > 1e6' "$WORK/$1.json" \
		> /dev/null || fail "$1: $(jq -c '{inferred, inferred_sessions, session_count, time_per_session_ns}' "$WORK/$1.json")"
	# More than it was open for, nobody can have worked for it in an event loop.
	[ "$1" != nginx ] || jq -e '.time_per_session_ns <= 1.2 * .open_per_session_ns' "$WORK/$1.json" > /dev/null ||
		fail "$1: $(jq -c '{time_per_session_ns, open_per_session_ns}' "$WORK/$1.json")"
	"$FLOWDAR" analyze "$attack" | grep -q 'inferred from their reads, writes and waits' || fail "$1: analyze does not say it"
	"$FLOWDAR" export "$attack" --csv "$WORK/$1-csv" || fail "$1: export: exit status $?"
	grep -q '"work between I/O","inferred","inferred"' "$WORK/$1-csv/functions.csv" || fail "$1: $(cat "$WORK/$1-csv/functions.csv")"
	"$FLOWDAR" diff "$usual" "$attack" --fail-on 'ratio>1.5' > "$WORK/$1.txt" 2> "$WORK/$1.err"
	local status=$?
	cat "$WORK/$1.txt"
	case $status in 3 | 4) ;; *) fail "$1: exit status $status: green" ;; esac
	grep -q 'cannot tell which function: record with --sample, or rebuild' "$WORK/$1.txt" || fail "$1: says something else"
	grep -q 'confidence: low' "$WORK/$1.txt" || fail "$1: is sure of it"
	! grep -q 'slow or silent clients' "$WORK/$1.txt" || fail "$1: clients are blamed"
}

if [ -x /usr/sbin/nginx ]; then
	note "nginx, an event loop: a pattern that backtracks for milliseconds"
	set -- /usr/sbin/nginx -p "$WORK" -c "$WORK/nginx.conf"
	recorded nginx-usual aaaa "$@"
	recorded nginx-attack aaaaaaaaaaaaaaaaaa! "$@"
	judged nginx
fi
if have_apache; then
	note "httpd, worker threads"
	set -- "${APACHE[@]}"
	recorded httpd-usual aaaa "$@"
	recorded httpd-attack aaaaaaaaaaaaaaaaaa! "$@"
	judged httpd
fi
echo "passed"
