#include "pipeline/events/home.h"

#include <string.h>

#include "base/intern.h"

struct fdar_homes {
	struct fdar_intern ids; /* (host, ns) -> home */
};

struct fdar_homes *fdar_homes_new(void)
{
	struct fdar_homes *homes = g_new0(struct fdar_homes, 1);

	fdar_intern_add(&homes->ids, 0, 0);
	return homes;
}

void fdar_homes_free(struct fdar_homes *homes)
{
	if (!homes)
		return;
	fdar_intern_clear(&homes->ids);
	g_free(homes);
}

uint16_t fdar_homes_add(struct fdar_homes *homes, uint32_t host, uint32_t ns)
{
	uint32_t id;

	if (!homes)
		return 0;
	id = fdar_intern_find(&homes->ids, host, ns);
	if (id == FDAR_INTERN_NONE && homes->ids.count <= FDAR_HOMES_MAX)
		id = fdar_intern_add(&homes->ids, host, ns);
	return id == FDAR_INTERN_NONE ? 0 : (uint16_t)id;
}

struct fdar_home fdar_homes_get(const struct fdar_homes *homes, uint16_t home)
{
	struct fdar_intern_pair pair = { 0, 0 };

	if (home < homes->ids.count)
		pair = homes->ids.pairs[home];
	return (struct fdar_home){ (uint32_t)pair.a, (uint32_t)pair.b };
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

/* Whether another home has the hostname, and another part behind the mark. */
static gboolean is_shared(const struct fdar_homes *homes, const struct fdar_texts *texts,
			  const char *host, const char *mark)
{
	size_t length = strcspn(host, " ");

	for (uint32_t i = 1; i < homes->ids.count; i++) {
		const char *other = fdar_texts_get(texts, (uint32_t)homes->ids.pairs[i].a);

		if (strcspn(other, " ") == length && strncmp(host, other, length) == 0 &&
		    !same_part(host, other, mark))
			return TRUE;
	}
	return FALSE;
}

char *fdar_homes_title(const struct fdar_homes *homes, const struct fdar_texts *texts,
		       uint32_t host)
{
	static const struct {
		const char *mark, *name;
	} parts[] = { { " @", "boot" }, { " ~", "trace" } };
	const char *text = fdar_texts_get(texts, host);
	size_t length = strcspn(text, " ");
	GString *title = g_string_new_len(text, (gssize)length);

	for (size_t i = 0; i < G_N_ELEMENTS(parts) && length; i++) {
		const char *part = part_of(text, parts[i].mark);

		if (part && is_shared(homes, texts, text, parts[i].mark))
			g_string_append_printf(title, " (%s %.*s)", parts[i].name, SHORT_UUID,
					       part);
	}
	return g_string_free(title, FALSE);
}
