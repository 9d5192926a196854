#include "pipeline/recording/losses.h"

#include "base/sum.h"
#include "pipeline/packed/packed_read.h"
#include "pipeline/recording/recording.h"

static char *stream_name(const char *path)
{
	char *name = g_path_get_basename(path), *plain;

	if (!fdar_packed_is_name(name))
		return name;
	plain = fdar_packed_plain_name(name);
	g_free(name);
	return plain;
}

static gboolean merge(GArray *losses, const struct fdar_recording_loss *loss)
{
	struct fdar_recording_loss *last;

	if (!losses->len)
		return FALSE;
	last = &g_array_index(losses, struct fdar_recording_loss, losses->len - 1);
	if (last->end_ns != loss->begin_ns || g_strcmp0(last->stream, loss->stream) != 0)
		return FALSE;
	last->end_ns = loss->end_ns;
	last->events = fdar_sum(last->events, loss->events);
	return TRUE;
}

static guint least(const GArray *losses)
{
	guint found = 0;

	for (guint i = 1; i < losses->len; i++)
		if (g_array_index(losses, struct fdar_recording_loss, i).events <
		    g_array_index(losses, struct fdar_recording_loss, found).events)
			found = i;
	return found;
}

void fdar_losses_add(GArray *losses, const char *path, uint64_t begin_ns, uint64_t end_ns,
		     uint64_t events)
{
	struct fdar_recording_loss loss = { .stream = stream_name(path),
					    .begin_ns = begin_ns,
					    .end_ns = end_ns,
					    .events = events };

	if (merge(losses, &loss)) {
		g_free(loss.stream);
		return;
	}
	g_array_append_val(losses, loss);
	if (losses->len > FDAR_RECORDING_LOSSES_MAX)
		g_array_remove_index(losses, least(losses));
}

static int compare(gconstpointer a, gconstpointer b)
{
	const struct fdar_recording_loss *left = a, *right = b;

	if (left->begin_ns != right->begin_ns)
		return left->begin_ns < right->begin_ns ? -1 : 1;
	return g_strcmp0(left->stream, right->stream);
}

void fdar_losses_sort(GArray *losses)
{
	g_array_sort(losses, compare);
}
