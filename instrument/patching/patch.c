/* Run-time patching: patch.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "patching/patch.h"

#include <assert.h>
#include "patching/returns.h"
#include "patching/sites.h"
#include "patching/text.h"

struct fdar_patch {
	struct module *modules;
	struct fdar_stub *stubs;
	struct fdar_modules_counts counts; /* at the last scan */
	bool scanned;
	bool unsettled; /* some module is */
};

/* A fork waits for it: the child would inherit the loader's lock, and code that is half changed. Not
 * for ever, for a server must never hang because of us. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static bool fork_has; /* read and written by who has it, or is alone */

static void fork_wait(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1;
	if (pthread_mutex_timedlock(&changing, &until) == 0)
		fork_has = true;
}

static void fork_parent(void)
{
	if (!fork_has)
		return;
	fork_has = false;
	pthread_mutex_unlock(&changing);
}

static void fork_child(void)
{
	static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

	fork_has = false;
	changing = fresh;
}

#if defined(__x86_64__)

/* The shadow stack pointer; the instruction does nothing where there is none. */
static bool has_shadow_stack(void)
{
	uint64_t pointer = 0;

	__asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0x1e, 0xc8" /* rdsspq %rax */ : "+a"(pointer));
	return pointer != 0;
}

struct fdar_patch *fdar_patch_open(enum fdar_patch_status *status)
{
	struct fdar_patch *patch = NULL;

	if (has_shadow_stack())
		*status = FDAR_PATCH_SHADOW_STACK;
	else if (!fdar_text_barrier_register())
		*status = FDAR_PATCH_NO_BARRIER;
	else if (!(patch = calloc(1, sizeof(*patch))) ||
		 pthread_atfork(fork_wait, fork_parent, fork_child) != 0)
		*status = FDAR_PATCH_NO_ROOM;
	else
		*status = FDAR_PATCH_FINE;
	if (*status != FDAR_PATCH_FINE) {
		free(patch);
		return NULL;
	}
	fdar_vectors_find();
	fdar_returns_landing = (uintptr_t)fdar_patch_return;
	return patch;
}

#else

struct fdar_patch *fdar_patch_open(enum fdar_patch_status *status)
{
	*status = FDAR_PATCH_NO_PROCESSOR;
	return NULL;
}

#endif

bool fdar_patch_stale(const struct fdar_patch *patch)
{
	struct fdar_modules_counts counts = fdar_modules_counts();

	return !patch->scanned || patch->unsettled || counts.added != patch->counts.added ||
	       counts.removed != patch->counts.removed;
}

static struct module *module_find(struct fdar_patch *patch, const struct fdar_module_found *found)
{
	for (struct module *module = patch->modules; module; module = module->next)
		if (module->public.base == found->base && module->headers == found->headers)
			return module;
	return NULL;
}

static void drop_unseen(struct fdar_patch *patch, const struct fdar_patch_watch *watch)
{
	for (struct module **link = &patch->modules; *link;) {
		struct module *module = *link;

		if (module->seen) {
			link = &module->next;
			continue;
		}
		*link = module->next;
		if (watch->gone)
			watch->gone(&module->public, watch->user);
		fdar_sites_free(module);
	}
}

static void add_found(struct fdar_patch *patch, struct fdar_module_found *found,
		      const struct fdar_patch_watch *watch)
{
	struct module *module;

	if (module_find(patch, found) && module_find(patch, found)->seen)
		return;
	if (!fdar_module_entries(found))
		return;
	module = fdar_sites_make(found, &patch->stubs);
	if (!module)
		return;
	module->seen = true;
	module->next = patch->modules;
	patch->modules = module;
	if (watch->found)
		watch->found(&module->public, watch->user);
}

void fdar_patch_scan(struct fdar_patch *patch, const struct fdar_patch_watch *watch)
{
	struct fdar_module_found *found;
	size_t count;

	pthread_mutex_lock(&changing);
	patch->counts = fdar_modules_counts();
	found = fdar_modules_list(&count);
	patch->scanned = found != NULL;
	patch->unsettled = false;
	for (struct module *module = patch->modules; module; module = module->next)
		module->seen = !found;
	for (size_t i = 0; i < count; i++) {
		struct module *module = module_find(patch, &found[i]);

		if (module)
			module->seen = fdar_sites_same(module, &found[i]);
	}
	drop_unseen(patch, watch);
	for (size_t i = 0; i < count; i++)
		add_found(patch, &found[i], watch);
	for (struct module *module = patch->modules; module; module = module->next) {
		if (module->public.status == FDAR_PATCH_UNSETTLED)
			fdar_sites_quiesce(module);
		patch->unsettled |= module->public.status == FDAR_PATCH_UNSETTLED;
	}
	fdar_modules_free(found, count);
	pthread_mutex_unlock(&changing);
}

/* A change of some sites of one module. */
struct change {
	struct module *module;
	struct fdar_patch_site *const *sites; /* sorted, none twice */
	size_t count;
	bool on;
	size_t right; /* are as asked for now */
	enum fdar_patch_status status;
};

static void change_site(struct fdar_patch_site *site, void *user)
{
	struct change *change = user;
	enum fdar_text_form form = fdar_text_form(site->address, fdar_sites_rel32(site));

	if (form != FDAR_TEXT_ON && form != FDAR_TEXT_OFF) {
		if (change->status == FDAR_PATCH_FINE)
			change->status = FDAR_PATCH_FOREIGN;
		return;
	}
	if ((form == FDAR_TEXT_ON) != change->on)
		fdar_text_store_first(site->address, change->on ? FDAR_TEXT_CALL : FDAR_TEXT_TEST);
	site->on = change->on;
	change->right++;
}

static void change_module(void *user)
{
	struct change *change = user;
	enum fdar_patch_status status;
	size_t done;

	status = fdar_text_write(change->sites, change->count, change->module->protection,
				 change_site, change, &done);
	if (status != FDAR_PATCH_FINE)
		change->status = status;
}

static void run_change(struct change *change)
{
	struct module *module = change->module;

	if (module->public.status == FDAR_PATCH_UNSETTLED)
		fdar_sites_quiesce(module);
	change->status = module->public.status;
	if (change->status == FDAR_PATCH_FINE &&
	    !fdar_modules_with(module->public.base, module->headers, change_module, change))
		change->status = FDAR_PATCH_GONE;
}

static int compare_sites(const void *a, const void *b)
{
	const struct fdar_patch_site *x = *(struct fdar_patch_site *const *)a;
	const struct fdar_patch_site *y = *(struct fdar_patch_site *const *)b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* Modules are apart from each other, so sites by address are by module. Gives how many are left. */
static size_t sort_sites(struct fdar_patch_site **sites, size_t count)
{
	size_t kept = 0;

	qsort(sites, count, sizeof(*sites), compare_sites);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || sites[kept - 1] != sites[i])
			sites[kept++] = sites[i];
	return kept;
}

size_t fdar_patch_set(struct fdar_patch *patch, struct fdar_patch_site *const *sites, size_t count,
		      bool on, enum fdar_patch_status *status)
{
	struct fdar_patch_site **sorted;
	size_t right = 0, next;

	(void)patch;
	*status = FDAR_PATCH_FINE;
	if (count == 0)
		return 0;
	sorted = malloc(count * sizeof(struct fdar_patch_site *));
	if (!sorted) {
		*status = FDAR_PATCH_NO_ROOM;
		return 0;
	}
	memcpy(sorted, sites, count * sizeof(struct fdar_patch_site *));
	count = sort_sites(sorted, count);
	pthread_mutex_lock(&changing);
	for (size_t i = 0; i < count; i = next) {
		struct change change = { .module = (struct module *)sorted[i]->module,
					 .sites = sorted + i,
					 .on = on };

		for (next = i; next < count && sorted[next]->module == sorted[i]->module; next++)
			change.count++;
		run_change(&change);
		/* A site that is as asked for was counted once, in its own module's change. */
		assert(change.right <= change.count);
		right += change.right;
		if (*status == FDAR_PATCH_FINE)
			*status = change.status;
	}
	pthread_mutex_unlock(&changing);
	free(sorted);
	return right;
}
