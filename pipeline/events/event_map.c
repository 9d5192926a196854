#include "pipeline/events/event_map.h"

#include <string.h>

#include "instrument/wire/events.h"

#define OURS(name) FD_PROVIDER ":" name
#define FUNC_FIELDS                                \
	{                                          \
		{ "addr", FD_ROLE_ADDR },          \
		{                                  \
			"call_site", FD_ROLE_ADDR2 \
		}                                  \
	}
#define KEY_FIELD                           \
	{                                   \
		{                           \
			"key", FD_ROLE_ADDR \
		}                           \
	}
#define HANDOFF_FIELDS                        \
	{                                     \
		{ "object", FD_ROLE_ADDR },   \
		{                             \
			"queue", FD_ROLE_NAME \
		}                             \
	}
#define BASE_FIELD                            \
	{                                     \
		{                             \
			"baddr", FD_ROLE_ADDR \
		}                             \
	}
/* The path was called sopath before LTTng-UST 2.8. */
#define MODULE_FIELDS                                                                            \
	{                                                                                        \
		{ "baddr", FD_ROLE_ADDR }, { "memsz", FD_ROLE_ADDR2 }, { "path", FD_ROLE_NAME }, \
		{                                                                                \
			"sopath", FD_ROLE_NAME                                                   \
		}                                                                                \
	}
#define BUILD_ID_FIELDS                          \
	{                                        \
		{ "baddr", FD_ROLE_ADDR },       \
		{                                \
			"build_id", FD_ROLE_DATA \
		}                                \
	}

/* The fields of provider flowdar are instrument/wire/events.h's; those of the lttng_ust
 * providers are in lttng-ust-cyg-profile(3), lttng-ust-dl(3) and lttng-ust(3). */
static const struct fd_event_map known_events[] = {
	{ OURS("func_entry"), FD_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ OURS("func_exit"), FD_EVENT_FUNC_EXIT, 0, FUNC_FIELDS },
	{ OURS("scope_enter"), FD_EVENT_SCOPE_ENTER, 0, { { "name", FD_ROLE_NAME } } },
	{ OURS("scope_exit"), FD_EVENT_SCOPE_EXIT, 0, { { "name", FD_ROLE_NAME } } },
	{ OURS("session_begin"),
	  FD_EVENT_SESSION_BEGIN,
	  0,
	  { { "key", FD_ROLE_ADDR }, { "peer", FD_ROLE_DATA }, { "fd", FD_ROLE_FD } } },
	{ OURS("session_resume"), FD_EVENT_SESSION_RESUME, 0, KEY_FIELD },
	{ OURS("session_suspend"), FD_EVENT_SESSION_SUSPEND, 0, KEY_FIELD },
	{ OURS("session_end"), FD_EVENT_SESSION_END, 0, KEY_FIELD },
	{ OURS("handoff_put"), FD_EVENT_HANDOFF_PUT, 0, HANDOFF_FIELDS },
	{ OURS("handoff_take"), FD_EVENT_HANDOFF_TAKE, 0, HANDOFF_FIELDS },
	{ OURS("wait_begin"),
	  FD_EVENT_WAIT_BEGIN,
	  0,
	  { { "what", FD_ROLE_NAME }, { "kind", FD_ROLE_WAIT }, { "fd", FD_ROLE_FD } } },
	{ OURS("wait_end"), FD_EVENT_WAIT_END, 0, { { "result", FD_ROLE_ADDR } } },
	{ OURS("bytes"),
	  FD_EVENT_BYTES,
	  0,
	  { { "label", FD_ROLE_NAME }, { "total", FD_ROLE_ADDR }, { "data", FD_ROLE_DATA } } },
	{ OURS("note"), FD_EVENT_NOTE, 0, { { "key", FD_ROLE_NAME }, { "value", FD_ROLE_DATA } } },
	{ OURS("calls"),
	  FD_EVENT_RAW_CALLS,
	  0,
	  { { "tid", FD_ROLE_TID }, { "data", FD_ROLE_DATA } } },
	{ OURS("io"),
	  FD_EVENT_IO,
	  0,
	  { { "op", FD_ROLE_ADDR2 }, { "fd", FD_ROLE_FD }, { "result", FD_ROLE_ADDR } } },
	{ OURS("request_begin"),
	  FD_EVENT_REQUEST_BEGIN,
	  0,
	  { { "key", FD_ROLE_ADDR }, { "what", FD_ROLE_DATA } } },
	{ OURS("request_end"),
	  FD_EVENT_REQUEST_END,
	  0,
	  { { "key", FD_ROLE_ADDR }, { "result", FD_ROLE_ADDR2 } } },
	{ OURS("process"),
	  FD_EVENT_PROCESS,
	  0,
	  { { "recording", FD_ROLE_DATA }, { "parent", FD_ROLE_ADDR } } },
	{ OURS("thread_begin"), FD_EVENT_THREAD_BEGIN, 0, { { "name", FD_ROLE_DATA } } },
	{ OURS("thread_end"), FD_EVENT_THREAD_END, 0, { { "name", FD_ROLE_DATA } } },
	{ OURS("switched"),
	  FD_EVENT_SWITCHED,
	  0,
	  { { "addr", FD_ROLE_ADDR },
	    { "on", FD_ROLE_FD },
	    { "reason", FD_ROLE_WAIT },
	    { "calls", FD_ROLE_ADDR2 } } },
	{ "lttng_ust_cyg_profile:func_entry", FD_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile:func_exit", FD_EVENT_FUNC_EXIT, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_entry", FD_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_exit", FD_EVENT_FUNC_EXIT, 0, { { NULL, 0 } } },
	{ "lttng_ust_statedump:bin_info", FD_EVENT_MODULE, FD_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_statedump:soinfo", FD_EVENT_MODULE, FD_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_statedump:build_id", FD_EVENT_MODULE, FD_MODULE_BUILD_ID, BUILD_ID_FIELDS },
	{ "lttng_ust_lib:load", FD_EVENT_MODULE, FD_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_lib:unload", FD_EVENT_MODULE, FD_MODULE_UNLOADED, BASE_FIELD },
	{ "lttng_ust_lib:build_id", FD_EVENT_MODULE, FD_MODULE_BUILD_ID, BUILD_ID_FIELDS },
	{ "lttng_ust_dl:dlopen", FD_EVENT_MODULE, FD_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_dl:dlclose", FD_EVENT_MODULE, FD_MODULE_UNLOADED, BASE_FIELD },
	{ "lttng_ust_dl:build_id", FD_EVENT_MODULE, FD_MODULE_BUILD_ID, BUILD_ID_FIELDS },
};

const struct fd_event_field fd_event_map_contexts[] = {
	{ "vpid", FD_ROLE_PID },
	{ "vtid", FD_ROLE_TID },
	{ "procname", FD_ROLE_THREAD_NAME },
	{ NULL, 0 },
};

gboolean fd_event_map_tells_thread(const struct fd_event_map *map)
{
	for (int i = 0; i < FD_EVENT_MAP_FIELDS && map->fields[i].name; i++) {
		if (map->fields[i].role == FD_ROLE_TID)
			return TRUE;
	}
	return FALSE;
}

const struct fd_event_map *fd_event_map_find(const char *event)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known_events); i++) {
		if (strcmp(known_events[i].event, event) == 0)
			return &known_events[i];
	}
	return NULL;
}

gboolean fd_event_role_takes(enum fd_event_role role, enum fd_event_type type)
{
	switch (role) {
	case FD_ROLE_NAME:
	case FD_ROLE_THREAD_NAME:
		return type == FD_TYPE_STRING;
	case FD_ROLE_DATA:
		return type == FD_TYPE_STRING || type == FD_TYPE_BYTES;
	default:
		return type == FD_TYPE_UNSIGNED || type == FD_TYPE_SIGNED;
	}
}
