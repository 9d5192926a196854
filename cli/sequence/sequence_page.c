#include "cli/sequence/sequence_page.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/diff/diff.h"
#include "analyze/profile/labels_own.h"
#include "analyze/story/story_read.h"
#include "cli/diff/diff_compare.h"
#include "cli/kit/table.h"
#include "cli/kit/terminal.h"
#include "cli/sequence/sequence_words.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/recording/recording.h"

#define SHOW_AFTER_US 1000000
#define EVERY_US      200000

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

	if (fdar_terminal_is_ours() && now_us - progress->started_us > SHOW_AFTER_US &&
	    now_us - progress->shown_us > EVERY_US) {
		g_autofree char *count = fdar_format_count(events);

		fprintf(stderr, "\r\033[Kreading %s: %s events", progress->path, count);
		fflush(stderr);
		progress->shown_us = now_us;
	}
	return !*progress->stop;
}

static void progress_start(const struct fdar_sequence_page *page, struct progress *progress,
			   const char *path)
{
	progress->stop = page->stop;
	progress->shown_us = 0;
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

void fdar_sequence_page_clear(struct fdar_sequence_page *page)
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
	g_clear_pointer(&page->renamed, g_hash_table_unref);
}

static enum fdar_unit unit_of(const struct fdar_sequence_request *r)
{
	return r->asked ? FDAR_UNIT_REQUEST : FDAR_UNIT_SESSION;
}

/* Those of the recording's journal. TRUE and no labels when none are asked for, or rules may tell them. */
static gboolean load_labels(const struct fdar_sequence_request *r, const char *path,
			    struct fdar_labels **labels, GError **error)
{
	g_autofree char *journal = g_build_filename(path, FDAR_RECORDING_JOURNAL, NULL);
	g_autofree char *rules = g_build_filename(path, "rules", NULL);
	gboolean ruled = r->rules || g_file_test(rules, G_FILE_TEST_IS_REGULAR);

	*labels = NULL;
	if (!r->labels[0] && !r->labels[1])
		return TRUE;
	if (ruled && !g_file_test(journal, G_FILE_TEST_EXISTS))
		return TRUE;
	if (!g_file_test(journal, G_FILE_TEST_EXISTS))
		*labels = fdar_labels_load(journal, error); /* says so */
	else
		*labels = fdar_labels_of_recording(path, error);
	return *labels != NULL;
}

/* What speaks against a side is said in the picture, too. */
static void take_doubts(struct fdar_sequence_page *page, const struct fdar_diff_sides *sides)
{
	for (unsigned s = 0; s < 2; s++) {
		const struct fdar_profile *profile = fdar_diff_side(sides, (int)s);

		for (guint i = 0; i < profile->doubts->len; i++) {
			const struct fdar_doubt *doubt = g_ptr_array_index(profile->doubts, i);

			g_ptr_array_add(page->warnings,
					g_strdup_printf("%s: %s", page->request->paths[s],
							doubt->text));
		}
	}
}

/* As flowdar diff compares them, so that both say the same. */
static gboolean compare_sides(struct fdar_sequence_page *page, struct fdar_diff_compared *compared,
			      GError **error)
{
	const struct fdar_sequence_request *r = page->request;
	char *paths[2][2] = { { r->paths[0], NULL }, { r->paths[1], NULL } };
	struct fdar_diff_side_input inputs[2];

	compared->unit = unit_of(r);
	compared->unit_is_open = compared->unit == FDAR_UNIT_SESSION;
	for (unsigned s = 0; s < 2; s++) {
		compared->labels[s] = r->labels[s];
		inputs[s] = (struct fdar_diff_side_input){
			.input = { .usage = page->usage,
				   .stop = page->stop,
				   .listing = fdar_profile_input_listing(
					   (const char *const *)r->listings, s),
				   .unit = unit_of(r),
				   .rules = r->rules,
				   .tells_doubts = TRUE },
			.paths = paths[s]
		};
	}
	if (!fdar_diff_compare(inputs, compared, error))
		return FALSE;
	take_doubts(page, &compared->sides);
	return TRUE;
}

/* The comparison of all sessions gives the heading, and the focus unless one was asked for. */
static gboolean compare(struct fdar_sequence_page *page, GError **error)
{
	struct fdar_diff_compared compared = { 0 };
	gboolean good = compare_sides(page, &compared, error);

	if (good) {
		page->heading = g_strdup(compared.diff->verdict.sentence);
		page->subheading = fdar_sequence_compared(compared.diff);
		page->renamed = g_hash_table_ref(compared.diff->renamed);
		if (!page->focus && !compared.by_samples)
			page->focus = g_strdup(compared.diff->verdict.function);
	}
	fdar_diff_compared_clear(&compared);
	return good;
}

/* Which sessions may be drawn. */
struct selection {
	const struct fdar_labels *labels;
	const char *label; /* NULL: any */
	const char *asked; /* NULL: whatever */
};

static gboolean is_selected(void *user, const struct fdar_walk_session *session)
{
	const struct selection *selection = user;

	if (selection->asked && !strstr(session->what, selection->asked))
		return FALSE;
	const char *label = session->label;

	if (selection->label && !label && selection->labels)
		label = fdar_labels_find(selection->labels, session->peer, session->begin_ns);
	return !selection->label || g_strcmp0(label, selection->label) == 0;
}

/* What is_selected asks for, of the sessions where none has it. The caller frees it. */
static char *selection_text(const struct selection *selection)
{
	const char *label = selection->label, *asked = selection->asked;

	return g_strdup_printf("%s%s%s%s%s%s%s", label ? "has the label \"" : "",
			       label ? label : "", label ? "\"" : "", label && asked ? " and " : "",
			       asked ? "asks for \"" : "", asked ? asked : "", asked ? "\"" : "");
}

static gboolean read_story(struct fdar_sequence_page *page, unsigned side, GError **error)
{
	const struct fdar_sequence_request *r = page->request;
	struct progress progress;
	g_autoptr(fdar_labels) labels = NULL;
	char *const other[2] = { r->count > 1 ? (char *)r->paths[1 - side] : NULL, NULL };
	g_auto(GStrv) tables = fdar_profile_input_tables(other);
	struct selection selection = { .label = r->labels[side], .asked = r->asked };
	g_autofree char *asked_for = selection_text(&selection);
	struct fdar_story_choice choice = {
		.pick = r->picks[side],
		.peer = r->peers[side],
		.key = r->keys[side],
		.begin_ns = r->begins[side],
		.alike = &page->picked[1].kind,
		.activity = page->activities ? &page->activities[side] : NULL,
		.focus = page->focus,
		.listing = fdar_profile_input_listing((const char *const *)r->listings,
						      r->count > 1 ? side : 1),
		.tables = (const char *const *)tables,
		.renamed = r->count > 1 && side == 0 ? page->renamed : NULL,
		.unit = unit_of(r),
		.rules = r->rules,
		.accept = is_selected,
		.accept_user = &selection,
		.accept_text = asked_for,
		.thread = r->thread
	};

	if (page->others[side] && !r->thread) {
		choice.others = (void *)page->others[side]->data;
		choice.other_count = page->others[side]->len;
		choice.other_unit = page->other_unit;
	}
	if (!selection.label && !selection.asked)
		choice.accept = NULL;
	if (!load_labels(r, r->paths[side], &labels, error))
		return FALSE;
	selection.labels = labels;
	progress_start(page, &progress, r->paths[side]);
	page->trees[side] =
		fdar_story_read(r->paths[side], &choice, on_progress, &progress,
				&page->picked[side], r->count > 1 ? NULL : page->warnings, error);
	progress_end(&progress);
	page->sources[side] = fdar_sequence_source(r->paths[side]);
	return page->trees[side] != NULL;
}

gboolean fdar_sequence_page_make(struct fdar_sequence_page *page, GError **error)
{
	const struct fdar_sequence_request *r = page->request;

	if (r->count > 1 && !page->heading && !compare(page, error))
		return FALSE;
	/* The subject first: the baseline's is to be of its kind. */
	for (unsigned s = r->count; s-- > 0;)
		if (!read_story(page, s, error))
			return FALSE;
	page->set = fdar_story_tell(page->trees, r->count, &r->story);
	if (r->count == 1) {
		page->heading = fdar_sequence_heading(page->set, r);
		page->subheading = fdar_sequence_which(r, page->focus, &page->picked[0]);
	}
	return TRUE;
}

void fdar_sequence_page_compose(struct fdar_sequence_page *page, struct fdar_sequence *sequence)
{
	const struct fdar_sequence_request *r = page->request;

	*sequence = (struct fdar_sequence){ .side_count = r->count,
					    .rows = page->set->rows,
					    .row_count = page->set->row_count,
					    .heading = page->heading,
					    .subheading = page->subheading };
	for (unsigned s = 0; s < r->count; s++) {
		sequence->sides[s].story = page->set->stories[s];
		sequence->sides[s].source = page->sources[s];
		sequence->sides[s].role = r->count == 1 ? NULL : s ? "subject" : "baseline";
	}
	g_ptr_array_add(page->warnings, NULL);
	sequence->warnings = (const char *const *)page->warnings->pdata;
}

struct fdar_scene *fdar_sequence_page_draw(struct fdar_sequence_page *page)
{
	struct fdar_sequence sequence;

	fdar_sequence_page_compose(page, &sequence);
	return fdar_sequence_scene(&sequence, &page->request->picture);
}
