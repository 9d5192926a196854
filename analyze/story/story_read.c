#include "analyze/story/story_read.h"

#include <gio/gio.h>

#include "analyze/rules/rules.h"
#include "analyze/story/story_crowd.h"
#include "analyze/story/story_thread.h"
#include "pipeline/source/source.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source_notes.h"

#define BATCH        4096u
#define THREADS_TOLD 12u /* in the message that there is no such thread */

struct reading {
	const char *path;
	struct fdar_source *source;
	struct fdar_symbols *symbols;
	fdar_profile_progress_fn progress;
	void *user;
	guint64 events;
	const char *listing;       /* NULL: none */
	const char *const *tables; /* NULL: none */
	GHashTable *renamed;       /* NULL: none */
	const char *rules_path;    /* NULL: the recording's own */
	fdar_rules *rules;         /* NULL: there are none */
	fdar_rules_run *run;
	GPtrArray *warnings;              /* NULL: nobody wants them */
	struct story_thread_filter *only; /* NULL: all threads */
	struct story_crowd *crowd;        /* NULL: no others */
	struct fdar_activity *activity;   /* until it was told the first event; NULL: none */
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

/* Names of what the walk is told: the rules have some of their own. */
static fdar_text_fn names_of(const struct reading *reading, const void **texts)
{
	*texts = reading->run ? (const void *)reading->run : reading->source;
	return reading->run ? fdar_rules_run_text : text_of;
}

static gboolean reading_open(struct reading *reading, GError **error)
{
	struct fdar_source_options how = { .go_on = go_on, .user = reading };
	g_autofree char *symbols_dir = g_build_filename(reading->path, "symbols", NULL);

	if (!fdar_rules_load_of(reading->path, reading->rules_path, &reading->rules, error))
		return FALSE;
	how.maps = reading->rules ? fdar_rules_maps(reading->rules) : NULL;
	reading->source = fdar_source_open_with(reading->path, &how, error);
	if (!reading->source)
		return FALSE;
	reading->symbols = fdar_symbols_new(symbols_dir);
	fdar_symbols_rename(reading->symbols, reading->renamed);
	if (reading->tables)
		fdar_symbols_borrow(reading->symbols, reading->tables);
	if (reading->rules)
		reading->run = fdar_rules_run_new(reading->rules, text_of, fdar_source_namespace,
						  reading->source, reading->symbols);
	return !reading->listing ||
	       fdar_symbols_use_listing(reading->symbols, reading->listing, error);
}

static void reading_close(struct reading *reading)
{
	g_clear_pointer(&reading->crowd, story_crowd_free);
	g_clear_pointer(&reading->run, fdar_rules_run_free);
	g_clear_pointer(&reading->rules, fdar_rules_free);
	fdar_source_close(reading->source);
	fdar_symbols_free(reading->symbols);
	reading->source = NULL;
	reading->symbols = NULL;
}

static gboolean cancelled(GError **error)
{
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
	return FALSE;
}

/* What the events mean goes to the walk: of one thread, or of all. */
static void feed_batch(struct reading *reading, struct fdar_walk *walk,
		       const struct fdar_event *events, size_t count)
{
	g_autofree struct fdar_event *kept = NULL;

	if (reading->run)
		events = fdar_rules_run_apply(reading->run, events, count, &count);
	if (reading->only) {
		kept = g_new(struct fdar_event, count + 1);
		count = story_thread_filter(reading->only, events, count, kept);
	}
	fdar_walk_feed(walk, reading->only ? kept : events, count);
	if (reading->crowd && story_crowd_walk(reading->crowd) != walk)
		fdar_walk_feed(story_crowd_walk(reading->crowd), events, count);
}

static gboolean feed(struct reading *reading, struct fdar_walk *walk, GError **error)
{
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	struct fdar_source_summary summary;
	gssize count;

	while ((count = fdar_source_read(reading->source, batch, BATCH, error)) > 0) {
		if (reading->activity)
			fdar_activity_start(reading->activity, batch[0].time_ns);
		reading->activity = NULL;
		fdar_symbols_add_modules(reading->symbols, batch, (size_t)count, text_of,
					 reading->source);
		feed_batch(reading, walk, batch, (size_t)count);
		reading->events += (guint64)count;
		if (reading->progress && !reading->progress(reading->events, reading->user))
			return cancelled(error);
	}
	fdar_source_get_summary(reading->source, &summary);
	return count == 0 && fdar_source_check_times(&summary, reading->path, error);
}

static void set_not_found(const struct reading *reading, const struct fdar_story_choice *choice,
			  const struct fdar_story_picked *picked, GError **error)
{
	if (picked->sessions == 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: no %s in the trace; expected session_begin events of flowdar, or "
			    "--thread with one of its threads",
			    reading->path,
			    choice->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions");
	} else if (choice->accept && choice->pick < FDAR_PICK_PEER) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: none of its %" G_GUINT64_FORMAT " %s %s", reading->path,
			    picked->sessions,
			    choice->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions",
			    choice->accept_text ? choice->accept_text : "may be picked");
	} else if (choice->pick == FDAR_PICK_PEER) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: none of its %" G_GUINT64_FORMAT " sessions is of client %s",
			    reading->path, picked->sessions, choice->peer);
	} else {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: none of its %" G_GUINT64_FORMAT
			    " sessions has the key 0x%" G_GINT64_MODIFIER "x",
			    reading->path, picked->sessions, choice->key);
	}
}

static void warn(struct reading *reading)
{
	g_autoptr(GPtrArray) doubts = fdar_doubts_new();
	struct fdar_source_summary summary;

	if (!reading->warnings)
		return;
	fdar_source_get_summary(reading->source, &summary);
	fdar_doubts_add_all(doubts, fdar_source_doubts(reading->source));
	fdar_rules_run_doubts(reading->run, doubts);
	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		g_ptr_array_add(reading->warnings,
				g_strdup_printf("%s: %s", reading->path, doubt->text));
	}
	fdar_source_note_times(&summary, reading->path, reading->warnings);
	for (const char *const *note = fdar_symbols_notes(reading->symbols); *note; note++)
		g_ptr_array_add(reading->warnings, g_strdup(*note));
}

static gboolean pick(struct reading *reading, const struct fdar_story_choice *choice,
		     struct fdar_story_picked *picked, GError **error)
{
	g_autoptr(fdar_story_picker) picker = NULL;
	const void *texts;

	if (!reading_open(reading, error))
		return FALSE;
	fdar_text_fn text = names_of(reading, &texts);
	picker = fdar_story_picker_new(choice, reading->symbols, text, texts);
	if (!feed(reading, fdar_story_picker_walk(picker), error))
		return FALSE;
	fdar_story_picker_finish(picker, picked);
	if (picked->id == 0)
		set_not_found(reading, choice, picked, error);
	return picked->id != 0;
}

/* The names of threads that could have been asked for. */
static void remember(GPtrArray *threads, const struct fdar_event *event, const char *name)
{
	g_autofree char *text = NULL;

	if (event->kind != FDAR_EVENT_THREAD_NAME || threads->len >= THREADS_TOLD)
		return;
	text = g_strdup_printf("%s (%u)", name, event->tid);
	if (!g_ptr_array_find_with_equal_func(threads, text, g_str_equal, NULL))
		g_ptr_array_add(threads, g_steal_pointer(&text));
}

/* Looks for the thread that is wanted. */
static gboolean find_thread(struct reading *reading, const char *wanted,
			    struct story_thread_filter *filter, GError **error)
{
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	g_autoptr(GPtrArray) threads = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *known = NULL;
	gssize count;

	while ((count = fdar_source_read(reading->source, batch, BATCH, error)) > 0) {
		for (gssize i = 0; i < count; i++) {
			const char *name = fdar_source_text(reading->source,
							    batch[i].kind == FDAR_EVENT_THREAD_NAME
								    ? batch[i].named.name
								    : 0);

			remember(threads, &batch[i], name);
			if (!story_thread_matches(&batch[i], name, wanted))
				continue;
			filter->pid = batch[i].pid;
			filter->tid = batch[i].tid;
			filter->peer = g_strdup_printf("thread %s", wanted);
			return TRUE;
		}
		reading->events += (guint64)count;
		if (reading->progress && !reading->progress(reading->events, reading->user))
			return cancelled(error);
	}
	if (count < 0)
		return FALSE;
	g_ptr_array_add(threads, NULL);
	known = g_strjoinv(", ", (char **)threads->pdata);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: no thread %s; there are%s%s",
		    reading->path, wanted, *known ? ": " : " none with a name", known);
	return FALSE;
}

/* session 0: the one that choice says. */
static struct fdar_story_tree *listen(struct reading *reading, uint64_t session,
				      const struct fdar_story_choice *choice, GError **error)
{
	struct fdar_story_source from = { .text = text_of,
					  .session = session,
					  .key = choice->key,
					  .begin_ns = choice->begin_ns,
					  .focus = choice->focus };
	g_autoptr(fdar_activity) activity = NULL;
	g_autoptr(fdar_story_builder) builder = NULL;
	struct fdar_story_tree *tree;

	if (!reading_open(reading, error))
		return NULL;
	from.symbols = reading->symbols;
	from.rules = reading->rules;
	from.run = reading->run;
	from.text = names_of(reading, &from.texts);
	if (choice->activity)
		from.activity = activity = fdar_activity_new(from.text, from.texts);
	reading->activity = activity;
	if (choice->other_count)
		reading->crowd = story_crowd_new(&from, choice->other_unit, choice->others,
						 choice->other_count);
	if (reading->crowd && choice->other_unit == choice->unit)
		from.walk = story_crowd_walk(reading->crowd);
	builder = fdar_story_builder_new(&from);
	if (from.walk)
		story_crowd_join(reading->crowd, builder);
	if (!choice->thread)
		fdar_walk_set_unit(fdar_story_builder_walk(builder), choice->unit);
	if (!feed(reading, fdar_story_builder_walk(builder), error))
		return NULL;
	if (reading->crowd)
		story_crowd_finish(reading->crowd);
	tree = fdar_story_builder_finish(builder);
	if (activity) {
		fdar_activity_finish(activity);
		*choice->activity = g_steal_pointer(&activity);
	}
	warn(reading);
	if (!tree) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: changed while it was read",
			    reading->path);
	}
	return tree;
}

/* The thread is the session 1 of what is kept of the trace. */
static struct fdar_story_tree *read_thread(struct reading *reading,
					   const struct fdar_story_choice *choice,
					   struct fdar_story_picked *picked, GError **error)
{
	struct story_thread_filter filter = { 0 };
	struct fdar_story_tree *tree = NULL;
	gboolean found = reading_open(reading, error) &&
			 find_thread(reading, choice->thread, &filter, error);

	reading_close(reading);
	if (found) {
		*picked = (struct fdar_story_picked){ .id = 1, .sessions = 1 };
		reading->only = &filter;
		tree = listen(reading, 1, choice, error);
		reading_close(reading);
	}
	g_free(filter.peer);
	return tree;
}

struct fdar_story_tree *fdar_story_read(const char *path, const struct fdar_story_choice *choice,
					fdar_profile_progress_fn progress, void *user,
					struct fdar_story_picked *picked, GPtrArray *warnings,
					GError **error)
{
	struct reading reading = { .path = path,
				   .listing = choice->listing,
				   .tables = choice->tables,
				   .renamed = choice->renamed,
				   .rules_path = choice->rules,
				   .progress = progress,
				   .user = user,
				   .warnings = warnings };
	struct fdar_story_picked own = { 0 };
	struct fdar_story_tree *tree = NULL;
	gboolean found;

	picked = picked ? picked : &own;
	if (choice->thread)
		return read_thread(&reading, choice, picked, error);
	found = choice->pick == FDAR_PICK_BEGAN || pick(&reading, choice, picked, error);
	reading_close(&reading);
	if (found) {
		tree = listen(&reading, choice->pick == FDAR_PICK_BEGAN ? 0 : picked->id, choice,
			      error);
		reading_close(&reading);
	}
	return tree;
}

gboolean fdar_story_find_thread(const char *path, const char *wanted,
				fdar_profile_progress_fn progress, void *user, uint32_t *tid,
				GError **error)
{
	struct reading reading = { .path = path, .progress = progress, .user = user };
	struct story_thread_filter filter = { 0 };
	gboolean found =
		reading_open(&reading, error) && find_thread(&reading, wanted, &filter, error);

	reading_close(&reading);
	g_free(filter.peer);
	*tid = filter.tid;
	return found;
}
