#include "analyze/story/story_crowd.h"

#define NODES_MAX 8192u /* of each: what is drawn of it is small */

struct story_crowd {
	struct fdar_walk *walk;
	struct fdar_story_builder **builders;
	struct fdar_story_other *others;
	guint count;
};

/* What the walk tells goes to every builder. */
#define PASS_ON(what, type)                                                        \
	static void on_##what(void *user, type told)                               \
	{                                                                          \
		struct story_crowd *crowd = user;                                  \
                                                                                   \
		for (guint i = 0; i < crowd->count; i++)                           \
			fdar_story_builder_visitor.what(crowd->builders[i], told); \
	}

PASS_ON(session_opened, struct fdar_walk_session *)
PASS_ON(session_closed, struct fdar_walk_session *)
PASS_ON(frame, const struct fdar_walk_frame *)
PASS_ON(handoff, const struct fdar_walk_handoff *)
PASS_ON(note, const struct fdar_walk_note *)
PASS_ON(bytes, const struct fdar_walk_note *)
PASS_ON(request, const struct fdar_walk_note *)

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
	g_free(crowd->builders);
	g_free(crowd);
}
