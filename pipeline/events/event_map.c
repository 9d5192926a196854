#include "pipeline/events/event_map.h"

#include <string.h>

#include "instrument/wire/events.h"

#define OURS(name) FDAR_PROVIDER ":" name
#define FUNC_FIELDS                                  \
	{                                            \
		{ "addr", FDAR_ROLE_ADDR },          \
		{                                    \
			"call_site", FDAR_ROLE_ADDR2 \
		}                                    \
	}
#define KEY_FIELD                             \
	{                                     \
		{                             \
			"key", FDAR_ROLE_ADDR \
		}                             \
	}
#define HANDOFF_FIELDS                          \
	{                                       \
		{ "object", FDAR_ROLE_ADDR },   \
		{                               \
			"queue", FDAR_ROLE_NAME \
		}                               \
	}
#define BASE_FIELD                              \
	{                                       \
		{                               \
			"baddr", FDAR_ROLE_ADDR \
		}                               \
	}
/* The path was called sopath before LTTng-UST 2.8. */
#define MODULE_FIELDS                                                      \
	{                                                                  \
		{ "baddr", FDAR_ROLE_ADDR }, { "memsz", FDAR_ROLE_ADDR2 }, \
			{ "path", FDAR_ROLE_NAME },                        \
		{                                                          \
			"sopath", FDAR_ROLE_NAME                           \
		}                                                          \
	}
#define BUILD_ID_FIELDS                            \
	{                                          \
		{ "baddr", FDAR_ROLE_ADDR },       \
		{                                  \
			"build_id", FDAR_ROLE_DATA \
		}                                  \
	}

/* The fields of provider flowdar are instrument/wire/events.h's; those of the lttng_ust
 * providers are in lttng-ust-cyg-profile(3), lttng-ust-dl(3) and lttng-ust(3). */
static const struct fdar_event_map known_events[] = {
	{ OURS("func_entry"), FDAR_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ OURS("func_exit"), FDAR_EVENT_FUNC_EXIT, 0, FUNC_FIELDS },
	{ OURS("scope_enter"), FDAR_EVENT_SCOPE_ENTER, 0, { { "name", FDAR_ROLE_NAME } } },
	{ OURS("scope_exit"), FDAR_EVENT_SCOPE_EXIT, 0, { { "name", FDAR_ROLE_NAME } } },
	{ OURS("session_begin"),
	  FDAR_EVENT_SESSION_BEGIN,
	  0,
	  { { "key", FDAR_ROLE_ADDR }, { "peer", FDAR_ROLE_DATA }, { "fd", FDAR_ROLE_FD } } },
	{ OURS("session_resume"), FDAR_EVENT_SESSION_RESUME, 0, KEY_FIELD },
	{ OURS("session_suspend"), FDAR_EVENT_SESSION_SUSPEND, 0, KEY_FIELD },
	{ OURS("session_end"), FDAR_EVENT_SESSION_END, 0, KEY_FIELD },
	{ OURS("handoff_put"), FDAR_EVENT_HANDOFF_PUT, 0, HANDOFF_FIELDS },
	{ OURS("handoff_take"), FDAR_EVENT_HANDOFF_TAKE, 0, HANDOFF_FIELDS },
	{ OURS("wait_begin"),
	  FDAR_EVENT_WAIT_BEGIN,
	  0,
	  { { "what", FDAR_ROLE_NAME }, { "kind", FDAR_ROLE_WAIT }, { "fd", FDAR_ROLE_FD } } },
	{ OURS("wait_end"), FDAR_EVENT_WAIT_END, 0, { { "result", FDAR_ROLE_ADDR } } },
	{ OURS("bytes"),
	  FDAR_EVENT_BYTES,
	  0,
	  { { "label", FDAR_ROLE_NAME },
	    { "total", FDAR_ROLE_ADDR },
	    { "data", FDAR_ROLE_DATA } } },
	{ OURS("note"),
	  FDAR_EVENT_NOTE,
	  0,
	  { { "key", FDAR_ROLE_NAME }, { "value", FDAR_ROLE_DATA } } },
	{ OURS("calls"),
	  FDAR_EVENT_RAW_CALLS,
	  0,
	  { { "tid", FDAR_ROLE_TID }, { "data", FDAR_ROLE_DATA } } },
	{ OURS("io"),
	  FDAR_EVENT_IO,
	  0,
	  { { "op", FDAR_ROLE_ADDR2 }, { "fd", FDAR_ROLE_FD }, { "result", FDAR_ROLE_ADDR } } },
	{ OURS("request_begin"),
	  FDAR_EVENT_REQUEST_BEGIN,
	  0,
	  { { "key", FDAR_ROLE_ADDR }, { "what", FDAR_ROLE_DATA } } },
	{ OURS("request_end"),
	  FDAR_EVENT_REQUEST_END,
	  0,
	  { { "key", FDAR_ROLE_ADDR }, { "result", FDAR_ROLE_ADDR2 } } },
	{ OURS("process"),
	  FDAR_EVENT_PROCESS,
	  0,
	  { { "recording", FDAR_ROLE_DATA }, { "parent", FDAR_ROLE_ADDR } } },
	{ OURS("thread_begin"), FDAR_EVENT_THREAD_BEGIN, 0, { { "name", FDAR_ROLE_DATA } } },
	{ OURS("thread_end"), FDAR_EVENT_THREAD_END, 0, { { "name", FDAR_ROLE_DATA } } },
	{ OURS("switched"),
	  FDAR_EVENT_SWITCHED,
	  0,
	  { { "addr", FDAR_ROLE_ADDR },
	    { "on", FDAR_ROLE_FD },
	    { "reason", FDAR_ROLE_WAIT },
	    { "calls", FDAR_ROLE_ADDR2 } } },
	{ "lttng_ust_cyg_profile:func_entry", FDAR_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile:func_exit", FDAR_EVENT_FUNC_EXIT, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_entry", FDAR_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_exit", FDAR_EVENT_FUNC_EXIT, 0, { { NULL, 0 } } },
	{ "lttng_ust_statedump:bin_info", FDAR_EVENT_MODULE, FDAR_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_statedump:soinfo", FDAR_EVENT_MODULE, FDAR_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_statedump:build_id", FDAR_EVENT_MODULE, FDAR_MODULE_BUILD_ID,
	  BUILD_ID_FIELDS },
	{ "lttng_ust_lib:load", FDAR_EVENT_MODULE, FDAR_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_lib:unload", FDAR_EVENT_MODULE, FDAR_MODULE_UNLOADED, BASE_FIELD },
	{ "lttng_ust_lib:build_id", FDAR_EVENT_MODULE, FDAR_MODULE_BUILD_ID, BUILD_ID_FIELDS },
	{ "lttng_ust_dl:dlopen", FDAR_EVENT_MODULE, FDAR_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_dl:dlclose", FDAR_EVENT_MODULE, FDAR_MODULE_UNLOADED, BASE_FIELD },
	{ "lttng_ust_dl:build_id", FDAR_EVENT_MODULE, FDAR_MODULE_BUILD_ID, BUILD_ID_FIELDS },
};

const struct fdar_event_field fdar_event_map_contexts[] = {
	{ "vpid", FDAR_ROLE_PID },
	{ "vtid", FDAR_ROLE_TID },
	{ "procname", FDAR_ROLE_THREAD_NAME },
	{ NULL, 0 },
};

gboolean fdar_event_map_tells_thread(const struct fdar_event_map *map)
{
	for (int i = 0; i < FDAR_EVENT_MAP_FIELDS && map->fields[i].name; i++) {
		if (map->fields[i].role == FDAR_ROLE_TID)
			return TRUE;
	}
	return FALSE;
}

const struct fdar_event_map *fdar_event_map_find(const char *event)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known_events); i++) {
		if (strcmp(known_events[i].event, event) == 0)
			return &known_events[i];
	}
	return NULL;
}

gboolean fdar_event_role_takes(enum fdar_event_role role, enum fdar_event_type type)
{
	switch (role) {
	case FDAR_ROLE_NAME:
	case FDAR_ROLE_THREAD_NAME:
		return type == FDAR_TYPE_STRING;
	case FDAR_ROLE_DATA:
		return type == FDAR_TYPE_STRING || type == FDAR_TYPE_BYTES;
	default:
		return type == FDAR_TYPE_UNSIGNED || type == FDAR_TYPE_SIGNED;
	}
}
