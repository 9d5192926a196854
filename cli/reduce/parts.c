#include "cli/reduce/parts.h"

#include "replay/sessions/side.h"

/* The first session of the group. */
static uint32_t root_of(uint32_t *above, uint32_t session)
{
	while (above[session] != session)
		session = above[session] = above[above[session]];
	return session;
}

static void join(uint32_t *above, uint32_t one, uint32_t other)
{
	one = root_of(above, one);
	other = root_of(above, other);
	above[MAX(one, other)] = MIN(one, other);
}

static uint32_t *group(const struct fdar_sessions *sessions, uint32_t count)
{
	g_autoptr(GHashTable) sides = fdar_side_connections(sessions);
	uint32_t *above = g_new(uint32_t, count);

	for (uint32_t i = 0; i < count; i++)
		above[i] = i;
	for (uint32_t i = 0; i < count; i++) {
		const struct fdar_session *session = fdar_sessions_get(sessions, i);
		gpointer control = g_hash_table_lookup(sides, GUINT_TO_POINTER(i + 1));

		if (session->odd & FDAR_ODD_VIEW && session->view_of < count)
			join(above, i, session->view_of);
		if (control)
			join(above, i, GPOINTER_TO_UINT(control) - 1);
	}
	return above;
}

void fdar_parts_init(struct fdar_parts *parts, const struct fdar_excerpt *excerpt, gboolean all)
{
	const struct fdar_sessions *sessions = fdar_excerpt_sessions(excerpt);
	struct fdar_scripts *scripts = fdar_scripts_new(sessions, FALSE);
	uint32_t count = (uint32_t)fdar_sessions_count(sessions);
	g_autofree uint32_t *above = group(sessions, count);
	g_autofree uint8_t *fit = g_malloc0(count);
	g_autofree uint32_t *unit = g_new(uint32_t, count);

	*parts = (struct fdar_parts){ .excerpt = excerpt, .sessions = count };
	parts->unit_of = g_new(uint32_t, count);
	for (uint32_t i = 0; i < count; i++)
		if (all || !scripts->scripts[i].unfit)
			fit[root_of(above, i)] = 1;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t root = root_of(above, i);

		/* A root is the first of its group, so its number is there when others come. */
		if (root == i)
			unit[i] = fit[i] ? parts->units++ : UINT32_MAX;
		parts->unit_of[i] = unit[root];
		parts->left_out += unit[root] == UINT32_MAX;
	}
	fdar_scripts_free(scripts);
}

void fdar_parts_clear(struct fdar_parts *parts)
{
	g_clear_pointer(&parts->unit_of, g_free);
}

GArray *fdar_parts_sessions(const struct fdar_parts *parts, const uint32_t *units, size_t count)
{
	GArray *sessions = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autofree uint8_t *kept = g_malloc0(MAX(parts->units, 1));

	for (size_t i = 0; i < count; i++)
		kept[units[i]] = 1;
	for (uint32_t i = 0; i < parts->sessions; i++)
		if (parts->unit_of[i] != UINT32_MAX && kept[parts->unit_of[i]])
			g_array_append_val(sessions, i);
	return sessions;
}

void fdar_exchanges_init(struct fdar_exchanges *exchanges, const struct fdar_excerpt *excerpt,
			 GArray *sessions)
{
	*exchanges = (struct fdar_exchanges){ .sessions = sessions };
	exchanges->first = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (guint i = 0; i < sessions->len; i++) {
		g_array_append_val(exchanges->first, exchanges->count);
		exchanges->count +=
			fdar_excerpt_exchanges(excerpt, g_array_index(sessions, uint32_t, i));
	}
	g_array_append_val(exchanges->first, exchanges->count);
}

void fdar_exchanges_clear(struct fdar_exchanges *exchanges)
{
	g_clear_pointer(&exchanges->sessions, g_array_unref);
	g_clear_pointer(&exchanges->first, g_array_unref);
}

void fdar_part_list_init(struct fdar_part_list *list)
{
	list->parts = g_array_new(FALSE, FALSE, sizeof(struct fdar_excerpt_part));
	list->bytes = g_ptr_array_new_with_free_func(g_free);
}

void fdar_part_list_clear(struct fdar_part_list *list)
{
	g_clear_pointer(&list->parts, g_array_unref);
	g_clear_pointer(&list->bytes, g_ptr_array_unref);
}

void fdar_part_list_add_sessions(struct fdar_part_list *list, const GArray *sessions)
{
	for (guint i = 0; i < sessions->len; i++) {
		struct fdar_excerpt_part part = { g_array_index(sessions, uint32_t, i), NULL,
						  NULL };

		g_array_append_val(list->parts, part);
	}
}

void fdar_part_list_add_exchanges(struct fdar_part_list *list,
				  const struct fdar_exchanges *exchanges, const uint32_t *kept,
				  size_t count)
{
	size_t next = 0;

	for (guint i = 0; i < exchanges->sessions->len; i++) {
		uint32_t first = g_array_index(exchanges->first, uint32_t, i);
		uint32_t after = g_array_index(exchanges->first, uint32_t, i + 1);
		struct fdar_excerpt_part part = { g_array_index(exchanges->sessions, uint32_t, i),
						  NULL, NULL };
		uint8_t *bytes;

		if (next == count || kept[next] >= after)
			continue;
		bytes = g_malloc0(after - first);
		for (; next < count && kept[next] < after; next++)
			bytes[kept[next] - first] = 1;
		part.exchanges = bytes;
		g_ptr_array_add(list->bytes, bytes);
		g_array_append_val(list->parts, part);
	}
}

static int by_session(gconstpointer a, gconstpointer b)
{
	const struct fdar_excerpt_part *one = a, *other = b;

	return one->session < other->session ? -1 : one->session > other->session;
}

void fdar_part_list_sort(struct fdar_part_list *list)
{
	g_array_sort(list->parts, by_session);
}
