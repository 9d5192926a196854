/*
 * Pages: memory for tables that may get large.
 *
 * Place in the house: below the hash table (intern.h), and the tables that the walk and the profile keep by call
 * path. These are looked at all over: on pages of 4 KiB each look would be a miss in the processor's table of
 * pages, too, and each page a fault. So what is large asks the system for large pages; where there are none, it is
 * as any other.
 *
 * Zeroed, and aligned to the lines of the processor's cache. There is no error: without memory the program ends, as
 * with g_malloc.
 */
#ifndef FDAR_BASE_PAGES_H
#define FDAR_BASE_PAGES_H

#include <stddef.h>

/* The caller frees it, and says again how much it is. */
void *fdar_pages_new(size_t bytes);

/* Makes so many bytes of what was fewer, which moves: what is new is zeroed. pages may be NULL if that was 0. */
void *fdar_pages_grow(void *pages, size_t bytes, size_t more);

/* NULL is allowed. */
void fdar_pages_free(void *pages, size_t bytes);

#endif
