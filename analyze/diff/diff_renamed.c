/*
 * Functions that a release renamed, or replaced by another one: gone in the subject and new in it, called by
 * the same caller, as often, and about as long. They are compared as one, so that what counts is what
 * changed, and not that a name did.
 */
#include "analyze/diff/diff_private.h"

/* As often: within a tenth. About as long: not twice, or half. */
#define CALLS_RATIO 1.1
#define TIME_RATIO  2.0
/* Callers are renamed, too: so many of them above each other. */
#define PASSES 8

/* A function of one side, per session. */
struct place {
	uint32_t caller; /* index in names: of whoever calls it most; FDAR_PROFILE_NONE: nobody */
	double caller_calls;
	double calls;
	double own_ns;
	gboolean known; /* the side has it, if not in sessions */
};

static void find_places(struct diff_work *work, int which, struct place *places)
{
	const struct diff_side *side = &work->side[which];
	const struct fdar_profile_group *group = side->group;
	double n = (double)MAX(side->sessions, 1);

	for (uint32_t i = 0; i < work->names->function_count; i++)
		places[i] = (struct place){ .caller = FDAR_PROFILE_NONE };
	for (uint32_t f = 0; f < side->profile->function_count; f++)
		places[side->functions[f]].known = TRUE;
	for (uint32_t i = 1; i < group->node_count; i++) {
		const struct fdar_profile_node *node = &group->nodes[i];
		struct place *place = &places[side->functions[node->function]];
		double calls = (double)node->stat.outer_calls / n;

		place->calls += calls;
		place->own_ns += (double)node->stat.own_ns / n;
		if (!node->parent || calls <= place->caller_calls)
			continue;
		place->caller = side->functions[group->nodes[node->parent].function];
		place->caller_calls = calls;
	}
}

static gboolean is_between(double ratio, double most)
{
	return ratio <= most && ratio >= 1 / most;
}

static gboolean can_be(const struct diff_work *work, uint32_t gone, uint32_t fresh,
		       const struct place *before, const struct place *after)
{
	const struct fdar_profile *names = work->names;
	const struct fdar_profile_function *old = &names->functions[gone];
	const struct fdar_profile_function *new = &names->functions[fresh];

	/* A build has one name for each. */
	if (g_hash_table_contains(work->match.same, old->component))
		return FALSE;
	return old->kind == FDAR_FRAME_FUNCTION && new->kind == FDAR_FRAME_FUNCTION &&
	       old->known &&new->known &&g_strcmp0(old->component, new->component) == 0 &&
	       before[gone].caller != FDAR_PROFILE_NONE &&before[gone].caller ==
		       after[fresh].caller &&is_between(diff_ratio(before[gone].calls,
								   after[fresh].calls),
							CALLS_RATIO) &&
	       is_between(diff_ratio(before[gone].own_ns, after[fresh].own_ns), TIME_RATIO);
}

/* On that side only. */
static gboolean is_only(uint32_t function, const struct place *here, const struct place *there)
{
	return here[function].calls > 0 && !there[function].known;
}

/* The one that is most alike; FDAR_PROFILE_NONE: there is none. */
static uint32_t find_gone(const struct diff_work *work, uint32_t fresh, const struct place *before,
			  const struct place *after)
{
	uint32_t best = FDAR_PROFILE_NONE;
	double nearest = INFINITY;

	for (uint32_t gone = 0; gone < work->names->function_count; gone++) {
		if (!is_only(gone, before, after) || !can_be(work, gone, fresh, before, after))
			continue;
		double far = fabs(log(diff_ratio(before[gone].own_ns, after[fresh].own_ns)));
		if (far < nearest) {
			nearest = far;
			best = gone;
		}
	}
	return best;
}

static void pair(struct diff_work *work, uint32_t gone, uint32_t fresh)
{
	struct diff_side *side = &work->side[BASELINE];

	for (uint32_t f = 0; f < side->profile->function_count; f++)
		if (side->functions[f] == gone)
			side->functions[f] = fresh;
	work->replaced[gone] = fresh;
}

/* A new function without a namesake in the baseline, for which one is gone. */
static gboolean pair_all(struct diff_work *work)
{
	const struct fdar_profile *names = work->names;
	g_autofree struct place *before = g_new(struct place, names->function_count + 1);
	g_autofree struct place *after = g_new(struct place, names->function_count + 1);
	gboolean some = FALSE;

	find_places(work, BASELINE, before);
	find_places(work, SUBJECT, after);
	for (uint32_t fresh = 0; fresh < names->function_count; fresh++) {
		uint32_t gone = is_only(fresh, after, before)
					? find_gone(work, fresh, before, after)
					: FDAR_PROFILE_NONE;

		if (gone == FDAR_PROFILE_NONE)
			continue;
		pair(work, gone, fresh);
		before[fresh] = before[gone];
		before[gone] = (struct place){ .caller = FDAR_PROFILE_NONE };
		some = TRUE;
	}
	return some;
}

void diff_replaced_find(struct diff_work *work)
{
	uint32_t count = work->names->function_count;

	work->replaced_count = count;
	work->replaced = g_new(uint32_t, count + 1);
	for (uint32_t i = 0; i < count; i++)
		work->replaced[i] = i;
	for (int pass = 0; pass < PASSES && pair_all(work); pass++)
		;
}

/* A function of the baseline goes by the names that the subject has for it and its binary. */
uint32_t diff_map_function(struct diff_work *work, int which,
			   const struct fdar_profile_function *function)
{
	struct fdar_profile_function like = *function;
	g_autofree char *name = NULL;

	if (which == SUBJECT)
		return profile_function_add(work->names, function);
	name = fdar_profile_match_name(&work->match, function);
	like.name = name;
	like.component = fdar_profile_match_component(&work->match, function->component);
	uint32_t id = profile_function_add(work->names, &like);
	return id < work->replaced_count ? work->replaced[id] : id;
}
