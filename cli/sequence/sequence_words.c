#include "cli/sequence/sequence_words.h"

#include <string.h>

#include "cli/kit/paths.h"
#include "cli/kit/table.h"
#include "pipeline/recording/recording.h"

char *fdar_sequence_source(const char *path)
{
	struct fdar_recording_info info = { 0 };
	g_autofree char *name = fdar_path_name(path);
	g_autofree char *command = NULL;

	if (!fdar_recording_info_load(path, &info, NULL))
		return g_steal_pointer(&name);
	if (info.command && info.command[0]) {
		g_autofree char *program = g_path_get_basename(info.command[0]);
		g_autofree char *arguments = g_strjoinv(" ", info.command + 1);

		command = g_strconcat(program, arguments[0] ? " " : "", arguments, NULL);
	}
	fdar_recording_info_clear(&info);
	return command ? g_strconcat(name, " · ", command, NULL) : g_steal_pointer(&name);
}

static const struct fdar_story_step *find_focus(const struct fdar_story *story, uint64_t *total_ns,
						uint64_t *wait_ns)
{
	const struct fdar_story_step *first = NULL;

	for (uint32_t i = 0; i < story->step_count; i++) {
		if (story->steps[i].is_focus) {
			first = first ? first : &story->steps[i];
			*total_ns += story->steps[i].duration_ns;
			*wait_ns += story->steps[i].wait_ns;
		}
	}
	return first;
}

/* The hand-off that the session stood longest in the queue for. */
static const struct fdar_story_step *longest_queue(const struct fdar_story *story)
{
	const struct fdar_story_step *longest = NULL;

	for (uint32_t i = 0; i < story->step_count; i++) {
		const struct fdar_story_step *step = &story->steps[i];

		if (step->kind == FDAR_STORY_HANDOFF &&
		    (!longest || step->duration_ns > longest->duration_ns))
			longest = step;
	}
	return longest;
}

static const char *unit_name(const struct fdar_sequence_request *request)
{
	return request->thread ? "thread" : request->asked ? "request" : "session";
}

char *fdar_sequence_heading(const struct fdar_story_set *set,
			    const struct fdar_sequence_request *request)
{
	const char *unit = unit_name(request);
	const struct fdar_story *story = set->stories[0];
	uint64_t total_ns = 0;
	uint64_t wait_ns = 0;
	const struct fdar_story_step *focus = find_focus(story, &total_ns, &wait_ns);
	g_autofree char *time = fdar_format_duration((double)total_ns);
	g_autofree char *whole = fdar_format_duration((double)story->duration_ns);

	const struct fdar_story_step *queue = longest_queue(story);

	if (queue && queue->duration_ns > total_ns) {
		g_autofree char *queued = fdar_format_duration((double)queue->duration_ns);

		return g_strdup_printf("This %s stands in the queue %s for %s of its %s%s", unit,
				       queue->name, queued, whole,
				       queue->unfinished ? ", and nobody takes it" : "");
	}
	if (!focus)
		return g_strdup_printf("One %s, %s", unit, whole);
	return g_strdup_printf("%s in %s takes %s of this %s's %s, %s%s", focus->name,
			       focus->lane < story->lane_count ? story->lanes[focus->lane].component
							       : "the server",
			       time, unit, whole, wait_ns * 2 > total_ns ? "waiting" : "running",
			       focus->unfinished ? ", and has not returned" : "");
}

char *fdar_sequence_which(const struct fdar_sequence_request *request, const char *focus,
			  const struct fdar_story_picked *picked)
{
	static const char *const words[] = {
		[FDAR_PICK_WORST] = "the worst",
		[FDAR_PICK_MEDIAN] = "the median",
		[FDAR_PICK_HEAVY] = "a typical one of those above the mean",
		[FDAR_PICK_ALIKE] = "the median of those of its kind",
		[FDAR_PICK_PEER] = "the first of this client",
		[FDAR_PICK_KEY] = "the one with this key",
		[FDAR_PICK_BEGAN] = "one",
	};
	g_autofree char *count = fdar_format_count(picked->sessions);
	g_autofree char *open = fdar_format_count(picked->unfinished);
	enum fdar_story_pick pick = request->picks[0];
	gboolean ranked =
		pick == FDAR_PICK_WORST || pick == FDAR_PICK_MEDIAN || pick == FDAR_PICK_HEAVY;
	GString *text = g_string_new(words[pick]);

	if (request->thread) {
		g_string_printf(text, "what the thread %s did", request->thread);
		return g_string_free(text, FALSE);
	}
	g_string_append_printf(text, " of %s %s%s", count, unit_name(request),
			       picked->sessions == 1 ? "" : "s");
	if (request->asked)
		g_string_append_printf(text, ", of those with \"%s\"", request->asked);
	if (request->labels[0])
		g_string_append_printf(text, ", of those labelled %s", request->labels[0]);
	if (ranked) {
		g_string_append_printf(text, " by %s%s", focus ? "time in " : "duration",
				       focus ? focus : "");
	}
	if (picked->unfinished)
		g_string_append_printf(text, " · %s of them had not ended", open);
	return g_string_free(text, FALSE);
}

char *fdar_sequence_compared(const struct fdar_diff *diff)
{
	g_autofree char *base = fdar_format_count(diff->baseline.sessions);
	g_autofree char *subject = fdar_format_count(diff->subject.sessions);

	return g_strdup_printf(
		"heading: means of all sessions, %s of the baseline against %s of the subject · "
		"confidence: %s · drawing: one session of each, and ratios of these two",
		base, subject, fdar_confidence_name(diff->verdict.confidence));
}
