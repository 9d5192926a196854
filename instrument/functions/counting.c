#include "functions/counting.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "provider/control.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* More slots, a page of them: their memory is had before they are touched, as there may be none. */
static uint32_t slots_more(struct fdar_control_counters *counters, uint32_t ready)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uint32_t wanted = ready + (uint32_t)(page / sizeof(counters->slots[0]));
	uintptr_t begin = (uintptr_t)&counters->slots[ready] & ~(page - 1), end;
	int saved_errno = errno, result;

	if (wanted > FDAR_CONTROL_SLOTS)
		wanted = FDAR_CONTROL_SLOTS;
	if (ready >= wanted)
		return ready;
	end = (uintptr_t)(&counters->slots[wanted - 1] + 1);
	result = madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
	errno = saved_errno;
	if (result != 0)
		return ready;
	/* Another thread may have had the same, or one page more. */
	__atomic_compare_exchange_n(&counters->slots_ready, &ready, wanted, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	return wanted;
}

static struct fdar_control_slot *slot_take(struct fdar_control_counters *counters)
{
	uint32_t ready = __atomic_load_n(&counters->slots_ready, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < ready || i < (ready = slots_more(counters, ready)); i++) {
		uint32_t taken = __atomic_load_n(&counters->slots[i].taken, __ATOMIC_RELAXED);

		if (!taken &&
		    __atomic_compare_exchange_n(&counters->slots[i].taken, &taken, 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return &counters->slots[i];
	}
	__atomic_fetch_add(&counters->slotless, 1, __ATOMIC_RELAXED);
	return NULL;
}

void fdar_counting_init(struct fdar_counting *counting)
{
	*counting = (struct fdar_counting){ .shown = &counting->nowhere };
}

void fdar_counting_begin(struct fdar_counting *counting)
{
	struct fdar_control_counters *counters = flowdar_control_counters();

	fdar_counting_end(counting);
	counting->slot = counters ? slot_take(counters) : NULL;
	if (!counting->slot)
		return;
	counting->shown = &counting->slot->calls;
	counting->calls = counting->written = __atomic_load_n(counting->shown, __ATOMIC_RELAXED);
	counting->marks = __atomic_load_n(&counting->slot->marks, __ATOMIC_RELAXED);
}

void fdar_counting_end(struct fdar_counting *counting)
{
	struct fdar_control_slot *slot = counting->slot;

	fdar_counting_drop(counting);
	fdar_counting_marks_drop(counting);
	fdar_counting_init(counting);
	if (slot)
		__atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
}

void fdar_counting_marks_drop(struct fdar_counting *counting)
{
	for (unsigned kind = 0; kind < FDAR_CONTROL_EVENTS; kind++) {
		counting->marks -= counting->events[kind];
		counting->events[kind] = 0;
	}
	if (counting->slot)
		__atomic_store_n(&counting->slot->marks, counting->marks, __ATOMIC_RELAXED);
}
