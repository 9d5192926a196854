#include "cli/report/report_diagrams.h"

#include "analyze/story/story_tell.h"
#include "base/amount.h"
#include "cli/kit/table.h"
#include "viz/svg/svg.h"

#define STEPS 8u

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct fdar_report_session *x = *(const struct fdar_report_session *const *)a;
	const struct fdar_report_session *y = *(const struct fdar_report_session *const *)b;

	if (x->busy_ns != y->busy_ns)
		return x->busy_ns > y->busy_ns ? -1 : 1;
	return x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

/* Those that are to be told: array of struct fdar_report_session *, the slowest first. */
static GPtrArray *slowest_of(const struct fdar_report_slowest *slowest)
{
	GPtrArray *chosen = g_ptr_array_new();
	guint64 calls = 0;
	guint count = 0;

	for (guint i = 0; i < slowest->sessions->len; i++)
		g_ptr_array_add(chosen,
				&g_array_index(slowest->sessions, struct fdar_report_session, i));
	g_ptr_array_sort(chosen, by_time);
	for (guint i = 0; i < chosen->len; i++) {
		struct fdar_report_session *session = chosen->pdata[i];

		if (i > 0 && session->calls > FDAR_REPORT_DIAGRAM_CALLS - calls)
			continue;
		calls += MIN(session->calls, FDAR_REPORT_DIAGRAM_CALLS - calls);
		chosen->pdata[count++] = session;
	}
	g_ptr_array_set_size(chosen, (gint)count);
	return chosen;
}

void fdar_report_diagrams_want(struct fdar_sequence_page *page, unsigned side,
			       const struct fdar_report_slowest *slowest, enum fdar_unit unit)
{
	g_autoptr(GPtrArray) chosen = slowest_of(slowest);

	page->others[side] = g_array_new(FALSE, FALSE, sizeof(struct fdar_story_other));
	page->other_unit = unit;
	for (guint i = 0; i < chosen->len; i++) {
		const struct fdar_report_session *session = chosen->pdata[i];
		const struct fdar_story_other other = { session->key, session->begin_ns, NULL };

		g_array_append_val(page->others[side], other);
	}
}

static char *draw(const struct fdar_sequence_page *page, unsigned side, guint number,
		  const struct fdar_report_session *session, struct fdar_story_tree *tree)
{
	const struct fdar_story_options options = { .max_steps = STEPS, .brief = TRUE };
	const struct fdar_sequence_options look = { .narrow = TRUE };
	g_autofree char *prefix = g_strdup_printf("s%un%u-", side, number);
	g_autofree char *time = fdar_format_duration((double)session->busy_ns);
	g_autofree char *heading =
		g_strdup_printf("%s: %s of the server's time", session->peer, time);
	g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);
	const struct fdar_sequence sequence = { .sides = { { .story = set->stories[0],
							     .source = page->sources[side] } },
						.side_count = 1,
						.heading = heading };
	g_autoptr(fdar_scene) scene = fdar_sequence_scene(&sequence, &look);

	scene->prefix = prefix;
	return g_string_free(fdar_svg_render(scene), FALSE);
}

void fdar_report_diagrams_draw(struct fdar_sequence_page *page, unsigned side,
			       const struct fdar_report_slowest *slowest)
{
	g_autoptr(GPtrArray) chosen = slowest_of(slowest);
	gsize bytes = 0;

	for (guint i = 0; page->others[side] && i < page->others[side]->len; i++) {
		struct fdar_story_other *other =
			&g_array_index(page->others[side], struct fdar_story_other, i);
		g_autofree char *svg = NULL;

		if (other->tree && bytes < FDAR_REPORT_DIAGRAM_BYTES)
			svg = draw(page, side, i, chosen->pdata[i], other->tree);
		bytes += svg ? strlen(svg) : 0;
		if (bytes <= FDAR_REPORT_DIAGRAM_BYTES)
			((struct fdar_report_session *)chosen->pdata[i])->diagram =
				g_steal_pointer(&svg);
		g_clear_pointer(&other->tree, fdar_story_tree_free);
	}
	g_clear_pointer(&page->others[side], g_array_unref);
}
