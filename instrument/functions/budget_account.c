#include "functions/budget_account.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "flowdar/flowdar.h"
#include "functions/selection.h"
#include "provider/control.h"
#include "instrument/wire/events.h"

#define WINDOW_LEAST_NS UINT64_C(20000000) /* of processor time */
#define READINGS        256u
#define COST_NS         16u /* of a call besides reading the clock twice, measured (docs) */
#define COUNTS_BYTES    (FDAR_FUNCTIONS_MAX * sizeof(struct fdar_count))

static struct {
	uint32_t budget_ppm; /* atomic */
	uint64_t cost_ns;
	uint64_t cpu_ns; /* of the process, at the last window */
	uint64_t events; /* other than calls, likewise */
	uint64_t marks;  /* of these, packed */
	struct fdar_budget_function *list;
	uint32_t *numbers; /* of the list */
	uint32_t *order;
	uint32_t room;
} state;

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Reading the clock is most of it, and may be a hundred times slower in a virtual machine. */
static uint64_t cost_measure(void)
{
	uint64_t began = fdar_clock_monotonic_ns();

	for (unsigned i = 0; i < READINGS; i++)
		(void)fdar_clock_ticks();
	return 2 * (fdar_clock_monotonic_ns() - began) / READINGS + COST_NS;
}

static uint64_t load(const uint64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

/* Of one recorded call: what was measured (price.c, flush.c), where it is more than the model says. */
static uint64_t call_ns(const struct fdar_control_counters *counters)
{
	uint64_t measured = counters ? load(&counters->price_measured) : 0;
	uint64_t calls = counters ? load(&counters->calls) + load(&counters->marks) : 0, ns = 0;

	if (measured)
		ns = load(&counters->price_ps) / measured / 1000;
	if (calls)
		ns += load(&counters->write_ns) / calls;
	return ns > state.cost_ns ? ns : state.cost_ns;
}

static uint64_t events_of(const struct fdar_control_counters *counters)
{
	uint64_t events = 0;

	for (unsigned stripe = 0; counters && stripe < FDAR_CONTROL_STRIPES; stripe++)
		for (unsigned i = 0; i < FDAR_CONTROL_EVENTS; i++)
			events += load(&counters->stripes[stripe].events[i]);
	return events;
}

/* What the window's other events took: each as long as one that calls were written in, where an event costs about
 * as much for one number as for many; marks that were packed as long as a call. */
static uint64_t others_ns(const struct fdar_control_counters *counters, uint64_t mark_ns)
{
	uint64_t events = events_of(counters), before = state.events;
	uint64_t marks = counters ? load(&counters->marks) : 0, marks_before = state.marks;
	uint64_t writes = counters ? load(&counters->writes) : 0;

	state.events = events;
	state.marks = marks;
	if (!writes || events < before || marks < marks_before)
		return 0;
	events -= before;
	marks -= marks_before;
	return (events > marks ? events - marks : 0) * (load(&counters->write_ns) / writes) +
	       marks * mark_ns;
}

bool fdar_budget_wanted(void)
{
	return state.budget_ppm > 0;
}

bool fdar_budget_settings(const struct fdar_control *segment)
{
	uint32_t before = state.budget_ppm;

	__atomic_store_n(&state.budget_ppm,
			 segment ? __atomic_load_n(&segment->budget_ppm, __ATOMIC_RELAXED) : 0,
			 __ATOMIC_RELAXED);
	if (state.budget_ppm > 0 && before == 0) {
		state.cost_ns = cost_measure();
		state.cpu_ns = cpu_ns();
		(void)others_ns(flowdar_control_counters(), 0);
	}
	return (before == 0) != (state.budget_ppm == 0);
}

static void counts_give(struct fdar_thread *thread)
{
	void *memory;

	if (thread->counts)
		return;
	memory = mmap(NULL, COUNTS_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory != MAP_FAILED)
		__atomic_store_n(&thread->counts, memory, __ATOMIC_RELEASE);
}

void fdar_budget_thread(struct fdar_thread *thread)
{
	if (__atomic_load_n(&state.budget_ppm, __ATOMIC_RELAXED) > 0)
		counts_give(thread);
}

struct adding {
	struct fdar_function *functions;
	uint32_t numbers;
};

/* All that a thread has ever counted, and those before it that had its memory. */
static void counts_add(struct fdar_thread *thread, void *data)
{
	const struct adding *adding = data;

	counts_give(thread);
	for (uint32_t i = 1; thread->counts && i <= adding->numbers; i++) {
		struct fdar_function *function = &adding->functions[i];
		uint64_t calls = __atomic_load_n(&thread->counts[i].calls, __ATOMIC_RELAXED);
		uint64_t longest;

		if (calls == 0)
			continue;
		function->calls += calls;
		function->ticks += __atomic_load_n(&thread->counts[i].ticks, __ATOMIC_RELAXED);
		longest = __atomic_load_n(&thread->counts[i].longest, __ATOMIC_RELAXED);
		if (longest > function->longest)
			function->longest = longest;
	}
}

static bool room_have(uint32_t count)
{
	if (count <= state.room)
		return true;
	free(state.list);
	free(state.numbers);
	free(state.order);
	state.room = 0;
	state.list = calloc(count, sizeof(*state.list));
	state.numbers = calloc(count, sizeof(*state.numbers));
	state.order = calloc(count, sizeof(*state.order));
	if (!state.list || !state.numbers || !state.order)
		return false;
	state.room = count;
	return true;
}

/* The functions as the budget sees them: those that were called in the window, or are off. */
static uint32_t list_fill(struct fdar_function *functions, uint32_t numbers, uint64_t window_ns)
{
	uint64_t scale = fdar_clock_scale();
	uint32_t count = 0;

	for (uint32_t i = 1; i <= numbers; i++) {
		struct fdar_function *function = &functions[i];
		uint64_t calls = function->calls - function->calls_before;
		uint64_t ticks = function->ticks - function->ticks_before;

		function->calls_before = function->calls;
		function->ticks_before = function->ticks;
		if (!function->entry || !function->wanted || (!function->off && calls == 0))
			continue;
		if (!function->off) {
			function->window = (struct fdar_budget_function){
				.calls = calls,
				.ns = fdar_clock_ns(ticks, scale),
				.longest_ns = fdar_clock_ns(function->longest, scale),
				.window_ns = window_ns,
			};
		}
		function->window.off = function->off;
		state.list[count] = function->window;
		state.numbers[count++] = i;
	}
	return count;
}

/* What those that are on have cost in the window. */
static uint64_t calls_ns(uint32_t count, uint64_t cost_ns)
{
	uint64_t calls = 0;

	for (uint32_t i = 0; i < count; i++)
		calls += state.list[i].off ? 0 : state.list[i].calls;
	return calls * cost_ns;
}

static void account_tell(uint64_t window_ns, uint64_t others, uint64_t calls)
{
	fdar_control_add(budget_cpu_ns, window_ns);
	fdar_control_add(budget_others_ns, others);
	fdar_control_add(budget_calls_ns, calls);
}

static void switched_tell(const struct fdar_function *function)
{
	if (FLOWDAR_ENABLED(switched))
		flowdar_link_.switched.write(function->address, !function->off, FDAR_SWITCH_BUDGET,
					     function->calls,
					     fdar_clock_ns(function->ticks, fdar_clock_scale()));
}

bool fdar_budget_tick(struct fdar_function *functions, uint32_t numbers)
{
	const struct fdar_control_counters *counters = flowdar_control_counters();
	struct adding adding = { functions, numbers };
	uint64_t now = cpu_ns(), window_ns = now - state.cpu_ns, others, cost_ns;
	bool any = false;
	uint32_t count;

	if (state.budget_ppm == 0 || !functions || window_ns < WINDOW_LEAST_NS ||
	    !room_have(numbers))
		return false;
	state.cpu_ns = now;
	for (uint32_t i = 1; i <= numbers; i++) {
		functions[i].calls = 0;
		functions[i].ticks = 0;
	}
	fdar_threads_each_kept(counts_add, &adding);
	count = list_fill(functions, numbers, window_ns);
	cost_ns = call_ns(counters);
	others = others_ns(counters, cost_ns);
	account_tell(window_ns, others, calls_ns(count, cost_ns));
	fdar_budget_decide(state.list, state.order, count, window_ns, cost_ns,
			   fdar_budget_left_ppm(window_ns, others, state.budget_ppm));
	for (uint32_t i = 0; i < count; i++) {
		struct fdar_function *function = &functions[state.numbers[i]];

		if (!state.list[i].changed)
			continue;
		function->off = state.list[i].off;
		fdar_function_apply(function, state.numbers[i]);
		switched_tell(function);
		any = true;
	}
	return any;
}
