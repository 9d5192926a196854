#include "replay/reduce/shorten.h"

#include <assert.h>

/* Questions about one set, at most: as in search.c. */
#define MOST 15u

struct shortening {
	struct fdar_tries *tries;
	const struct fdar_reduce_options *options;
	GArray *left, *without; /* uint32_t: what hurts, and a try */
	uint64_t asked_most;
	gboolean over, stopped;
};

static enum fdar_answer ask(struct shortening *all, const GArray *units, unsigned accept,
			    unsigned reject)
{
	const struct fdar_try set = { (const uint32_t *)(const void *)units->data, units->len,
				      all->options->intensity };
	uint64_t asked = fdar_tries_runs(all->tries) + fdar_tries_recalled(all->tries);
	enum fdar_answer answer;

	if (all->asked_most && asked >= all->asked_most) {
		all->over = TRUE;
		return FDAR_ANSWER_STOP;
	}
	answer = fdar_tries_ask(all->tries, &set, accept, reject, MOST);
	all->stopped |= answer == FDAR_ANSWER_STOP;
	all->over |= all->stopped;
	return answer;
}

static void tell(const struct shortening *all)
{
	struct fdar_try best = { (const uint32_t *)(const void *)all->left->data, all->left->len,
				 all->options->intensity };

	if (all->options->better)
		all->options->better(all->options->user, &best);
}

/* Each chunk of that size once, from the last on. */
static gboolean leave_out(struct shortening *all, guint size)
{
	unsigned trust = all->options->trust;
	gboolean changed = FALSE;

	for (guint end = all->left->len; end > 0 && !all->over;) {
		guint begin = end > size ? end - size : 0;

		if (end - begin == all->left->len)
			break;
		g_array_set_size(all->without, 0);
		g_array_append_vals(all->without, all->left->data, all->left->len);
		g_array_remove_range(all->without, begin, end - begin);
		if (ask(all, all->without, trust, 1) == FDAR_ANSWER_HURTS) {
			g_array_remove_range(all->left, begin, end - begin);
			changed = TRUE;
			tell(all);
		}
		end = begin;
	}
	return changed;
}

/* What a wrong yes has left out comes back. A bound that is reached just now is no reason to trust it. */
static void check(struct shortening *all, const GArray *before)
{
	unsigned trust = all->options->trust;
	enum fdar_answer answer;

	if (trust == 1)
		return;
	all->asked_most += all->asked_most ? MOST : 0;
	answer = ask(all, all->left, trust + 1, trust);
	all->asked_most -= all->asked_most ? MOST : 0;
	if (answer == FDAR_ANSWER_HURTS)
		return;
	g_array_set_size(all->left, 0);
	g_array_append_vals(all->left, before->data, before->len);
	tell(all);
}

GArray *fdar_shorten_run(struct fdar_tries *tries, const struct fdar_reduce_options *options,
			 uint64_t asked_most, gboolean *stopped)
{
	struct shortening all = { .tries = tries, .options = options, .asked_most = asked_most };
	g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	guint size = 1;

	assert(options->units > 0 && options->trust > 0 && options->intensity > 0);
	all.left = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	all.without = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (uint32_t unit = 0; unit < options->units; unit++)
		g_array_append_val(all.left, unit);
	while (size < (options->units + 1) / 2)
		size *= 2;
	for (; size && !all.over; size /= 2) {
		g_array_set_size(before, 0);
		g_array_append_vals(before, all.left->data, all.left->len);
		if (leave_out(&all, size))
			check(&all, before);
	}
	g_array_unref(all.without);
	*stopped = all.stopped;
	return all.left;
}
