#include "analyze/profile/profile_read.h"

#include <gio/gio.h>
#include <string.h>

#include "analyze/profile/profile_build.h"
#include "analyze/profile/profile_counts.h"
#include "analyze/symbols/symbols.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/recording/recording.h"
#include "pipeline/source/source_ahead.h"
#include "pipeline/source/source_notes.h"

#define NAMELESS_MIN 0.05 /* of the time: less is not worth a word */

static const char *label_of(void *labels, const struct fdar_walk_session *session)
{
	const char *label = session->label;

	if (!label && labels)
		label = fdar_labels_find(labels, session->peer, session->begin_ns);
	return label ? label : FDAR_PROFILE_UNLABELLED;
}

static gboolean client_of(void *labels, const struct fdar_walk_session *session,
			  struct fdar_labels_seen *seen)
{
	return fdar_labels_seen(labels, session->peer, session->begin_ns, seen);
}

static gboolean tells_labels(const struct fdar_profile_options *options)
{
	return options->labels || (options->rules && fdar_rules_have_labels(options->rules));
}

/* The journal is about connections. */
static gboolean tells_clients(const struct fdar_profile_options *options)
{
	return options->labels && !options->label && options->unit == FDAR_UNIT_SESSION;
}

static void feed(struct fdar_walk *walk, struct fdar_rules_run *run, const struct fdar_event *batch,
		 size_t count)
{
	if (run)
		batch = fdar_rules_run_apply(run, batch, count, &count);
	fdar_walk_feed(walk, batch, count);
}

/* With what was counted between them; counts may be NULL. */
static void feed_counted(struct fdar_walk *walk, struct fdar_rules_run *run,
			 struct profile_counts *counts, const struct fdar_event *batch,
			 size_t count)
{
	while (count) {
		size_t until = counts ? profile_counts_until(counts, batch, count) : count;

		if (until)
			feed(walk, run, batch, until);
		batch += until;
		count -= until;
		if (count)
			profile_counts_put(counts, walk, batch);
	}
}

static gboolean read_all(struct fdar_source_ahead *ahead, struct fdar_symbols *symbols,
			 struct fdar_rules_run *run, struct profile_counts *counts,
			 struct fdar_walk *walk, const struct fdar_profile_options *options,
			 GError **error)
{
	const struct fdar_event *batch;
	guint64 events = 0;
	gssize count;

	while ((count = fdar_source_ahead_read(ahead, &batch, error)) > 0) {
		fdar_symbols_add_modules(symbols, batch, (size_t)count, fdar_source_ahead_text,
					 ahead);
		feed_counted(walk, run, counts, batch, (size_t)count);
		events += (guint64)count;
		if (options->progress && !options->progress(events, options->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
	}
	if (counts && count == 0)
		profile_counts_end(counts, walk);
	return count == 0;
}

/* While another process is waited for. */
static gboolean go_on(void *user)
{
	const struct fdar_profile_options *options = user;

	return !options || !options->progress || options->progress(0, options->user);
}

static const char *component_of(const void *rules, const char *component, const char *function)
{
	return fdar_rules_component(rules, component, function);
}

static gboolean is_hidden(const void *rules, const char *component, const char *function)
{
	return fdar_rules_hide(rules, component, function);
}

static void warn(GPtrArray *warnings, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void warn(GPtrArray *warnings, const char *format, ...)
{
	va_list arguments;

	if (!warnings)
		return;
	va_start(arguments, format);
	g_ptr_array_add(warnings, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* Of the component that has the most time in functions without a name: what would help. */
static void warn_of_nameless(const struct fdar_profile *profile, GPtrArray *warnings)
{
	g_autofree uint64_t *nameless_ns = g_new0(uint64_t, profile->function_count + 1);
	g_autoptr(GHashTable) first = g_hash_table_new(g_str_hash, g_str_equal);
	uint64_t all_ns = 0;
	uint32_t worst = 0;

	for (uint32_t g = 0; g < profile->group_count; g++) {
		const struct fdar_profile_group *group = &profile->groups[g];

		all_ns += group->own_ns;
		for (uint32_t i = 0; i < group->entry_count; i++) {
			uint32_t at = group->entries[i].function;
			const struct fdar_profile_function *function = &profile->functions[at];
			gpointer seen;

			if (function->kind != FDAR_FRAME_FUNCTION || function->known)
				continue;
			if (g_hash_table_lookup_extended(first, function->component, NULL, &seen))
				at = GPOINTER_TO_UINT(seen);
			else
				g_hash_table_insert(first, (gpointer)function->component,
						    GUINT_TO_POINTER(at));
			nameless_ns[at] += group->entries[i].stat.own_ns;
			if (nameless_ns[at] > nameless_ns[worst])
				worst = at;
		}
	}
	if (!all_ns || (double)nameless_ns[worst] < NAMELESS_MIN * (double)all_ns)
		return;
	double percent = 100.0 * (double)nameless_ns[worst] / (double)all_ns;
	const char *component = profile->functions[worst].component;
	if (strcmp(component, "unknown") == 0)
		warn(warnings,
		     "%.0f %% of the time is in functions without a name, in no binary that the "
		     "trace names: what would help is the events lttng_ust_statedump:* and "
		     "lttng_ust_lib:*, or --symbols with what nm prints of the program",
		     percent);
	else
		warn(warnings,
		     "%.0f %% of the time is in functions of %s without a name: what would help is "
		     "its debug package, a DEBUGINFOD_URLS in the environment, or for a program "
		     "--symbols with what nm prints of it",
		     percent, component);
}

static void take_losses(struct fdar_profile *profile, const char *path,
			const struct fdar_source *source, const struct fdar_symbols *symbols,
			GPtrArray *warnings)
{
	struct fdar_source_summary summary;
	struct fdar_profile_losses *losses = &profile->losses;

	fdar_source_get_summary(source, &summary);
	losses->events = summary.events;
	losses->calls = summary.calls;
	/* Of what the tracer wrote: calls that were open before the recording began came with it. */
	profile->begin_ns = summary.begin_ns;
	profile->end_ns = summary.end_ns;
	profile->span_ns = summary.end_ns - summary.begin_ns;
	losses->discarded = summary.discarded;
	losses->packets_lost = summary.packets_lost;
	losses->damaged = summary.damaged != FALSE;
	fdar_doubts_add_all(profile->doubts, fdar_source_doubts(source));
	if (warnings)
		fdar_source_note_times(&summary, path, warnings);
	if (losses->lost_calls)
		warn(warnings,
		     "%s: %" G_GUINT64_FORMAT " calls are missing, as the server's libraries say",
		     path, losses->lost_calls);
	if (losses->no_thread)
		warn(warnings,
		     "%s: %" G_GUINT64_FORMAT " events do not say their thread (context vtid): "
		     "calls of different threads may be mixed up",
		     path, losses->no_thread);
	if (losses->over)
		warn(warnings,
		     "%s: %" G_GUINT64_FORMAT " frames or hand-offs were beyond the limits of the "
		     "analysis and are only partly accounted for",
		     path, losses->over);
	for (const char *const *note = fdar_symbols_notes(symbols); *note; note++)
		warn(warnings, "%s", *note);
}

/* The price of recording, as it was measured meanwhile. */
static void take_price(struct fdar_profile *profile, const char *path)
{
	struct fdar_recording_info info = { 0 };
	uint64_t most = UINT64_C(1)
			<< 40; /* of one: sums of what anybody may write do not go over */

	if (!fdar_recording_info_load(path, &info, NULL))
		return;
	if (info.price_measured < most / 1000 && info.price_inner_ps < most / 1000 &&
	    info.price_outer_ps < most / 1000 && info.price_spread_ps < most / 1000) {
		profile->price_measured = info.price_measured;
		profile->price_inner_ps = info.price_inner_ps * info.price_measured;
		profile->price_outer_ps = info.price_outer_ps * info.price_measured;
		profile->price_spread_ps = info.price_spread_ps * info.price_measured;
	}
	fdar_recording_info_clear(&info);
}

/* No function of the server could be recorded, or none was asked for. A recorder that did not come to its
 * end has not counted them. */
gboolean fdar_profile_read_infers(const char *path)
{
	struct fdar_recording_info info = { 0 };
	gboolean none, by_detail;

	if (!fdar_recording_info_load(path, &info, NULL))
		return FALSE;
	by_detail = info.detail &&
		    (strcmp(info.detail, "session") == 0 || strcmp(info.detail, "io") == 0);
	none = by_detail || (!info.unfinished && !info.functions_live && !info.calls);
	fdar_recording_info_clear(&info);
	return none;
}

/* Names from elsewhere than the recording. */
static gboolean use_tables(struct fdar_symbols *symbols, const struct fdar_profile_options *options,
			   GError **error)
{
	if (options->tables)
		fdar_symbols_borrow(symbols, options->tables);
	return !options->listing || fdar_symbols_use_listing(symbols, options->listing, error);
}

/* Who works beside the thread that walks: one reads ahead, the other sums up. */
struct others {
	struct fdar_source_ahead *ahead;
	struct fdar_helper *helper; /* NULL: none */
};

static void hold(void *user)
{
	const struct others *others = user;

	fdar_source_ahead_hold(others->ahead);
	if (others->helper)
		fdar_helper_drain(others->helper);
}

static void release(void *user)
{
	const struct others *others = user;

	fdar_source_ahead_release(others->ahead);
}

/* Both live in the caller's variables, too: these are freed in the order that it needs. */
static void work_beside(struct others *others, struct fdar_source *source,
			struct fdar_symbols *symbols, const struct fdar_profile_options *options,
			struct fdar_source_ahead **ahead, struct fdar_helper **helper)
{
	*ahead = others->ahead = fdar_source_ahead_new(source, options->threads);
	if (fdar_source_ahead_has_thread(*ahead))
		*helper = others->helper = fdar_helper_new();
	fdar_symbols_around_forks(symbols, hold, release, others);
}

/* NULL: there are no rules. */
static struct fdar_rules_run *run_of(const struct fdar_rules *rules,
				     struct fdar_source_ahead *ahead, struct fdar_symbols *symbols)
{
	return rules ? fdar_rules_run_new(rules, fdar_source_ahead_text,
					  fdar_source_ahead_namespace, ahead, symbols)
		     : NULL;
}

/* What the builder is to know of all that; counts and I/O are to be added. */
static struct fdar_profile_source listen_with(const struct fdar_profile_options *options,
					      struct fdar_symbols *symbols,
					      const struct fdar_rules_run *run,
					      const struct fdar_source_ahead *ahead)
{
	const struct fdar_rules *rules = options->rules;

	return (struct fdar_profile_source){
		.symbols = symbols,
		.text = run ? fdar_rules_run_text : fdar_source_ahead_text,
		.texts = run ? (const void *)run : ahead,
		.label = tells_labels(options) && !options->label ? label_of : options->label,
		.labels = options->label ? options->label_user : (void *)options->labels,
		.client = tells_clients(options) ? client_of : NULL,
		.session = options->session,
		.watch = options->watch,
		.user = options->session_user,
		.lines = options->lines,
		.unit = options->unit,
		.folded = options->folded,
		.component = rules ? component_of : NULL,
		.hidden = rules ? is_hidden : NULL,
		.naming = rules,
	};
}

struct fdar_profile *fdar_profile_read(const char *path, const struct fdar_profile_options *options,
				       GPtrArray *warnings, GError **error)
{
	static const struct fdar_profile_options none = { 0 };
	g_autofree char *symbols_dir = g_build_filename(path, "symbols", NULL);
	const struct fdar_rules *rules = options ? options->rules : NULL;
	const struct fdar_source_options how = { .go_on = go_on,
						 .user = (void *)options,
						 .maps = rules ? fdar_rules_maps(rules) : NULL };
	g_autoptr(fdar_source) source = fdar_source_open_with(path, &how, error);
	struct others others = { 0 };
	g_autoptr(fdar_source_ahead) ahead = NULL;
	g_autoptr(fdar_helper) helper = NULL;
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(symbols_dir);
	g_autoptr(fdar_rules_run) run = NULL;
	g_autoptr(profile_counts) counts = NULL;
	g_autoptr(fdar_profile_builder) builder = NULL;
	struct fdar_source_summary summary;
	struct fdar_profile *profile;

	if (!source)
		return NULL;
	options = options ? options : &none;
	if (!rules || !fdar_rules_have_functions(rules))
		fdar_source_join_calls(source);
	work_beside(&others, source, symbols, options, &ahead, &helper);
	run = run_of(rules, ahead, symbols);
	counts = profile_counts_open(path, fdar_source_ahead_pid, ahead, warnings);
	if (!use_tables(symbols, options, error))
		return NULL;
	struct fdar_profile_source from = listen_with(options, symbols, run, ahead);

	from.counted = counts != NULL;
	from.helper = helper;
	from.infer_work = fdar_profile_read_infers(path);
	builder = fdar_profile_builder_new(&from);
	if (!read_all(ahead, symbols, run, counts, fdar_profile_builder_walk(builder), options,
		      error))
		return NULL;
	fdar_source_get_summary(source, &summary);
	if (!fdar_source_check_times(&summary, path, error))
		return NULL;
	profile = fdar_profile_builder_finish(builder);
	if (options->borrowed)
		*options->borrowed = fdar_symbols_borrowed(symbols);
	take_losses(profile, path, source, symbols, warnings);
	fdar_rules_run_doubts(run, profile->doubts);
	take_price(profile, path);
	if (warnings)
		warn_of_nameless(profile, warnings);
	return profile;
}
