#!/usr/bin/env bash
# flowdar patch on the real sources: --check changes nothing, --reverse gives the tree back to the byte,
# a tree that does not fit is refused whole, with the rules that do not match. With scripts/test --all also
# on the sources of other releases of Debian.
set -uo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
# shellcheck source=../../scripts/lib/common.sh
. "$FLOWDAR_SOURCE/scripts/lib/common.sh"
# shellcheck source=/dev/null # scripts/lib/servers.sh: with all that it reads shellcheck takes minutes
. "$FLOWDAR_SOURCE/scripts/lib/servers.sh"
command -v spatch >/dev/null || { echo "skipped: needs spatch"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

fail() {
	echo "FAILED: $*"
	cat "$work/out"
	exit 1
}

# patch STATUS ARGUMENT...: the command ends with the status, what it says is in $work/out, and there
# is nothing left of it in the place for temporary files.
patch() {
	local status=$1 got=0
	shift
	"$FLOWDAR" patch "$@" >"$work/out" 2>&1 || got=$?
	[ $got = "$status" ] || fail "patch $*: status $got, should be $status"
	[ -z "$(ls -A "$TMPDIR")" ] || fail "patch $*: leaves $(ls "$TMPDIR")"
}

# same_tree WHAT: $tree is as it was.
same_tree() {
	diff -r "$work/original" "$tree" >"$work/out" || fail "$server: $1 changed the tree"
	diff <(cd "$work/original" && find . -printf '%p %m %y\n' | sort) \
		<(cd "$tree" && find . -printf '%p %m %y\n' | sort) >"$work/out" ||
		fail "$server: $1 changed modes or names"
}

# refused RULE FILE SED-EXPRESSION: a tree edited so does not fit, because of the rule.
refused() {
	rm -rf "$work/original" "$tree"
	cp -al "$work/source" "$work/original" # sed makes a file of its own
	sed -i "$3" "$work/original/$2"
	cmp -s "$work/original/$2" "$work/source/$2" && fail "$2 was not edited"
	cp -al "$work/original" "$tree"
	patch 1 "$tree"
	grep -q -E "^$server +$1 +(NO MATCH|WRONG NUMBER)" "$work/out" || fail "$server: no word of \"$1\""
	grep -q 'nothing was changed' "$work/out" || fail "$server: not said that nothing was changed"
	same_tree "a refused patch"
	patch 1 --check "$tree"
	same_tree "a check that fails"
}

# fits: --check, the patch, --reverse and --sessions-only of the tree in $work/source.
fits() {
	rm -rf "$work/original" "$tree"
	# What is large and has no part in it.
	rm -rf "$work/source"/{docs,debian,tests,deps,test,build}
	cp -al "$work/source" "$work/original"
	cp -al "$work/source" "$tree"

	patch 0 --check "$tree"
	grep -q -E 'NO MATCH|WRONG' "$work/out" && fail "$server: not all rules match"
	same_tree "--check"
	patch 0 "$tree"
	[ "$(grep -rl 'flowdar/flowdar\.h' "$tree" --include='*.c' | sort)" = \
		"$(cd "$tree" && diff -rq "$work/original" . | sed -n 's|^Files .* and \./\(.*\) differ|'"$tree"'/\1|p' |
			grep -v -e file_cache -e copy_filter -e netevent.h | sort)" ] || fail "$server: the files that changed do not include the header"
	patch 1 "$tree" # a second time
	grep -q 'is patched already' "$work/out" || fail "$server: patched twice"
	patch 0 --reverse "$tree"
	same_tree "--reverse"
	patch 1 --reverse "$tree"
	patch 0 --sessions-only "$tree"
	grep -q -r 'FLOWDAR_SESSION_BEGIN(' "$tree" --include='*.c' || fail "$server: no sessions with --sessions-only"
	[ $server = redis ] || ! grep -q -r 'FLOWDAR_REQUEST_BEGIN(' "$tree" --include='*.c' ||
		fail "$server: requests with --sessions-only"
	patch 0 --reverse "$tree"
	same_tree "--sessions-only"
}

servers=(httpd nginx redis memcached lighttpd haproxy)
# Second versions, of releases of Debian whose sources are still to be had.
others=(nginx/bullseye nginx/trixie httpd/bullseye memcached/trixie lighttpd/trixie haproxy/trixie postgresql/bullseye)
tree=$work/tree
if [ "${FLOWDAR_UNMARKED:-}" = all ]; then
	servers+=(unbound postgresql)
else
	others=()
fi
for other in "${others[@]}"; do
	server=${other%/*}
	rm -rf "$work/source"
	server_source "$server" "$work/source" "${other#*/}" || {
		echo "not tried: no mirror gives $server of ${other#*/}"
		continue
	}
	fits
	echo "ok: $server of ${other#*/}: checked, patched, and taken back to the byte"
done
for server in "${servers[@]}"; do
	rm -rf "$work/source"
	server_source $server "$work/source" || {
		echo "skipped: the Debian source of $server is not here, and no mirror gives it (the network is needed once)"
		exit 77
	}
	fits
	echo "ok: $server: checked, patched, and taken back to the byte"
	case $server in
	httpd)
		refused 'fd queue put' server/mpm_fdqueue.c 's/\bap_queue_push_socket\b/ap_queue_put_socket/'
		refused 'event: pollset take' server/mpm/event/event.c 's/APR_RING_REMOVE(el,/ring_remove(el,/'
		refused 'HTTP/2: stream put' modules/http2/h2_mplx.c 's/\bc1_process_stream\b/c1_serve_stream/'
		;;
	nginx)
		refused 'session begin' src/event/ngx_event_accept.c 's/ls->handler(c);/ls->serve(c);/'
		refused 'session end' src/core/ngx_connection.c 's/^ngx_close_connection/ngx_drop_connection/'
		;;
	redis)
		refused 'command begin' src/networking.c 's/processCommand(c) == C_OK/executeCommand(c) == C_OK/'
		refused 'session end' src/networking.c 's/^    zfree(c);/    zfree_client(c);/'
		;;
	memcached)
		refused 'dispatch take' thread.c 's/item = cq_pop(me->ev_queue);/item = cq_take(me->ev_queue);/'
		refused 'session end' memcached.c 's/^    close(c->sfd);/    conn_shut(c->sfd);/'
		;;
	lighttpd)
		refused 'events' src/server.c 's/server_run_con_queue (/server_run_queue (/'
		refused 'request begin' src/request.c 's/^    http_request_headers_fin(r);/    http_request_headers_done(r);/'
		;;
	haproxy)
		refused 'stream' src/stream.c 's/activity\[tid\]\.stream_calls++;/stream_count(tid);/'
		refused 'accept queue take' src/listener.c 's/= li->accept(conn);/= li->start(conn, li);/'
		;;
	unbound)
		refused 'key' util/netevent.h 's/int is_proxied;/int proxied;/'
		refused 'upstream' services/mesh.c 's/^mesh_report_reply(\|^void mesh_report_reply(/void mesh_report_answer(/'
		;;
	postgresql)
		refused 'session end' src/backend/libpq/pqcomm.c 's/secure_close(MyProcPort);/secure_shut(MyProcPort);/'
		refused 'forked' src/backend/postmaster/postmaster.c 's/^\t*BackendStartup(port);/BackendLaunch(port);/'
		;;
	esac
	echo "ok: $server: refused where it does not fit"
done
