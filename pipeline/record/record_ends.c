#include "pipeline/record/record_ends.h"

#include "pipeline/record/record_count.h"
#include "pipeline/recording/recording.h"

#define CLOCKS_NS UINT64_C(100000000)

/* The process of that number that had begun by then, the last of them. NULL: none. */
static const struct fdar_record_span *find(const GArray *spans,
					   const struct fdar_recording_end *end)
{
	const struct fdar_record_span *found = NULL;

	for (guint i = 0; i < spans->len; i++) {
		const struct fdar_record_span *span =
			&g_array_index(spans, struct fdar_record_span, i);

		if (span->pid != end->pid || span->first_ns > end->ended_ns)
			continue;
		if (!found || span->first_ns > found->first_ns)
			found = span;
	}
	return found;
}

static gboolean fit(struct fdar_recording_end *end, const GArray *spans)
{
	const struct fdar_record_span *span = find(spans, end);

	if (!span || span->last_ns > end->ended_ns + CLOCKS_NS)
		return FALSE;
	end->ended_ns = MAX(end->ended_ns, span->last_ns);
	end->within_ns = MIN(end->within_ns, end->ended_ns - span->last_ns);
	return TRUE;
}

void fdar_record_ends_fit(GArray *ends, const GArray *spans)
{
	for (guint i = ends->len; i-- > 0;)
		if (!fit(&g_array_index(ends, struct fdar_recording_end, i), spans))
			g_array_remove_index(ends, i);
}
