#include "replay/reduce/search.h"

#include <assert.h>
#include <stdlib.h>

/* Questions about one set, at most: an oracle that is right more often than not has decided by
 * then, and the others are not worth more. */
#define MOST 15u

/* How often it may go back, before the oracle is said to be of no use. */
#define BACK_MAX 40u

static int by_weight(gconstpointer a, gconstpointer b, gpointer data)
{
	const double *weights = data;
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	if (weights[one] != weights[other])
		return weights[one] > weights[other] ? -1 : 1;
	return one < other ? -1 : one > other;
}

static int by_number(gconstpointer a, gconstpointer b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return one < other ? -1 : one > other;
}

void fdar_search_init(struct fdar_search *search, struct fdar_tries *tries,
		      const struct fdar_reduce_options *options, const GArray *without)
{
	g_autofree uint8_t *out = g_malloc0(options->units);

	*search = (struct fdar_search){ .tries = tries, .options = options };
	search->order = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	search->found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	search->asked = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	search->steps = g_array_new(FALSE, FALSE, sizeof(struct fdar_step));
	for (guint i = 0; without && i < without->len; i++)
		out[g_array_index(without, uint32_t, i)] = 1;
	for (uint32_t unit = 0; unit < options->units; unit++)
		if (!out[unit])
			g_array_append_val(search->order, unit);
	if (options->weights)
		g_array_sort_with_data(search->order, by_weight, (gpointer)options->weights);
	search->open = search->order->len;
}

void fdar_search_clear(struct fdar_search *search)
{
	g_array_unref(search->order);
	g_array_unref(search->found);
	g_array_unref(search->asked);
	g_array_unref(search->steps);
}

/* What was found, without one of it (found->len: with all), and the first `open` of the order. */
static struct fdar_try set_of(struct fdar_search *search, guint open, guint skip)
{
	const struct fdar_reduce_options *options = search->options;
	struct fdar_try set;

	g_array_set_size(search->asked, 0);
	g_array_append_vals(search->asked, search->found->data, search->found->len);
	if (skip < search->found->len)
		g_array_remove_index_fast(search->asked, skip);
	g_array_append_vals(search->asked, search->order->data, open);
	g_array_sort(search->asked, by_number);
	set.units = (const uint32_t *)(const void *)search->asked->data;
	set.count = search->asked->len;
	set.intensity =
		options->load ? fdar_try_copies(options->load, set.count) : options->intensity;
	return set;
}

static enum fdar_answer ask(struct fdar_search *search, guint open, guint skip, unsigned accept,
			    unsigned reject)
{
	struct fdar_try set = set_of(search, open, skip);

	/* Nothing hurts nobody, and cannot be played. */
	if (!set.count)
		return FDAR_ANSWER_NOT;
	return fdar_tries_ask(search->tries, &set, accept, reject, MOST);
}

struct fdar_try fdar_search_best(struct fdar_search *search)
{
	return set_of(search, search->open, search->found->len);
}

/* The set at hand is one that hurts, or was believed to. */
static void tell(struct fdar_search *search)
{
	struct fdar_try best;

	if (!search->options->better)
		return;
	best = fdar_search_best(search);
	search->options->better(search->options->user, &best);
}

static void step(struct fdar_search *search, guint open)
{
	struct fdar_step now = { search->found->len, open };

	search->open = open;
	g_array_append_val(search->steps, now);
	tell(search);
}

/* Where some stand out, 1, 2, 4, ... of them: among all others what they do may not show. */
static enum fdar_answer heaviest(struct fdar_search *search)
{
	guint all = search->open;

	for (guint open = 1; open < all; open = MIN(2 * open, all)) {
		enum fdar_answer answer =
			ask(search, open, search->found->len, search->options->trust, 1);

		if (answer == FDAR_ANSWER_HURTS)
			search->open = open;
		if (answer != FDAR_ANSWER_NOT)
			return answer;
	}
	return FDAR_ANSWER_NOT;
}

enum fdar_answer fdar_search_whole(struct fdar_search *search)
{
	unsigned trust = search->options->trust;
	enum fdar_answer answer = FDAR_ANSWER_NOT;

	if (search->options->weights)
		answer = heaviest(search);
	return answer == FDAR_ANSWER_NOT
		       ? ask(search, search->open, search->found->len, trust, trust)
		       : answer;
}

/* To the last set that hurts when it is asked about again. found is cut, and its later units are
 * where they were: each was the last open one. */
static enum fdar_reduce_end go_back(struct fdar_search *search)
{
	unsigned trust = search->options->trust;

	search->went_back++;
	while (search->steps->len && search->went_back <= BACK_MAX) {
		struct fdar_step *last =
			&g_array_index(search->steps, struct fdar_step, search->steps->len - 1);
		enum fdar_answer answer;

		g_array_set_size(search->found, last->found);
		search->open = last->open;
		answer = ask(search, search->open, search->found->len, trust, trust);
		if (answer == FDAR_ANSWER_STOP)
			return FDAR_REDUCE_STOPPED;
		if (answer == FDAR_ANSWER_HURTS) {
			tell(search);
			return FDAR_REDUCE_DONE;
		}
		g_array_set_size(search->steps, search->steps->len - 1);
	}
	return FDAR_REDUCE_DOUBTFUL;
}

/* open becomes the least number of open units that hurts with what was found. */
static enum fdar_answer shortest(struct fdar_search *search)
{
	guint lo = 0;

	while (search->open - lo > 1) {
		guint try = lo + (search->open - lo) / 2;
		enum fdar_answer answer =
			ask(search, try, search->found->len, search->options->trust, 1);

		if (answer == FDAR_ANSWER_STOP)
			return answer;
		if (answer == FDAR_ANSWER_HURTS) {
			step(search, try);
		} else {
			lo = try;
		}
	}
	return FDAR_ANSWER_HURTS;
}

/* Finds what is needed, one unit a round. DONE when what was found hurts alone. */
static enum fdar_reduce_end collect(struct fdar_search *search)
{
	unsigned trust = search->options->trust;

	while (search->open) {
		enum fdar_answer answer = ask(search, 0, search->found->len, trust, 1);

		if (answer == FDAR_ANSWER_HURTS) {
			step(search, 0);
			break;
		}
		if (answer == FDAR_ANSWER_STOP || shortest(search) == FDAR_ANSWER_STOP)
			return FDAR_REDUCE_STOPPED;
		/* The set stays the same: the last open unit is one of the found now. */
		search->open--;
		g_array_append_val(search->found,
				   g_array_index(search->order, uint32_t, search->open));
		answer = trust == 1
				 ? FDAR_ANSWER_HURTS
				 : ask(search, search->open, search->found->len, trust + 1, trust);
		if (answer == FDAR_ANSWER_STOP)
			return FDAR_REDUCE_STOPPED;
		if (answer == FDAR_ANSWER_NOT) {
			enum fdar_reduce_end end = go_back(search);

			if (end != FDAR_REDUCE_DONE)
				return end;
		}
	}
	return FDAR_REDUCE_DONE;
}

/* Leaves each found unit out once, until none can be. TRUE in *changed when one could. */
static enum fdar_reduce_end thin(struct fdar_search *search, gboolean *changed)
{
	unsigned trust = search->options->trust;
	guint i = search->found->len;

	*changed = FALSE;
	/* From the first that was found on: only there a wrong no can have left one too many, the
	 * last is what the others did not hurt without. */
	while (i-- > 0) {
		enum fdar_answer answer;

		if (search->found->len == 1)
			break;
		answer = ask(search, 0, i, trust + (trust > 1), trust);
		if (answer == FDAR_ANSWER_STOP)
			return FDAR_REDUCE_STOPPED;
		if (answer != FDAR_ANSWER_HURTS)
			continue;
		g_array_remove_index(search->found, i);
		*changed = TRUE;
		tell(search);
	}
	return FDAR_REDUCE_DONE;
}

/* What was found hurts alone, asked about once more. */
static enum fdar_reduce_end finish(struct fdar_search *search, gboolean *held)
{
	gboolean changed = TRUE;
	unsigned trust = search->options->trust;
	enum fdar_answer answer;

	*held = TRUE;
	if (trust > 1) {
		answer = ask(search, 0, search->found->len, trust + 1, trust);
		if (answer == FDAR_ANSWER_STOP)
			return FDAR_REDUCE_STOPPED;
		*held = answer == FDAR_ANSWER_HURTS;
		if (!*held)
			return go_back(search);
	}
	while (changed) {
		enum fdar_reduce_end end = thin(search, &changed);

		if (end != FDAR_REDUCE_DONE)
			return end;
	}
	return FDAR_REDUCE_DONE;
}

enum fdar_reduce_end fdar_search_run(struct fdar_search *search)
{
	gboolean held = FALSE;

	assert(search->open > 0 && search->found->len == 0);
	step(search, search->open);
	while (!held) {
		enum fdar_reduce_end end = collect(search);

		if (end == FDAR_REDUCE_DONE)
			end = finish(search, &held);
		if (end != FDAR_REDUCE_DONE)
			return end;
	}
	return FDAR_REDUCE_DONE;
}
