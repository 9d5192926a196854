/* A module's sites: sites.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "patching/quiesce.h"
#include "patching/sites.h"
#include "patching/text.h"

int32_t fdar_sites_rel32(const struct fdar_patch_site *site)
{
	const struct module *module = (const struct module *)site->module;

	return fdar_stub_rel32(module->stub, site);
}

/* The steps of text.h. */
static void begin_site(struct fdar_patch_site *site, void *user)
{
	enum fdar_text_form form = fdar_text_form(site->address, fdar_sites_rel32(site));

	(void)user;
	if (form == FDAR_TEXT_NOPS || form == FDAR_TEXT_NOP)
		fdar_text_store_first(site->address, FDAR_TEXT_TEST);
}

static void finish_site(struct fdar_patch_site *site, void *user)
{
	(void)user;
	if (fdar_text_form(site->address, fdar_sites_rel32(site)) == FDAR_TEXT_BEGUN)
		fdar_text_store_rest(site->address, fdar_sites_rel32(site));
}

static void begin_module(void *user)
{
	struct module *module = user;
	size_t done;

	for (size_t i = 0; i < module->public.count; i++)
		module->several_nops |=
			fdar_text_form(module->public.sites[i].address, 0) == FDAR_TEXT_NOPS;
	module->public.status = fdar_text_write(module->by_address, module->public.count,
						module->protection, begin_site, NULL, &done);
}

static void finish_module(void *user)
{
	struct module *module = user;
	size_t done;

	module->public.status = fdar_text_write(module->by_address, module->public.count,
						module->protection, finish_site, NULL, &done);
}

/* The second half, which may have to be tried again. */
void fdar_sites_quiesce(struct module *module)
{
	const struct fdar_patch_module *public = &module->public;

	module->public.status = FDAR_PATCH_UNSETTLED;
	fdar_text_barrier();
	if (module->several_nops && !fdar_quiesce(public->sites, public->count))
		return;
	if (!fdar_modules_with(public->base, module->headers, finish_module, module))
		module->public.status = FDAR_PATCH_GONE;
	fdar_text_barrier();
}

static int compare_addresses(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

/* What is done with a module's memory while it is certainly there. */
struct reading {
	const struct fdar_module_found *found;
	uintptr_t *addresses; /* of nops, sorted, none twice */
	size_t count;
	int protection;
};

/* An entry of the section: where its five bytes are, or 0. */
static uintptr_t site_at(const struct reading *reading, uintptr_t address)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	enum fdar_text_form form;

	if (!fdar_module_segment(reading->found, address, sizeof(endbr) + FDAR_PATCH_BYTES,
				 PF_R | PF_X) &&
	    !fdar_module_segment(reading->found, address, FDAR_PATCH_BYTES, PF_R | PF_X))
		return 0;
	if (memcmp((const void *)address, endbr, sizeof(endbr)) == 0)
		address += sizeof(endbr);
	if (!fdar_module_segment(reading->found, address, FDAR_PATCH_BYTES, PF_R | PF_X))
		return 0;
	form = fdar_text_form(address, 0);
	return form == FDAR_TEXT_NOPS || form == FDAR_TEXT_NOP || form == FDAR_TEXT_BEGUN ? address
											  : 0;
}

static void read_entries(void *user)
{
	struct reading *reading = user;
	const uintptr_t *entries = (const uintptr_t *)reading->found->entries;
	const ElfW(Phdr) * segment;
	size_t count = 0, kept = 0;

	reading->addresses = malloc(reading->found->entries_count * sizeof(*reading->addresses));
	if (!reading->addresses)
		return;
	for (size_t i = 0; i < reading->found->entries_count; i++) {
		uintptr_t address = site_at(reading, entries[i]);

		if (address)
			reading->addresses[count++] = address;
	}
	qsort(reading->addresses, count, sizeof(*reading->addresses), compare_addresses);
	for (size_t i = 0; i < count; i++) {
		if (kept && reading->addresses[i] - reading->addresses[kept - 1] < FDAR_PATCH_BYTES)
			continue;
		reading->addresses[kept++] = reading->addresses[i];
	}
	reading->count = kept;
	if (!kept)
		return;
	segment = fdar_module_segment(reading->found, reading->addresses[0], 1, PF_X);
	reading->protection = PROT_READ | PROT_EXEC;
	if (segment && segment->p_flags & PF_W)
		reading->protection |= PROT_WRITE;
}

static uintptr_t function_of(const struct fdar_module_found *found, uintptr_t address)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uintptr_t before = address - sizeof(endbr);

	if (fdar_module_segment(found, before, sizeof(endbr), PF_R | PF_X) &&
	    memcmp((const void *)before, endbr, sizeof(endbr)) == 0)
		return before;
	return address;
}

void fdar_sites_free(struct module *module)
{
	free(module->public.path);
	free(module->public.sites);
	free(module->by_address);
	free(module);
}

/* A module of what was read; NULL if there is no memory. Runs with the lock held as well: it reads
 * what is before the sites. */
static struct module *module_new(const struct reading *reading)
{
	struct module *module = calloc(1, sizeof(*module));

	if (!module)
		return NULL;
	module->public.path = strdup(reading->found->path);
	module->public.sites = calloc(reading->count, sizeof(*module->public.sites));
	module->by_address = calloc(reading->count, sizeof(*module->by_address));
	if (!module->public.path || !module->public.sites || !module->by_address) {
		fdar_sites_free(module);
		return NULL;
	}
	module->public.base = reading->found->base;
	module->public.count = reading->count;
	module->headers = reading->found->headers;
	module->protection = reading->protection;
	for (size_t i = 0; i < reading->count; i++) {
		struct fdar_patch_site *site = &module->public.sites[i];

		site->address = reading->addresses[i];
		site->function = function_of(reading->found, site->address);
		site->module = &module->public;
		module->by_address[i] = site;
	}
	return module;
}

struct making {
	struct reading reading;
	struct fdar_stub **stubs;
	struct module *module;
};

static void make_module(void *user)
{
	struct making *making = user;
	struct reading *reading = &making->reading;
	struct module *module;

	read_entries(reading);
	if (reading->count)
		making->module = module_new(reading);
	free(reading->addresses);
	module = making->module;
	if (!module)
		return;
	module->stub = fdar_stub_near(making->stubs, module->public.sites[0].address,
				      module->public.sites[module->public.count - 1].address,
				      &module->public.status);
	if (module->stub)
		begin_module(module);
}

struct module *fdar_sites_make(const struct fdar_module_found *found, struct fdar_stub **stubs)
{
	struct making making = { .reading = { .found = found }, .stubs = stubs };

	if (!fdar_modules_with(found->base, found->headers, make_module, &making) || !making.module)
		return NULL;
	if (making.module->public.status == FDAR_PATCH_FINE)
		fdar_sites_quiesce(making.module);
	return making.module;
}

struct checking {
	struct module *module;
	bool same;
};

/* A module at a known place may be another one, loaded where one was before: its sites are nops. */
static void check_module(void *user)
{
	struct checking *checking = user;
	const struct fdar_patch_site *site = &checking->module->public.sites[0];
	enum fdar_text_form form;

	if (!checking->module->stub || checking->module->public.status == FDAR_PATCH_REFUSED) {
		checking->same = true;
		return;
	}
	form = fdar_text_form(site->address, fdar_sites_rel32(site));
	checking->same = form != FDAR_TEXT_NOPS && form != FDAR_TEXT_NOP;
}

bool fdar_sites_same(struct module *module, const struct fdar_module_found *found)
{
	struct checking checking = { module, false };

	return strcmp(found->path, module->public.path) == 0 &&
	       fdar_module_segment(found, module->public.sites[0].address, FDAR_PATCH_BYTES,
				   PF_R | PF_X) &&
	       fdar_modules_with(found->base, found->headers, check_module, &checking) &&
	       checking.same;
}
