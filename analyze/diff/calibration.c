#include "analyze/diff/calibration.h"

#include <gio/gio.h>

#include "analyze/diff/diff_private.h"

/* Of what the server does itself: how long clients and the kernel take is never believed. */
static void take_row(struct fdar_calibration *out, const struct fdar_diff *diff,
		     const struct fdar_diff_row *row)
{
	if (row->client || row->transfers || row->frame == FDAR_FRAME_QUEUE || !(row->added_ns > 0))
		return;
	if (row->added_ns >= DIFF_MIN_RUNNING_PART * diff->baseline.running_ns &&
	    isfinite(row->ratio))
		out->function_ratio = MAX(out->function_ratio, row->ratio);
	if (row->added_ns <= out->function_ns)
		return;
	out->function_ns = row->added_ns;
	g_free(out->function);
	out->function = g_strdup(row->function);
}

static void take_pair(struct fdar_calibration *out, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	out->pairs++;
	out->alarms[verdict->confidence] += verdict->function != NULL;
	out->claims += verdict->change != FDAR_CHANGE_NONE && verdict->change != FDAR_CHANGE_FASTER;
	out->session_ratio = MAX(out->session_ratio, diff->ratio);
	out->session_ns = MAX(out->session_ns, diff->added_ns);
	out->sessions = out->pairs == 1 ? diff->baseline.sessions
					: MIN(out->sessions, diff->baseline.sessions);
	for (uint32_t i = 0; i < diff->row_count; i++)
		take_row(out, diff, &diff->rows[i]);
}

static gboolean compare_pair(const struct fdar_profile *baseline,
			     const struct fdar_profile *subject,
			     const struct fdar_diff_options *options, struct fdar_calibration *out,
			     GError **error)
{
	g_autoptr(fdar_diff) diff = fdar_diff_new(baseline, subject, options, error);

	if (!diff)
		return FALSE;
	if (diff->verdict.refused || diff->whole_run) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "two of the runs cannot be compared: %s",
			    diff->verdict.refused ? diff->verdict.sentence
						  : "neither has sessions");
		return FALSE;
	}
	take_pair(out, diff);
	if (!out->program)
		out->program = g_strdup(diff->subject.program);
	return TRUE;
}

gboolean fdar_calibration_make(const struct fdar_profile *const *runs, uint32_t count,
			       const struct fdar_diff_options *options,
			       struct fdar_calibration *out, GError **error)
{
	*out = (struct fdar_calibration){ .runs = count, .function_ratio = 1, .session_ratio = 1 };
	if (count < FDAR_CALIBRATION_RUNS_MIN) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%u runs do not tell how much runs differ: expected %u or more", count,
			    FDAR_CALIBRATION_RUNS_MIN);
		return FALSE;
	}
	out->unit = runs[0]->unit;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < count; j++)
			if (i != j && !compare_pair(runs[i], runs[j], options, out, error))
				return FALSE;
	return TRUE;
}

void fdar_calibration_clear(struct fdar_calibration *calibration)
{
	g_clear_pointer(&calibration->function, g_free);
	g_clear_pointer(&calibration->program, g_free);
}
