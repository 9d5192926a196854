#include "viz/plain/plain_step.h"

#include "viz/plain/plain.h"
#include "viz/scene/label.h"

#define HARDLY_OTHER \
	1.15 /* as in pictures: no ratio is written below this, and above its inverse */

G_DEFINE_QUARK(fdar - plain - error - quark, fdar_plain_error)

char *plain_dots(const struct fdar_sequence_options *options, const struct fdar_story_step *step)
{
	uint64_t unit = options->dot_unit_ns ? options->dot_unit_ns : FDAR_SEQUENCE_DOT_NS;
	unsigned most = options->dots ? options->dots : FDAR_SEQUENCE_DOTS;
	uint64_t ns = step->duration_ns;
	uint64_t dots = ns / unit + (ns % unit >= unit - unit / 2 ? 1 : 0);
	const char *dot = step->wait_ns * 2 > ns || step->kind == FDAR_STORY_IDLE ? "○" : "●";
	GString *out = g_string_new(NULL);

	if (dots > most) {
		g_autofree char *number = fdar_label_count(dots);

		g_string_append_printf(out, "%s %s", dot, number);
		dots = 0;
	}
	while (dots--)
		g_string_append(out, dot);
	return g_string_free(out, FALSE);
}

/* Of a step that has nothing beside it. */
static const char *word_of(enum fdar_story_beside beside, gboolean subject)
{
	switch (beside) {
	case FDAR_STORY_ALONE:
		return subject ? "new" : "gone";
	case FDAR_STORY_MOVED:
		return "moved";
	case FDAR_STORY_AGAIN:
		return subject ? "again" : "not again";
	default:
		return "";
	}
}

char *plain_ratio(const struct fdar_story_step *base, const struct fdar_story_step *subject)
{
	double ratio;

	if (!base || !subject)
		return g_strdup(word_of((subject ? subject : base)->beside, subject != NULL));
	ratio = (double)MAX(subject->duration_ns, 1) / (double)MAX(base->duration_ns, 1);
	if (ratio < HARDLY_OTHER && ratio > 1 / HARDLY_OTHER)
		return g_strdup("");
	return fdar_label_ratio(ratio);
}

char *plain_time(const struct fdar_story_step *step)
{
	g_autofree char *time = fdar_label_duration(step->duration_ns);

	return step->unfinished ? g_strconcat("unfinished after ", time, NULL)
				: g_steal_pointer(&time);
}

char *plain_after(const struct fdar_story_step *step)
{
	g_autofree char *time = fdar_label_duration(step->start_ns);

	return !step->start_ns ? g_strdup("0")
	       : step->back    ? g_strconcat("(", time, ")", NULL)
			       : g_steal_pointer(&time);
}

char *plain_recursion(const struct fdar_story_step *step)
{
	g_autofree char *calls = NULL;

	if (!step->recursion_depth)
		return NULL;
	calls = fdar_label_count(step->recursive_calls);
	return g_strdup_printf("calls itself %s×, %u deep", calls, step->recursion_depth);
}

char *plain_session(const struct fdar_story *story)
{
	static const char *const states[] = { "finished", "unfinished", "replaced" };
	g_autofree char *time = fdar_label_duration(story->duration_ns);
	g_autofree char *calls = fdar_label_count(story->calls);

	return g_strdup_printf("%s, %s, %s calls", time, states[story->state], calls);
}

uint32_t plain_row_count(const struct fdar_sequence *sequence)
{
	return sequence->side_count > 1 ? sequence->row_count
					: sequence->sides[0].story->step_count;
}

struct fdar_story_row plain_row(const struct fdar_sequence *sequence, uint32_t row)
{
	return sequence->side_count > 1 ? sequence->rows[row]
					: (struct fdar_story_row){ { row, FDAR_STORY_NONE } };
}

const struct fdar_story_step *plain_partner(const struct fdar_sequence *sequence, uint32_t row)
{
	uint32_t step = plain_row(sequence, row).step[0];

	return sequence->side_count < 2 || step == FDAR_STORY_NONE
		       ? NULL
		       : &sequence->sides[0].story->steps[step];
}

uint32_t plain_caller(const struct fdar_story *story, uint32_t step)
{
	uint32_t caller = story->steps[step].parent;

	while (caller != FDAR_STORY_NONE && story->steps[caller].kind == FDAR_STORY_LOOP)
		caller = story->steps[caller].parent;
	return caller;
}
