#include "pipeline/events/event_map.h"

#include <fnmatch.h>
#include <string.h>

#include "instrument/wire/events.h"

/* A field with a role is an entry, one without is none. */
#define ENTRY_ADDR(name)  { name, FDAR_ROLE_ADDR },
#define ENTRY_ADDR2(name) { name, FDAR_ROLE_ADDR2 },
#define ENTRY_NAME(name)  { name, FDAR_ROLE_NAME },
#define ENTRY_DATA(name)  { name, FDAR_ROLE_DATA },
#define ENTRY_FD(name)    { name, FDAR_ROLE_FD },
#define ENTRY_WAIT(name)  { name, FDAR_ROLE_WAIT },
#define ENTRY_TID(name)   { name, FDAR_ROLE_TID },
#define ENTRY_NONE(name)

/* clang-format off */
#define FUNC_FIELDS     { ENTRY_ADDR("addr") ENTRY_ADDR2("call_site") }
#define BASE_FIELD      { ENTRY_ADDR("baddr") }
#define BUILD_ID_FIELDS { ENTRY_ADDR("baddr") ENTRY_DATA("build_id") }
/* The path was called sopath before LTTng-UST 2.8. */
#define MODULE_FIELDS \
	{ ENTRY_ADDR("baddr") ENTRY_ADDR2("memsz") ENTRY_NAME("path") ENTRY_NAME("sopath") }

/* The fields of provider flowdar are instrument/wire/events.def's; those of the lttng_ust
 * providers are in lttng-ust-cyg-profile(3), lttng-ust-dl(3) and lttng-ust(3). */
static const struct fdar_event_map known_events[] = {
#define FDAR_HEX(type, name, role) ENTRY_##role(#name)
#define FDAR_INT(type, name, role) ENTRY_##role(#name)
#define FDAR_TEXT(name, role)      ENTRY_##role(#name)
#define FDAR_DATA(name, role)      ENTRY_##role(#name)
#define FDAR_EVENT(name, kind, level, arguments, fields) \
	{ FDAR_PROVIDER ":" #name, FDAR_EVENT_##kind, FDAR_MODULE_NONE, { fields } },
#include "instrument/wire/events.def"
	{ "lttng_ust_cyg_profile:func_entry", FDAR_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile:func_exit", FDAR_EVENT_FUNC_EXIT, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_entry", FDAR_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_exit", FDAR_EVENT_FUNC_EXIT, 0, { { NULL, 0 } } },
	{ "lttng_ust_statedump:bin_info", FDAR_EVENT_MODULE, FDAR_MODULE_LISTED, MODULE_FIELDS },
	{ "lttng_ust_statedump:soinfo", FDAR_EVENT_MODULE, FDAR_MODULE_LISTED, MODULE_FIELDS },
	{ "lttng_ust_statedump:build_id", FDAR_EVENT_MODULE, FDAR_MODULE_BUILD_ID,
	  BUILD_ID_FIELDS },
	{ "lttng_ust_lib:load", FDAR_EVENT_MODULE, FDAR_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_lib:unload", FDAR_EVENT_MODULE, FDAR_MODULE_UNLOADED, BASE_FIELD },
	{ "lttng_ust_lib:build_id", FDAR_EVENT_MODULE, FDAR_MODULE_BUILD_ID, BUILD_ID_FIELDS },
	{ "lttng_ust_dl:dlopen", FDAR_EVENT_MODULE, FDAR_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_dl:dlclose", FDAR_EVENT_MODULE, FDAR_MODULE_CLOSED, BASE_FIELD },
	{ "lttng_ust_dl:build_id", FDAR_EVENT_MODULE, FDAR_MODULE_BUILD_ID, BUILD_ID_FIELDS },
};
/* clang-format on */

const struct fdar_event_field fdar_event_map_contexts[] = {
	{ "vpid", FDAR_ROLE_PID },
	{ "pid", FDAR_ROLE_PID },
	{ "vtid", FDAR_ROLE_TID },
	{ "tid", FDAR_ROLE_TID },
	{ "pthread_id", FDAR_ROLE_TID }, /* its lower half: better than none */
	{ "pid_ns", FDAR_ROLE_PID_NS },
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

gboolean fdar_event_map_knows_like(const char *glob)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known_events); i++) {
		if (fnmatch(glob, known_events[i].event, 0) == 0)
			return TRUE;
	}
	return FALSE;
}

const struct fdar_event_map *fdar_event_map_find_in(const struct fdar_event_maps *maps,
						    const char *event)
{
	const struct fdar_event_map *row = fdar_event_map_find(event);
	GHashTableIter rows;
	gpointer glob, like;

	if (row || !maps)
		return row;
	row = g_hash_table_lookup(maps->rows, event);
	g_hash_table_iter_init(&rows, maps->rows);
	while (!row && g_hash_table_iter_next(&rows, &glob, &like))
		if (fnmatch(glob, event, 0) == 0)
			row = like;
	return row;
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
