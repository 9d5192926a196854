#include "analyze/activity/activity_read.h"

#include <gio/gio.h>

#include "analyze/rules/rules.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source.h"
#include "pipeline/source/source_notes.h"

#define BATCH 4096u

struct reading {
	struct fdar_source *source;
	struct fdar_symbols *symbols; /* for the rules of functions */
	fdar_rules_run *run;          /* NULL: there are no rules */
	gboolean (*progress)(guint64 events, void *user);
	void *user;
	guint64 events;
};

static const char *text_of(const void *source, uint32_t name)
{
	return fdar_source_text(source, name);
}

/* While another process is waited for. */
static gboolean go_on(void *user)
{
	const struct reading *reading = user;

	return !reading->progress || reading->progress(reading->events, reading->user);
}

/* What the events mean goes to the walk. */
static void feed_batch(struct reading *reading, struct fdar_walk *walk,
		       const struct fdar_event *events, size_t count)
{
	if (reading->run) {
		fdar_symbols_add_modules(reading->symbols, events, count, text_of, reading->source);
		events = fdar_rules_run_apply(reading->run, events, count, &count);
	}
	fdar_walk_feed(walk, events, count);
}

static gboolean feed(struct reading *reading, const char *path, struct fdar_activity *activity,
		     GError **error)
{
	struct fdar_walk *walk = fdar_walk_new(&fdar_activity_visitor, activity);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	struct fdar_source_summary summary;
	gssize count;

	while ((count = fdar_source_read(reading->source, batch, BATCH, error)) > 0) {
		if (reading->events == 0)
			fdar_activity_start(activity, batch[0].time_ns);
		feed_batch(reading, walk, batch, (size_t)count);
		reading->events += (guint64)count;
		if (!go_on(reading)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			count = -1;
			break;
		}
	}
	fdar_walk_finish(walk);
	fdar_walk_free(walk);
	fdar_source_get_summary(reading->source, &summary);
	return count == 0 && fdar_source_check_times(&summary, path, error);
}

static void warn(const struct reading *reading, const char *path, GPtrArray *warnings)
{
	g_autoptr(GPtrArray) doubts = fdar_doubts_new();
	struct fdar_source_summary summary;

	fdar_source_get_summary(reading->source, &summary);
	fdar_doubts_add_all(doubts, fdar_source_doubts(reading->source));
	fdar_rules_run_doubts(reading->run, doubts);
	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		g_ptr_array_add(warnings, g_strdup_printf("%s: %s", path, doubt->text));
	}
	fdar_source_note_times(&summary, path, warnings);
}

struct fdar_activity *fdar_activity_read(const char *path, const char *rules_path,
					 gboolean (*progress)(guint64 events, void *user),
					 void *user, GPtrArray *warnings, GError **error)
{
	struct reading reading = { .progress = progress, .user = user };
	struct fdar_source_options how = { .go_on = go_on, .user = &reading };
	g_autofree char *symbols_dir = g_build_filename(path, "symbols", NULL);
	g_autoptr(fdar_activity) activity = NULL;
	g_autoptr(fdar_rules) rules = NULL;

	if (!fdar_rules_load_of(path, rules_path, &rules, error))
		return NULL;
	how.maps = rules ? fdar_rules_maps(rules) : NULL;
	reading.source = fdar_source_open_with(path, &how, error);
	if (!reading.source)
		return NULL;
	if (rules) {
		reading.symbols = fdar_symbols_new(symbols_dir);
		reading.run = fdar_rules_run_new(rules, text_of, fdar_source_namespace,
						 reading.source, reading.symbols);
	}
	activity = reading.run ? fdar_activity_new(fdar_rules_run_text, reading.run)
			       : fdar_activity_new(text_of, reading.source);
	if (!feed(&reading, path, activity, error))
		g_clear_pointer(&activity, fdar_activity_free);
	else
		fdar_activity_finish(activity);
	if (activity && warnings)
		warn(&reading, path, warnings);
	fdar_rules_run_free(reading.run);
	fdar_symbols_free(reading.symbols);
	fdar_source_close(reading.source);
	return g_steal_pointer(&activity);
}
