#include "replay/play/play.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "replay/play/ledger.h"
#include "replay/play/transfer.h"

/* Reads of one session before the others get their turn. */
#define READS_A_TURN 64

static gboolean is_tcp(const struct fdar_play *play)
{
	return play->start.script->session->transport == FDAR_TCP;
}

static void fail(struct fdar_stage *stage, struct fdar_play *play, int code)
{
	enum fdar_result verdict = fdar_result_of_errno(code, play->connected && is_tcp(play));

	if (verdict == FDAR_RESULT_REFUSED && fdar_script_was_refused(play->start.script))
		fdar_play_stop(stage, play, FDAR_RESULT_OK, "refused, as in the capture");
	else if (verdict == FDAR_RESULT_RESET && play->dialogue.peer_closed && !play->reset)
		fdar_play_stop(stage, play, verdict, "the server closed before the captured end");
	else if (verdict == FDAR_RESULT_RESET)
		fdar_play_stop(stage, play, verdict, "reset by the server");
	else if (code == EPROTO)
		fdar_play_stop(stage, play, FDAR_RESULT_RESET, fdar_transfer_problem(play));
	else if (code == EADDRNOTAVAIL)
		fdar_play_stop(stage, play, verdict, "no free port on the source address");
	else
		fdar_play_stop(stage, play, verdict, g_strerror(code));
}

/* How much it may read now. While it may not, the answer is no longer on its way because of that: nothing times out. */
static size_t permits(const struct fdar_stage *stage, struct fdar_play *play)
{
	struct fdar_dialogue *dialogue = &play->dialogue;
	size_t size = stage->buffer_bytes;

	if (play->start.script->hold_count)
		size = fdar_taking_permits(&play->taking, play->start.script, &stage->options.pace,
					   dialogue->received, size, fdar_now_ns());
	if (!size)
		dialogue->active_ns = MAX(dialogue->active_ns, play->taking.until_ns);
	return size;
}

/* Reads all there is, and may be read. FALSE when the play is over. */
static gboolean read_all(struct fdar_stage *stage, struct fdar_play *play, gboolean to_the_end)
{
	play->unread = FALSE;
	for (unsigned i = 0; i < READS_A_TURN; i++) {
		size_t size = permits(stage, play);
		ssize_t n = size ? fdar_transfer_recv(play, stage->buffer, size) : 0;

		if (!size) {
			fdar_timers_set(stage->timers, &play->timer, play->taking.until_ns);
			return TRUE;
		}

		if (n > 0 || (n == 0 && !is_tcp(play))) {
			uint64_t now = fdar_now_ns();

			fdar_ledger_heard(stage, play, (size_t)n, now);
			/* A datagram that does not come is lost, not late. */
			play->dialogue.as_captured = is_tcp(play) && play->likeness.exact;
			if (play->rewriter)
				fdar_rewriter_heard(play->rewriter, stage->buffer, (size_t)n);
			fdar_dialogue_heard(&play->dialogue, (uint64_t)n, now);
			/* A short read has emptied the socket; the close comes as an event. */
			if (is_tcp(play) && !to_the_end && (size_t)n < size &&
			    (!play->tls || fdar_tls_link_is_empty(play->tls)))
				return TRUE;
			continue;
		}
		if (n == 0) {
			fdar_dialogue_closed(&play->dialogue, fdar_now_ns());
			return TRUE;
		}
		if (errno == EAGAIN)
			return TRUE;
		if (errno == EINTR)
			continue;
		if (errno == ECONNRESET && play->start.script->session->ended == FDAR_ENDED_RST) {
			play->reset = TRUE;
			fdar_dialogue_closed(&play->dialogue, fdar_now_ns());
			return TRUE;
		}
		fail(stage, play, errno);
		return FALSE;
	}
	play->unread = TRUE;
	return TRUE;
}

static void use_turn(const struct fdar_stage *stage)
{
	if (stage->turn)
		stage->turn->moved = TRUE;
}

static gboolean has_turn(const struct fdar_stage *stage, const struct fdar_play *play)
{
	return !stage->turn || (stage->turn->play == play && !stage->turn->moved);
}

/* Sends what is left of a piece. FALSE when the play is over. */
static gboolean send_piece(struct fdar_stage *stage, struct fdar_play *play,
			   const struct fdar_next_move *next, uint64_t now_ns)
{
	const struct fdar_piece *piece = next->piece;
	size_t size = piece->length;
	const uint8_t *bytes =
		play->rewriter ? fdar_rewriter_piece(play->rewriter, play->dialogue.at, &size)
		: size         ? fdar_script_payload(play->start.script, piece)
			       : (const uint8_t *)"";
	ssize_t n = 0;

	if (!play->piece_sent)
		fdar_ledger_send(stage, play, next, now_ns);
	/* Rewriting may leave nothing of a piece. */
	if (size || !is_tcp(play))
		do
			n = fdar_transfer_send(play, piece, bytes + play->piece_sent,
					       size - play->piece_sent);
		while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		play->blocked = TRUE;
		return TRUE;
	}
	if (n < 0) {
		int code = errno;

		/* What came before a reset that the send was told of is a close to the read. */
		play->reset |= code == ECONNRESET && !play->dialogue.peer_closed;
		if (is_tcp(play) && !read_all(stage, play, TRUE))
			return FALSE;
		fail(stage, play, code);
		return FALSE;
	}
	play->sent_bytes += (uint64_t)n;
	stage->tallies[play->start.input].sent_bytes += (uint64_t)n;
	play->piece_sent += (uint32_t)n;
	if (play->piece_sent < size) {
		play->blocked = TRUE;
		return TRUE;
	}
	play->piece_sent = 0;
	use_turn(stage);
	fdar_dialogue_moved(&play->dialogue, now_ns);
	return TRUE;
}

static void reset_and_finish(struct fdar_stage *stage, struct fdar_play *play)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(play->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	fdar_play_stop(stage, play, FDAR_RESULT_OK, NULL);
}

/* A UDP socket that was refused says so only when it is asked. */
static void done(struct fdar_stage *stage, struct fdar_play *play)
{
	int code = 0;
	socklen_t length = sizeof(code);

	if (!is_tcp(play) && !getsockopt(play->fd, SOL_SOCKET, SO_ERROR, &code, &length) && code)
		fail(stage, play, code);
	else
		fdar_play_stop(stage, play, FDAR_RESULT_OK, NULL);
}

/* Waits for the socket: to connect, or to take more. */
static gboolean wait_socket(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns)
{
	uint64_t deadline = play->dialogue.active_ns + stage->options.pace.timeout_ns;

	if (fdar_play_holds(play))
		deadline = MIN(deadline, play->taking.until_ns);
	else if (now_ns >= deadline) {
		fdar_play_stop(stage, play, FDAR_RESULT_TIMEOUT,
			       play->connected ? "the server stopped reading"
					       : "no connection came");
		return FALSE;
	}
	fdar_timers_set(stage->timers, &play->timer, play->unread ? now_ns : deadline);
	return TRUE;
}

/* 1: TLS is there; 0: the socket has to be waited for; -1: the play is over. */
static int shake_hands(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns)
{
	int status = fdar_transfer_handshake(play);

	if (status < 0)
		fail(stage, play, errno);
	if (status <= 0)
		return status;
	play->secured = TRUE;
	play->handshake_ns = MAX(now_ns - MIN(play->connected_ns, now_ns), 1);
	play->dialogue.active_ns = now_ns;
	play->dialogue.heard_ns = now_ns;
	play->unread = TRUE; /* what came with the end of the handshake makes no event */
	return 1;
}

/* A SYN is all that is played: it stays as long as the captured one did, or until the capture ends. */
static gboolean hold_half_open(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns)
{
	const struct fdar_session *session = play->start.script->session;
	uint64_t until = MAX(play->start.script->hold_ns, session->end_ns);
	uint64_t length_ns = stage->options.pace.asap
				     ? 0
				     : (uint64_t)((double)(until - session->start_ns) /
						  stage->options.pace.speed);
	uint64_t until_ns = play->start_ns + length_ns;

	if (now_ns >= until_ns) {
		fdar_play_stop(stage, play, FDAR_RESULT_OK, "half-open, as in the capture");
		return FALSE;
	}
	fdar_timers_set(stage->timers, &play->timer, until_ns);
	return TRUE;
}

/* When it is to be looked at again, if nothing comes before. */
static uint64_t look_again_ns(const struct fdar_play *play, uint64_t now_ns, uint64_t wake_ns)
{
	if (fdar_play_holds(play))
		return MIN(wake_ns, play->taking.until_ns);
	return play->unread ? now_ns : wake_ns;
}

static enum fdar_move next_move(const struct fdar_stage *stage, struct fdar_play *play,
				uint64_t now_ns, struct fdar_next_move *next)
{
	struct fdar_dialogue *dialogue = &play->dialogue;

	/* Something may have been sent since the hold began. */
	if (fdar_play_holds(play))
		dialogue->active_ns = MAX(dialogue->active_ns, play->taking.until_ns);
	return fdar_dialogue_next(dialogue, &stage->options.pace, now_ns, next);
}

/* Does all that can be done now. FALSE when the play is over. */
static gboolean advance(struct fdar_stage *stage, struct fdar_play *play)
{
	struct fdar_next_move next;

	for (;;) {
		uint64_t now = fdar_now_ns();

		if (play->start.script->half_open)
			return hold_half_open(stage, play, now);
		if (!play->connected || play->blocked)
			return wait_socket(stage, play, now);
		if (play->tls && !play->secured) {
			int status = shake_hands(stage, play, now);

			if (status > 0)
				continue;
			return status == 0 && wait_socket(stage, play, now);
		}
		if (fdar_script_was_refused(play->start.script)) {
			fdar_play_stop(stage, play, FDAR_RESULT_DIFFERS,
				       "the captured server refused, this one accepts");
			return FALSE;
		}
		if (!has_turn(stage, play))
			return TRUE;
		switch (next_move(stage, play, now, &next)) {
		case FDAR_MOVE_SEND:
			if (!send_piece(stage, play, &next, now))
				return FALSE;
			continue;
		case FDAR_MOVE_FIN:
			fdar_transfer_end(play);
			use_turn(stage);
			fdar_dialogue_moved(&play->dialogue, now);
			continue;
		case FDAR_MOVE_TLS:
			fdar_transfer_turn(stage, play, now);
			fdar_dialogue_moved(&play->dialogue, now);
			continue;
		case FDAR_MOVE_RST:
			reset_and_finish(stage, play);
			return FALSE;
		case FDAR_MOVE_WAIT:
			fdar_timers_set(stage->timers, &play->timer,
					look_again_ns(play, now, next.wake_ns));
			return TRUE;
		case FDAR_MOVE_DONE:
			done(stage, play);
			return FALSE;
		case FDAR_MOVE_TIMEOUT:
			fdar_play_stop(stage, play, FDAR_RESULT_TIMEOUT, next.missing);
			return FALSE;
		case FDAR_MOVE_LOST:
			fdar_play_stop(stage, play, FDAR_RESULT_UNPLAYABLE,
				       "bytes of the client were lost by the capture");
			return FALSE;
		}
	}
}

static void connected(struct fdar_stage *stage, struct fdar_play *play)
{
	uint64_t now = fdar_now_ns();
	uint64_t due = stage->anchor_ns + play->start.due_ns;

	play->connected = TRUE;
	play->dialogue.active_ns = now;
	play->dialogue.heard_ns = now;
	if (is_tcp(play))
		play->connect_ns = MAX(now - MIN(due, now), 1);
	fdar_transfer_begin(stage, play, now);
}

gboolean fdar_play_event(struct fdar_stage *stage, struct fdar_play *play, uint32_t events)
{
	if (play->start.script->half_open)
		return TRUE;
	if (!play->connected) {
		int code = 0;
		socklen_t length = sizeof(code);

		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
			return TRUE;
		if (getsockopt(play->fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0)
			code = errno;
		if (code) {
			fail(stage, play, code);
			return FALSE;
		}
		connected(stage, play);
	}
	if (events & EPOLLOUT)
		play->blocked = FALSE;
	if (!(events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return TRUE;
	/* A read ends before an urgent byte, and with it nothing is empty. */
	return read_all(stage, play, (events & (EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
}

void fdar_play_go(struct fdar_stage *stage, struct fdar_play *play)
{
	advance(stage, play);
}

void fdar_play_wake(struct fdar_stage *stage, struct fdar_play *play)
{
	if ((play->unread || fdar_play_holds(play)) && !read_all(stage, play, TRUE))
		return;
	advance(stage, play);
}

/* Opens and connects the socket. FALSE when the play is over. */
static gboolean open_socket(struct fdar_stage *stage, struct fdar_play *play,
			    const struct fdar_endpoint *source)
{
	struct sockaddr_storage address;
	socklen_t length = fdar_endpoint_to_sockaddr(&play->server, &address);
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				     .data.ptr = play };
	const char *step;
	int on = 1;
	int code = 0;

	play->fd = fdar_endpoint_socket(source, address.ss_family,
					is_tcp(play) ? SOCK_STREAM : SOCK_DGRAM, &step);
	if (play->fd < 0) {
		fdar_play_stop(stage, play, FDAR_RESULT_LOCAL,
			       errno == EADDRNOTAVAIL ? step : g_strerror(errno));
		return FALSE;
	}
	play->place = stage->plays->len;
	g_ptr_array_add(stage->plays, play);
	stage->totals.most_active = MAX(stage->totals.most_active, stage->plays->len);
	if (is_tcp(play)) {
		setsockopt(play->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		/* An urgent byte is one of the captured stream, so it has to be one of this. */
		setsockopt(play->fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
		fdar_taking_prepare(&play->taking, play->start.script, play->fd);
	}
	if (play->start.script->half_open)
		fdar_transfer_refuse_answers(play->fd);
	if (connect(play->fd, (struct sockaddr *)&address, length) != 0)
		code = errno;
	length = sizeof(address);
	if (getsockname(play->fd, (struct sockaddr *)&address, &length) == 0)
		fdar_endpoint_from_sockaddr((struct sockaddr *)&address, &play->client);
	if (!code && epoll_ctl(stage->epoll, EPOLL_CTL_ADD, play->fd, &event) != 0)
		code = errno;
	if (code == EINPROGRESS && epoll_ctl(stage->epoll, EPOLL_CTL_ADD, play->fd, &event) == 0)
		return TRUE;
	if (!code) {
		connected(stage, play);
		return TRUE;
	}
	fail(stage, play, code);
	return FALSE;
}

struct fdar_play *fdar_play_begin(struct fdar_stage *stage, const struct fdar_start *start,
				  uint64_t ready_ns)
{
	const struct fdar_session *session = start->script->session;
	const struct fdar_endpoint *target =
		fdar_routes_target(stage->options.routes, session->server.port);
	struct fdar_endpoint source;
	struct fdar_play *play;

	if (!target) {
		fdar_play_skip(stage, start, FDAR_RESULT_UNPLAYABLE,
			       "its server port is mapped to no target", 1);
		return NULL;
	}
	play = g_new0(struct fdar_play, 1);
	play->fd = -1;
	play->start = *start;
	play->server = *target;
	play->start_ns = fdar_now_ns();
	if (stage->options.pace.asap)
		play->start.due_ns = play->start_ns - stage->anchor_ns;
	if (stage->options.edit && start->script->sessions)
		play->rewriter = fdar_rewriter_new(stage->options.edit, start);
	play->likeness.piece = start->script->from;
	play->likeness.exact = start->script->sessions != NULL;
	fdar_dialogue_init(&play->dialogue, start->script, stage->anchor_ns + play->start.due_ns,
			   play->start_ns);
	fdar_ledger_lag(stage, play, play->start_ns, ready_ns);
	stage->tallies[start->input].begun++;
	fdar_routes_source(stage->options.routes, target, start->client, &source);
	if (start->source.family != FDAR_FAMILY_NONE || start->source.port)
		source = start->source;
	return open_socket(stage, play, &source) && advance(stage, play) ? play : NULL;
}

uint64_t fdar_play_at(const struct fdar_play *play)
{
	return play->dialogue.at;
}

void fdar_play_rebase(struct fdar_play *play, uint64_t pieces)
{
	play->dialogue.at -= pieces;
}
