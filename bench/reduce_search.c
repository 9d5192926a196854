/*
 * How many questions a search asks for the smallest set that hurts: `flowdar reduce`'s, ddmin and
 * plain bisection, with the same oracle, over the same seeds. bench/reduce.sh runs it.
 *
 * ddmin is Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), with a
 * cache of the sets that were tested. Bisection keeps a half that hurts, and ends when none does.
 */
#include <stdio.h>
#include <string.h>

#include "replay/reduce/reduce.h"
#include "tests/unit/kit/guilty.h"

#define SEEDS 20

struct sum {
	uint64_t asked;
	unsigned exact;
	uint64_t left;
};

static gboolean hurts(struct fdar_tries *tries, const GArray *set)
{
	struct fdar_try asked = { (const uint32_t *)(const void *)set->data, set->len, 1 };

	return set->len && fdar_tries_ask(tries, &asked, 1, 1, 1) == FDAR_ANSWER_HURTS;
}

static GArray *part_of(const GArray *set, guint parts, guint part, gboolean without)
{
	GArray *result = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	guint from = (guint)((uint64_t)set->len * part / parts);
	guint to = (guint)((uint64_t)set->len * (part + 1) / parts);

	for (guint i = 0; i < set->len; i++)
		if ((i >= from && i < to) != without)
			g_array_append_val(result, g_array_index(set, uint32_t, i));
	return result;
}

/* The first part, or the first without a part, that hurts; NULL for none. */
static GArray *hurting_part(struct fdar_tries *tries, const GArray *set, guint parts,
			    gboolean without)
{
	for (guint part = 0; part < parts; part++) {
		GArray *one = part_of(set, parts, part, without);

		if (hurts(tries, one))
			return one;
		g_array_unref(one);
	}
	return NULL;
}

static GArray *ddmin(struct fdar_tries *tries, GArray *set)
{
	guint parts = 2;

	while (set->len > 1) {
		GArray *next = hurting_part(tries, set, parts, FALSE);
		guint then = 2;

		if (!next && parts > 2) {
			next = hurting_part(tries, set, parts, TRUE);
			then = MAX(parts - 1, 2);
		}
		if (!next && parts >= set->len)
			break;
		if (next) {
			g_array_unref(set);
			set = next;
			parts = then;
		} else {
			parts *= 2;
		}
		parts = MIN(parts, set->len);
	}
	return set;
}

static GArray *bisection(struct fdar_tries *tries, GArray *set)
{
	GArray *half;

	while (set->len > 1 && (half = hurting_part(tries, set, 2, FALSE)) != NULL) {
		g_array_unref(set);
		set = half;
	}
	return set;
}

static GArray *ours(struct fdar_tries *tries, GArray *set)
{
	struct fdar_reduce_options options = { .units = set->len, .intensity = 1, .trust = 1 };
	struct fdar_reduced result;
	GArray *units;

	fdar_reduce_run(tries, &options, &result);
	units = g_array_ref(result.units);
	fdar_reduced_clear(&result);
	g_array_unref(set);
	return units;
}

static GArray *every(uint32_t units)
{
	GArray *set = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t i = 0; i < units; i++)
		g_array_append_val(set, i);
	return set;
}

static struct sum measure(GArray *(*search)(struct fdar_tries *, GArray *), uint32_t units,
			  uint32_t count)
{
	struct sum sum = { 0 };

	for (guint32 seed = 1; seed <= SEEDS; seed++) {
		struct guilty guilty;
		struct fdar_tries *tries;
		GArray *left;

		guilty_init(&guilty, units, count, seed);
		guilty.together = TRUE;
		tries = fdar_tries_new(guilty_oracle, NULL, &guilty);
		left = search(tries, every(units));
		sum.exact += guilty_exactly(&guilty, left) ? 1 : 0;
		sum.left += left->len;
		sum.asked += guilty.asked;
		g_array_unref(left);
		fdar_tries_free(tries);
		guilty_clear(&guilty);
	}
	return sum;
}

int main(void)
{
	static const uint32_t sizes[] = { 200, 1000, 5000 }, counts[] = { 1, 2, 3, 5 };
	static const struct {
		const char *name;
		GArray *(*search)(struct fdar_tries *, GArray *);
	} searches[] = { { "reduce", ours }, { "ddmin", ddmin }, { "bisection", bisection } };

	printf("%8s %6s", "sessions", "guilty");
	for (unsigned i = 0; i < G_N_ELEMENTS(searches); i++)
		printf("  | %9s questions  exact  left", searches[i].name);
	printf("\n");
	for (unsigned size = 0; size < G_N_ELEMENTS(sizes); size++)
		for (unsigned count = 0; count < G_N_ELEMENTS(counts); count++) {
			printf("%8u %6u", sizes[size], counts[count]);
			for (unsigned i = 0; i < G_N_ELEMENTS(searches); i++) {
				struct sum sum =
					measure(searches[i].search, sizes[size], counts[count]);

				printf("  | %19.1f %3u/%2u %5.1f", (double)sum.asked / SEEDS,
				       sum.exact, SEEDS, (double)sum.left / SEEDS);
			}
			printf("\n");
		}
	return 0;
}
