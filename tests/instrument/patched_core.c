/* A core for the tests of run-time patching: patched_core.h. The functions that the trampolines call use
 * general registers only, but now and then spoil all vector registers the way LTTng's memcpy might. */
#include <immintrin.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "patched_core.h"
#include "patching/patch.h"
#include "patching/returns.h"

#define FRAMES    (UINT64_C(1) << 21)
#define FUNCTIONS 65536u
#define QUIET     __attribute__((target("general-regs-only")))

struct frame {
	struct fdar_return back;
	uintptr_t function;
};

struct thread {
	struct fdar_returns returns;
	struct frame *frames;
	uintptr_t low, high;
	bool busy;
	unsigned calls;
};

static __thread struct thread *self __attribute__((tls_model("initial-exec")));
static struct patched_counts all;
static struct fdar_patch *patch;
static enum fdar_patch_status last;
static struct {
	uintptr_t function;
	uint64_t entered;
} functions[FUNCTIONS];
static struct fdar_patch_module *modules[64];
static pthread_mutex_t setting = PTHREAD_MUTEX_INITIALIZER;
extern void *__libc_stack_end;

#define ADD(counter, n) __atomic_fetch_add(&all.counter, n, __ATOMIC_RELAXED)

static void spoil(void *nothing)
{
	(void)nothing;
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n movaps %%xmm0, %%xmm1\n movaps %%xmm0, %%xmm2\n"
			 "movaps %%xmm0, %%xmm3\n movaps %%xmm0, %%xmm4\n movaps %%xmm0, %%xmm5\n"
			 "movaps %%xmm0, %%xmm6\n movaps %%xmm0, %%xmm7\n fninit\n" ::
				 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroall" ::: "xmm0", "xmm1");
}

static void begin(void *nothing)
{
	struct thread *thread =
		mmap(NULL, sizeof(*thread) + FRAMES * sizeof(struct frame), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	(void)nothing;
	if (thread == MAP_FAILED)
		return;
	thread->frames = (struct frame *)(thread + 1);
	thread->returns.frames = (const char *)thread->frames;
	thread->returns.frame_bytes = sizeof(struct frame);
	thread->high = (uintptr_t)pthread_self();
	thread->low = thread->high - (UINT64_C(1) << 30);
	if (here < thread->low || here > thread->high) { /* the main thread's */
		thread->high = (uintptr_t)__libc_stack_end;
		thread->low = thread->high - (UINT64_C(1) << 30);
	}
	fdar_returns_add(&thread->returns);
	self = thread;
}

/* Frames above the first count are dead: but if one is not, it returns without us. */
QUIET static void drop(struct thread *thread, uint64_t count)
{
	while (thread->returns.count > count) {
		struct frame *frame = &thread->frames[thread->returns.count - 1];
		uintptr_t here = (uintptr_t)__builtin_frame_address(0);

		if ((uintptr_t)frame->back.slot < here - 256 &&
		    *frame->back.slot == (const void *)fdar_patch_return)
			*frame->back.slot = frame->back.address;
		thread->returns.count--;
		ADD(unwound, 1);
	}
}

QUIET static void count_function(uintptr_t function)
{
	uint32_t i = (uint32_t)(function >> 2) % FUNCTIONS;

	if (functions[i].function == 0)
		functions[i].function = function;
	if (functions[i].function == function)
		__atomic_fetch_add(&functions[i].entered, 1, __ATOMIC_RELAXED);
}

QUIET bool fdar_calls_enter(uintptr_t function, void **slot)
{
	bool tail = *slot == (const void *)fdar_patch_return;
	uint64_t count;

	if (!self)
		fdar_vectors_call(begin, NULL);
	if (!self || self->busy)
		return false;
	self->busy = true;
	if (++self->calls % 8 == 0)
		fdar_vectors_call(spoil, NULL);
	if ((uintptr_t)slot < self->low || (uintptr_t)slot >= self->high ||
	    self->returns.count == FRAMES) {
		ADD(elsewhere, 1);
		self->busy = false;
		return false;
	}
	count = self->returns.count;
	while (count > 0 && (self->frames[count - 1].back.slot < slot ||
			     (self->frames[count - 1].back.slot == slot && !tail)))
		count--;
	if (count < self->returns.count)
		drop(self, count);
	self->frames[count].back.slot = slot;
	self->frames[count].back.address = *slot;
	self->frames[count].function = function;
	__atomic_store_n(&self->returns.count, count + 1, __ATOMIC_RELEASE);
	ADD(entered, 1);
	count_function(function);
	self->busy = false;
	return true;
}

/* On the stack of another thread: a coroutine that was begun there. Its owner closes the frame. */
QUIET static void *others_address(void **slot)
{
	for (const struct fdar_returns *list =
		     __atomic_load_n(&fdar_returns_first, __ATOMIC_ACQUIRE);
	     list; list = list->next) {
		for (uint64_t i = list->count; i > 0; i--) {
			const struct frame *frame = (const struct frame *)list->frames + i - 1;

			if (frame->back.slot == slot && frame->back.address != fdar_patch_return)
				return frame->back.address;
		}
	}
	return NULL;
}

QUIET void *fdar_calls_leave(void **slot)
{
	uint64_t i = self ? self->returns.count : 0;
	void *address;

	while (i > 0 && self->frames[i - 1].back.slot != slot)
		i--;
	if (i == 0) {
		address = others_address(slot);
		if (address)
			ADD(elsewhere, 1);
		else
			ADD(lost, 1);
		return address;
	}
	if (++self->calls % 8 == 0) {
		bool was_busy = self->busy;

		self->busy = true;
		fdar_vectors_call(spoil, NULL);
		self->busy = was_busy;
	}
	drop(self, i);
	address = self->frames[i - 1].back.address;
	__atomic_store_n(&self->returns.count, i - 1, __ATOMIC_RELEASE);
	ADD(left, 1);
	return address;
}

static void module_found(struct fdar_patch_module *module, void *nothing)
{
	(void)nothing;
	for (unsigned i = 0; i < 64; i++) {
		if (!modules[i]) {
			modules[i] = module;
			return;
		}
	}
}

static void module_gone(struct fdar_patch_module *module, void *nothing)
{
	(void)nothing;
	for (unsigned i = 0; i < 64; i++)
		if (modules[i] == module)
			modules[i] = NULL;
}

static void scan(void)
{
	const struct fdar_patch_watch watch = { module_found, module_gone, NULL };

	pthread_mutex_lock(&setting);
	if (patch && fdar_patch_stale(patch))
		fdar_patch_scan(patch, &watch);
	pthread_mutex_unlock(&setting);
}

static uint64_t site_count(void)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < 64; i++)
		count += modules[i] ? modules[i]->count : 0;
	return count;
}

static uint64_t module_count(void)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < 64; i++)
		count += modules[i] != NULL;
	return count;
}

static uint64_t set_some(bool on, unsigned nth, unsigned first)
{
	struct fdar_patch_site **sites;
	size_t count = 0;
	unsigned number = 0;
	uint64_t right;

	if (!patch)
		return 0;
	pthread_mutex_lock(&setting);
	sites = malloc((site_count() + 1) * sizeof(*sites));
	for (unsigned i = 0; sites && i < 64; i++)
		for (size_t s = 0; modules[i] && s < modules[i]->count; s++)
			if (number++ % nth == first)
				sites[count++] = &modules[i]->sites[s];
	right = sites ? fdar_patch_set(patch, sites, count, on, &last) : 0;
	free(sites);
	pthread_mutex_unlock(&setting);
	return right;
}

static uint64_t set(bool on)
{
	return set_some(on, 1, 0);
}

static void get_counts(struct patched_counts *counts)
{
	*counts = all;
}

static const char *get_status(void)
{
	static const char *const names[FDAR_PATCH_STATUSES] = {
		[FDAR_PATCH_FINE] = "fine",
		[FDAR_PATCH_NO_PROCESSOR] = "no processor",
		[FDAR_PATCH_NO_BARRIER] = "no barrier",
		[FDAR_PATCH_SHADOW_STACK] = "shadow stack",
		[FDAR_PATCH_REFUSED] = "refused",
		[FDAR_PATCH_NO_ROOM] = "no room",
		[FDAR_PATCH_UNSETTLED] = "unsettled",
		[FDAR_PATCH_FOREIGN] = "foreign",
		[FDAR_PATCH_GONE] = "gone",
	};

	return names[last];
}

static uint64_t get_entered(const void *function)
{
	uint32_t i = (uint32_t)((uintptr_t)function >> 2) % FUNCTIONS;

	return functions[i].function == (uintptr_t)function ? functions[i].entered : 0;
}

__attribute__((visibility("default"))) const struct patched_api *patched_core(void);

const struct patched_api *patched_core(void)
{
	static const struct patched_api api = { set,        set_some,   scan,         get_counts,
						get_status, site_count, module_count, get_entered };

	return &api;
}

static void *toggle(void *nothing)
{
	for (unsigned i = 0;; i++) {
		scan();
		set_some(true, 1, 0);
		usleep(200);
		set_some(false, 2, i % 2);
		usleep(200);
	}
	return nothing;
}

static void toggle_begin(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, toggle, NULL);
}

__attribute__((constructor)) static void core_begin(void)
{
	const char *wanted = getenv("PATCHED");

	if (!wanted)
		return;
	patch = fdar_patch_open(&last);
	if (strcmp(wanted, "late") != 0)
		scan();
	if (strcmp(wanted, "on") == 0)
		set(true);
	if (strcmp(wanted, "toggle") == 0) {
		toggle_begin();
		pthread_atfork(NULL, NULL, toggle_begin);
	}
	if (getenv("PATCHED_SAY"))
		fprintf(stderr, "patched: %u modules, %u sites, %s\n", (unsigned)module_count(),
			(unsigned)site_count(), get_status());
}

__attribute__((destructor)) static void core_end(void)
{
	if (getenv("PATCHED_SAY"))
		fprintf(stderr,
			"patched: entered %lu left %lu unwound %lu lost %lu elsewhere %lu\n",
			all.entered, all.left, all.unwound, all.lost, all.elsewhere);
}
