#include "replay/capture/slots.h"

#include <fcntl.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay/capture/spool.h"

#define ALIGNMENT   ((size_t)16)
#define FIRST_BYTES ((size_t)256 * 1024)
#define MOST_BYTES  ((size_t)64 * 1024 * 1024)

struct block {
	uint8_t *bytes;
	size_t size;
	gboolean mapped;
};

/* A slot that was given back. */
struct vacant {
	struct vacant *next;
};

struct fdar_slots {
	size_t size;
	GArray *blocks; /* struct block; each twice as large as the one before it, up to a bound */
	uint8_t *at;    /* what was never taken of the last one */
	size_t left;    /* bytes of that */
	struct vacant *vacant;
	int fd; /* -1: no file */
	off_t file_bytes;
};

struct fdar_slots *fdar_slots_new(size_t size)
{
	struct fdar_slots *slots = g_new0(struct fdar_slots, 1);

	slots->size = (MAX(size, sizeof(struct vacant)) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	slots->blocks = g_array_new(FALSE, FALSE, sizeof(struct block));
	slots->fd = -1;
	return slots;
}

/* FALSE: there is no room in a file. */
static gboolean map_block(struct fdar_slots *slots, struct block *block)
{
	void *map;

	if (slots->fd < 0)
		slots->fd = fdar_spool_descriptor();
	/* The blocks are allocated now: a full disk is known here, and no SIGBUS later. */
	if (slots->fd < 0 || posix_fallocate(slots->fd, slots->file_bytes, (off_t)block->size) != 0)
		return FALSE;
	map = mmap(NULL, block->size, PROT_READ | PROT_WRITE, MAP_SHARED, slots->fd,
		   slots->file_bytes);
	if (map == MAP_FAILED)
		return FALSE;
	slots->file_bytes += (off_t)block->size;
	block->bytes = map;
	block->mapped = TRUE;
	return TRUE;
}

static void add_block(struct fdar_slots *slots)
{
	guint count = slots->blocks->len;
	struct block block = { .size = MIN(FIRST_BYTES << MIN(count, 16u), MOST_BYTES) };

	if (!count || !map_block(slots, &block))
		block.bytes = g_malloc0(block.size);
	g_array_append_val(slots->blocks, block);
	slots->at = block.bytes;
	slots->left = block.size;
}

void *fdar_slots_take(struct fdar_slots *slots)
{
	struct vacant *vacant = slots->vacant;
	void *object;

	if (vacant) {
		slots->vacant = vacant->next;
		memset(vacant, 0, slots->size);
		return vacant;
	}
	if (slots->left < slots->size)
		add_block(slots);
	object = slots->at;
	slots->at += slots->size;
	slots->left -= slots->size;
	return object;
}

void fdar_slots_give(struct fdar_slots *slots, void *object)
{
	struct vacant *vacant = object;

	if (!vacant)
		return;
	vacant->next = slots->vacant;
	slots->vacant = vacant;
}

void fdar_slots_free(struct fdar_slots *slots)
{
	if (!slots)
		return;
	for (guint i = 0; i < slots->blocks->len; i++) {
		struct block *block = &g_array_index(slots->blocks, struct block, i);

		if (block->mapped)
			munmap(block->bytes, block->size);
		else
			g_free(block->bytes);
	}
	g_array_unref(slots->blocks);
	if (slots->fd >= 0)
		close(slots->fd);
	g_free(slots);
}
