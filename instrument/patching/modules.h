/*
 * Modules: the program and libraries of this process that have patchable entries.
 *
 * Place in the house: instrument/patching/, used by patch.c. The section
 * __patchable_function_entries holds the addresses of the nops; it is loaded and relocated with the
 * module, but only the section headers of the file tell where it is (strip keeps them). The file is
 * taken as any input: everything is checked against its size and against the loaded segments, and a
 * file whose program headers are not the loaded module's (it was replaced) is passed over.
 *
 * Code may be touched while the loader's lock is held, which keeps dlclose from unmapping it:
 * fdar_modules_with. What runs there must not wait for anybody.
 */
#ifndef FLOWDAR_PATCH_MODULES_H
#define FLOWDAR_PATCH_MODULES_H

#include <elf.h>
#include <link.h>

#include "patching/patch.h"

#define FDAR_MODULE_SEGMENTS 32u

/* A loaded module. */
struct fdar_module_found {
	char *path;
	uintptr_t base;
	const ElfW(Phdr) * headers; /* where they are in memory: tells modules apart */
	ElfW(Phdr) segments[FDAR_MODULE_SEGMENTS];
	size_t segments_count;
	uintptr_t entries; /* the section in memory, by fdar_module_entries */
	size_t entries_count;
};

/* How often modules came and went: equal counts, equal modules. */
struct fdar_modules_counts {
	unsigned long long added, removed;
};
struct fdar_modules_counts fdar_modules_counts(void);

/* All that are loaded, in *found, to be freed with fdar_modules_free. NULL if there is no memory. */
struct fdar_module_found *fdar_modules_list(size_t *count);
void fdar_modules_free(struct fdar_module_found *found, size_t count);

/* Finds the section by reading the file; false if it has none, or there is no such file. */
bool fdar_module_entries(struct fdar_module_found *module);

/* Whether bytes from address on are in a loaded segment with these flags (PF_R, PF_X). */
const ElfW(Phdr) * fdar_module_segment(const struct fdar_module_found *module, uintptr_t address,
				       size_t bytes, unsigned flags);

/* Runs act with the lock held if the module of this base and headers is loaded; false if not. */
bool fdar_modules_with(uintptr_t base, const ElfW(Phdr) * headers, void (*act)(void *user),
		       void *user);

#endif
