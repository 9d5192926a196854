/*
 * Run-time patching: functions that `flowdar cc` left five bytes at, switched on and off while they run.
 *
 * Place in the house: part of libflowdar-functions.so, beside instrument/functions/, which decides which
 * functions are on and records the calls. x86-64 Linux only; elsewhere fdar_patch_open says so.
 *
 * A site is the five bytes that -fpatchable-function-entry=5 leaves at a function's entry. It has two
 * forms, which differ in one byte:
 *
 *	off	a9 rel32	test $rel32, %eax	(writes flags, which nobody reads at an entry)
 *	on	e8 rel32	call trampoline
 *
 * so switching is the store of one byte. Whatever a processor fetches meanwhile is one or the other,
 * both five bytes long: no thread is stopped, no signal is used (threads may block all of them), and
 * a site may be switched as often as one likes. Only the first time, when the compiler's nops become
 * a site, is there more to it: see text.h.
 *
 * Threads: one thread at a time calls these functions (the constructor, later the helper thread);
 * what they patch runs in any thread. A fork waits for a change to be done, so the child's text is
 * consistent. Nothing here is called in or for a child: its memory is as the parent's was.
 */
#ifndef FLOWDAR_PATCH_H
#define FLOWDAR_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instrument/wire/patch_status.h"

#define FDAR_PATCH_BYTES 5u

struct fdar_patch;        /* all that is known of this process's modules */
struct fdar_patch_module; /* a program or library with sites */

/* A function that can be switched. Lives until its module is gone (fdar_patch_watch.gone). */
struct fdar_patch_site {
	uintptr_t function; /* its address, as symbol tables and debuggers have it */
	uintptr_t address;  /* of the five bytes: the same, or after an endbr64 */
	struct fdar_patch_module *module;
	void *user; /* the caller's own, NULL at first */
	bool on;    /* as it was last set */
};

struct fdar_patch_module {
	char *path;     /* as the loader has it; of the program: where /proc/self/exe leads */
	uintptr_t base; /* what is added to addresses of the file */
	struct fdar_patch_site *sites; /* by address */
	size_t count;
	enum fdar_patch_status status; /* FINE or UNSETTLED: may be set; else why not */
	void *user;                    /* the caller's own, NULL at first */
};

/* Told of modules by fdar_patch_scan, in its thread. gone: the code is unmapped already, and module
 * and sites are freed after the call. */
struct fdar_patch_watch {
	void (*found)(struct fdar_patch_module *module, void *user);
	void (*gone)(struct fdar_patch_module *module, void *user);
	void *user;
};

/* NULL when it cannot work in this process; status tells why. The one that is opened is never
 * closed, for threads may be in its trampolines. */
struct fdar_patch *fdar_patch_open(enum fdar_patch_status *status);

/* Whether libraries were loaded or unloaded since the last scan. Cheap: may be asked often. */
bool fdar_patch_stale(const struct fdar_patch *patch);

/* Finds modules that came or went and makes the nops of new ones into sites, off. Call it first in
 * the constructor, where there are few threads, then whenever stale. A module without sites is not
 * told of. May take some milliseconds if threads run; a module that is UNSETTLED then is tried again
 * by the next scan or set. */
void fdar_patch_scan(struct fdar_patch *patch, const struct fdar_patch_watch *watch);

/* Switches all of sites, of any modules, in any order, duplicates allowed. Gives how many are now as
 * asked for, and the first reason (or FINE) why others are not. Calls that have entered before the
 * change go on as they began. Costs about 10 us and 0.2 us a site. */
size_t fdar_patch_set(struct fdar_patch *patch, struct fdar_patch_site *const *sites, size_t count,
		      bool on, enum fdar_patch_status *status);

#endif
