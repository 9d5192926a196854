#include "pipeline/events/text.h"
#include "base/show.h"

#include <glib.h>
#include <string.h>

struct fdar_texts {
	GHashTable *ids;  /* what came in, and what it was cleaned to -> id */
	GPtrArray *texts; /* id -> cleaned text; owned by chunk */
	GStringChunk *chunk;
	size_t bytes;
	uint32_t overflow; /* id of FDAR_TEXTS_OVERFLOW, 0 while there is room */
};

struct fdar_texts *fdar_texts_new(void)
{
	struct fdar_texts *texts = g_new0(struct fdar_texts, 1);

	texts->ids = g_hash_table_new(g_str_hash, g_str_equal);
	texts->texts = g_ptr_array_new();
	texts->chunk = g_string_chunk_new(4096);
	g_ptr_array_add(texts->texts, g_string_chunk_insert(texts->chunk, ""));
	return texts;
}

void fdar_texts_free(struct fdar_texts *texts)
{
	if (!texts)
		return;
	g_hash_table_destroy(texts->ids);
	g_ptr_array_free(texts->texts, TRUE);
	g_string_chunk_free(texts->chunk);
	g_free(texts);
}

char *fdar_text_clean(const char *text, size_t length)
{
	size_t used = strnlen(text, MIN(length, FDAR_TEXTS_MAX_LENGTH));
	const char *end;
	char *clean, *p;

	/* A cut in the middle of a character takes the whole character off. */
	if (used < length && used == FDAR_TEXTS_MAX_LENGTH) {
		(void)g_utf8_validate(text, (gssize)used, &end);
		if ((size_t)(end - text) + 4 > used)
			used = (size_t)(end - text);
	}
	clean = g_utf8_make_valid(text, (gssize)used);
	/* Each bad byte becomes three: the bound holds for what comes out. */
	if (strlen(clean) > FDAR_TEXTS_MAX_LENGTH) {
		p = g_utf8_find_prev_char(clean, clean + FDAR_TEXTS_MAX_LENGTH + 1);
		*p = '\0';
	}
	fdar_show_clean(clean, "");
	return clean;
}

static const char *texts_keep(struct fdar_texts *texts, const char *text)
{
	texts->bytes += strlen(text) + 1;
	return g_string_chunk_insert(texts->chunk, text);
}

static gboolean texts_full(const struct fdar_texts *texts)
{
	return texts->texts->len >= FDAR_TEXTS_MAX_COUNT || texts->bytes >= FDAR_TEXTS_MAX_BYTES;
}

static uint32_t texts_add(struct fdar_texts *texts, const char *clean)
{
	const char *kept = texts_keep(texts, clean);
	uint32_t id = texts->texts->len;

	g_ptr_array_add(texts->texts, (void *)kept);
	g_hash_table_insert(texts->ids, (void *)kept, GUINT_TO_POINTER(id));
	return id;
}

static uint32_t texts_overflow(struct fdar_texts *texts)
{
	if (!texts->overflow)
		texts->overflow = texts_add(texts, FDAR_TEXTS_OVERFLOW);
	return texts->overflow;
}

static uint32_t texts_id_new(struct fdar_texts *texts, const char *text)
{
	g_autofree char *clean = NULL;
	uint32_t id;

	if (texts_full(texts))
		return texts_overflow(texts);
	clean = fdar_text_clean(text, SIZE_MAX);
	if (!*clean)
		return 0;
	id = GPOINTER_TO_UINT(g_hash_table_lookup(texts->ids, clean));
	if (!id)
		id = texts_add(texts, clean);
	/* What had to be cleaned is remembered too, unless it is so long that it was cut. */
	if (strcmp(clean, text) != 0 &&
	    strnlen(text, FDAR_TEXTS_MAX_LENGTH + 1) <= FDAR_TEXTS_MAX_LENGTH)
		g_hash_table_insert(texts->ids, (void *)texts_keep(texts, text),
				    GUINT_TO_POINTER(id));
	return id;
}

uint32_t fdar_texts_id(struct fdar_texts *texts, const char *text)
{
	uint32_t id;

	if (!text || !*text)
		return 0;
	id = GPOINTER_TO_UINT(g_hash_table_lookup(texts->ids, text));
	return id ? id : texts_id_new(texts, text);
}

const char *fdar_texts_get(const struct fdar_texts *texts, uint32_t id)
{
	return id < texts->texts->len ? g_ptr_array_index(texts->texts, id) : "";
}

uint32_t fdar_texts_count(const struct fdar_texts *texts)
{
	return texts->texts->len;
}
