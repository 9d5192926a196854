#include "cli/diff_sides.h"

#include "analyze/unrecorded.h"
#include "cli/table.h"
#include "pipeline/recording.h"

/* Whose calls were recorded is dealt with function by function; this is about each call. */
static char *doubt_of(const struct fd_recording_info *baseline,
		      const struct fd_recording_info *subject)
{
	g_autofree char *before = fd_format_duration((double)baseline->min_duration_ns);
	g_autofree char *after = fd_format_duration((double)subject->min_duration_ns);

	if (baseline->min_duration_ns != subject->min_duration_ns)
		return g_strdup_printf("calls shorter than %s were not recorded in the subject, "
				       "shorter than %s in the baseline: they are a part of their "
				       "callers there",
				       after, before);
	if (baseline->depth != subject->depth)
		return g_strdup_printf("the subject was recorded %" G_GUINT64_FORMAT
				       " calls deep, the baseline %" G_GUINT64_FORMAT
				       " (0: all): deeper ones are a part of their callers",
				       subject->depth, baseline->depth);
	return NULL;
}

/* Another profile in the place of the old one, without the functions that are not compared. */
static gboolean read_again(struct fd_profile_input *input, GHashTable *unrecorded,
			   fd_profile **profile, GError **error)
{
	if (!fd_unrecorded_called(unrecorded, *profile))
		return TRUE;
	input->folded = unrecorded;
	input->again = TRUE;
	fd_profile_free(*profile);
	*profile = fd_profile_input_read(input, error);
	return *profile != NULL;
}

static gboolean bring_together(struct fd_profile_input *baseline, struct fd_profile_input *subject,
			       struct fd_diff_sides *sides, GError **error)
{
	struct fd_recording_info before = { 0 }, after = { 0 };

	/* A plain trace has none. */
	fd_recording_info_load(baseline->path, &before, NULL);
	fd_recording_info_load(subject->path, &after, NULL);
	struct fd_recorded left = { sides->baseline, (const char *const *)before.functions };
	struct fd_recorded right = { sides->subject, (const char *const *)after.functions };

	sides->unrecorded = fd_unrecorded_find(&left, &right);
	sides->doubt = doubt_of(&before, &after);
	fd_recording_info_clear(&before);
	fd_recording_info_clear(&after);
	return !g_hash_table_size(sides->unrecorded) ||
	       (read_again(baseline, sides->unrecorded, &sides->baseline, error) &&
		read_again(subject, sides->unrecorded, &sides->subject, error));
}

gboolean fd_diff_sides_read(struct fd_profile_input *baseline, struct fd_profile_input *subject,
			    struct fd_diff_sides *sides, GError **error)
{
	sides->baseline = fd_profile_input_read(baseline, error);
	if (sides->baseline)
		sides->subject = fd_profile_input_read(subject, error);
	return sides->subject && bring_together(baseline, subject, sides, error);
}

void fd_diff_sides_clear(struct fd_diff_sides *sides)
{
	fd_profile_free(sides->baseline);
	fd_profile_free(sides->subject);
	g_clear_pointer(&sides->unrecorded, g_hash_table_unref);
	g_free(sides->doubt);
}
