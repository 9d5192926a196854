/*
 * libflowdar-functions.so: its beginning and its end, and what the helper thread does for it.
 *
 * Place in the house: brings the parts of functions/ together with the control segment's events
 * (provider/control.h).
 */
#include "functions/clock.h"
#include "functions/forking.h"
#include "functions/life.h"
#include "functions/marks.h"
#include "functions/records.h"
#include "functions/select.h"
#include "functions/selection.h"
#include "provider/control.h"

#define STALE_NS UINT64_C(100000000)

static void changed(void)
{
	fdar_thread_never(true);
	fdar_select_changed();
}

static void tick(void)
{
	fdar_thread_never(true);
	fdar_clock_adjust();
	fdar_select_tick();
	if (!FLOWDAR_ENABLED(calls) && !FLOWDAR_ENABLED(packed))
		return;
	fdar_life_flush_stale(fdar_clock_ticks_of(STALE_NS));
}

static void forked(void)
{
	fdar_marks_forked();
	fdar_forking_forked();
}

__attribute__((constructor)) static void functions_begin(void)
{
	static const struct fdar_control_user user = {
		.event = fdar_records_flush_own,
		.changed = changed,
		.flush = fdar_life_flush,
		.tick = tick,
		.fork_begin = fdar_forking_begin,
		.fork_end = fdar_forking_end,
		.forked = forked,
		.pending = fdar_threads_pending,
		.mark = fdar_marks_put,
	};

	flowdar_link_init_();
	fdar_clock_init();
	fdar_life_init(fdar_selection_thread);
	fdar_select_init();
	fdar_forking_watch();
	/* What is called here of the program (its own memcpy) is none of its work. */
	fdar_thread_never(true);
	fdar_select_changed();
	fdar_thread_never(false);
	flowdar_control_use(&user);
}

__attribute__((destructor)) static void functions_end(void)
{
	fdar_select_missed();
	fdar_life_flush();
}
