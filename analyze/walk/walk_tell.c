/* What is told when nothing can change it any more: frames whose owner is known, samples, sessions of
 * which nothing more will come. */
#include "analyze/walk/walk_private.h"

void walk_tell_sample(const struct fdar_walk *walk, const struct fdar_walk_frame *sample)
{
	const struct fdar_walk_sample told = { .sample = sample->addr,
					       .session = sample->session,
					       .wait = sample->name,
					       .is_known = sample->tid != 0 };

	if (walk->visitor->sample)
		walk->visitor->sample(walk->user, &told);
}

void walk_tell_owned(struct fdar_walk *walk, const struct fdar_walk_frame *frame)
{
	struct fdar_walk_cost cost = {
		.session = frame->session,
		.self_ns = frame->self_ns,
		.total_ns = frame->total_ns,
		.wait_ns = frame->wait_ns,
		.skipped_calls = frame->skipped_calls,
		.skipped_ns = frame->skipped_ns,
		.path = frame->path,
		.kind = frame->kind,
		.recursive = frame->recursive,
		.unfinished = frame->unfinished,
		.repaired = frame->repaired,
		.ended = frame->ended,
		.client = frame->client,
	};

	if (G_UNLIKELY(frame->kind == WALK_SAMPLE)) {
		walk_tell_sample(walk, frame);
		return;
	}
	if (walk->visitor->frame)
		walk->visitor->frame(walk->user, frame);
	walk_tell_cost(walk, &cost);
}

void walk_tell(struct fdar_walk *walk, struct thread *thread, struct fdar_walk_frame *frame,
	       uint8_t claim)
{
	if (claim == CLAIM_PENDING) {
		if (walk_can_wait(thread)) {
			g_array_append_val(thread->pending, *frame);
			return;
		}
		thread->pending_over += frame->kind != WALK_SAMPLE;
	}
	walk_tell_owned(walk, frame);
}

void walk_session_settle(struct fdar_walk *walk, struct session *session)
{
	if (session->told.state == FDAR_SESSION_OPEN || session->open_frames || session->currents ||
	    session->lent)
		return;
	if (!session->hidden && walk->visitor->session_closed)
		walk->visitor->session_closed(walk->user, &session->told);
	g_free((char *)session->told.peer);
	g_free((char *)session->told.what);
	g_free((char *)session->told.label);
	g_array_unref(session->keys);
	g_free(session);
}
