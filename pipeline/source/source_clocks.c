#include "pipeline/source/source_clocks.h"

#include <string.h>

#include "pipeline/clocks/clocks.h"
#include "pipeline/recording/doubts.h"

#define BATCH 1024

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct fdar_clocks *clocks_of(GPtrArray *hosts)
{
	g_ptr_array_sort(hosts, by_text);
	return fdar_clocks_new(hosts);
}

gboolean fdar_source_clocks_several(GPtrArray *hosts)
{
	struct fdar_clocks *clocks = hosts->len > 1 ? clocks_of(hosts) : NULL;
	gboolean several = clocks && fdar_clocks_count(clocks) > 1;

	fdar_clocks_free(clocks);
	return several;
}

static void feed_all(struct fdar_clocks *clocks, const struct fdar_source_clocks_input *input)
{
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	gssize n;

	while ((n = input->read(input->source, batch, BATCH, NULL)) > 0)
		for (gssize i = 0; i < n; i++)
			fdar_clocks_feed(clocks, &batch[i],
					 input->host(input->source, batch[i].home),
					 batch[i].kind == FDAR_EVENT_NOTE
						 ? input->text(input->source, batch[i].note.key)
						 : "");
}

GArray *fdar_source_clocks_find(const struct fdar_source_clocks_input *input, GPtrArray *hosts,
				GPtrArray *doubts)
{
	struct fdar_clocks *clocks = clocks_of(hosts);
	GPtrArray *lines = NULL;
	GArray *shifts = NULL;

	feed_all(clocks, input);
	fdar_clocks_solve(clocks, &lines, &shifts);
	for (guint i = 0; i < lines->len; i++)
		fdar_doubts_add(doubts, FDAR_DOUBT_WARNED, g_strdup(g_ptr_array_index(lines, i)));
	g_ptr_array_unref(lines);
	fdar_clocks_free(clocks);
	if (!shifts->len)
		g_clear_pointer(&shifts, g_array_unref);
	return shifts;
}
