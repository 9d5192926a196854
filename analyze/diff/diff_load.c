/*
 * Whether the sides were asked for the same. Ten times the requests a session, or the same requests at
 * another pace, make a server look different that is the same.
 */
#include "analyze/diff/diff_private.h"

/* More of everything by this much is another amount of work. */
#define WORK_RATIO 2.0
/* The rate of sessions may differ by this, how many are open at once by DIFF_OPEN_RATIO. */
#define RATE_RATIO 2.0
/* One session after the other, without a pause that matters. */
#define NO_PAUSE 0.8
/* A machine that is slower than this by itself is none to measure on. */
#define MACHINE_MAX 3.0
/* So many other rows, with so much of the time, tell how much slower everything is. */
#define OTHERS_MIN  3u
#define OTHERS_PART 0.2

static double apart(double a, double b)
{
	return a > 0 && b > 0 ? MAX(a, b) / MIN(a, b) : 1;
}

/* Requests where the server tells them; else what is read and how often it was, both. */
double diff_work_ratio(const struct fdar_diff *diff)
{
	const struct fdar_diff_sessions *before = &diff->baseline, *after = &diff->subject;
	double ratio = 1;

	if (diff->unit == FDAR_UNIT_REQUEST || diff->whole_run)
		return 1;
	if (before->requests > 0 && after->requests > 0)
		ratio = after->requests / before->requests;
	else if (before->io_calls > 0 && after->io_calls > 0 && before->bytes_in > 0)
		ratio = MIN(after->io_calls / before->io_calls, after->bytes_in / before->bytes_in);
	return ratio >= WORK_RATIO ? ratio : 1;
}

/* A server that got slow makes clients that wait for it come less often, with as many open; or makes
 * sessions pile up of clients who don't. Where both differ, the clients do. One client after the other
 * pauses in between: the pause is its own. */
static gboolean is_other_pace(const struct fdar_diff *diff)
{
	const struct fdar_diff_sessions *before = &diff->baseline, *after = &diff->subject;

	if (!(before->rate > 0 && after->rate > 0) || apart(before->rate, after->rate) < RATE_RATIO)
		return FALSE;
	/* Hardly any pause: they come one on the heels of the other. */
	if (before->open < 1 && after->open < 1 && MAX(before->open, after->open) >= NO_PAUSE)
		return MIN(before->open, after->open) < NO_PAUSE / 2;
	if (before->open < 1 && after->open < 1) {
		double pause = 1e9 / before->rate - before->lifetime_ns;
		double other = 1e9 / after->rate - after->lifetime_ns;

		return pause > 0 && other > 0 && apart(pause, other) >= RATE_RATIO;
	}
	return apart(before->open, after->open) >= DIFF_OPEN_RATIO;
}

struct slower {
	double ratio;
	double weight;
};

static gint by_ratio(gconstpointer a, gconstpointer b)
{
	const struct slower *left = a, *right = b;

	return (left->ratio > right->ratio) - (left->ratio < right->ratio);
}

double diff_machine(const struct fdar_diff *diff, const struct fdar_diff_row *without)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct slower));
	double weight = 0, below = 0;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		struct slower one = { row->ratio, row->baseline.own_ns };

		if (row == without || !diff_row_runs(row) || row->presence != FDAR_IN_BOTH ||
		    !(one.weight > 0))
			continue;
		g_array_append_val(all, one);
		weight += one.weight;
	}
	if (all->len < OTHERS_MIN || weight < OTHERS_PART * diff->baseline.running_ns)
		return 1;
	g_array_sort(all, by_ratio);
	for (guint i = 0; i < all->len; i++) {
		const struct slower *one = &g_array_index(all, struct slower, i);

		below += one->weight;
		if (below >= weight / 2)
			return CLAMP(one->ratio, 1, MACHINE_MAX);
	}
	return 1;
}

/* Of functions with so little nothing is known. */
#define MOST_LEAST_NS 50

/* What only counts, or copies, is as fast as ever on a machine whose kernel and caches are others': so whatever time a
 * function has, it has one vote. */
double diff_most_others(const struct diff_work *work, const struct fdar_diff_row *without)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct slower));

	for (uint32_t i = 0; i < work->diff->row_count; i++) {
		const struct fdar_diff_row *row = &work->diff->rows[i];
		struct slower one = { row->ratio, 1 };

		if (row != without && diff_row_runs(row) && row->presence == FDAR_IN_BOTH &&
		    row->baseline.own_ns >= MOST_LEAST_NS)
			g_array_append_val(all, one);
	}
	if (all->len < 2 * OTHERS_MIN)
		return 1;
	g_array_sort(all, by_ratio);
	return g_array_index(all, struct slower, all->len / 2).ratio;
}

void diff_load_find(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	diff->load = (struct fdar_diff_load){
		.work = diff_work_ratio(diff),
		.asked = work->options.asked,
		.pace = !diff->whole_run && is_other_pace(diff),
		.machine = diff_machine(diff, NULL),
	};
}
