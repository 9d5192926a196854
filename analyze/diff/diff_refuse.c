/* What cannot be compared, and so gets no verdict; and what the recordings themselves have against them. */
#include <string.h>

#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* Fewer names on a side say nothing about which server it is. */
#define NAMES_MIN 5u
/* Releases of one server have more than this part of their functions in common. */
#define COMMON_PART 0.1

static GHashTable *called_names(const struct fdar_profile *profile)
{
	GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

	for (uint32_t g = 0; g < profile->group_count; g++) {
		const struct fdar_profile_group *group = &profile->groups[g];

		for (uint32_t i = 1; i < group->node_count; i++) {
			const struct fdar_profile_function *function =
				&profile->functions[group->nodes[i].function];

			if (group->nodes[i].stat.calls && function->known &&
			    function->kind == FDAR_FRAME_FUNCTION)
				g_hash_table_add(names, (gpointer)function->name);
		}
	}
	return names;
}

/* Functions of both sides, and hardly any has a name that the other has. main is everybody's. */
static char *other_server(const struct diff_work *work)
{
	g_autoptr(GHashTable) before = called_names(work->side[BASELINE].profile);
	g_autoptr(GHashTable) after = called_names(work->side[SUBJECT].profile);
	GHashTableIter iter;
	gpointer name;
	guint common = 0;

	g_hash_table_remove(before, "main");
	g_hash_table_remove(after, "main");
	guint least = MIN(g_hash_table_size(before), g_hash_table_size(after));
	g_hash_table_iter_init(&iter, before);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		common += g_hash_table_contains(after, name) ? 1 : 0;
	if (least < NAMES_MIN || common > COMMON_PART * least)
		return NULL;
	return g_strdup_printf("the sides are different servers: of %u and %u functions %u have "
			       "the same name",
			       g_hash_table_size(before), g_hash_table_size(after), common);
}

static char *no_sessions(const struct diff_work *work)
{
	uint64_t before = work->side[BASELINE].sessions, after = work->side[SUBJECT].sessions;
	const char *units = diff_units(work->diff);

	if (!before == !after)
		return NULL;
	return g_strdup_printf("the %s has no %s, the other side has",
			       before ? "subject" : "baseline", units);
}

/* Functions of one side, and of the other only what its threads did between I/O. */
static char *recorded_otherwise(const struct diff_work *work)
{
	gboolean before = fdar_profile_is_inferred(work->side[BASELINE].profile);
	gboolean after = fdar_profile_is_inferred(work->side[SUBJECT].profile);
	g_autoptr(GHashTable) names = called_names(work->side[before ? SUBJECT : BASELINE].profile);

	if (before == after || !g_hash_table_size(names))
		return NULL;
	return g_strdup_printf("functions of the %s were recorded, of the %s only I/O",
			       before ? "subject" : "baseline", before ? "baseline" : "subject");
}

static gboolean waits_for_work(const struct fdar_profile *profile)
{
	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];

		if (function->kind == FDAR_FRAME_WAIT &&
		    (function->wait == FDAR_WAIT_POLL || function->wait == FDAR_WAIT_ACCEPT))
			return TRUE;
	}
	return FALSE;
}

/* Nothing was measured, or of a server's run only how it started. */
static char *nothing_measured(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	gboolean empty = !(diff->baseline.busy_ns > 0) && !(diff->subject.busy_ns > 0);

	if (diff->whole_run && empty)
		return g_strdup("nothing was measured on either side: 0 ns in functions and waits");
	if (diff->whole_run && waits_for_work(work->side[BASELINE].profile) &&
	    waits_for_work(work->side[SUBJECT].profile))
		return g_strdup_printf("neither side has %s: no client was served, or the server "
				       "does not tell of them",
				       diff_units(diff));
	if (empty && diff->verdict.change != FDAR_CHANGE_IDLE) {
		work->diff->blind = TRUE;
		return g_strdup_printf("what threads did for %s was not recorded: 0 ns on both "
				       "sides; record with --sample, or rebuild, to see which "
				       "functions",
				       diff_units(diff));
	}
	return NULL;
}

/* One against one, or against a handful: told, not judged. */
static char *single(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *first = diff->row_count ? &diff->rows[0] : NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	char before[32], after[32];

	if (diff->whole_run || work->testable ||
	    MIN(diff->baseline.sessions, diff->subject.sessions) > 1)
		return NULL;
	g_string_printf(text,
			"%" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT
			" %s cannot be told from chance",
			diff->subject.sessions, diff->baseline.sessions, diff_units(diff));
	if (first && first->share > 0)
		g_string_append_printf(text, "; most was added in %s, %s against %s",
				       first->function, diff_duration(first->subject.own_ns, after),
				       diff_duration(first->baseline.own_ns, before));
	return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean diff_refuse(struct diff_work *work)
{
	struct fdar_verdict *verdict = &work->diff->verdict;
	char *why = g_strdup(work->options.refusal);

	if (!why)
		why = no_sessions(work);
	if (!why)
		why = other_server(work);
	if (!why)
		why = recorded_otherwise(work);
	if (!why)
		why = nothing_measured(work);
	if (!why)
		why = single(work);
	if (!why)
		return FALSE;
	*verdict = (struct fdar_verdict){
		.refused = TRUE,
		.factor = work->diff->ratio,
		.baseline_ns = work->diff->baseline.busy_ns,
		.subject_ns = work->diff->subject.busy_ns,
		.sentence = g_strconcat("no verdict: ", why, NULL),
		.reason = g_strdup("there is no verdict"),
	};
	g_free(why);
	return TRUE;
}

void diff_cap(struct diff_work *work, enum fdar_confidence level, const char *format, ...)
{
	struct diff_cap *cap = g_new0(struct diff_cap, 1);
	va_list arguments;

	cap->level = level;
	va_start(arguments, format);
	g_vsnprintf(cap->text, sizeof(cap->text), format, arguments);
	va_end(arguments);
	g_ptr_array_add(work->caps, cap);
}

/* ---- what the recordings have against them ---- */

void diff_cap_for_trace(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_options *options = &work->options;
	static const char *const names[SIDES] = { "baseline", "subject" };
	const struct fdar_diff_sessions *sides[SIDES] = { &diff->baseline, &diff->subject };

	for (const char *const *doubt = options->doubts; doubt && *doubt; doubt++)
		diff_cap(work, FDAR_CONFIDENCE_LOW, "%s", *doubt);
	for (int i = 0; i < SIDES; i++) {
		const struct fdar_profile_losses *losses = &work->side[i].profile->losses;

		if (losses->damaged)
			diff_cap(work, FDAR_CONFIDENCE_LOW, "the trace of the %s is damaged",
				 names[i]);
		if (sides[i]->discarded > options->max_discarded)
			diff_cap(work, FDAR_CONFIDENCE_LOW,
				 "events of the %s were lost, %.*g %% of them", names[i],
				 sides[i]->discarded < 0.99 ? 2 : 3, 100 * sides[i]->discarded);
		else if (losses->packets_lost)
			diff_cap(work, FDAR_CONFIDENCE_LOW,
				 "packets of events of the %s were lost: %" G_GUINT64_FORMAT,
				 names[i], losses->packets_lost);
		else if (sides[i]->discarded > 0)
			diff_cap(work, FDAR_CONFIDENCE_MEDIUM, "some events of the %s were lost",
				 names[i]);
		if (sides[i]->unknown > options->max_unknown)
			diff_cap(work, FDAR_CONFIDENCE_LOW,
				 "%.0f %% of the time of the %s is in functions without a name",
				 100 * sides[i]->unknown, names[i]);
	}
}

void diff_doubt_trace(struct diff_work *work)
{
	GPtrArray *others = work->caps;

	work->caps = g_ptr_array_new_with_free_func(g_free);
	diff_cap_for_trace(work);
	for (guint i = 0; i < work->caps->len && !work->diff->trace_doubt; i++) {
		const struct diff_cap *cap = g_ptr_array_index(work->caps, i);

		if (cap->level == FDAR_CONFIDENCE_LOW)
			work->diff->trace_doubt =
				g_string_chunk_insert_const(work->diff->texts, cap->text);
	}
	g_ptr_array_unref(work->caps);
	work->caps = others;
}

gboolean diff_is_partial(const struct diff_work *work)
{
	const struct fdar_diff_sessions *sides[SIDES] = { &work->diff->baseline,
							  &work->diff->subject };

	for (int i = 0; i < SIDES; i++) {
		const struct fdar_profile_losses *losses = &work->side[i].profile->losses;

		if (losses->damaged || losses->packets_lost ||
		    sides[i]->discarded > work->options.max_discarded)
			return TRUE;
	}
	return FALSE;
}
