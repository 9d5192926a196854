#include "pipeline/drain/drain_shared.h"

#include <gio/gio.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

uint64_t fdar_drain_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void fdar_drain_wait(struct fdar_drain *drain, pthread_cond_t *condition, uint64_t ns)
{
	uint64_t until = fdar_drain_clock(CLOCK_MONOTONIC) + ns;
	struct timespec at = { .tv_sec = (time_t)(until / NS_PER_S),
			       .tv_nsec = (long)(until % NS_PER_S) };

	pthread_cond_timedwait(condition, &drain->lock, &at);
}

void fdar_drain_fail(struct fdar_drain *drain, GError *error)
{
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
		drain->state.disk_full = TRUE;
	if (drain->failed) {
		g_error_free(error);
		return;
	}
	drain->failed = TRUE;
	drain->error = error;
}

void fdar_drain_reserve(struct fdar_drain *drain, uint8_t **buffer, size_t *size, size_t bytes)
{
	if (*size >= bytes)
		return;
	pthread_mutex_lock(&drain->lock);
	drain->own_bytes += bytes - *size;
	pthread_mutex_unlock(&drain->lock);
	g_free(*buffer);
	*buffer = g_malloc(bytes);
	*size = bytes;
}
