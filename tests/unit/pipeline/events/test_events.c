/*
 * The event vocabulary is one table, events.def: what is made of it, and what is compared with it, has
 * every event, by the same name, in the same place.
 */
#include <glib.h>
#include <stddef.h>
#include <string.h>

#include <flowdar/flowdar.h>

#include "instrument/wire/events.h"
#include "pipeline/events/event.h"
#include "pipeline/events/event_map.h"

struct row {
	const char *name;
	unsigned kind;
	const char *fields; /* "key:ADDR fd:FD " */
};

#define FDAR_HEX(type, name, role)                       #name ":" #role " "
#define FDAR_INT(type, name, role)                       #name ":" #role " "
#define FDAR_TEXT(name, role)                            #name ":" #role " "
#define FDAR_DATA(name, role)                            #name ":" #role " "
#define FDAR_EVENT(name, kind, level, arguments, fields) { #name, FDAR_EVENT_##kind, fields },
static const struct row rows[] = {
#include "instrument/wire/events.def"
};

static void test_public_header(void)
{
#define NAME(event, arguments) #event,
	static const char *const names[] = { FLOWDAR_EACH_EVENT_(NAME) };

	g_assert_cmpuint(G_N_ELEMENTS(names), ==, G_N_ELEMENTS(rows));
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(names[i], ==, rows[i].name);
}

static void test_kinds_have_names_of_their_own(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned kind = 0; kind < FDAR_EVENT_KINDS; kind++) {
		const char *name = fdar_event_kind_name(kind);

		g_assert_nonnull(name);
		g_assert_true(g_hash_table_add(seen, (gpointer)name));
	}
	g_assert_cmpstr(fdar_event_kind_name(FDAR_EVENT_KINDS), ==, "other");
	g_assert_cmpstr(fdar_event_kind_name(UINT8_MAX), ==, "other");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(fdar_event_kind_name(rows[i].kind), ==, rows[i].name);
}

static const char *role_name(enum fdar_event_role role)
{
	static const char *const names[FDAR_ROLES] = {
		[FDAR_ROLE_ADDR] = "ADDR", [FDAR_ROLE_ADDR2] = "ADDR2", [FDAR_ROLE_NAME] = "NAME",
		[FDAR_ROLE_DATA] = "DATA", [FDAR_ROLE_FD] = "FD",       [FDAR_ROLE_WAIT] = "WAIT",
		[FDAR_ROLE_PID] = "PID",   [FDAR_ROLE_TID] = "TID",
	};

	return names[role];
}

/* What the decoders' map says, without what has no role there. */
static void test_map(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *event = g_strconcat(FDAR_PROVIDER ":", rows[i].name, NULL);
		const struct fdar_event_map *map = fdar_event_map_find(event);
		g_auto(GStrv) all = g_strsplit(rows[i].fields, " ", -1);
		unsigned at = 0;

		g_assert_nonnull(map);
		g_assert_cmpuint(map->kind, ==, rows[i].kind);
		g_assert_cmpuint(map->module, ==, FDAR_MODULE_NONE);
		for (char **field = all; *field; field++) {
			g_autofree char *text = NULL;

			if (!**field || g_str_has_suffix(*field, ":NONE"))
				continue;
			g_assert_cmpuint(at, <, FDAR_EVENT_MAP_FIELDS);
			text = g_strdup_printf("%s:%s", map->fields[at].name,
					       role_name(map->fields[at].role));
			g_assert_cmpstr(text, ==, *field);
			at++;
		}
		g_assert_true(at == FDAR_EVENT_MAP_FIELDS || !map->fields[at].name);
	}
	g_assert_null(fdar_event_map_find(FDAR_PROVIDER ":nobody"));
}

/* A view's member is the place that the decoders fill by its role. */
static void test_views(void)
{
#define SAME(view, member, place)                                              \
	g_assert_cmpuint(offsetof(struct fdar_event, view.member), ==,         \
			 offsetof(struct fdar_event, place));                  \
	g_assert_cmpuint(sizeof(((struct fdar_event *)NULL)->view.member), ==, \
			 sizeof(((struct fdar_event *)NULL)->place))
	SAME(func, function, addr);
	SAME(func, call_site, addr2);
	SAME(scope, name, name);
	SAME(session, key, addr);
	SAME(session, peer, data);
	SAME(session, peer_len, data_len);
	SAME(session, fd, fd);
	SAME(handoff, object, addr);
	SAME(handoff, queue, name);
	SAME(waiting, what, name);
	SAME(waiting, kind, wait);
	SAME(waiting, fd, fd);
	SAME(waited, result, addr);
	SAME(bytes, total, addr);
	SAME(bytes, data, data);
	SAME(bytes, data_len, data_len);
	SAME(bytes, label, name);
	SAME(note, key, name);
	SAME(note, value, data);
	SAME(note, value_len, data_len);
	SAME(io, op, addr2);
	SAME(io, fd, fd);
	SAME(io, result, addr);
	SAME(request, key, addr);
	SAME(request, result, addr2);
	SAME(request, what, data);
	SAME(request, what_len, data_len);
	SAME(process, parent, addr);
	SAME(process, recording, data);
	SAME(process, recording_len, data_len);
	SAME(thread, name, data);
	SAME(thread, name_len, data_len);
	SAME(switched, function, addr);
	SAME(switched, calls, addr2);
	SAME(switched, on, fd);
	SAME(switched, reason, wait);
	SAME(module, base, addr);
	SAME(module, size_bytes, addr2);
	SAME(module, path, name);
	SAME(module, build_id, data);
	SAME(module, build_id_len, data_len);
	SAME(named, name, name);
	SAME(calls, count, addr);
	SAME(calls, ns, addr2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/events/public-header", test_public_header);
	g_test_add_func("/events/names", test_kinds_have_names_of_their_own);
	g_test_add_func("/events/map", test_map);
	g_test_add_func("/events/views", test_views);
	return g_test_run();
}
