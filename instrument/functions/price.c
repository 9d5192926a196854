#include "functions/price.h"

#include <stddef.h>
#include <stdlib.h>

#include "functions/clock.h"
#include "functions/frames.h"
#include "patching/probe.h"
#include "provider/control.h"
#include "provider/processor.h"

#define CALLS   64u /* of a round: their records fit into an empty buffer */
#define ROUNDS  32u
#define WARM_UP 8u /* of them: what they find in no cache is there for those that follow */

#define PROBE __attribute__((noinline, no_instrument_function, section(".text.probe")))

/* Hooks of programs that were compiled so; hooks.c. */
void __cyg_profile_func_enter(void *function, void *call_site);
void __cyg_profile_func_exit(void *function, void *call_site);

PROBE static void hooked_probe(void)
{
	__cyg_profile_func_enter((void *)(uintptr_t)hooked_probe, __builtin_return_address(0));
	__asm__ volatile("");
	__cyg_profile_func_exit((void *)(uintptr_t)hooked_probe, __builtin_return_address(0));
}

PROBE static void plain_probe(void)
{
	__asm__ volatile("");
}

struct price {
	uint64_t ns;       /* of CALLS calls; 0: could not be measured */
	uint64_t inner_ns; /* of that: in the records */
};

static uint64_t call_ticks(void (*probe)(void))
{
	uint64_t began = fdar_clock_ticks();

	for (unsigned i = 0; i < CALLS; i++)
		probe();
	return fdar_clock_ticks() - began;
}

static const uint8_t *number_take(const uint8_t *from, uint64_t *number)
{
	unsigned shift = 0;

	*number = 0;
	do {
		*number |= (uint64_t)(*from & 0x7f) << shift;
		shift += 7;
	} while (*from++ & 0x80);
	return from;
}

/* The durations of all calls in the buffer, which are CALLS whole ones; else false. */
static bool durations_sum(const struct fdar_writer *writer, uint64_t *sum_ns)
{
	const uint8_t *at = writer->data + FDAR_WRITER_HEAD_MAX;
	uint64_t number;
	unsigned calls = 0;

	*sum_ns = 0;
	for (; at < writer->next; calls++) {
		uint8_t op = *at++;

		if ((op & 7) != FDAR_CALLS_CALL)
			return false;
		if (op >> 3 == 31)
			at = number_take(at, &number);
		at = number_take(at, &number);
		at = number_take(at, &number);
		*sum_ns += number;
	}
	return calls == CALLS;
}

static void state_reset(struct fdar_thread *state)
{
	state->busy = 0;
	state->written = 0;
	state->returns.count = 0;
	fdar_writer_reset(&state->writer, 0);
}

/* One round of calls through the hooks, less one without. */
static struct price round_measure(struct fdar_thread *state, void (*probe)(void))
{
	uint64_t scale = fdar_clock_scale(), plain = call_ticks(plain_probe), ticks, inner_ns;
	unsigned why;

	state_reset(state);
	/* Known from here on to be on the processor, as a thread that calls much is (provider/processor.h). */
	if (fdar_processor_switched())
		flowdar_control_off_ns(&why);
	ticks = call_ticks(probe);
	if (ticks <= plain || !durations_sum(&state->writer, &inner_ns))
		return (struct price){ 0 };
	return (struct price){ fdar_clock_ns(ticks - plain, scale), inner_ns };
}

static int by_ns(const void *a, const void *b)
{
	const struct price *left = a, *right = b;

	return left->ns < right->ns ? -1 : left->ns > right->ns;
}

/* The median of the rounds that could be measured. */
static void kind_measure(struct fdar_thread *state, void (*probe)(void))
{
	struct price prices[ROUNDS], *median;
	unsigned count = 0;
	uint64_t ps;

	for (unsigned i = 0; i < ROUNDS; i++) {
		prices[count] = round_measure(state, probe);
		count += i >= WARM_UP && prices[count].ns >= prices[count].inner_ns &&
			 prices[count].ns;
	}
	if (!count)
		return;
	qsort(prices, count, sizeof(prices[0]), by_ns);
	median = &prices[count / 2];
	ps = median->ns * 1000 / CALLS;
	fdar_control_add(price_inner_ps, median->inner_ns * 1000 / CALLS);
	fdar_control_add(price_ps, ps);
	fdar_control_add(price_squares, ps * ps);
	fdar_control_add(price_measured, 1);
}

void fdar_price_measure(bool patched, bool hooked)
{
	static struct fdar_thread *state; /* of nobody; stays for ever, in forked children too */
	struct fdar_thread *own = fdar_thread_self;

	if (fdar_calls_settings.minimum_ticks || fdar_calls_settings.depth_max != UINT32_MAX)
		return;
	if (!state) {
		state = fdar_threads_new();
		if (!state)
			return;
		state->stack_bytes = state->alone_bytes = UINTPTR_MAX;
		state->probes = 1;
		fdar_writer_init(&state->writer);
	}
	fdar_thread_self = state;
	if (patched && fdar_returns_landing)
		kind_measure(state, fdar_patch_probe);
	if (hooked)
		kind_measure(state, hooked_probe);
	state_reset(state);
	fdar_thread_self = own;
}

struct fdar_selection_module fdar_price_module(void)
{
	static const uint32_t unknown[1];
	uintptr_t patched = (uintptr_t)fdar_patch_probe, hooked = (uintptr_t)hooked_probe;
	uintptr_t low = patched < hooked ? patched : hooked;
	uintptr_t high = patched < hooked ? hooked : patched;

	return (struct fdar_selection_module){ .low = low,
					       .bytes = high - low + 1,
					       .entries = unknown,
					       .shift = 63,
					       .unnamed_on = true };
}
