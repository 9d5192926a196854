#include "replay/play/transfer.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static gboolean is_tcp(const struct fdar_play *play)
{
	return play->start.script->session->transport == FDAR_TCP;
}

/* What TLS says, as the kernel would. */
static ssize_t as_errno(enum fdar_tls_status status, size_t done)
{
	switch (status) {
	case FDAR_TLS_DONE:
		return (ssize_t)done;
	case FDAR_TLS_CLOSED:
		return 0;
	case FDAR_TLS_FAILED:
		errno = errno ? errno : EPROTO;
		return -1;
	default:
		errno = EAGAIN;
		return -1;
	}
}

ssize_t fdar_transfer_recv(struct fdar_play *play, void *bytes, size_t size)
{
	enum fdar_tls_status status;
	size_t done;

	if (!play->tls)
		return recv(play->fd, bytes, size, MSG_DONTWAIT);
	if (!play->secured) { /* the handshake reads for itself */
		errno = EAGAIN;
		return -1;
	}
	status = fdar_tls_link_read(play->tls, bytes, size, &done);
	return as_errno(status, done);
}

/* Of a piece with an urgent byte, its last, that one goes by itself: urgent is what a call ends with.
 */
static ssize_t send_urgent(const struct fdar_play *play, const uint8_t *bytes, size_t size)
{
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
	ssize_t n;

	if (size == 1)
		return send(play->fd, bytes, 1, flags | MSG_OOB);
	n = send(play->fd, bytes, size - 1, flags | MSG_MORE);
	if (n == (ssize_t)size - 1 && send(play->fd, bytes + n, 1, flags | MSG_OOB) == 1)
		n++;
	return n;
}

ssize_t fdar_transfer_send(struct fdar_play *play, const struct fdar_piece *piece,
			   const uint8_t *bytes, size_t size)
{
	enum fdar_tls_status status;
	size_t done;

	if (play->tls) {
		status = fdar_tls_link_write(play->tls, bytes, size, &done);
		if (status != FDAR_TLS_CLOSED)
			return as_errno(status, done);
		errno = EPIPE;
		return -1;
	}
	if (piece->urgent && is_tcp(play))
		return send_urgent(play, bytes, size);
	return send(play->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void fdar_transfer_end(struct fdar_play *play)
{
	if (play->tls)
		fdar_tls_link_end(play->tls);
	shutdown(play->fd, SHUT_WR);
}

/* The first piece in TLS; NULL: none. */
static const struct fdar_piece *first_in_tls(const struct fdar_script *script)
{
	uint64_t first = script->from;

	for (uint64_t i = first; script->tls->later && i < script->count; i++)
		if (script->pieces[i].kind == FDAR_PIECE_TLS)
			first = i + 1;
	return first < script->count ? &script->pieces[first] : NULL;
}

/* The protocol to offer. Where the server's choice is not known, what is spoken is. */
static const char *alpn_of(const struct fdar_script *script, const struct fdar_session_tls *tls)
{
	static const char preface[] = "PRI * HTTP/2";
	const struct fdar_piece *first;
	gboolean h2;

	if (!tls->alpn_offered || !tls->decrypted || strcmp(tls->alpn, "h2") != 0)
		return tls->alpn;
	first = first_in_tls(script);
	if (!first)
		return tls->alpn;
	h2 = first->way == FDAR_FROM_CLIENT && first->kind == FDAR_PIECE_DATA &&
	     first->length >= sizeof(preface) - 1 &&
	     memcmp(fdar_script_payload(script, first), preface, sizeof(preface) - 1) == 0;
	return h2 ? "h2" : "http/1.1";
}

void fdar_transfer_begin(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns)
{
	const struct fdar_session_tls *tls = play->start.script->tls;

	if (!play->start.script->plain && (!tls || !tls->later))
		fdar_transfer_turn(stage, play, now_ns);
}

void fdar_transfer_turn(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns)
{
	const struct fdar_script *script = play->start.script;
	struct fdar_tls_wish wish = { .name = stage->options.tls_name };

	if (!stage->tls || !is_tcp(play))
		return;
	play->connected_ns = now_ns;
	if (script->tls) {
		wish.alpn = alpn_of(script, script->tls);
		wish.version = script->tls->version;
		wish.resume = script->tls->resumes;
		if (!wish.name)
			wish.name = script->tls->name;
	}
	play->tls = fdar_tls_link_new(stage->tls, play->fd, &wish);
}

int fdar_transfer_handshake(struct fdar_play *play)
{
	enum fdar_tls_status status = fdar_tls_link_handshake(play->tls);

	if (status == FDAR_TLS_CLOSED) {
		errno = ECONNRESET;
		return -1;
	}
	if (status == FDAR_TLS_FAILED)
		return (int)as_errno(status, 0);
	return status == FDAR_TLS_DONE;
}

void fdar_transfer_refuse_answers(int fd)
{
	struct sock_filter nothing[] = { { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_fprog program = { .len = G_N_ELEMENTS(nothing), .filter = nothing };
	int retries = 1;

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &retries, sizeof(retries));
}

const char *fdar_transfer_problem(const struct fdar_play *play)
{
	return play->tls ? fdar_tls_link_problem(play->tls) : "the protocol failed";
}
