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
