/*
 * libflowdar-functions.so: its beginning and its end, and what the helper thread does for it.
 *
 * Place in the house: brings the parts of functions/ together with the control segment's events
 * (provider/control.h).
 */
#include "functions/clock.h"
#include "functions/select.h"
#include "functions/selection.h"
#include "functions/threads.h"
#include "provider/control.h"

#define STALE_NS UINT64_C(100000000)

static void changed(void)
{
	fd_thread_never(true);
	fd_select_changed();
}

static void tick(void)
{
	uint64_t scale;

	fd_thread_never(true);
	fd_clock_adjust();
	fd_select_tick();
	if (!FLOWDAR_ENABLED(calls))
		return;
	scale = fd_clock_scale();
	fd_threads_flush_stale((uint64_t)(((unsigned __int128)STALE_NS << 32) / scale));
}

__attribute__((constructor)) static void functions_begin(void)
{
	static const struct fd_control_user user = {
		.event = fd_thread_flush_own,
		.changed = changed,
		.flush = fd_threads_flush,
		.tick = tick,
	};

	flowdar_link_init_();
	fd_clock_init();
	fd_threads_init();
	fd_select_init();
	fd_threads_watch_fork();
	/* What is called here of the program (its own memcpy) is none of its work. */
	fd_thread_never(true);
	fd_select_changed();
	fd_thread_never(false);
	fd_control_use(&user);
}

__attribute__((destructor)) static void functions_end(void)
{
	fd_threads_flush();
}
