#include <string.h>

#include "base/json_text.h"
#include "viz/plain/plain.h"
#include "viz/plain/plain_step.h"

/* docs/formats/sequence.md */
#define FORMAT 1

static const char *const kinds[FDAR_STORY_KINDS] = { "call",    "wait", "loop",
						     "handoff", "idle", "note" };
static const char *const besides[] = { "paired", "alone", "moved", "again", "split" };
static const char *const states[] = { "finished", "unfinished", "replaced" };

static void put_text(GString *out, const char *key, const char *text)
{
	g_string_append_printf(out, "\"%s\": ", key);
	if (text)
		fdar_json_append(out, text);
	else
		g_string_append(out, "null");
}

static void put_number(GString *out, const char *key, uint64_t number)
{
	g_string_append_printf(out, ", \"%s\": %" G_GUINT64_FORMAT, key, number);
}

/* An index, null for none. */
static void put_index(GString *out, const char *key, uint32_t index)
{
	if (index == FDAR_STORY_NONE)
		g_string_append_printf(out, ", \"%s\": null", key);
	else
		put_number(out, key, index);
}

static void put_step(GString *out, const struct fdar_story_step *step)
{
	g_string_append(out, "      {");
	put_text(out, "kind", kinds[step->kind]);
	g_string_append(out, ", ");
	put_text(out, "name", step->name);
	if (step->kind == FDAR_STORY_NOTE) {
		g_string_append(out, ", ");
		put_text(out, "text", step->text);
	}
	put_index(out, "lane", step->lane);
	put_index(out, "parent", step->parent);
	put_number(out, "depth", step->depth);
	put_number(out, "end", step->end);
	put_number(out, "start_ns", step->start_ns);
	g_string_append_printf(out, ", \"back\": %s", step->back ? "true" : "false");
	put_number(out, "duration_ns", step->duration_ns);
	put_number(out, "wait_ns", step->wait_ns);
	put_number(out, "own_ns", step->self_ns);
	put_number(out, "count", step->count);
	put_number(out, "min_ns", step->min_ns);
	put_number(out, "median_ns", step->median_ns);
	put_number(out, "max_ns", step->max_ns);
	put_number(out, "recursive_calls", step->recursive_calls);
	put_number(out, "recursion_depth", step->recursion_depth);
	put_number(out, "unfinished_calls", step->unfinished);
	put_number(out, "hidden_calls", step->hidden_calls);
	put_number(out, "hidden_ns", step->hidden_ns);
	put_number(out, "elided", step->elided);
	g_string_append(out, ", ");
	put_text(out, "beside", besides[step->beside]);
	g_string_append_printf(out, ", \"focus\": %s", step->is_focus ? "true" : "false");
	if (step->kind == FDAR_STORY_HANDOFF) {
		put_index(out, "lane_to", step->lane_to);
		g_string_append_printf(out, ", \"object\": \"0x%" G_GINT64_MODIFIER "x\"",
				       step->object);
	}
	g_string_append_c(out, '}');
}

static void put_lane(GString *out, const struct fdar_story_lane *lane)
{
	g_string_append(out, "      {");
	put_text(out, "thread", lane->thread);
	g_string_append(out, ", ");
	put_text(out, "component", lane->component);
	put_number(out, "tid", lane->tid);
	put_number(out, "thread_index", lane->thread_index);
	g_string_append_c(out, '}');
}

static void put_side(GString *out, const struct fdar_sequence_side *side)
{
	const struct fdar_story *story = side->story;

	g_string_append(out, "    {");
	put_text(out, "role", side->role);
	g_string_append(out, ", ");
	put_text(out, "source", side->source);
	g_string_append(out, ", ");
	put_text(out, "peer", story->peer);
	g_string_append_printf(out, ", \"key\": \"0x%" G_GINT64_MODIFIER "x\", ", story->key);
	put_text(out, "state", states[story->state]);
	put_number(out, "pid", story->pid);
	put_number(out, "begin_epoch_ns", story->begin_ns);
	put_number(out, "duration_ns", story->duration_ns);
	put_number(out, "calls", story->calls);
	put_number(out, "hidden_calls", story->hidden_calls);
	put_number(out, "hidden_ns", story->hidden_ns);
	g_string_append(out, ",\n     \"lanes\": [\n");
	for (uint32_t i = 0; i < story->lane_count; i++) {
		put_lane(out, &story->lanes[i]);
		g_string_append(out, i + 1 < story->lane_count ? ",\n" : "\n");
	}
	g_string_append(out, "     ],\n     \"steps\": [\n");
	for (uint32_t i = 0; i < story->step_count; i++) {
		put_step(out, &story->steps[i]);
		g_string_append(out, i + 1 < story->step_count ? ",\n" : "\n");
	}
	g_string_append(out, "     ]}");
}

static void put_rows(GString *out, const struct fdar_sequence *sequence)
{
	g_string_append(out, "[");
	for (uint32_t row = 0; row < plain_row_count(sequence); row++) {
		struct fdar_story_row steps = plain_row(sequence, row);

		g_string_append(out, row ? ", [" : "[");
		for (unsigned s = 0; s < sequence->side_count; s++) {
			g_string_append(out, s ? ", " : "");
			if (steps.step[s] == FDAR_STORY_NONE)
				g_string_append(out, "null");
			else
				g_string_append_printf(out, "%u", steps.step[s]);
		}
		g_string_append_c(out, ']');
	}
	g_string_append_c(out, ']');
}

GString *fdar_plain_json(const struct fdar_sequence *sequence)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "{\n  \"format\": %d,\n  ", FORMAT);
	put_text(out, "heading", sequence->heading);
	g_string_append(out, ",\n  ");
	put_text(out, "subheading", sequence->subheading);
	g_string_append(out, ",\n  \"warnings\": [");
	for (const char *const *w = sequence->warnings; w && *w; w++) {
		g_string_append(out, w == sequence->warnings ? "" : ", ");
		fdar_json_append(out, *w);
	}
	g_string_append(out, "],\n  \"sides\": [\n");
	for (unsigned s = 0; s < sequence->side_count; s++) {
		put_side(out, &sequence->sides[s]);
		g_string_append(out, s + 1 < sequence->side_count ? ",\n" : "\n");
	}
	g_string_append(out, "  ],\n  \"rows\": ");
	put_rows(out, sequence);
	g_string_append(out, "\n}\n");
	return out;
}
