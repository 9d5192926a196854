#include "functions/clock.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define ONE           (UINT64_C(1) << 32)
#define FIRST_NS      UINT64_C(200000)
#define WINDOW_NS     UINT64_C(60000000000)
#define READINGS      3
#define SCALE_MAX     (ONE * 8) /* a counter slower than 125 MHz is not worth it */
#define INVARIANT_TSC (1u << 8) /* CPUID 0x80000007, EDX */

struct pair {
	uint64_t ticks;
	uint64_t ns;
};

struct fdar_clock fdar_clock = { .scale = ONE };
static struct pair since; /* what the rate is measured from */

uint64_t fdar_clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Both clocks at the same time: the closest of a few readings, the counter being read before and
 * after the other. */
static struct pair pair_read(void)
{
	struct pair best = { 0, 0 };
	uint64_t best_gap = UINT64_MAX;

	for (unsigned i = 0; i < READINGS; i++) {
		uint64_t before = fdar_clock_ticks(), ns = fdar_clock_monotonic_ns();
		uint64_t gap = fdar_clock_ticks() - before;

		if (gap < best_gap) {
			best_gap = gap;
			best = (struct pair){ before + gap / 2, ns };
		}
	}
	return best;
}

#if defined(__x86_64__)
/* The kernel's own choice says whether the counters of all processors agree: it has checked that. */
static bool kernel_trusts_counter(void)
{
	static const char *const good[] = { "tsc", "kvm-clock", "hyperv_clocksource_tsc_page" };
	char name[64] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		      O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return true;
	got = read(fd, name, sizeof(name) - 1);
	close(fd);
	if (got <= 0)
		return true;
	name[strcspn(name, "\n")] = '\0';
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (strcmp(name, good[i]) == 0)
			return true;
	return false;
}

static bool counter_is_good(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & INVARIANT_TSC) &&
	       kernel_trusts_counter();
}
#else
static bool counter_is_good(void)
{
	return false;
}
#endif

static uint64_t scale_between(struct pair from, struct pair to)
{
	if (to.ticks <= from.ticks || to.ns <= from.ns)
		return 0;
	return (uint64_t)(((unsigned __int128)(to.ns - from.ns) << 32) / (to.ticks - from.ticks));
}

void fdar_clock_init(void)
{
	uint64_t scale;

	fdar_clock.counter = counter_is_good();
	if (!fdar_clock.counter)
		return;
	since = pair_read();
	while (fdar_clock_monotonic_ns() - since.ns < FIRST_NS)
		;
	scale = scale_between(since, pair_read());
	if (scale == 0 || scale > SCALE_MAX) {
		fdar_clock.counter = false;
		return;
	}
	__atomic_store_n(&fdar_clock.scale, scale, __ATOMIC_RELAXED);
}

void fdar_clock_adjust(void)
{
	struct pair now;
	uint64_t scale;

	if (!fdar_clock.counter)
		return;
	now = pair_read();
	scale = scale_between(since, now);
	if (scale == 0 || scale > SCALE_MAX)
		return;
	__atomic_store_n(&fdar_clock.scale, scale, __ATOMIC_RELAXED);
	/* CLOCK_MONOTONIC's own rate is steered: follow it, over a window that is long enough. */
	if (now.ns - since.ns > WINDOW_NS)
		since = now;
}
