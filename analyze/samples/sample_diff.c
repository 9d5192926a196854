#include "analyze/samples/sample_diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEALS_MAX     999u
#define DEALS_MIN     199u
#define WORK_MAX      200000000u /* counts that are looked at, in all deals together */
#define SEED          UINT64_C(0x5eed0f5a3b1e5)
#define SAMPLES_OF    3u /* a function with fewer cannot hold an increase of nine */
#define CARRIES_LEAST 0.5

enum { BASELINE, SUBJECT, SIDES };

const char *fdar_sample_outcome_name(enum fdar_sample_outcome outcome)
{
	static const char *const names[] = { "no sessions",     "other rate", "too few sessions",
					     "too few samples", "nothing",    "found" };

	return names[outcome];
}

/* ---- rows ---- */

static char *key_of(const struct fdar_sample_entry *entry)
{
	return g_strconcat(entry->function, "\1", entry->component, NULL);
}

/* Component -> its build. */
static GHashTable *builds_of(const struct fdar_sample_profile *profile)
{
	GHashTable *builds = g_hash_table_new(g_str_hash, g_str_equal);

	for (uint32_t i = 0; i < profile->entry_count; i++)
		g_hash_table_insert(builds, profile->entries[i].component,
				    profile->entries[i].build_id);
	return builds;
}

/* Where it begins says nothing of another build. */
static gboolean is_loose(const struct fdar_sample_entry *entry, GHashTable *others_builds)
{
	const char *build = g_hash_table_lookup(others_builds, entry->component);

	return entry->kind == FDAR_SAMPLE_UNNAMED && build && strcmp(build, entry->build_id) != 0;
}

static void add_entry(GArray *rows, GHashTable *known, const struct fdar_sample_entry *entry,
		      uint32_t id, int side, GHashTable *others_builds)
{
	char *key = key_of(entry);
	gpointer found = g_hash_table_lookup(known, key);
	struct fdar_sample_row fresh = { .function = entry->function,
					 .component = entry->component,
					 .kind = entry->kind,
					 .ids = { FDAR_SAMPLED_NONE, FDAR_SAMPLED_NONE } };
	struct fdar_sample_row *row;

	if (found) {
		g_free(key);
	} else {
		g_array_append_val(rows, fresh);
		found = GUINT_TO_POINTER(rows->len);
		g_hash_table_insert(known, key, found);
	}
	row = &g_array_index(rows, struct fdar_sample_row, GPOINTER_TO_UINT(found) - 1);
	row->ids[side] = id;
	row->own[side] = entry->own;
	row->samples[side] = entry->total;
	row->depth += (double)entry->depth;
	row->is_loose = row->is_loose || is_loose(entry, others_builds);
}

static int by_added(const void *a, const void *b)
{
	const struct fdar_sample_row *x = a, *y = b;
	int names;

	if (x->added_ns != y->added_ns)
		return x->added_ns > y->added_ns ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth > y->depth ? -1 : 1;
	names = strcmp(x->function, y->function);
	return names ? names : strcmp(x->component, y->component);
}

static double per_session(const struct fdar_sample_diff *diff, uint64_t samples, int side)
{
	return (double)samples * (double)diff->periods_ns[side] /
	       MAX((double)diff->sessions[side], 1);
}

static void make_rows(struct fdar_sample_diff *diff,
		      const struct fdar_sample_profile *const profiles[SIDES])
{
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(struct fdar_sample_row));
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int side = BASELINE; side < SIDES; side++) {
		const struct fdar_sample_profile *profile = profiles[side];
		g_autoptr(GHashTable) builds = builds_of(profiles[SUBJECT - side]);

		for (uint32_t i = 0; i < profile->entry_count; i++)
			add_entry(rows, known, &profile->entries[i], i, side, builds);
	}
	for (guint i = 0; i < rows->len; i++) {
		struct fdar_sample_row *row = &g_array_index(rows, struct fdar_sample_row, i);

		for (int side = BASELINE; side < SIDES; side++) {
			row->own_ns[side] = per_session(diff, row->own[side], side);
			row->total_ns[side] = per_session(diff, row->samples[side], side);
		}
		row->added_ns = row->total_ns[SUBJECT] - row->total_ns[BASELINE];
		row->depth /= (double)(row->samples[BASELINE] + row->samples[SUBJECT]);
	}
	diff->row_count = rows->len;
	diff->rows = (struct fdar_sample_row *)(void *)g_array_free(rows, FALSE);
	qsort(diff->rows, diff->row_count, sizeof(*diff->rows), by_added);
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (!diff->rows[i].is_loose)
			diff->most_ns = MAX(diff->most_ns, diff->rows[i].added_ns);
}

/* ---- is it chance? ---- */

/* splitmix64 (Steele, Lea, Flood 2014): the same deals each time. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The counts of what is tested, one function after the other: sessions of both sides, in one numbering. */
struct deck {
	GArray *counts;    /* of struct fdar_sample_count */
	GArray *ends;      /* of guint: of each function's counts */
	GArray *samples;   /* of double: of each function, on both sides */
	uint32_t *cards;   /* sessions, in the order in which they are dealt */
	uint8_t *is_dealt; /* to the subject */
};

static void add_counts(struct deck *deck, const struct fdar_sample_profile *profile, uint32_t id,
		       uint64_t first)
{
	if (id == FDAR_SAMPLED_NONE)
		return;
	for (guint i = 0; i < profile->entries[id].counts->len; i++) {
		struct fdar_sample_count count =
			g_array_index(profile->entries[id].counts, struct fdar_sample_count, i);

		count.session += (uint32_t)first;
		g_array_append_val(deck->counts, count);
	}
}

static void deck_init(struct deck *deck, const struct fdar_sample_diff *diff,
		      const struct fdar_sample_profile *const profiles[SIDES])
{
	uint64_t all = diff->sessions[BASELINE] + diff->sessions[SUBJECT];

	deck->counts = g_array_new(FALSE, FALSE, sizeof(struct fdar_sample_count));
	deck->ends = g_array_new(FALSE, FALSE, sizeof(guint));
	deck->samples = g_array_new(FALSE, FALSE, sizeof(double));
	deck->cards = g_new(uint32_t, all);
	deck->is_dealt = g_new(uint8_t, all);
	for (uint32_t i = 0; i < all; i++)
		deck->cards[i] = i;
	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_sample_row *row = &diff->rows[i];
		double samples = (double)(row->samples[BASELINE] + row->samples[SUBJECT]);

		if (row->is_loose || samples < SAMPLES_OF)
			continue;
		add_counts(deck, profiles[BASELINE], row->ids[BASELINE], 0);
		add_counts(deck, profiles[SUBJECT], row->ids[SUBJECT], diff->sessions[BASELINE]);
		g_array_append_val(deck->ends, deck->counts->len);
		g_array_append_val(deck->samples, samples);
	}
}

static void deck_clear(struct deck *deck)
{
	g_array_unref(deck->counts);
	g_array_unref(deck->ends);
	g_array_unref(deck->samples);
	g_free(deck->cards);
	g_free(deck->is_dealt);
}

/* The largest increase of any function, in samples a session, when the subject is a random choice. */
static double deal(struct deck *deck, const uint64_t sessions[SIDES], uint64_t *random)
{
	uint64_t all = sessions[BASELINE] + sessions[SUBJECT];
	double most = 0;
	guint at = 0;

	memset(deck->is_dealt, 0, all);
	for (uint64_t i = 0; i < sessions[SUBJECT]; i++) {
		uint64_t other = i + next_random(random) % (all - i);
		uint32_t card = deck->cards[other];

		deck->cards[other] = deck->cards[i];
		deck->cards[i] = card;
		deck->is_dealt[card] = 1;
	}
	for (guint f = 0; f < deck->ends->len; f++) {
		guint end = g_array_index(deck->ends, guint, f);
		double dealt = 0, rest;

		for (; at < end; at++) {
			const struct fdar_sample_count *count =
				&g_array_index(deck->counts, struct fdar_sample_count, at);

			dealt += deck->is_dealt[count->session] ? count->count : 0;
		}
		rest = g_array_index(deck->samples, double, f) - dealt;
		most = MAX(most,
			   dealt / (double)sessions[SUBJECT] - rest / (double)sessions[BASELINE]);
	}
	return most;
}

/* The part of the deals in which any function differs by added_ns; the sides as they were are one of them. */
static double test(const struct fdar_sample_diff *diff,
		   const struct fdar_sample_profile *const profiles[SIDES], double added_ns)
{
	double most = added_ns / (double)diff->period_ns * (1 - 1e-9);
	uint64_t random = SEED, deals, as_much = 0;
	struct deck deck;

	deck_init(&deck, diff, profiles);
	deals = CLAMP(WORK_MAX / MAX(deck.counts->len, 1), DEALS_MIN, DEALS_MAX);
	for (uint64_t i = 0; i < deals; i++)
		as_much += deal(&deck, diff->sessions, &random) >= most;
	deck_clear(&deck);
	return (double)(1 + as_much) / (double)(1 + deals);
}

/* ---- the verdict ---- */

/* How much so many samples vary by themselves, a session. */
static double chance_ns(const struct fdar_sample_diff *diff, double samples)
{
	double fewest = (double)MIN(diff->sessions[BASELINE], diff->sessions[SUBJECT]);

	return sqrt(MAX(samples, 0)) * (double)diff->period_ns / MAX(fewest, 1);
}

/* Whether a function that is not in it has more than a tenth of the largest increase by itself: then that is no
 * chance. What is less deep is not in it. */
static gboolean has_rival(const struct fdar_sample_diff *diff, const struct fdar_sample_row *row)
{
	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_sample_row *other = &diff->rows[i];
		double own_ns = other->own_ns[SUBJECT] - other->own_ns[BASELINE];
		double samples = (double)(other->own[BASELINE] + other->own[SUBJECT]);

		if (!other->is_loose && other->depth < row->depth &&
		    own_ns - chance_ns(diff, samples) > (1 - FDAR_SAMPLE_CARRIES) * diff->most_ns)
			return TRUE;
	}
	return FALSE;
}

/* Whether it has nine tenths of the largest increase, as far as samples can tell: those that are not in it vary by
 * themselves, by the root of their number (twice that, where they are no single function's), and are no part
 * of the increase up to that, nor of more than half of it: beside many samples that is all there is. */
static gboolean carries(const struct fdar_sample_diff *diff, const struct fdar_sample_row *most,
			const struct fdar_sample_row *row)
{
	double others = (double)(most->samples[BASELINE] + most->samples[SUBJECT]) -
			(double)(row->samples[BASELINE] + row->samples[SUBJECT]);
	double least_ns = FDAR_SAMPLE_CARRIES * diff->most_ns - chance_ns(diff, others);

	if (row->added_ns < CARRIES_LEAST * diff->most_ns)
		return FALSE;
	return row->added_ns >= least_ns ||
	       (row->added_ns >= least_ns - chance_ns(diff, others) && !has_rival(diff, row));
}

/* The deepest that carries the increase; of those at one depth the first, which carries most. */
static uint32_t deepest(const struct fdar_sample_diff *diff, gboolean with_name)
{
	const struct fdar_sample_row *most = NULL;
	uint32_t best = FDAR_SAMPLED_NONE;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_sample_row *row = &diff->rows[i];

		if (!most && !row->is_loose)
			most = row; /* they are in the order of what they added */
		if (row->is_loose || (with_name && row->kind != FDAR_SAMPLE_NAMED) ||
		    !carries(diff, most, row))
			continue;
		if (best == FDAR_SAMPLED_NONE || row->depth > diff->rows[best].depth)
			best = i;
	}
	return best;
}

/* People know functions by their names: one without, or the kernel's, is told beside the one that it is
 * called from. */
static void choose(struct fdar_sample_diff *diff)
{
	diff->deepest = deepest(diff, FALSE);
	diff->culprit = deepest(diff, TRUE);
	if (diff->culprit == FDAR_SAMPLED_NONE)
		diff->culprit = diff->deepest;
}

static enum fdar_sample_outcome decide(struct fdar_sample_diff *diff,
				       const struct fdar_sample_profile *const profiles[SIDES])
{
	double fewest = (double)MIN(diff->sessions[BASELINE], diff->sessions[SUBJECT]);
	double added = diff->most_ns / MAX((double)diff->period_ns, 1);
	const struct fdar_sample_row *culprit;

	if (!diff->sessions[BASELINE] || !diff->sessions[SUBJECT])
		return FDAR_SAMPLE_NO_SESSIONS;
	if (profiles[BASELINE]->period_ns != profiles[SUBJECT]->period_ns)
		return FDAR_SAMPLE_OTHER_RATE;
	if (fewest < FDAR_SAMPLE_SESSIONS_MIN)
		return FDAR_SAMPLE_TOO_FEW_SESSIONS;
	if (added <= 0)
		return FDAR_SAMPLE_NOTHING;
	diff->needed = MAX(ceil(FDAR_SAMPLE_ADDED_MIN / added), FDAR_SAMPLE_SESSIONS_MIN);
	choose(diff);
	culprit = &diff->rows[diff->culprit];
	diff->p = test(diff, profiles, culprit->added_ns);
	if (culprit->total_ns[SUBJECT] < FDAR_SAMPLE_RATIO_MIN * culprit->total_ns[BASELINE])
		return FDAR_SAMPLE_NOTHING;
	if (fewest * added < FDAR_SAMPLE_ADDED_SEEN)
		return FDAR_SAMPLE_TOO_FEW_SAMPLES;
	if (diff->p > FDAR_SAMPLE_ALPHA)
		return FDAR_SAMPLE_NOTHING;
	diff->is_spread = culprit->total_ns[BASELINE] > FDAR_SAMPLE_SPREAD * diff->all_ns[BASELINE];
	diff->is_thin = diff->is_spread && diff->samples[BASELINE] < FDAR_SAMPLE_SPREAD_OF;
	diff->is_spread = diff->is_spread && !diff->is_thin;
	return FDAR_SAMPLE_FOUND;
}

struct fdar_sample_diff *fdar_sample_diff_new(const struct fdar_sample_profile *baseline,
					      const struct fdar_sample_profile *subject)
{
	const struct fdar_sample_profile *const profiles[SIDES] = { baseline, subject };
	struct fdar_sample_diff *diff = g_new0(struct fdar_sample_diff, 1);

	diff->period_ns = subject->period_ns;
	diff->culprit = FDAR_SAMPLED_NONE;
	diff->p = 1;
	for (int side = BASELINE; side < SIDES; side++) {
		diff->periods_ns[side] = profiles[side]->period_ns;
		diff->sessions[side] = profiles[side]->sessions;
		diff->samples[side] = profiles[side]->samples;
		diff->all_ns[side] = per_session(diff, diff->samples[side], side);
	}
	make_rows(diff, profiles);
	diff->outcome = decide(diff, profiles);
	return diff;
}

void fdar_sample_diff_free(struct fdar_sample_diff *diff)
{
	if (!diff)
		return;
	g_free(diff->rows);
	g_free(diff);
}
