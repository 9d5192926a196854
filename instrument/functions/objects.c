#include "provider/aside.h"
#include "functions/objects.h"

#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions/elf.h"
#include "functions/selection.h"

#define HOOK      "__cyg_profile_func_enter"
#define CODE_MOST (UINT64_C(1) << 32)

/* A file's bytes, while it is read. */
struct mapped {
	const uint8_t *bytes;
	size_t length;
};

/* By system call: close() is LTTng's, and a fork in another thread may have its lock (forking.h). */
static bool file_map(struct mapped *mapped, const char *path)
{
	int fd = fdar_aside_open(path, O_RDONLY | O_NONBLOCK, 0);
	struct stat status;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	syscall(SYS_close, fd);
	if (bytes == MAP_FAILED)
		return false;
	*mapped = (struct mapped){ bytes, (size_t)status.st_size };
	return true;
}

static void file_unmap(struct mapped *mapped)
{
	munmap((void *)(uintptr_t)mapped->bytes, mapped->length);
}

static size_t entries_bytes(const struct fdar_object *binary)
{
	return ((binary->bytes >> binary->shift) + 1) * sizeof(uint32_t);
}

void fdar_function_apply(const struct fdar_function *function, uint32_t number)
{
	uint32_t off = function->wanted && !function->off ? 0 : FDAR_SELECTION_OFF;

	__atomic_store_n(function->entry, number | off, __ATOMIC_RELAXED);
}

/* What one pass over a binary's symbols decides by. */
struct pass {
	struct fdar_objects *binaries;
	struct fdar_object *binary;
	struct fdar_rules *rules;
};

static struct fdar_patch_site *site_find(const struct fdar_patch_module *module, uintptr_t function)
{
	size_t low = 0, high = module ? module->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (module->sites[middle].function == function)
			return &module->sites[middle];
		if (module->sites[middle].function < function)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The function at an address of the binary, with a number if it can be had. */
static struct fdar_function *function_get(struct fdar_objects *binaries, struct fdar_object *binary,
					  uintptr_t address)
{
	uint32_t *entry = &binary->entries[(address - binary->low) >> binary->shift];
	uint32_t number = *entry & FDAR_SELECTION_NUMBER;
	struct fdar_function *function;

	function = &binaries->functions[number];
	/* The library was unloaded, and loaded again to the same place. */
	if (number != 0 && !function->site)
		function->site = site_find(binary->patched, function->address);
	if (number != 0)
		return function;
	if (binaries->numbers + 1 >= FDAR_FUNCTIONS_MAX)
		return NULL;
	number = ++binaries->numbers;
	function = &binaries->functions[number];
	function->address = address;
	function->entry = entry;
	function->site = site_find(binary->patched, address);
	__atomic_store_n(entry, number | FDAR_SELECTION_OFF, __ATOMIC_RELAXED);
	return function;
}

static void function_decide(const struct fdar_elf_function *found, void *data)
{
	const struct pass *pass = data;
	struct fdar_object *binary = pass->binary;
	uintptr_t address = binary->base + (uintptr_t)found->address;
	struct fdar_function *function;

	if (address - binary->low >= binary->bytes)
		return;
	/* What is shorter calls no hooks. */
	if ((!binary->hooked || found->bytes < 1u << FDAR_SELECTION_SHIFT_HOOKED) &&
	    !site_find(binary->patched, address))
		return;
	function = function_get(pass->binaries, binary, address);
	/* An entry is for the first function there; of its names any may be the one that is meant. */
	if (!function || function->address != address)
		return;
	function->named = true;
	if (fdar_rules_function(pass->rules, found->name, binary->name, found->file))
		function->wanted = true;
}

static void binary_unwant(const struct fdar_objects *binaries, const struct fdar_object *binary)
{
	for (uint32_t i = 1; i <= binaries->numbers; i++)
		if (binaries->functions[i].address - binary->low < binary->bytes)
			binaries->functions[i].wanted = false;
}

/* A file that cannot be read any more (another root or user by now, a binary that was replaced) leaves those whose
 * names were read before as they were decided then. */
static void binary_decide(struct fdar_objects *binaries, struct fdar_object *binary,
			  struct fdar_rules *rules)
{
	struct pass pass = { binaries, binary, rules };
	struct mapped mapped;

	binary->unnamed_on = fdar_rules_function(rules, "", binary->name, NULL);
	if (file_map(&mapped, binary->path)) {
		binary_unwant(binaries, binary);
		fdar_elf_functions(mapped.bytes, mapped.length, function_decide, &pass);
		file_unmap(&mapped);
	}
	for (size_t i = 0; binary->patched && i < binary->patched->count; i++) {
		uintptr_t address = binary->patched->sites[i].function;
		struct fdar_function *function = NULL;

		if (address - binary->low < binary->bytes)
			function = function_get(binaries, binary, address);
		if (function && !function->named)
			function->wanted = binary->unnamed_on;
	}
}

void fdar_objects_decide(struct fdar_objects *binaries, struct fdar_rules *rules)
{
	if (!binaries->functions)
		return;
	for (struct fdar_object *binary = binaries->first; binary; binary = binary->next)
		if (binary->entries)
			binary_decide(binaries, binary, rules);
	for (uint32_t i = 1; i <= binaries->numbers; i++)
		if (binaries->functions[i].entry)
			fdar_function_apply(&binaries->functions[i], i);
}

static void binary_free(struct fdar_object *binary)
{
	if (binary->entries)
		munmap(binary->entries, entries_bytes(binary));
	free(binary->path);
	free(binary);
}

void fdar_objects_free_gone(struct fdar_objects *binaries)
{
	while (binaries->gone) {
		struct fdar_object *binary = binaries->gone;

		binaries->gone = binary->next;
		binary_free(binary);
	}
}

static bool calls_hooks(const char *path)
{
	struct mapped mapped;
	bool hooked;

	if (!file_map(&mapped, path))
		return false;
	hooked = fdar_elf_imports(mapped.bytes, mapped.length, HOOK);
	file_unmap(&mapped);
	return hooked;
}

/* In its place, by address. */
static void binary_insert(struct fdar_objects *binaries, struct fdar_object *binary)
{
	struct fdar_object **place = &binaries->first;

	while (*place && (*place)->low < binary->low)
		place = &(*place)->next;
	binary->next = *place;
	*place = binary;
	binaries->count++;
}

static struct fdar_object *binary_find(struct fdar_objects *binaries, const char *path,
				       uintptr_t base)
{
	for (struct fdar_object *binary = binaries->first; binary; binary = binary->next)
		if (binary->base == base && strcmp(binary->path, path) == 0)
			return binary;
	return NULL;
}

static void binary_add(struct fdar_objects *binaries, const char *path,
		       const struct fdar_object *range)
{
	struct fdar_object *binary = malloc(sizeof(*binary));
	const char *slash = strrchr(path, '/');

	if (!binary)
		return;
	*binary = *range;
	binary->seen = true;
	binary->path = strdup(path);
	if (!binary->path) {
		binary_free(binary);
		return;
	}
	binary->name = slash ? binary->path + (slash - path) + 1 : binary->path;
	binary_insert(binaries, binary);
}

/* What dl_iterate_phdr tells, copied: nothing is opened under the loader's lock. */
struct listed {
	char path[4096];
	struct fdar_object range;
};

struct listing {
	struct listed *list;
	size_t count, room;
	unsigned long long added, removed;
};

static void program_path(char *path, size_t room)
{
	ssize_t length = readlink("/proc/self/exe", path, room - 1);

	path[length > 0 ? length : 0] = '\0';
}

static int list_one(struct dl_phdr_info *info, size_t size, void *data)
{
	struct listing *listing = data;
	struct listed *listed;
	uintptr_t low = UINTPTR_MAX, high = 0;

	if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof(info->dlpi_subs)) {
		listing->added = info->dlpi_adds;
		listing->removed = info->dlpi_subs;
	}
	if (!listing->list)
		return 1;
	if (listing->count == listing->room)
		return 1;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + header->p_vaddr;

		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		low = from < low ? from : low;
		high = from + header->p_memsz > high ? from + header->p_memsz : high;
	}
	if (high <= low || high - low > CODE_MOST)
		return 0;
	listed = &listing->list[listing->count++];
	if (info->dlpi_name && info->dlpi_name[0])
		strncpy(listed->path, info->dlpi_name, sizeof(listed->path) - 1);
	else
		program_path(listed->path, sizeof(listed->path));
	listed->range =
		(struct fdar_object){ .base = info->dlpi_addr, .low = low, .bytes = high - low };
	return 0;
}

bool fdar_objects_stale(struct fdar_objects *binaries)
{
	struct listing listing = { 0 };

	dl_iterate_phdr(list_one, &listing);
	return listing.added != binaries->added || listing.removed != binaries->removed ||
	       !binaries->functions || (binaries->patch && fdar_patch_stale(binaries->patch));
}

/* Patching's own list of modules; ours are found by their base. */
static void patch_found(struct fdar_patch_module *module, void *user)
{
	struct fdar_objects *binaries = user;

	for (struct fdar_object *binary = binaries->first; binary; binary = binary->next)
		if (binary->base == module->base) {
			binary->patched = module;
			binary->settled = false;
		}
}

static void patch_gone(struct fdar_patch_module *module, void *user)
{
	struct fdar_objects *binaries = user;

	for (struct fdar_object *binary = binaries->first; binary; binary = binary->next)
		if (binary->patched == module)
			binary->patched = NULL;
	for (uint32_t i = 1; i <= binaries->numbers; i++)
		if (binaries->functions[i].site && binaries->functions[i].site->module == module)
			binaries->functions[i].site = NULL;
}

/* Takes those that were not seen out of the list. */
static void unseen_drop(struct fdar_objects *binaries)
{
	for (struct fdar_object **place = &binaries->first; *place;) {
		struct fdar_object *binary = *place;

		if (binary->seen) {
			place = &binary->next;
			continue;
		}
		*place = binary->next;
		binary->next = binaries->gone;
		binaries->gone = binary;
		binaries->count--;
		for (uint32_t i = 1; i <= binaries->numbers; i++)
			if (binaries->functions[i].address - binary->low < binary->bytes)
				binaries->functions[i] = (struct fdar_function){ 0 };
	}
}

static bool listing_take(struct listing *listing)
{
	listing->room = 1024;
	listing->list = mmap(NULL, listing->room * sizeof(*listing->list), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (listing->list == MAP_FAILED)
		return false;
	dl_iterate_phdr(list_one, listing);
	return true;
}

static bool functions_have(struct fdar_objects *binaries)
{
	void *memory;

	if (binaries->functions)
		return true;
	memory = mmap(NULL, FDAR_FUNCTIONS_MAX * sizeof(struct fdar_function),
		      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	binaries->functions = memory;
	return true;
}

/* A new one: is there anything in it for us? */
static void binary_settle(struct fdar_object *binary)
{
	void *memory;

	binary->settled = true;
	binary->hooked = calls_hooks(binary->path);
	if (binary->entries || (!binary->hooked && !binary->patched))
		return;
	binary->shift =
		binary->patched ? FDAR_SELECTION_SHIFT_PATCHED : FDAR_SELECTION_SHIFT_HOOKED;
	memory = mmap(NULL, entries_bytes(binary), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory != MAP_FAILED)
		binary->entries = memory;
}

void fdar_objects_scan(struct fdar_objects *binaries, struct fdar_rules *rules)
{
	struct fdar_patch_watch watch = { patch_found, patch_gone, binaries };
	struct listing listing = { 0 };

	if (!functions_have(binaries) || !listing_take(&listing))
		return;
	for (struct fdar_object *binary = binaries->first; binary; binary = binary->next)
		binary->seen = false;
	for (size_t i = 0; i < listing.count; i++) {
		const struct listed *listed = &listing.list[i];
		struct fdar_object *known = binary_find(binaries, listed->path, listed->range.base);

		if (known)
			known->seen = true;
		else
			binary_add(binaries, listed->path, &listed->range);
	}
	munmap(listing.list, listing.room * sizeof(*listing.list));
	unseen_drop(binaries);
	if (binaries->patch)
		fdar_patch_scan(binaries->patch, &watch);
	binaries->added = listing.added;
	binaries->removed = listing.removed;
	binaries->came = 0;
	for (struct fdar_object *binary = binaries->first; binary; binary = binary->next) {
		if (binary->settled)
			continue;
		binary_settle(binary);
		if (binary->patched && binary->entries)
			binaries->came++;
	}
	fdar_objects_decide(binaries, rules);
}
