/* Which events a rule is about, by name or glob, and how their fields are read. */
#include <fnmatch.h>
#include <string.h>

#include "analyze/rules/rules_private.h"

/* Of each event the decoders give two large numbers, a small one and a text. */
gboolean rules_role_of(struct fdar_rules *rules, const char *event, const char *field,
		       const enum fdar_event_role *choice, guint choices,
		       enum fdar_event_role *role)
{
	const struct fdar_event_map *known = fdar_event_map_find(event);
	struct fdar_event_map *row = g_hash_table_lookup(rules->maps.rows, event);
	guint used = 0, count = 0;

	for (int i = 0; known && i < FDAR_EVENT_MAP_FIELDS && known->fields[i].name; i++) {
		if (strcmp(known->fields[i].name, field) != 0)
			continue;
		*role = known->fields[i].role;
		return TRUE;
	}
	if (known)
		return FALSE;
	if (!row) {
		row = g_new0(struct fdar_event_map, 1);
		g_ptr_array_add(rules->rows, row);
		g_ptr_array_add(rules->names, g_strdup(event));
		row->event = g_ptr_array_index(rules->names, rules->names->len - 1);
		g_hash_table_insert(rules->maps.rows, (gpointer)row->event, row);
	}
	for (; count < FDAR_EVENT_MAP_FIELDS && row->fields[count].name; count++) {
		*role = row->fields[count].role;
		for (guint i = 0; i < choices; i++)
			if (strcmp(row->fields[count].name, field) == 0 && choice[i] == *role)
				return TRUE;
		used |= 1u << *role;
	}
	for (guint i = 0; i < choices && count < FDAR_EVENT_MAP_FIELDS; i++) {
		if (used & 1u << choice[i])
			continue;
		g_ptr_array_add(rules->names, g_strdup(field));
		row->fields[count].name = g_ptr_array_index(rules->names, rules->names->len - 1);
		row->fields[count].role = *role = choice[i];
		return TRUE;
	}
	return FALSE;
}

static size_t literal_of(const char *glob)
{
	return strcspn(glob, "*?[\\");
}

/* Whether one event may be like both. Of two globs: unless they begin differently. */
static gboolean may_meet(const char *a, const char *b)
{
	size_t length_a = literal_of(a), length_b = literal_of(b);

	return fnmatch(a, b, 0) == 0 || fnmatch(b, a, 0) == 0 ||
	       (a[length_a] && b[length_b] && strncmp(a, b, MIN(length_a, length_b)) == 0);
}

char *rules_event_expected(const struct fdar_rules *rules, const struct rule *rule)
{
	if (!rule->event)
		return NULL;
	if (rule->event[literal_of(rule->event)] && fdar_event_map_knows_like(rule->event))
		return g_strdup(
			"the full name of an event that flowdar knows itself; only others can "
			"be told by *, ? and []");
	for (guint i = 0; i < rules->rules->len; i++) {
		const struct rule *other = g_ptr_array_index(rules->rules, i);

		if (other != rule && other->event && strcmp(other->event, rule->event) != 0 &&
		    may_meet(other->event, rule->event))
			return g_strdup_printf("%s, as in [rule %s]: both may be about the same "
					       "events",
					       other->event, other->name);
	}
	return NULL;
}

void rules_events_index(struct fdar_rules *rules)
{
	for (guint i = 0; i < rules->rules->len; i++) {
		struct rule *rule = g_ptr_array_index(rules->rules, i);
		GPtrArray *all =
			rule->event ? g_hash_table_lookup(rules->by_event, rule->event) : NULL;

		if (!rule->event)
			continue;
		if (!all) {
			all = g_ptr_array_new();
			g_hash_table_insert(rules->by_event, g_strdup(rule->event), all);
		}
		g_ptr_array_add(all, rule);
	}
}

const GPtrArray *rules_about(const struct fdar_rules *rules, const char *event)
{
	const GPtrArray *all = g_hash_table_lookup(rules->by_event, event);
	GHashTableIter events;
	gpointer glob, found;

	g_hash_table_iter_init(&events, rules->by_event);
	while (!all && g_hash_table_iter_next(&events, &glob, &found))
		if (fnmatch(glob, event, 0) == 0)
			all = found;
	return all;
}
