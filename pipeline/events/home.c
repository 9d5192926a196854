#include "pipeline/events/home.h"

#include <string.h>

#include "base/intern.h"

struct fdar_homes {
	struct fdar_intern ids; /* (host, ns) -> home */
	GHashTable *names;      /* hostname -> struct name *, of the first so many homes: */
	uint32_t named;
};

/* What tells homes of one hostname apart, for people. */
static const struct {
	const char *mark, *name;
} parts[] = { { " @", "boot" }, { " ~", "trace" } };

/* A hostname: one home's text, and in which parts others differ from it. */
struct name {
	uint32_t host;
	gboolean differ[G_N_ELEMENTS(parts)];
};

struct fdar_homes *fdar_homes_new(void)
{
	struct fdar_homes *homes = g_new0(struct fdar_homes, 1);

	fdar_intern_add(&homes->ids, 0, 0);
	homes->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	homes->named = 1;
	return homes;
}

void fdar_homes_free(struct fdar_homes *homes)
{
	if (!homes)
		return;
	fdar_intern_clear(&homes->ids);
	g_hash_table_unref(homes->names);
	g_free(homes);
}

uint16_t fdar_homes_add_home(struct fdar_homes *homes, struct fdar_home home)
{
	uint64_t where = home.ns ? home.ns : (uint64_t)home.session << 32;
	uint32_t id;

	if (!homes)
		return 0;
	id = fdar_intern_find(&homes->ids, home.host, where);
	if (id == FDAR_INTERN_NONE && homes->ids.count <= FDAR_HOMES_MAX)
		id = fdar_intern_add(&homes->ids, home.host, where);
	return id == FDAR_INTERN_NONE ? 0 : (uint16_t)id;
}

uint16_t fdar_homes_add(struct fdar_homes *homes, uint32_t host, uint32_t ns)
{
	return fdar_homes_add_home(homes, (struct fdar_home){ host, ns, 0 });
}

struct fdar_home fdar_homes_get(const struct fdar_homes *homes, uint16_t home)
{
	struct fdar_intern_pair pair = { 0, 0 };

	if (home < homes->ids.count)
		pair = homes->ids.pairs[home];
	return (struct fdar_home){ (uint32_t)pair.a, (uint32_t)pair.b, (uint32_t)(pair.b >> 32) };
}

uint32_t fdar_homes_count(const struct fdar_homes *homes)
{
	return homes->ids.count;
}

static void append_uuid(GString *text, const char *before, const uint8_t *uuid)
{
	g_string_append(text, before);
	for (int i = 0; i < 16; i++)
		g_string_append_printf(text, "%02x", uuid[i]);
}

char *fdar_home_host(const struct fdar_home_told *told)
{
	gboolean named = told->hostname && *told->hostname;
	GString *text = g_string_new(NULL);

	for (const char *c = named ? told->hostname : ""; *c; c++)
		g_string_append_c(text, *c == ' ' ? '_' : *c);
	if (named && told->clock)
		append_uuid(text, " @", told->clock);
	if (told->recording)
		g_string_append_printf(text, " #%u", told->recording);
	if ((!named || told->alone) && told->uuid)
		append_uuid(text, " ", told->uuid);
	else if (told->apart && told->uuid)
		append_uuid(text, " ~", told->uuid);
	return g_string_free(text, FALSE);
}

guint fdar_home_recording(const char *host)
{
	const char *mark = strstr(host, " #");

	return mark ? (guint)g_ascii_strtoull(mark + strlen(" #"), NULL, 10) : 0;
}

gboolean fdar_home_shared(const char *host, size_t *length)
{
	const char *last = strrchr(host, ' ');

	*length = last ? (size_t)(last - host) : 0;
	return last && g_ascii_isxdigit(last[1]);
}

/* ---- for people ---- */

#define SHORT_UUID 8 /* digits that are enough to tell a handful apart */

/* The part of a text that begins so, or NULL. */
static const char *part_of(const char *host, const char *mark)
{
	const char *found = strstr(host, mark);

	return found ? found + strlen(mark) : NULL;
}

static gboolean same_part(const char *a, const char *b, const char *mark)
{
	const char *left = part_of(a, mark), *right = part_of(b, mark);

	return left && right ? strncmp(left, right, SHORT_UUID) == 0 : !left && !right;
}

/* The hostname of a text, once all homes so far are known by theirs; NULL: no home has it. */
static const struct name *name_of(struct fdar_homes *homes, const struct fdar_texts *texts,
				  const char *hostname)
{
	for (; homes->named < homes->ids.count; homes->named++) {
		uint32_t host = (uint32_t)homes->ids.pairs[homes->named].a;
		const char *text = fdar_texts_get(texts, host);
		g_autofree char *key = g_strndup(text, strcspn(text, " "));
		struct name *name = g_hash_table_lookup(homes->names, key);

		if (!name) {
			name = g_new0(struct name, 1);
			name->host = host;
			g_hash_table_insert(homes->names, g_steal_pointer(&key), name);
		}
		for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
			if (!same_part(text, fdar_texts_get(texts, name->host), parts[i].mark))
				name->differ[i] = TRUE;
	}
	return g_hash_table_lookup(homes->names, hostname);
}

char *fdar_homes_title(struct fdar_homes *homes, const struct fdar_texts *texts, uint32_t host)
{
	const char *text = fdar_texts_get(texts, host);
	size_t length = strcspn(text, " ");
	GString *title = g_string_new_len(text, (gssize)length);
	const struct name *name = length ? name_of(homes, texts, title->str) : NULL;

	for (size_t i = 0; name && i < G_N_ELEMENTS(parts); i++) {
		const char *part = part_of(text, parts[i].mark);

		/* Where all homes have the same part, the text may be of none of them. */
		if (part && (name->differ[i] ||
			     !same_part(text, fdar_texts_get(texts, name->host), parts[i].mark)))
			g_string_append_printf(title, " (%s %.*s)", parts[i].name, SHORT_UUID,
					       part);
	}
	return g_string_free(title, FALSE);
}
