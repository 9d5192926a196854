/*
 * A module's sites: from the nops that its section tells of to what can be switched.
 *
 * Place in the house: instrument/patching/, between patch.c, which keeps the modules, and text.h,
 * which changes bytes.
 */
#ifndef FLOWDAR_PATCH_SITES_H
#define FLOWDAR_PATCH_SITES_H

#include "patching/modules.h"
#include "patching/stub.h"

struct module {
	struct fdar_patch_module public; /* first: found again from a site */
	struct module *next;
	const ElfW(Phdr) * headers;
	const struct fdar_stub *stub;
	struct fdar_patch_site **by_address; /* all of its sites, as fdar_text_write wants them */
	int protection;                      /* of its code */
	bool several_nops;                   /* some site was five nops */
	bool seen;                           /* by the scan that goes on */
};

/* A module as it was found, its entries known (fdar_module_entries): its nops are made sites, off, or
 * its status says why not. NULL if it has none, is gone, or there is no memory. */
struct module *fdar_sites_make(const struct fdar_module_found *found, struct fdar_stub **stubs);
void fdar_sites_free(struct module *module);

/* Tries again to finish a module that is UNSETTLED. */
void fdar_sites_quiesce(struct module *module);

/* Whether what is loaded there now is that module, and not another in its place. */
bool fdar_sites_same(struct module *module, const struct fdar_module_found *found);

/* The operand of a site's call. */
int32_t fdar_sites_rel32(const struct fdar_patch_site *site);

#endif
