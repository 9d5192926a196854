#include "analyze/story/story_crowd.h"

#define NODES_MAX 8192u /* of each: what is drawn of it is small */

struct story_crowd {
	struct fdar_walk *walk;
	struct fdar_story_builder *first; /* somebody else's; NULL: none */
	struct fdar_story_builder **builders;
	GPtrArray *open; /* of these: whose session is open */
	struct fdar_story_other *others;
	guint count;
};

/* What the walk tells goes to who listens: to the first always, to the others from the begin of their session to its
 * end. */
#define PASS_ON(what, type)                                                           \
	static void on_##what(void *user, type told)                                  \
	{                                                                             \
		struct story_crowd *crowd = user;                                     \
                                                                                      \
		if (crowd->first)                                                     \
			fdar_story_builder_visitor.what(crowd->first, told);          \
		for (guint i = 0; i < crowd->open->len; i++)                          \
			fdar_story_builder_visitor.what(crowd->open->pdata[i], told); \
	}

PASS_ON(frame, const struct fdar_walk_frame *)
PASS_ON(handoff, const struct fdar_walk_handoff *)
PASS_ON(note, const struct fdar_walk_note *)
PASS_ON(bytes, const struct fdar_walk_note *)
PASS_ON(request, const struct fdar_walk_note *)

static gboolean is_of(const struct story_crowd *crowd, guint i,
		      const struct fdar_walk_session *session)
{
	return session->key == crowd->others[i].key &&
	       session->begin_ns == crowd->others[i].begin_ns;
}

static void on_session_opened(void *user, struct fdar_walk_session *session)
{
	struct story_crowd *crowd = user;

	if (crowd->first)
		fdar_story_builder_visitor.session_opened(crowd->first, session);
	for (guint i = 0; i < crowd->count; i++) {
		if (!is_of(crowd, i, session))
			continue;
		fdar_story_builder_visitor.session_opened(crowd->builders[i], session);
		g_ptr_array_add(crowd->open, crowd->builders[i]);
	}
}

static void on_session_closed(void *user, struct fdar_walk_session *session)
{
	struct story_crowd *crowd = user;

	if (crowd->first)
		fdar_story_builder_visitor.session_closed(crowd->first, session);
	for (guint i = 0; i < crowd->count; i++) {
		if (!is_of(crowd, i, session))
			continue;
		fdar_story_builder_visitor.session_closed(crowd->builders[i], session);
		g_ptr_array_remove_fast(crowd->open, crowd->builders[i]);
	}
}

static const struct fdar_walk_visitor visitor = {
	.session_opened = on_session_opened,
	.session_closed = on_session_closed,
	.frame = on_frame,
	.handoff = on_handoff,
	.note = on_note,
	.bytes = on_bytes,
	.request = on_request,
};

struct story_crowd *story_crowd_new(const struct fdar_story_source *source, enum fdar_unit unit,
				    struct fdar_story_other *others, guint count)
{
	struct story_crowd *crowd = g_new0(struct story_crowd, 1);
	struct fdar_story_source each = *source;

	crowd->walk = fdar_walk_new(&visitor, crowd);
	fdar_walk_set_unit(crowd->walk, unit);
	crowd->open = g_ptr_array_new();
	crowd->others = others;
	crowd->count = count;
	crowd->builders = g_new0(struct fdar_story_builder *, count);
	each.walk = crowd->walk;
	each.nodes_max = NODES_MAX;
	each.activity = NULL;
	each.session = 0;
	for (guint i = 0; i < count; i++) {
		each.key = others[i].key;
		each.begin_ns = others[i].begin_ns;
		crowd->builders[i] = fdar_story_builder_new(&each);
	}
	return crowd;
}

struct fdar_walk *story_crowd_walk(struct story_crowd *crowd)
{
	return crowd->walk;
}

void story_crowd_join(struct story_crowd *crowd, struct fdar_story_builder *first)
{
	crowd->first = first;
}

void story_crowd_finish(struct story_crowd *crowd)
{
	fdar_walk_finish(crowd->walk);
	for (guint i = 0; i < crowd->count; i++)
		crowd->others[i].tree = fdar_story_builder_finish(crowd->builders[i]);
}

void story_crowd_free(struct story_crowd *crowd)
{
	if (!crowd)
		return;
	for (guint i = 0; i < crowd->count; i++)
		fdar_story_builder_free(crowd->builders[i]);
	fdar_walk_free(crowd->walk);
	g_ptr_array_unref(crowd->open);
	g_free(crowd->builders);
	g_free(crowd);
}
