/*
 * libflowdar-functions.so: the two hooks that -finstrument-functions makes every function call.
 *
 * Place in the house: loaded into the server beside libflowdar.so. libc has empty hooks of the same
 * names, so a program built that way runs without this library too.
 */
#include "flowdar/flowdar.h"

#define HOOK __attribute__((no_instrument_function, visibility("default")))

HOOK void __cyg_profile_func_enter(void *function, void *call_site);
HOOK void __cyg_profile_func_exit(void *function, void *call_site);

/* Whether this thread is inside a hook. The server may bring its own malloc or clock_gettime, built
 * with hooks too, and the tracer may call them: those calls write nothing. A signal handler that
 * interrupts a hook begins and ends within it, so its events are left out in pairs. */
static __thread volatile int inside __attribute__((tls_model("initial-exec")));

void __cyg_profile_func_enter(void *function, void *call_site)
{
	if (!FLOWDAR_ENABLED(func_entry) || inside)
		return;
	inside = 1;
	flowdar_link_.func_entry.write(flowdar_key_(function), flowdar_key_(call_site));
	inside = 0;
}

void __cyg_profile_func_exit(void *function, void *call_site)
{
	if (!FLOWDAR_ENABLED(func_exit) || inside)
		return;
	inside = 1;
	flowdar_link_.func_exit.write(flowdar_key_(function), flowdar_key_(call_site));
	inside = 0;
}
