#include "pipeline/samples/throttling.h"

/* Two timer interrupts where they are rarest (100 Hz), which an event that is throttled keeps coming. */
#define LONGEST_NS UINT64_C(20000000)

struct fdar_throttling {
	uint64_t period_ns, ticks;
	GHashTable *since; /* event -> when it stopped, uint64_t each: those that do not tick now */
};

struct fdar_throttling *fdar_throttling_new(uint64_t period_ns)
{
	struct fdar_throttling *throttling = g_new0(struct fdar_throttling, 1);

	throttling->period_ns = period_ns;
	throttling->since = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return throttling;
}

static void stop(struct fdar_throttling *throttling, const struct fdar_perf_record *record)
{
	throttling->ticks++;
	g_hash_table_replace(throttling->since, g_memdup2(&record->event, sizeof(record->event)),
			     g_memdup2(&record->time_ns, sizeof(record->time_ns)));
}

static void go_on(struct fdar_throttling *throttling, const struct fdar_perf_record *record)
{
	const uint64_t *since = g_hash_table_lookup(throttling->since, &record->event);

	if (since && record->time_ns > *since)
		throttling->ticks +=
			MIN(record->time_ns - *since, LONGEST_NS) / throttling->period_ns;
	g_hash_table_remove(throttling->since, &record->event);
}

gboolean fdar_throttling_take(struct fdar_throttling *throttling,
			      const struct fdar_perf_record *record)
{
	if (record->kind == FDAR_PERF_THROTTLED)
		stop(throttling, record);
	else if (record->kind == FDAR_PERF_UNTHROTTLED)
		go_on(throttling, record);
	else
		return FALSE;
	return TRUE;
}

uint64_t fdar_throttling_ticks(const struct fdar_throttling *throttling)
{
	return throttling->ticks;
}

void fdar_throttling_free(struct fdar_throttling *throttling)
{
	if (!throttling)
		return;
	g_hash_table_unref(throttling->since);
	g_free(throttling);
}
