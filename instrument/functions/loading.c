/*
 * Libraries that the server loads while it runs: dlopen() and dlclose() of libflowdar-functions.so.
 *
 * Place in the house: stands before the C library's, and calls it. A library's functions can be
 * recorded once its code was patched, and have names once the tracer knows where it lies: both are
 * done here, before dlopen() returns. Without it the helper thread finds a new library when it looks,
 * ten times a second, and what was called until then is missing.
 *
 * dlopen() searches for a name without a slash where its caller's RPATH or RUNPATH says, and replaces
 * $ORIGIN by its caller's folder; its caller would be this library. Calls for which that matters are
 * passed on by a jump, so that the C library sees whose they are, and are left to the helper.
 */
#define FDAR_SHOWN __attribute__((visibility("default")))

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "functions/select.h"

typedef void *(*open_fn)(const char *file, int mode);
typedef int (*close_fn)(void *handle);

static open_fn real_open;   /* atomic */
static close_fn real_close; /* atomic */

/* NOLINTBEGIN(readability-redundant-declaration): libc's, but shown. */
FDAR_SHOWN void *dlopen(const char *file, int mode);
FDAR_SHOWN int dlclose(void *handle);
/* NOLINTEND(readability-redundant-declaration) */

static open_fn next_open(void)
{
	open_fn next = __atomic_load_n(&real_open, __ATOMIC_RELAXED);
	void *found;

	if (next)
		return next;
	found = dlsym(RTLD_NEXT, "dlopen");
	memcpy(&next, &found, sizeof(next));
	__atomic_store_n(&real_open, next, __ATOMIC_RELAXED);
	return next;
}

static close_fn next_close(void)
{
	close_fn next = __atomic_load_n(&real_close, __ATOMIC_RELAXED);
	void *found;

	if (next)
		return next;
	found = dlsym(RTLD_NEXT, "dlclose");
	memcpy(&next, &found, sizeof(next));
	__atomic_store_n(&real_close, next, __ATOMIC_RELAXED);
	return next;
}

static bool has(const struct link_map *map, ElfW(Sxword) tag)
{
	for (const ElfW(Dyn) *entry = map->l_ld; entry && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == tag)
			return true;
	return false;
}

/* Whether the C library has to know who calls. An RPATH of the program is everybody's. */
static bool caller_matters(const char *file, const void *caller)
{
	struct link_map *map = NULL;
	const struct link_map *program;
	Dl_info info;

	if (!file || strchr(file, '$'))
		return true;
	if (strchr(file, '/'))
		return false;
	if (dladdr1(caller, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || !map)
		return true;
	for (program = map; program->l_prev; program = program->l_prev)
		;
	return has(map, DT_RUNPATH) || has(map, DT_RPATH) || has(program, DT_RPATH);
}

void *dlopen(const char *file, int mode)
{
	open_fn next = next_open();
	void *handle;
	int saved_errno;

	if (!next) {
		errno = ENOSYS;
		return NULL;
	}
	if (caller_matters(file, __builtin_return_address(0)))
		return next(file, mode); /* a jump: -O2 */
	fdar_select_opening(true);
	handle = next(file, mode);
	saved_errno = errno;
	if (handle)
		fdar_select_loaded(__builtin_return_address(0));
	fdar_select_opening(false);
	errno = saved_errno;
	return handle;
}

int dlclose(void *handle)
{
	close_fn next = next_close();
	int result, saved_errno;

	if (!next)
		return -1;
	fdar_select_missed();
	result = next(handle);
	saved_errno = errno;
	if (result == 0)
		fdar_select_unloaded(__builtin_return_address(0));
	errno = saved_errno;
	return result;
}
