#include "provider/aside.h"
#include "functions/select.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions/objects.h"
#include "functions/price.h"
#include "functions/forking.h"
#include "functions/marks.h"
#include "functions/selection.h"
#include "functions/budget_account.h"
#include "functions/threads.h"
#include "provider/control.h"

#define NAME_BYTES  16u /* of a thread */
#define PRICE_SOON  10u /* ticks in which the price is measured each time; then */
#define PRICE_TICKS 10u /* once in so many */

static const uint32_t always = 1, never = 0;

/* The rules about threads, which threads read when they come: under the list's lock. */
static struct fdar_rules rules;

static struct {
	struct fdar_objects binaries;
	const struct fdar_control *segment;
	bool ruled;  /* the rules choose among functions */
	bool active; /* something is recorded, and the binaries were looked at */
	bool again;  /* some functions could not be patched yet */
	bool late;   /* what the recorder has changed is still to be taken over */
	pid_t pid;
	unsigned ticks;     /* while something was recorded */
	uint32_t unpatched; /* as in the counters */
} state;

static bool thread_wanted(const char *name)
{
	return rules.threads == 0 || fdar_rules_thread(&rules, name);
}

void fdar_selection_thread(struct fdar_thread *thread)
{
	char name[NAME_BYTES + 1] = "";

	fdar_budget_thread(thread);
	if (rules.threads == 0)
		return;
	prctl(PR_GET_NAME, name);
	__atomic_store_n(&thread->off, !thread_wanted(name), __ATOMIC_RELAXED);
}

static void thread_look(struct fdar_thread *thread, void *data)
{
	char path[64], name[NAME_BYTES + 1];
	ssize_t got;
	int fd;

	(void)data;
	if (rules.threads == 0) {
		__atomic_store_n(&thread->off, 0, __ATOMIC_RELAXED);
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/task/%u/comm", thread->tid);
	fd = fdar_aside_open(path, O_RDONLY, 0);
	if (fd < 0)
		return;
	got = syscall(SYS_read, fd, name, sizeof(name) - 1);
	syscall(SYS_close, fd);
	if (got <= 0)
		return;
	name[name[got - 1] == '\n' ? got - 1 : got] = '\0';
	__atomic_store_n(&thread->off, !thread_wanted(name), __ATOMIC_RELAXED);
}

struct new_rules {
	const char *text;
	size_t length;
};

static void rules_set(void *data)
{
	const struct new_rules *new_rules = data;

	fdar_rules_parse(&rules, new_rules->text, new_rules->length);
	state.ruled = rules.functions > 0;
}

/* True: the rules are others than before. */
static bool rules_take(const struct fdar_control *segment)
{
	static char
		text[FDAR_CONTROL_RULES_BYTES]; /* one thread at a time; too large for its stack */
	static size_t length;
	static bool known;
	size_t now = 0;
	bool same = known;

	if (segment)
		now = __atomic_load_n(&segment->rules_bytes, __ATOMIC_ACQUIRE);
	if (now > sizeof(text))
		now = sizeof(text);
	same = same && now == length && (now == 0 || memcmp(text, segment->rules, now) == 0);
	if (same)
		return false;
	if (now > 0)
		memcpy(text, segment->rules, now);
	length = now;
	known = true;
	fdar_threads_locked(rules_set, &(struct new_rules){ text, length });
	return true;
}

/* The numbers that each call looks at. */
static void settings_take(const struct fdar_control *segment)
{
	bool ended = flowdar_control_ended();
	uint64_t minimum_ns = 0;
	uint32_t depth = 0;

	if (segment) {
		minimum_ns = __atomic_load_n(&segment->minimum_ns, __ATOMIC_RELAXED);
		depth = __atomic_load_n(&segment->depth_max, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&fdar_calls_settings.minimum_ticks, fdar_clock_ticks_of(minimum_ns),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&fdar_calls_settings.depth_max, depth ? depth : UINT32_MAX,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&fdar_selection_recording,
			 !segment || ended ? &always
			 : __atomic_load_n(&segment->calls_off, __ATOMIC_RELAXED)
				 ? &never
				 : &segment->recording_on,
			 __ATOMIC_RELAXED);
	fdar_marks_settings(
		segment && !ended && __atomic_load_n(&segment->marks_packed, __ATOMIC_RELAXED)
			? &segment->recording_on
			: NULL);
}

static struct fdar_selection_table *table_make(void)
{
	struct fdar_objects *binaries = &state.binaries;
	struct fdar_selection_table *table =
		malloc(sizeof(*table) + (binaries->count + 1) * sizeof(table->modules[0]));
	struct fdar_selection_module price = fdar_price_module();
	bool priced = false;

	if (!table)
		return NULL;
	table->unknown_on = fdar_rules_function(&rules, "", "", NULL);
	table->length = 0;
	for (const struct fdar_object *binary = binaries->first; binary; binary = binary->next) {
		if (!priced && price.low < binary->low) {
			table->modules[table->length++] = price;
			priced = true;
		}
		if (binary->entries)
			table->modules[table->length++] =
				(struct fdar_selection_module){ binary->low, binary->bytes,
								binary->entries, binary->shift,
								binary->unnamed_on };
	}
	if (!priced)
		table->modules[table->length++] = price;
	return table;
}

/* Puts up another table; frees the old one and what it led to, if nobody is there any more. */
static void table_change(void)
{
	const struct fdar_selection_table *old = fdar_selection_table;
	struct fdar_selection_table *table = NULL;

	if (state.ruled || fdar_budget_wanted())
		table = table_make();
	__atomic_store_n(&fdar_selection_table, table, __ATOMIC_RELEASE);
	if ((old || state.binaries.gone) && fdar_threads_grace()) {
		free((void *)(uintptr_t)old);
		fdar_objects_free_gone(&state.binaries);
	}
}

/* Remembers why functions stay off, but for what passes. */
static void refuse(enum fdar_patch_status status)
{
	if (status != FDAR_PATCH_FINE && status != FDAR_PATCH_UNSETTLED &&
	    status != FDAR_PATCH_GONE)
		state.unpatched |= 1u << status;
}

/* A site that can be set, now or soon; if not, why is remembered. */
static bool can_set(const struct fdar_patch_site *site)
{
	enum fdar_patch_status status = site->module->status;

	refuse(status);
	return status == FDAR_PATCH_FINE || status == FDAR_PATCH_UNSETTLED;
}

static void unpatched_tell(void)
{
	struct fdar_control_counters *counters = flowdar_control_counters();

	if (counters)
		__atomic_store_n(&counters->unpatched, state.unpatched, __ATOMIC_RELAXED);
}

/* Patches what is to be on, and back what is not. */
static void sites_apply(bool on)
{
	struct fdar_objects *binaries = &state.binaries;
	enum fdar_patch_status status;

	state.again = false;
	if (!binaries->patch || !binaries->numbers) {
		unpatched_tell();
		return;
	}
	for (int pass = 0; pass < 2; pass++) {
		struct fdar_patch_site **sites =
			malloc(binaries->numbers * sizeof(struct fdar_patch_site *));
		size_t count = 0;

		if (!sites)
			return;
		for (uint32_t i = 1; i <= binaries->numbers; i++) {
			const struct fdar_function *function = &binaries->functions[i];
			bool wanted = on && function->wanted && !function->off;

			if (function->site && function->site->on != wanted &&
			    wanted == (pass == 1) && can_set(function->site))
				sites[count++] = function->site;
		}
		if (count > 0 &&
		    fdar_patch_set(binaries->patch, sites, count, pass == 1, &status) < count) {
			state.again = true;
			refuse(status);
		}
		free(sites);
	}
	unpatched_tell();
}

/* How many functions there are and are on. */
static void counters_tell(void)
{
	struct fdar_control_counters *counters = flowdar_control_counters();
	uint64_t functions = 0, live = 0, patched = 0, off = 0;

	if (!counters)
		return;
	for (uint32_t i = 1; i <= state.binaries.numbers; i++) {
		const struct fdar_function *function = &state.binaries.functions[i];

		functions += function->address != 0;
		live += function->wanted && !function->off;
		patched += function->site != NULL;
		off += function->off;
	}
	__atomic_store_n(&counters->functions, functions, __ATOMIC_RELAXED);
	__atomic_store_n(&counters->live, live, __ATOMIC_RELAXED);
	__atomic_store_n(&counters->patched, patched, __ATOMIC_RELAXED);
	__atomic_store_n(&counters->budget_off, off, __ATOMIC_RELAXED);
}

/* Which rules have met a function. */
static void rules_tell(void)
{
	struct fdar_control_counters *counters = flowdar_control_counters();

	if (!counters || !state.ruled)
		return;
	for (size_t i = 0; i < rules.count; i++) {
		uint32_t number = rules.rules[i].number;

		if (rules.rules[i].met && number < FDAR_CONTROL_RULES_MAX)
			__atomic_fetch_or(&counters->rules_met[number / 64],
					  UINT64_C(1) << number % 64, __ATOMIC_RELAXED);
	}
	fdar_control_add(ruled, 1);
}

/* LTTng's, for its own helper (liblttng-ust-dl): says in the trace what was loaded and unloaded since
 * the last time. Missing: names of what was loaded late come with the next state dump. */
extern void lttng_ust_dl_update(void *caller) __attribute__((weak));

static void tell_tracer(void *caller)
{
	if (lttng_ust_dl_update)
		lttng_ust_dl_update(caller);
}

/* Threads that are in dlopen(): what is seen of a library before it has returned is not late. Atomic. */
static unsigned opening;

void fdar_select_opening(bool begins)
{
	__atomic_add_fetch(&opening, begins ? 1U : -1U, __ATOMIC_RELAXED);
}

static void look(bool ruled_anew, bool prompt)
{
	bool on = fdar_selection_on();
	bool stranger = __atomic_exchange_n(&fdar_selection_stranger, 0, __ATOMIC_RELAXED);
	bool scanned = false;

	if (on && (!state.active || stranger || fdar_objects_stale(&state.binaries))) {
		if (state.active && !prompt)
			tell_tracer(NULL);
		fdar_objects_scan(&state.binaries, &rules);
		if (state.active && !prompt && !__atomic_load_n(&opening, __ATOMIC_RELAXED))
			fdar_control_add(late, state.binaries.came);
		scanned = true;
	} else if (ruled_anew && state.active) {
		fdar_objects_decide(&state.binaries, &rules);
	}
	if (scanned || (ruled_anew && state.active)) {
		table_change();
		counters_tell();
		rules_tell();
	}
	if (state.active || on)
		sites_apply(on);
	state.active = state.active || on;
}

static void changed(void)
{
	const struct fdar_control *segment = flowdar_control_segment();
	bool ruled_anew, anew = false;

	if (segment != state.segment || state.pid != getpid()) {
		if (segment != state.segment)
			fdar_threads_restart();
		state.segment = segment;
		state.pid = getpid();
		anew = true;
	}
	ruled_anew = rules_take(segment);
	ruled_anew |= fdar_budget_settings(segment);
	settings_take(segment);
	if (ruled_anew)
		fdar_threads_each(thread_look, NULL);
	look(ruled_anew, false);
	if (anew)
		counters_tell();
}

void fdar_select_init(void)
{
	enum fdar_patch_status status;

	state.binaries.patch = fdar_patch_open(&status);
	if (!state.binaries.patch)
		refuse(status);
}

void fdar_select_changed(void)
{
	state.late = !fdar_forking_change_begin();
	if (state.late)
		return;
	changed();
	fdar_forking_change_end();
}

/* Often at first, for those that do not live long; forked children go on where their parent was. */
static void price_tick(void)
{
	const struct fdar_control_counters *counters = flowdar_control_counters();
	bool patched, hooked;

	if (!counters || (state.ticks >= PRICE_SOON && state.ticks % PRICE_TICKS != 0))
		return;
	hooked = __atomic_load_n(&counters->hooked, __ATOMIC_RELAXED) != 0;
	patched = __atomic_load_n(&counters->patched, __ATOMIC_RELAXED) != 0;
	fdar_price_measure(patched, hooked);
}

static void tick(void)
{
	look(false, false);
	if (!fdar_selection_on())
		return;
	price_tick();
	state.ticks++;
	if (rules.threads > 0)
		fdar_threads_each(thread_look, NULL);
	if (fdar_budget_tick(state.binaries.functions, state.binaries.numbers)) {
		sites_apply(true);
		counters_tell();
	}
}

/* This thread is in one of the two below: what they call may load libraries, too. */
static __thread bool loading __attribute__((tls_model("initial-exec")));

void fdar_select_loaded(void *caller)
{
	if (loading || !fdar_selection_on())
		return;
	loading = true;
	tell_tracer(caller);
	if (fdar_forking_change_begin()) {
		look(false, true);
		fdar_forking_change_end();
	}
	loading = false;
}

void fdar_select_missed(void)
{
	if (loading || !fdar_selection_on())
		return;
	loading = true;
	if (fdar_forking_change_begin()) {
		look(false, false);
		fdar_forking_change_end();
	}
	loading = false;
}

void fdar_select_unloaded(void *caller)
{
	if (loading || !fdar_selection_on())
		return;
	loading = true;
	tell_tracer(caller);
	loading = false;
}

void fdar_select_tick(void)
{
	if (!fdar_forking_change_begin())
		return;
	if (state.late)
		changed();
	state.late = false;
	tick();
	fdar_forking_change_end();
}
