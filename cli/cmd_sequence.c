/* flowdar sequence: what one session did, or two of them side by side, as a sequence diagram. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/diff/diff.h"
#include "analyze/story/story_read.h"
#include "analyze/story/story_tell.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/sequence/sequence_options.h"
#include "cli/sequence/sequence_words.h"
#include "cli/kit/table.h"
#include "viz/svg/graph.h"
#include "viz/svg/svg.h"

#define PATIENCE_US 1000000
#define EVERY_US    200000

static const struct fdar_usage usage = {
	.command = "sequence",
	.synopsis = "[OPTIONS] TRACE",
	.description =
		"Draws what one session of a recording did: which threads worked for it, what they "
		"called, how long\n"
		"that took and what it waited for. Calls that repeat are folded, small ones are "
		"left "
		"out and counted.\n"
		"With --baseline two sessions stand side by side, row by row, with the ratio of "
		"their times.\n"
		"\n"
		"SESSION is auto (the default), worst, median, a client's address (with or without "
		"port), or a\n"
		"session's key (0x...). worst and median go by the time inside the focus when "
		"there is one, else by\n"
		"how long the session was open. auto is worst for one recording; of two, the "
		"baseline's median, and\n"
		"of the subject a typical one of those that cost more than the mean.\n",
	.examples = "  flowdar sequence attack.rec\n"
		    "  flowdar sequence --baseline usual.rec attack.rec -o attack.svg\n"
		    "  flowdar sequence --session 127.1.0.7 --focus ap_regexec --max-steps 200 "
		    "attack.rec\n",
};

/* A line on a terminal while a trace is read for longer than a second. */
struct progress {
	const char *path;
	const volatile int *stop;
	gint64 started_us;
	gint64 shown_us;
};

static gboolean on_progress(guint64 events, void *user)
{
	struct progress *progress = user;
	gint64 now_us = g_get_monotonic_time();

	if (isatty(STDERR_FILENO) && now_us - progress->started_us > PATIENCE_US &&
	    now_us - progress->shown_us > EVERY_US) {
		g_autofree char *count = fdar_format_count(events);

		fprintf(stderr, "\r\033[Kreading %s: %s events", progress->path, count);
		fflush(stderr);
		progress->shown_us = now_us;
	}
	return !*progress->stop;
}

static void progress_start(struct progress *progress, const char *path)
{
	progress->path = path;
	progress->started_us = g_get_monotonic_time();
}

static void progress_end(struct progress *progress)
{
	if (progress->shown_us) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	progress->shown_us = 0;
}

/* All that a picture is made from, and its words. */
struct page {
	const struct fdar_sequence_request *request;
	struct progress progress;
	GPtrArray *warnings; /* of char *; NULL-terminated when it is drawn */
	struct fdar_story_tree *trees[2];
	struct fdar_story_picked picked[2];
	struct fdar_story_set *set;
	char *sources[2];
	char *heading;
	char *subheading;
	char *focus; /* NULL: the tellers choose */
};

static void page_clear(struct page *page)
{
	for (unsigned s = 0; s < 2; s++) {
		fdar_story_tree_free(page->trees[s]);
		g_free(page->sources[s]);
	}
	fdar_story_set_free(page->set);
	g_ptr_array_unref(page->warnings);
	g_free(page->heading);
	g_free(page->subheading);
	g_free(page->focus);
}

static struct fdar_profile *read_profile(struct page *page, const char *path, GError **error)
{
	struct fdar_profile_options options = { .progress = on_progress, .user = &page->progress };
	struct fdar_profile *profile;

	progress_start(&page->progress, path);
	profile = fdar_profile_read(path, &options, page->warnings, error);
	progress_end(&page->progress);
	return profile;
}

/* The comparison of all sessions gives the heading, and the focus unless one was asked for. */
static gboolean compare(struct page *page, GError **error)
{
	const struct fdar_sequence_request *r = page->request;
	g_autoptr(fdar_profile) base = read_profile(page, r->paths[0], error);
	g_autoptr(fdar_profile) subject = base ? read_profile(page, r->paths[1], error) : NULL;
	g_autoptr(fdar_diff) diff = subject ? fdar_diff_new(base, subject, NULL, error) : NULL;

	if (!diff)
		return FALSE;
	page->heading = g_strdup(diff->verdict.sentence);
	page->subheading = fdar_sequence_compared(diff);
	if (!page->focus)
		page->focus = g_strdup(diff->verdict.function);
	return TRUE;
}

static gboolean read_story(struct page *page, unsigned side, GError **error)
{
	const struct fdar_sequence_request *r = page->request;
	struct fdar_story_choice choice = { .pick = r->picks[side],
					    .peer = r->peers[side],
					    .key = r->keys[side],
					    .focus = page->focus };

	progress_start(&page->progress, r->paths[side]);
	page->trees[side] =
		fdar_story_read(r->paths[side], &choice, on_progress, &page->progress,
				&page->picked[side], r->count > 1 ? NULL : page->warnings, error);
	progress_end(&page->progress);
	page->sources[side] = fdar_sequence_source(r->paths[side]);
	return page->trees[side] != NULL;
}

static gboolean make_page(struct page *page, GError **error)
{
	const struct fdar_sequence_request *r = page->request;

	if (r->count > 1 && !compare(page, error))
		return FALSE;
	for (unsigned s = 0; s < r->count; s++)
		if (!read_story(page, s, error))
			return FALSE;
	page->set = fdar_story_tell(page->trees, r->count, &r->story);
	if (r->count == 1) {
		page->heading = fdar_sequence_heading(page->set);
		page->subheading = fdar_sequence_which(r->picks[0], page->focus, &page->picked[0]);
	}
	return TRUE;
}

static struct fdar_scene *draw_page(struct page *page)
{
	const struct fdar_sequence_request *r = page->request;
	struct fdar_sequence sequence = { .side_count = r->count,
					  .rows = page->set->rows,
					  .row_count = page->set->row_count,
					  .heading = page->heading,
					  .subheading = page->subheading };

	for (unsigned s = 0; s < r->count; s++) {
		sequence.sides[s].story = page->set->stories[s];
		sequence.sides[s].source = page->sources[s];
		sequence.sides[s].role = r->count == 1 ? NULL : s ? "subject" : "baseline";
	}
	g_ptr_array_add(page->warnings, NULL);
	sequence.warnings = (const char *const *)page->warnings->pdata;
	return fdar_sequence_scene(&sequence, &r->picture);
}

static gboolean write_to(const char *path, const char *text, gsize length, GError **error)
{
	if (strcmp(path, "-") != 0)
		return fdar_viz_write(path, text, length, error);
	if (fwrite(text, 1, length, stdout) != length || fflush(stdout) != 0) {
		g_set_error_literal(error, FDAR_VIZ_ERROR, FDAR_VIZ_ERROR_WRITE,
				    "cannot write standard output");
		return FALSE;
	}
	return TRUE;
}

/* The graph goes first: when the picture is there, all is. */
static gboolean save_page(struct page *page, GError **error)
{
	const struct fdar_sequence_request *r = page->request;
	g_autoptr(fdar_scene) scene = draw_page(page);
	GString *svg;
	gboolean fine;

	if (r->dot) {
		g_autofree char *dot = fdar_graph_to_dot(scene, error);

		if (!dot || !write_to(r->dot, dot, strlen(dot), error))
			return FALSE;
	}
	svg = fdar_svg_render(scene, error);
	fine = svg && write_to(r->output, svg->str, svg->len, error);
	if (svg)
		g_string_free(svg, TRUE);
	return fine;
}

static void report(const struct page *page)
{
	const struct fdar_sequence_request *r = page->request;

	for (guint i = 0; i + 1 < page->warnings->len; i++)
		fdar_warning(&usage, "%s", (const char *)page->warnings->pdata[i]);
	if (r->focus && g_strcmp0(r->focus, page->set->focus) != 0)
		fdar_warning(&usage, "no call of %s in the session shown%s%s", r->focus,
			     page->set->focus ? "; marked instead: " : "",
			     page->set->focus ? page->set->focus : "");
	if (strcmp(r->output, "-") == 0)
		return;
	printf("%s\n", page->heading);
	for (unsigned s = 0; s < r->count; s++) {
		const struct fdar_story *story = page->set->stories[s];
		g_autofree char *calls = fdar_format_count(story->calls);

		printf("%s: session %s, %s calls in %u steps\n", r->paths[s], story->peer, calls,
		       story->step_count);
	}
	printf("drawn: %s\n", r->output);
}

int fdar_cmd_sequence(int argc, char **argv)
{
	struct fdar_sequence_request request = { 0 };
	struct page page = { .request = &request };
	GError *error = NULL;
	int code = FDAR_EXIT_OK;

	if (fdar_sequence_request_parse(&usage, argc, argv, &request, &code)) {
		page.warnings = g_ptr_array_new_with_free_func(g_free);
		page.focus = g_strdup(request.focus);
		page.progress.stop = fdar_interrupt_catch();
		if (make_page(&page, &error) && save_page(&page, &error)) {
			report(&page);
		} else if (*page.progress.stop) {
			code = FDAR_EXIT_INTERRUPTED;
			g_error_free(error);
		} else {
			code = fdar_failure(&usage, error);
		}
		page_clear(&page);
	}
	fdar_sequence_request_clear(&request);
	return code;
}
