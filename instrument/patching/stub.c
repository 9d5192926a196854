/* Stubs: stub.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "patching/stub.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define REACH     (UINT64_C(0x7fff0000)) /* a bit less than 2 GB */
#define STEP      (UINT64_C(1) << 20)
#define LOWEST    (UINT64_C(1) << 16)
#define HIGHEST   (UINT64_C(1) << 47)
#define HEAP_ROOM (UINT64_C(64) << 20) /* left free after a program, for brk */

extern const char fdar_patch_entry[], fdar_patch_entry_endbr[];

static bool reaches(uintptr_t stub, uintptr_t low, uintptr_t high)
{
	return (stub >= high || high - stub < REACH) && (stub <= low || stub - low < REACH) &&
	       high - low < REACH;
}

/* A page at address, or NULL if that is taken. */
static void *page_at(uintptr_t address, size_t bytes)
{
	void *page = mmap((void *)address, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if ((uintptr_t)page != address) { /* kernels before 4.17 take it as a hint */
		munmap(page, bytes);
		return NULL;
	}
	return page;
}

/* Below the sites first, nearest first: above a program its heap grows. */
static void *free_page(uintptr_t low, uintptr_t high, size_t bytes)
{
	void *page;

	for (uint64_t away = STEP; away < REACH; away += STEP) {
		uintptr_t at = (low - away) & ~(bytes - 1);

		if (away > low || at < LOWEST || !reaches(at, low, high))
			break;
		page = page_at(at, bytes);
		if (page)
			return page;
	}
	for (uint64_t away = HEAP_ROOM; away < REACH; away += STEP) {
		uintptr_t at = (high + away) & ~(bytes - 1);

		if (at > HIGHEST || !reaches(at + bytes, low, high))
			break;
		page = page_at(at, bytes);
		if (page)
			return page;
	}
	return NULL;
}

/* jmp *offset(%rip) to where the address stands, 16 bytes further. */
static void write_jump(uint8_t *to, const char *target)
{
	static const uint8_t jump[] = { 0xff, 0x25, 0x0a, 0x00, 0x00, 0x00, 0xcc, 0xcc };

	memcpy(to, jump, sizeof(jump));
	memset(to + sizeof(jump), 0xcc, 8);
	memcpy(to + 16, &target, sizeof(target));
}

static struct fdar_stub *make(uintptr_t low, uintptr_t high, enum fdar_patch_status *status)
{
	size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct fdar_stub *stub = malloc(sizeof(*stub));
	uint8_t *page = stub ? free_page(low, high, bytes) : NULL;

	*status = FDAR_PATCH_NO_ROOM;
	if (!page) {
		free(stub);
		return NULL;
	}
	write_jump(page, fdar_patch_entry);
	write_jump(page + 32, fdar_patch_entry_endbr);
	if (mprotect(page, bytes, PROT_READ | PROT_EXEC) != 0) {
		if (errno != ENOMEM)
			*status = FDAR_PATCH_REFUSED;
		munmap(page, bytes);
		free(stub);
		return NULL;
	}
	stub->plain = (uintptr_t)page;
	stub->endbr = (uintptr_t)page + 32;
	*status = FDAR_PATCH_FINE;
	return stub;
}

const struct fdar_stub *fdar_stub_near(struct fdar_stub **list, uintptr_t low, uintptr_t high,
				       enum fdar_patch_status *status)
{
	struct fdar_stub *stub;

	*status = FDAR_PATCH_FINE;
	for (stub = *list; stub; stub = stub->next) {
		if (reaches(stub->plain, low, high))
			return stub;
	}
	stub = make(low, high, status);
	if (stub) {
		stub->next = *list;
		*list = stub;
	}
	return stub;
}

int32_t fdar_stub_rel32(const struct fdar_stub *stub, const struct fdar_patch_site *site)
{
	uintptr_t to = site->address == site->function ? stub->plain : stub->endbr;

	return (int32_t)(to - (site->address + FDAR_PATCH_BYTES));
}
