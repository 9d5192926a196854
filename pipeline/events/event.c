#include "pipeline/events/event.h"

const char *fdar_event_kind_name(unsigned kind)
{
	static const char *const names[FDAR_EVENT_KINDS] = {
		[FDAR_EVENT_OTHER] = "other",
#define FDAR_EVENT(name, kind, level, arguments, fields) [FDAR_EVENT_##kind] = #name,
#include "instrument/wire/events.def"
		[FDAR_EVENT_MODULE] = "module",
		[FDAR_EVENT_THREAD_NAME] = "thread_name",
		[FDAR_EVENT_FUNC_SKIPPED] = "func_skipped",
		[FDAR_EVENT_FUNC_UNWOUND] = "func_unwound",
		[FDAR_EVENT_FUNC_LOST] = "func_lost",
		[FDAR_EVENT_PROCESS_OVER] = "process_over",
		[FDAR_EVENT_FUNC_CALL] = "func_call",
		[FDAR_EVENT_BOUNDARY] = "boundary",
	};

	return names[kind < FDAR_EVENT_KINDS ? kind : FDAR_EVENT_OTHER];
}
