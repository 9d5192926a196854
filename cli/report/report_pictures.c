#include "cli/report/report_pictures.h"

#include <string.h>

#include "analyze/activity/activity.h"
#include "cli/flame/flame_input.h"
#include "cli/report/report_diagrams.h"
#include "cli/sequence/sequence_page.h"
#include "viz/bars/bars.h"
#include "viz/flame/flame.h"
#include "viz/svg/svg.h"
#include "viz/timeline/timeline.h"

#define WIDTH 1140.0 /* fits the page without scrolling */

struct easel {
	const struct fdar_report_drawing *of;
	GArray *pictures;
	GPtrArray *svgs;
	GStringChunk *texts;
};

static const char *const side_names[] = { "baseline", "subject" };

/* svg is the easel's from then on; NULL: there is no such picture. */
static void hang(struct easel *easel, const char *id, const char *title, const char *words,
		 GString *svg, gboolean flame)
{
	struct fdar_report_picture picture = { .flame = flame };

	if (!svg)
		return;
	picture.id = g_string_chunk_insert(easel->texts, id);
	picture.title = g_string_chunk_insert(easel->texts, title);
	picture.words = words ? g_string_chunk_insert(easel->texts, words) : NULL;
	picture.svg = svg->str;
	g_ptr_array_add(easel->svgs, svg);
	g_array_append_val(easel->pictures, picture);
}

/* Of each side one, the subject's first; prefix begins their ids. */
static void hang_flames(struct easel *easel, const struct fdar_flame_tree *tree, const char *prefix,
			const char *title)
{
	const struct fdar_report_drawing *of = easel->of;

	for (unsigned s = of->sides; s-- > 0;) {
		/* Ids of boxes are the picture's own. */
		gboolean calls = strcmp(prefix, "flame") == 0;
		g_autofree char *id = g_strconcat(prefix, "-", side_names[s], NULL);
		g_autofree char *boxes = g_strconcat(calls ? "" : prefix, side_names[s], NULL);
		g_autofree char *heading =
			of->diff ? g_strconcat(title, ": ", side_names[s], NULL) : g_strdup(title);
		const struct fdar_flame_options options = {
			.title = of->diff ? side_names[s] : NULL, .id = boxes, .width = WIDTH
		};

		hang(easel, id, heading, NULL,
		     fdar_flame_svg(tree,
				    of->diff && s == 0 ? FDAR_FLAME_BASELINE : FDAR_FLAME_SUBJECT,
				    &options),
		     TRUE);
	}
}

static void draw_samples(struct easel *easel)
{
	const struct fdar_report_drawing *of = easel->of;
	const struct fdar_flame_request request = { .usage = of->usage,
						    .path = of->paths[of->sides - 1],
						    .baseline = of->sides > 1 ? of->paths[0] : NULL,
						    .label = of->labels[of->sides - 1],
						    .baseline_label = of->labels[0],
						    .unit = of->unit,
						    .stop = of->stop };
	g_autoptr(fdar_flame_tree) tree = NULL;
	g_autoptr(GError) error = NULL;

	if (of->several || !fdar_flame_request_has_samples(&request))
		return;
	tree = fdar_flame_sampled_read(&request, &error);
	if (tree)
		hang_flames(easel, tree, "sampled", "Where the processor was, by samples");
	else if (!*of->stop)
		fdar_warning(of->usage, "samples are left out: %s", error->message);
}

static void draw_changes(struct easel *easel)
{
	const struct fdar_report_drawing *of = easel->of;
	const struct fdar_bars_options paths = { .id = "paths-tree", .width = WIDTH };

	if (!of->diff)
		return;
	hang(easel, "changes", "Where the added time is",
	     "The call paths whose own time changed most, with their callers. Two hills that do "
	     "not "
	     "touch are a difference.",
	     fdar_tree_svg(of->diff, of->profiles, &paths), FALSE);
	g_array_index(easel->pictures, struct fdar_report_picture, 0).first = TRUE;
}

static void draw_flames(struct easel *easel)
{
	const struct fdar_report_drawing *of = easel->of;
	g_autoptr(fdar_flame_tree) tree = of->diff ? fdar_flame_tree_of_diff(of->diff)
						   : fdar_flame_tree_of_profile(of->profiles[0]);
	const struct fdar_bars_options bars = { .id = "waits-bars", .width = WIDTH };

	hang_flames(easel, tree, "flame", "Where the time went");
	draw_samples(easel);
	hang(easel, "waits", "What sessions wait for", NULL, fdar_waits_svg(tree, &bars), FALSE);
}

/* Which sessions: they are known from the comparison, so that one reading tells their story, and with it
 * what all threads did. */
static void choose(const struct fdar_report_drawing *of, struct fdar_sequence_request *request,
		   guint64 drawn_ns[2])
{
	for (unsigned s = 0; s < of->sides; s++) {
		const struct fdar_report_candidate *chosen;

		request->paths[s] = (char *)of->paths[s];
		request->labels[s] = (char *)of->labels[s];
		request->picks[s] = of->sides == 1 ? FDAR_PICK_WORST
				    : s            ? FDAR_PICK_HEAVY
						   : FDAR_PICK_MEDIAN;
		chosen = fdar_report_slowest_choose(of->slowest[s], request->picks[s]);
		/* Of several runs the first is drawn, and nobody says which sessions are its own. */
		if (!chosen || of->unit != FDAR_UNIT_SESSION || of->several)
			continue;
		request->picks[s] = FDAR_PICK_BEGAN;
		request->keys[s] = chosen->key;
		request->begins[s] = chosen->begin_ns;
		drawn_ns[s] = chosen->busy_ns;
	}
}

static void draw_sequence(struct easel *easel, struct fdar_sequence_page *page)
{
	g_autoptr(fdar_scene) scene = fdar_sequence_page_draw(page);

	hang(easel, "sequence", easel->of->diff ? "One session of each side" : "One session",
	     easel->of->diff ? "Time goes down, a red dot is 500 µs of one call, ratios are of the "
			       "two sessions that are drawn."
			     : "Time goes down, a red dot is 500 µs of one call.",
	     fdar_svg_render(scene), FALSE);
}

static void draw_threads(struct easel *easel, const struct fdar_activity *activity, unsigned side)
{
	const char *of = easel->of->diff ? side_names[side] : NULL;
	g_autofree char *line = g_strconcat("threads", of ? "-" : "", of, NULL);
	g_autofree char *graph = g_strconcat("handoffs", of ? "-" : "", of, NULL);
	g_autofree char *line_id = g_strdup_printf("timeline%u", side);
	g_autofree char *graph_id = g_strdup_printf("queues%u", side);
	g_autofree char *when = g_strconcat("Which thread did what when", of ? ": " : "", of, NULL);
	g_autofree char *what =
		g_strconcat("What threads hand to each other", of ? ": " : "", of, NULL);
	const struct fdar_timeline_options lines = { .id = line_id, .width = WIDTH };
	const struct fdar_timeline_options queues = { .id = graph_id, .width = WIDTH };

	hang(easel, line, when, NULL, fdar_timeline_svg(activity, &lines), FALSE);
	if (activity->edges->len)
		hang(easel, graph, what, NULL, fdar_handoffs_svg(activity, &queues), FALSE);
}

void fdar_report_draw(const struct fdar_report_drawing *of, GArray *pictures, GPtrArray *svgs,
		      GStringChunk *texts, guint64 drawn_ns[2], char **heading)
{
	struct easel easel = { of, pictures, svgs, texts };
	struct fdar_sequence_request request = {
		.count = of->sides,
		.listings = { (char *)of->listings[0], (char *)of->listings[1] },
		.rules = (char *)of->rules,
	};
	struct fdar_sequence_page page = { .request = &request, .stop = of->stop };
	struct fdar_activity *activities[2] = { NULL, NULL };
	g_autoptr(GError) error = NULL;

	draw_changes(&easel);
	choose(of, &request, drawn_ns);
	if (of->review)
		fdar_sequence_request_review(&request);
	page.warnings = g_ptr_array_new_with_free_func(g_free);
	page.activities = activities;
	if (of->diff) {
		page.heading = g_strdup(of->diff->verdict.sentence);
		page.renamed = g_hash_table_ref(of->diff->renamed);
		page.focus = of->by_samples ? NULL : g_strdup(of->diff->verdict.function);
	}
	for (unsigned s = 0; s < of->sides && !of->review; s++)
		fdar_report_diagrams_want(&page, s, of->slowest[s], of->unit);
	if (fdar_sequence_page_make(&page, &error)) {
		if (!of->diff && heading)
			*heading = g_strdup(page.heading);
		draw_sequence(&easel, &page);
	} else if (!*of->stop) {
		fdar_warning(of->usage, "no sequence diagram: %s", error->message);
	}
	draw_flames(&easel);
	for (unsigned s = of->sides; s-- > 0;) {
		fdar_report_diagrams_draw(&page, s, of->slowest[s]);
		if (activities[s])
			draw_threads(&easel, activities[s], s);
		fdar_activity_free(activities[s]);
	}
	fdar_sequence_page_clear(&page);
}
