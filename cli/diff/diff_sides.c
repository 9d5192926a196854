#include "cli/diff/diff_sides.h"

#include "analyze/profile/unrecorded.h"
#include "cli/kit/table.h"
#include "pipeline/recording/recording.h"

static char *short_text(const struct fd_recording_info *info)
{
	g_autofree char *least = fd_format_duration((double)info->min_duration_ns);

	return info->min_duration_ns ? g_strdup_printf("those shorter than %s", least)
				     : g_strdup("none");
}

static char *deep_text(const struct fd_recording_info *info)
{
	return info->depth
		       ? g_strdup_printf("those nested deeper than %" G_GUINT64_FORMAT, info->depth)
		       : g_strdup("none");
}

/* Whose calls were recorded is dealt with function by function; this is about each call. */
static char *doubt_of(const struct fd_recording_info *baseline,
		      const struct fd_recording_info *subject)
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
