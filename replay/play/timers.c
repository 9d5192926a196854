#include "replay/play/timers.h"

#include <time.h>

/* A heap of four children a node: half the depth of a binary one, and a node's children share a
 * cache line. The key is kept beside the pointer so that sifting does not touch the objects. */
#define CHILDREN 4u

struct slot {
	uint64_t key_ns; /* never later than timer->wake_ns */
	struct fdar_timer *timer;
};

struct fdar_timers {
	GArray *slots;
};

static struct slot *slot_at(const struct fdar_timers *timers, uint32_t i)
{
	return &g_array_index(timers->slots, struct slot, i);
}

static void put(struct fdar_timers *timers, uint32_t i, struct slot slot)
{
	*slot_at(timers, i) = slot;
	slot.timer->position = i + 1;
}

static void sift_up(struct fdar_timers *timers, uint32_t i)
{
	struct slot moving = *slot_at(timers, i);

	while (i) {
		uint32_t parent = (i - 1) / CHILDREN;

		if (slot_at(timers, parent)->key_ns <= moving.key_ns)
			break;
		put(timers, i, *slot_at(timers, parent));
		i = parent;
	}
	put(timers, i, moving);
}

static void sift_down(struct fdar_timers *timers, uint32_t i)
{
	struct slot moving = *slot_at(timers, i);
	uint32_t count = timers->slots->len;

	for (;;) {
		uint32_t first = i * CHILDREN + 1;
		uint32_t least = first;

		if (first >= count)
			break;
		for (uint32_t c = first + 1; c < MIN(first + CHILDREN, count); c++)
			if (slot_at(timers, c)->key_ns < slot_at(timers, least)->key_ns)
				least = c;
		if (moving.key_ns <= slot_at(timers, least)->key_ns)
			break;
		put(timers, i, *slot_at(timers, least));
		i = least;
	}
	put(timers, i, moving);
}

struct fdar_timers *fdar_timers_new(void)
{
	struct fdar_timers *timers = g_new0(struct fdar_timers, 1);

	timers->slots = g_array_new(FALSE, FALSE, sizeof(struct slot));
	return timers;
}

void fdar_timers_free(struct fdar_timers *timers)
{
	if (!timers)
		return;
	g_array_free(timers->slots, TRUE);
	g_free(timers);
}

void fdar_timers_set(struct fdar_timers *timers, struct fdar_timer *timer, uint64_t wake_ns)
{
	timer->wake_ns = wake_ns;
	if (wake_ns == FDAR_TIMER_NEVER)
		return;
	if (!timer->position) {
		struct slot slot = { wake_ns, timer };

		g_array_append_val(timers->slots, slot);
		sift_up(timers, timers->slots->len - 1);
	} else if (wake_ns < slot_at(timers, timer->position - 1)->key_ns) {
		slot_at(timers, timer->position - 1)->key_ns = wake_ns;
		sift_up(timers, timer->position - 1);
	}
}

void fdar_timers_remove(struct fdar_timers *timers, struct fdar_timer *timer)
{
	uint32_t i = timer->position;
	struct slot last;

	if (!i--)
		return;
	timer->position = 0;
	last = *slot_at(timers, timers->slots->len - 1);
	g_array_set_size(timers->slots, timers->slots->len - 1);
	if (last.timer == timer)
		return;
	put(timers, i, last);
	sift_down(timers, i);
	sift_up(timers, last.timer->position - 1);
}

struct fdar_timer *fdar_timers_expired(struct fdar_timers *timers, uint64_t now_ns)
{
	while (timers->slots->len && slot_at(timers, 0)->key_ns <= now_ns) {
		struct slot *top = slot_at(timers, 0);
		struct fdar_timer *timer = top->timer;

		if (timer->wake_ns == top->key_ns || timer->wake_ns == FDAR_TIMER_NEVER) {
			fdar_timers_remove(timers, timer);
			if (timer->wake_ns != FDAR_TIMER_NEVER)
				return timer;
		} else { /* it was set later since */
			top->key_ns = timer->wake_ns;
			sift_down(timers, 0);
		}
	}
	return NULL;
}

uint64_t fdar_timers_next(const struct fdar_timers *timers)
{
	return timers->slots->len ? slot_at(timers, 0)->key_ns : FDAR_TIMER_NEVER;
}

uint64_t fdar_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
