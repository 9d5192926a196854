#include "pipeline/events/home.h"

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

char *fdar_home_host(const char *hostname, const uint8_t *uuid, gboolean alone)
{
	GString *text = g_string_new(hostname);

	if ((hostname && *hostname && !alone) || !uuid)
		return g_string_free(text, FALSE);
	g_string_append_c(text, ' ');
	for (int i = 0; i < 16; i++)
		g_string_append_printf(text, "%02x", uuid[i]);
	return g_string_free(text, FALSE);
}
