#include "cli/diff/diff_few.h"

#include <string.h>

struct wanted {
	struct fdar_diff *diff;
	const char *label;
};

static void tell(void *user, const struct fdar_profile_session *told)
{
	const struct wanted *wanted = user;
	struct fdar_diff *diff = wanted->diff;
	const char *peer = told->session->peer;
	g_autofree char *number = g_strdup_printf("number %" G_GUINT64_FORMAT, told->session->id);

	if ((wanted->label && strcmp(wanted->label, told->label) != 0) ||
	    (double)told->watched_ns < diff->verdict.few_ns || diff->few->len >= diff->verdict.few)
		return;
	fdar_diff_tell_few(diff, *peer ? peer : number);
}

gboolean fdar_diff_few_name(const struct fdar_diff_side_input *subject, const char *label,
			    struct fdar_diff *diff, GError **error)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	struct fdar_profile_input input = subject->input;
	struct wanted wanted = { diff, label };
	struct fdar_profile_watch watch;

	if (!verdict->few || !verdict->function)
		return TRUE;
	watch.function = diff->rows[verdict->few_row].function;
	watch.component = diff->rows[verdict->few_row].component;
	watch.below = diff->rows[verdict->few_row].below;
	input.again = TRUE;
	input.session = tell;
	input.session_user = &wanted;
	input.watch = &watch;
	input.unit = diff->unit;
	for (char **path = subject->paths; *path; path++) {
		g_autoptr(fdar_profile) profile = NULL;

		input.path = *path;
		if (fdar_profile_input_is_file(&input))
			continue;
		profile = fdar_profile_input_read(&input, error);
		if (!profile)
			return FALSE;
	}
	return TRUE;
}
