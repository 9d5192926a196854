/*
 * The least a core can do, for bench/patching.sh: notes the frame, gives it back. Besides, with
 * PATCHED_TOGGLES=N in the environment, times N switches of all functions and says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "patching/patch.h"
#include "patching/returns.h"

#define FRAMES 4096u
#define QUIET  __attribute__((target("general-regs-only")))

static __thread struct {
	uint64_t count;
	struct fdar_return frames[FRAMES];
} self __attribute__((tls_model("initial-exec")));

static struct fdar_patch_module *module;

QUIET bool fdar_calls_enter(uintptr_t function, void **slot)
{
	(void)function;
	if (self.count == FRAMES)
		return false;
	self.frames[self.count].slot = slot;
	self.frames[self.count++].address = *slot;
	return true;
}

QUIET void *fdar_calls_leave(void **slot)
{
	(void)slot;
	return self.frames[--self.count].address;
}

static void found(struct fdar_patch_module *one, void *nothing)
{
	(void)nothing;
	module = one;
}

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void toggles(struct fdar_patch *patch, struct fdar_patch_site *const *sites, size_t count)
{
	const char *text = getenv("PATCHED_TOGGLES");
	int times = text ? atoi(text) : 0;
	enum fdar_patch_status status;
	double begin = now_ns();

	for (int i = 0; i < times; i++)
		fdar_patch_set(patch, sites, count, i % 2 == 0, &status);
	if (times > 0)
		fprintf(stderr, "%zu %.0f\n", count, (now_ns() - begin) / times);
}

__attribute__((constructor)) static void begin(void)
{
	const struct fdar_patch_watch watch = { found, NULL, NULL };
	const char *wanted = getenv("PATCHED");
	enum fdar_patch_status status;
	struct fdar_patch *patch = wanted ? fdar_patch_open(&status) : NULL;
	struct fdar_patch_site **sites;

	if (!patch)
		return;
	fdar_patch_scan(patch, &watch);
	sites = module ? malloc(module->count * sizeof(*sites)) : NULL;
	if (!sites)
		return;
	for (size_t i = 0; i < module->count; i++)
		sites[i] = &module->sites[i];
	toggles(patch, sites, module->count);
	fdar_patch_set(patch, sites, module->count, strcmp(wanted, "on") == 0, &status);
	free(sites);
}
