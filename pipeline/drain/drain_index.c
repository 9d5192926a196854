#include "pipeline/drain/drain_index.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_MAGIC 0xc1f1dcc1u
#define HEAD_WORDS  4u
#define ENTRY_WORDS 9u
#define ENTRY_MAX   4096u /* bytes; later versions may have longer ones */

void fdar_drain_index_init(struct fdar_drain_index *index)
{
	*index = (struct fdar_drain_index){ .fd = -1 };
}

static gboolean read_head(struct fdar_drain_index *index)
{
	uint32_t head[HEAD_WORDS];

	if (pread(index->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return FALSE;
	index->entry_bytes = GUINT32_FROM_BE(head[3]);
	index->bad = GUINT32_FROM_BE(head[0]) != INDEX_MAGIC || GUINT32_FROM_BE(head[1]) != 1 ||
		     index->entry_bytes < ENTRY_WORDS * 8 || index->entry_bytes > ENTRY_MAX;
	index->at = sizeof(head);
	return TRUE;
}

gboolean fdar_drain_index_read(struct fdar_drain_index *index, const char *path,
			       struct fdar_drain_entry *entry)
{
	uint64_t words[ENTRY_WORDS];

	if (index->fd < 0)
		index->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (index->fd < 0 || (!index->entry_bytes && !read_head(index)) || index->bad)
		return FALSE;
	if (pread(index->fd, words, sizeof(words), (off_t)index->at) != (ssize_t)sizeof(words))
		return FALSE;
	for (guint i = 0; i < ENTRY_WORDS; i++)
		words[i] = GUINT64_FROM_BE(words[i]);
	*entry = (struct fdar_drain_entry){ .offset = words[0],
					    .bytes = words[1] / 8,
					    .content_bits = words[2],
					    .begin = words[3],
					    .end = words[4],
					    .discarded = words[5],
					    .sequence = words[8] };
	index->at += index->entry_bytes;
	return TRUE;
}

void fdar_drain_index_unread(struct fdar_drain_index *index)
{
	index->at -= index->entry_bytes;
}

uint64_t fdar_drain_index_memory(const struct fdar_drain_index *index)
{
	struct stat st;

	return index->fd >= 0 && fstat(index->fd, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

void fdar_drain_index_close(struct fdar_drain_index *index)
{
	if (index->fd >= 0)
		close(index->fd);
	index->fd = -1;
}
