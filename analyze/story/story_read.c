#include "analyze/story/story_read.h"

#include <gio/gio.h>

#include "pipeline/source/source.h"

#define BATCH 4096u

struct reading {
	const char *path;
	struct fd_source *source;
	struct fd_symbols *symbols;
	fd_profile_progress_fn progress;
	void *user;
	guint64 events;
	GPtrArray *warnings; /* NULL: nobody wants them */
};

static const char *text_of(const void *source, uint32_t name)
{
	return fd_source_text(source, name);
}

static gboolean reading_open(struct reading *reading, GError **error)
{
	g_autofree char *symbols_dir = g_build_filename(reading->path, "symbols", NULL);

	reading->source = fd_source_open(reading->path, error);
	if (!reading->source)
		return FALSE;
	reading->symbols = fd_symbols_new(symbols_dir);
	return TRUE;
}

static void reading_close(struct reading *reading)
{
	fd_source_close(reading->source);
	fd_symbols_free(reading->symbols);
	reading->source = NULL;
	reading->symbols = NULL;
}

static void add_modules(const struct reading *reading, const struct fd_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fd_event *e = &events[i];

		if (e->kind == FD_EVENT_MODULE) {
			fd_symbols_add_module(reading->symbols, e->pid, e->addr, e->addr2,
					      fd_source_text(reading->source, e->name),
					      e->data ? e->data : "");
		}
	}
}

static gboolean feed(struct reading *reading, struct fd_walk *walk, GError **error)
{
	g_autofree struct fd_event *batch = g_new(struct fd_event, BATCH);
	gssize count;

	while ((count = fd_source_read(reading->source, batch, BATCH, error)) > 0) {
		add_modules(reading, batch, (size_t)count);
		fd_walk_feed(walk, batch, (size_t)count);
		reading->events += (guint64)count;
		if (reading->progress && !reading->progress(reading->events, reading->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
	}
	return count == 0;
}

static void set_not_found(const struct reading *reading, const struct fd_story_choice *choice,
			  const struct fd_story_picked *picked, GError **error)
{
	if (picked->sessions == 0) {
		g_set_error(
			error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"%s: no sessions in the trace; expected session_begin events of flowdar",
			reading->path);
	} else if (choice->pick == FD_PICK_PEER) {
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
	struct fd_source_summary summary;

	if (!reading->warnings)
		return;
	fd_source_get_summary(reading->source, &summary);
	if (summary.damaged) {
		g_ptr_array_add(reading->warnings,
				g_strdup_printf("%s is damaged, read up to there: %s",
						reading->path, summary.damage));
	}
	if (summary.discarded) {
		double all = (double)summary.discarded + (double)summary.events;

		g_ptr_array_add(reading->warnings,
				g_strdup_printf("%s: the tracer discarded %" G_GUINT64_FORMAT
						" events (%.2g %% of all): calls are missing",
						reading->path, summary.discarded,
						100.0 * (double)summary.discarded / all));
	}
	if (summary.packets_lost) {
		g_ptr_array_add(reading->warnings,
				g_strdup_printf("%s: %" G_GUINT64_FORMAT
						" packets of events were lost: calls are missing",
						reading->path, summary.packets_lost));
	}
	for (const char *const *note = fd_symbols_notes(reading->symbols); *note; note++)
		g_ptr_array_add(reading->warnings, g_strdup(*note));
}

static gboolean pick(struct reading *reading, const struct fd_story_choice *choice,
		     struct fd_story_picked *picked, GError **error)
{
	g_autoptr(fd_story_picker) picker = NULL;

	if (!reading_open(reading, error))
		return FALSE;
	picker = fd_story_picker_new(choice, reading->symbols, text_of, reading->source);
	if (!feed(reading, fd_story_picker_walk(picker), error))
		return FALSE;
	fd_story_picker_finish(picker, picked);
	if (picked->id == 0)
		set_not_found(reading, choice, picked, error);
	return picked->id != 0;
}

static struct fd_story_tree *listen(struct reading *reading, uint64_t session, const char *focus,
				    GError **error)
{
	struct fd_story_source from = { .text = text_of, .session = session, .focus = focus };
	g_autoptr(fd_story_builder) builder = NULL;
	struct fd_story_tree *tree;

	if (!reading_open(reading, error))
		return NULL;
	from.symbols = reading->symbols;
	from.texts = reading->source;
	builder = fd_story_builder_new(&from);
	if (!feed(reading, fd_story_builder_walk(builder), error))
		return NULL;
	tree = fd_story_builder_finish(builder);
	warn(reading);
	if (!tree) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: changed while it was read",
			    reading->path);
	}
	return tree;
}

struct fd_story_tree *fd_story_read(const char *path, const struct fd_story_choice *choice,
				    fd_profile_progress_fn progress, void *user,
				    struct fd_story_picked *picked, GPtrArray *warnings,
				    GError **error)
{
	struct reading reading = {
		.path = path, .progress = progress, .user = user, .warnings = warnings
	};
	struct fd_story_picked own = { 0 };
	struct fd_story_tree *tree = NULL;
	gboolean found;

	picked = picked ? picked : &own;
	found = pick(&reading, choice, picked, error);
	reading_close(&reading);
	if (found) {
		tree = listen(&reading, picked->id, choice->focus, error);
		reading_close(&reading);
	}
	return tree;
}
