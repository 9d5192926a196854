/*
 * libflowdar-functions.so: the two hooks that -finstrument-functions makes every function call.
 *
 * Place in the house: loaded into the server beside libflowdar.so. libc has empty hooks of the same
 * names, so a program built that way runs without this library too.
 */
#include "functions/frames.h"
#include "functions/selection.h"

#define HOOK __attribute__((no_instrument_function, visibility("default")))

HOOK void __cyg_profile_func_enter(void *function, void *call_site);
HOOK void __cyg_profile_func_exit(void *function, void *call_site);

void __cyg_profile_func_enter(void *function, void *call_site)
{
	const uintptr_t *frame = __builtin_frame_address(0);

	if (fdar_selection_on())
		fdar_calls_hook_enter((uintptr_t)function, (uintptr_t)call_site,
				      (uintptr_t)__builtin_return_address(0),
				      (uintptr_t)__builtin_dwarf_cfa(), frame[0]);
}

void __cyg_profile_func_exit(void *function, void *call_site)
{
	const uintptr_t *frame = __builtin_frame_address(0);

	if (fdar_selection_on())
		fdar_calls_hook_leave((uintptr_t)function, (uintptr_t)call_site,
				      (uintptr_t)__builtin_return_address(0),
				      (uintptr_t)__builtin_dwarf_cfa(), frame[0]);
}
