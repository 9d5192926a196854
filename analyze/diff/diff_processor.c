/* Waiting for a processor is not running. Where recordings say when threads were off it (off_cpu events),
 * what a function runs for is processor time, and a full machine hides nothing of it. */
#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

gboolean diff_knows_processor(const struct diff_work *work)
{
	for (int i = 0; i < SIDES; i++) {
		const struct fdar_profile *profile = work->side[i].profile;

		if (!profile->watched || profile->watched < profile->processes)
			return FALSE;
	}
	return TRUE;
}

static double part_of(const struct fdar_diff *diff, int side)
{
	double kept_ns = 0, ran_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		double own_ns = side == BASELINE ? row->baseline.own_ns : row->subject.own_ns;

		if (row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_PROCESSOR)
			kept_ns += own_ns;
		else if (diff_row_runs(row))
			ran_ns += own_ns;
	}
	return kept_ns > 0 ? kept_ns / (kept_ns + ran_ns) : 0;
}

double diff_processor_part(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;

	return diff->whole_run ? 0 : MAX(part_of(diff, BASELINE), part_of(diff, SUBJECT));
}

char *diff_full_text(const struct diff_work *work)
{
	if (work->options.pressure >= DIFF_FULL_PART)
		return g_strdup_printf("somebody waited for a processor in %.0f %% of its fullest "
				       "moment",
				       100 * work->options.pressure);
	return g_strdup_printf("%s waited for a processor for %.0f %% of what they would have run",
			       diff_units(work->diff), 100 * work->processor_part);
}

gboolean diff_hides_running(const struct diff_work *work)
{
	return diff_is_full(work) && !diff_knows_processor(work);
}

double diff_processor_added_ns(const struct fdar_diff *diff)
{
	double added_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (diff->rows[i].frame == FDAR_FRAME_WAIT &&
		    diff->rows[i].wait == FDAR_WAIT_PROCESSOR)
			added_ns += diff->rows[i].added_ns;
	return added_ns;
}

gboolean diff_is_for_processor(const struct fdar_diff *diff)
{
	return diff->added_ns > 0 && diff_processor_added_ns(diff) >= 0.5 * diff->added_ns;
}

gboolean diff_is_for_clients(const struct fdar_diff *diff)
{
	double client_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (diff->rows[i].client)
			client_ns += diff->rows[i].added_ns;
	return diff->added_ns > 0 && client_ns >= 0.5 * diff->added_ns;
}
