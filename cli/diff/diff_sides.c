#include "cli/diff/diff_sides.h"

#include "analyze/profile/unrecorded.h"
#include "cli/kit/table.h"
#include "pipeline/recording/recording.h"

static char *short_text(const struct fdar_recording_info *info)
{
	g_autofree char *least = fdar_format_duration((double)info->min_duration_ns);

	return info->min_duration_ns ? g_strdup_printf("those shorter than %s", least)
				     : g_strdup("none");
}

static char *deep_text(const struct fdar_recording_info *info)
{
	return info->depth
		       ? g_strdup_printf("those nested deeper than %" G_GUINT64_FORMAT, info->depth)
		       : g_strdup("none");
}

/* Whose calls were recorded is dealt with function by function; this is about each call. */
static char *doubt_of(const struct fdar_recording_info *baseline,
		      const struct fdar_recording_info *subject)
{
	static const char what[] = "of the subject's calls %s were left out, of the baseline's %s: "
				   "they are a part of their callers there";
	g_autofree char *before = NULL, *after = NULL;

	if (baseline->min_duration_ns != subject->min_duration_ns) {
		before = short_text(baseline);
		after = short_text(subject);
	} else if (baseline->depth != subject->depth) {
		before = deep_text(baseline);
		after = deep_text(subject);
	}
	return before ? g_strdup_printf(what, after, before) : NULL;
}

/* Another profile in the place of the old one, without the functions that are not compared. */
static gboolean read_again(struct fdar_profile_input *input, GHashTable *unrecorded,
			   fdar_profile **profile, GError **error)
{
	if (!fdar_unrecorded_called(unrecorded, *profile))
		return TRUE;
	input->folded = unrecorded;
	input->again = TRUE;
	fdar_profile_free(*profile);
	*profile = fdar_profile_input_read(input, error);
	return *profile != NULL;
}

static gboolean bring_together(struct fdar_profile_input *baseline,
			       struct fdar_profile_input *subject, struct fdar_diff_sides *sides,
			       GError **error)
{
	struct fdar_recording_info before = { 0 }, after = { 0 };

	/* A plain trace has none. */
	fdar_recording_info_load(baseline->path, &before, NULL);
	fdar_recording_info_load(subject->path, &after, NULL);
	struct fdar_recorded left = { sides->baseline, (const char *const *)before.functions };
	struct fdar_recorded right = { sides->subject, (const char *const *)after.functions };

	sides->unrecorded = fdar_unrecorded_find(&left, &right);
	sides->doubt = doubt_of(&before, &after);
	fdar_recording_info_clear(&before);
	fdar_recording_info_clear(&after);
	return !g_hash_table_size(sides->unrecorded) ||
	       (read_again(baseline, sides->unrecorded, &sides->baseline, error) &&
		read_again(subject, sides->unrecorded, &sides->subject, error));
}

gboolean fdar_diff_sides_read(struct fdar_profile_input *baseline,
			      struct fdar_profile_input *subject, struct fdar_diff_sides *sides,
			      GError **error)
{
	sides->baseline = fdar_profile_input_read(baseline, error);
	if (sides->baseline)
		sides->subject = fdar_profile_input_read(subject, error);
	return sides->subject && bring_together(baseline, subject, sides, error);
}

void fdar_diff_sides_clear(struct fdar_diff_sides *sides)
{
	fdar_profile_free(sides->baseline);
	fdar_profile_free(sides->subject);
	g_clear_pointer(&sides->unrecorded, g_hash_table_unref);
	g_free(sides->doubt);
}
