#include "base/pages.h"

#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE   64u
#define MAPPED ((size_t)128 << 10) /* from there on what is not touched is not there */
#define LARGE  ((size_t)2 << 20)   /* what the processors that we know call a large page */
#define FROM   (2 * LARGE)         /* what is smaller would waste too much of one */

static size_t rounded(size_t bytes, size_t to)
{
	return (bytes + to - 1) / to * to;
}

static void *small_new(size_t bytes)
{
	void *pages = aligned_alloc(LINE, rounded(MAX(bytes, 1), LINE));

	if (pages)
		memset(pages, 0, bytes);
	return pages;
}

static void *mapped_new(size_t bytes)
{
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

/* Cut out of what is larger by one page, so that it begins with a whole one. */
static void *large_new(size_t bytes)
{
	char *all = mapped_new(bytes + LARGE);
	size_t ahead;

	if (!all)
		return NULL;
	ahead = rounded((uintptr_t)all, LARGE) - (uintptr_t)all;
	if (ahead)
		munmap(all, ahead);
	if (ahead < LARGE)
		munmap(all + ahead + bytes, LARGE - ahead);
	/* Not given: then pages are small. */
	madvise(all + ahead, bytes, MADV_HUGEPAGE);
	return all + ahead;
}

void *fdar_pages_new(size_t bytes)
{
	void *pages = bytes < MAPPED ? small_new(bytes)
		      : bytes < FROM ? mapped_new(bytes)
				     : large_new(rounded(bytes, LARGE));

	if (!pages)
		g_error("no memory for a table of %zu bytes", bytes);
	return pages;
}

/* Large pages are moved, not copied; with what is new as one mapping: kernels before 6.17 move no more than one. */
static void *large_grow(void *pages, size_t bytes, size_t more)
{
	void *grown = fdar_pages_new(more);

	if (mremap(pages, rounded(bytes, LARGE), rounded(more, LARGE),
		   MREMAP_MAYMOVE | MREMAP_FIXED, grown) != grown)
		g_error("no memory for a table of %zu bytes", more);
	return grown;
}

void *fdar_pages_grow(void *pages, size_t bytes, size_t more)
{
	void *grown;

	if (bytes >= FROM)
		return large_grow(pages, bytes, more);
	grown = fdar_pages_new(more);
	if (bytes)
		memcpy(grown, pages, bytes);
	fdar_pages_free(pages, bytes);
	return grown;
}

void fdar_pages_free(void *pages, size_t bytes)
{
	if (bytes < MAPPED)
		free(pages);
	else
		munmap(pages, bytes < FROM ? bytes : rounded(bytes, LARGE));
}
