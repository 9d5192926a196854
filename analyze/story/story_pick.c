#include "analyze/story/story_pick.h"

#include <limits.h>
#include <string.h>

#include "analyze/story/story_focus.h"

/* So many make a kind of work, where they differ by no more than a tenth of what it calls. */
#define FEW        8u
#define SLACK_PART 10u

struct candidate {
	uint64_t id;
	uint64_t measure_ns;
	struct fdar_story_work kind;
};

/* What is gathered of an open session. */
struct gathered {
	uint64_t focus_ns; /* time inside the focus */
	struct fdar_story_work kind;
};

struct fdar_story_picker {
	struct fdar_story_choice choice;
	struct story_focus *focus;
	struct story_works *works;
	struct fdar_walk *walk;
	GHashTable *open;   /* of struct gathered */
	GArray *candidates; /* of struct candidate */
	uint64_t sessions;
	uint64_t unfinished;
};

static gboolean is_peer(const char *peer, const char *wanted)
{
	size_t length = strlen(wanted);

	return strncmp(peer, wanted, length) == 0 && (peer[length] == '\0' || peer[length] == ':');
}

static gboolean is_candidate(const struct fdar_story_choice *choice,
			     const struct fdar_walk_session *session)
{
	switch (choice->pick) {
	case FDAR_PICK_PEER:
		return is_peer(session->peer, choice->peer);
	case FDAR_PICK_KEY:
		return session->key == choice->key;
	default:
		return TRUE;
	}
}

static void on_opened(void *user, struct fdar_walk_session *session)
{
	struct fdar_story_picker *picker = user;

	session->user = g_new0(struct gathered, 1);
	g_hash_table_add(picker->open, session->user);
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct fdar_story_picker *picker = user;

	struct gathered *gathered = frame->session ? frame->session->user : NULL;

	if (!gathered || frame->recursive)
		return;
	story_works_add(picker->works, &gathered->kind, frame);
	if (story_focus_is(picker->focus, frame))
		gathered->focus_ns += frame->total_ns;
}

static void on_closed(void *user, struct fdar_walk_session *session)
{
	struct fdar_story_picker *picker = user;
	const struct gathered *gathered = session->user;
	struct candidate candidate = { .id = session->id, .kind = gathered->kind };

	candidate.measure_ns =
		picker->choice.focus ? gathered->focus_ns : session->end_ns - session->begin_ns;
	g_hash_table_remove(picker->open, session->user);
	session->user = NULL;
	picker->sessions++;
	picker->unfinished += session->state == FDAR_SESSION_UNFINISHED;
	if (picker->candidates->len < FDAR_STORY_SESSIONS_MAX &&
	    is_candidate(&picker->choice, session) &&
	    (!picker->choice.accept || picker->choice.accept(picker->choice.accept_user, session)))
		g_array_append_val(picker->candidates, candidate);
}

struct fdar_story_picker *fdar_story_picker_new(const struct fdar_story_choice *choice,
						struct fdar_symbols *symbols, fdar_text_fn text,
						const void *texts)
{
	static const struct fdar_walk_visitor visitor = {
		.session_opened = on_opened,
		.session_closed = on_closed,
		.frame = on_frame,
	};
	struct fdar_story_picker *picker = g_new0(struct fdar_story_picker, 1);

	picker->choice = *choice;
	picker->focus = story_focus_new(symbols, text, texts, choice->focus);
	picker->works = story_works_new(symbols, text, texts);
	picker->candidates = g_array_new(FALSE, FALSE, sizeof(struct candidate));
	picker->open = g_hash_table_new_full(NULL, NULL, g_free, NULL);
	picker->walk = fdar_walk_new(&visitor, picker);
	fdar_walk_set_unit(picker->walk, choice->unit);
	fdar_walk_set_texts(picker->walk, text, texts);
	return picker;
}

struct fdar_walk *fdar_story_picker_walk(struct fdar_story_picker *picker)
{
	return picker->walk;
}

static int by_measure(gconstpointer a, gconstpointer b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;

	if (x->measure_ns != y->measure_ns)
		return x->measure_ns < y->measure_ns ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_id(gconstpointer a, gconstpointer b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* The index of the first candidate, sorted by measure, that is not below the mean. */
static guint first_above_mean(const GArray *candidates)
{
	double sum = 0;
	guint first = 0;

	for (guint i = 0; i < candidates->len; i++)
		sum += (double)g_array_index(candidates, struct candidate, i).measure_ns;
	while (first + 1 < candidates->len &&
	       (double)g_array_index(candidates, struct candidate, first).measure_ns <
		       sum / candidates->len)
		first++;
	return first;
}

static unsigned distance_at(const GArray *candidates, guint i, const struct fdar_story_work *alike)
{
	return story_work_distance(&g_array_index(candidates, struct candidate, i).kind, alike);
}

/* By how much a candidate may differ from what it is to be alike: the least, so long as FEW are that near; else a
 * bit more, for one that is nearest by itself may be an odd one. */
static unsigned distance_of_few(const GArray *candidates, const struct fdar_story_work *alike)
{
	static const struct fdar_story_work nothing;
	unsigned slack = story_work_distance(alike, &nothing) / SLACK_PART;
	g_autofree guint *at =
		g_new0(guint, slack + 1); /* candidates, by distance from the least */
	unsigned least = UINT_MAX, more = 0;
	guint near;

	for (guint i = 0; i < candidates->len; i++)
		least = MIN(least, distance_at(candidates, i, alike));
	for (guint i = 0; i < candidates->len; i++) {
		unsigned distance = distance_at(candidates, i, alike) - least;

		if (distance <= slack)
			at[distance]++;
	}
	for (near = at[0]; near < FEW && more < slack; near += at[more])
		more++;
	return least + more;
}

/* Leaves those that differ little from what they are to be alike. */
static void keep_alike(GArray *candidates, const struct fdar_story_work *alike)
{
	unsigned most = distance_of_few(candidates, alike);
	guint kept = 0;

	for (guint i = 0; i < candidates->len; i++) {
		struct candidate candidate = g_array_index(candidates, struct candidate, i);

		if (story_work_distance(&candidate.kind, alike) <= most)
			g_array_index(candidates, struct candidate, kept++) = candidate;
	}
	g_array_set_size(candidates, kept);
}

static const struct candidate *decide(struct fdar_story_picker *picker)
{
	GArray *all = picker->candidates;
	guint at = 0;

	if (picker->choice.pick == FDAR_PICK_ALIKE)
		keep_alike(all, picker->choice.alike);
	g_array_sort(all, picker->choice.pick < FDAR_PICK_PEER ? by_measure : by_id);
	if (picker->choice.pick == FDAR_PICK_WORST)
		at = all->len - 1;
	else if (picker->choice.pick == FDAR_PICK_MEDIAN || picker->choice.pick == FDAR_PICK_ALIKE)
		at = (all->len - 1) / 2;
	else if (picker->choice.pick == FDAR_PICK_HEAVY)
		at = (first_above_mean(all) + all->len - 1) / 2;
	return &g_array_index(all, struct candidate, at);
}

void fdar_story_picker_finish(struct fdar_story_picker *picker, struct fdar_story_picked *picked)
{
	fdar_walk_finish(picker->walk);
	*picked = (struct fdar_story_picked){ .sessions = picker->sessions,
					      .unfinished = picker->unfinished };
	if (picker->candidates->len > 0) {
		const struct candidate *candidate = decide(picker);

		picked->id = candidate->id;
		picked->measure_ns = candidate->measure_ns;
		picked->kind = candidate->kind;
	}
}

void fdar_story_picker_free(struct fdar_story_picker *picker)
{
	if (!picker)
		return;
	fdar_walk_free(picker->walk);
	story_focus_free(picker->focus);
	story_works_free(picker->works);
	g_hash_table_unref(picker->open);
	g_array_unref(picker->candidates);
	g_free(picker);
}
