#include "analyze/story/story_work.h"

#include "base/intern.h"

#define BITS 256u

struct story_works {
	struct fdar_symbols *symbols;
	fdar_text_fn text;
	const void *texts;
	struct fdar_intern seen; /* (pid, address) of functions with a known name */
	GArray *hashes;          /* of guint, by id of seen */
};

struct story_works *story_works_new(struct fdar_symbols *symbols, fdar_text_fn text,
				    const void *texts)
{
	struct story_works *works = g_new0(struct story_works, 1);

	works->symbols = symbols;
	works->text = text;
	works->texts = texts;
	works->hashes = g_array_new(FALSE, FALSE, sizeof(guint));
	return works;
}

/* FALSE: it has no name. */
static gboolean hash_function(struct story_works *works, const struct fdar_walk_frame *frame,
			      guint *hash)
{
	uint32_t id = fdar_intern_find(&works->seen, frame->pid, frame->addr);
	const struct fdar_symbol *symbol;

	if (id != FDAR_INTERN_NONE) {
		*hash = g_array_index(works->hashes, guint, id);
		return TRUE;
	}
	symbol = fdar_symbols_lookup(works->symbols, frame->pid, frame->addr);
	if (!symbol->known)
		return FALSE;
	*hash = g_str_hash(symbol->function);
	fdar_intern_add(&works->seen, frame->pid, frame->addr);
	g_array_append_val(works->hashes, *hash);
	return TRUE;
}

static void set(struct fdar_story_work *kind, unsigned bit)
{
	kind->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

void story_works_add(struct story_works *works, struct fdar_story_work *kind,
		     const struct fdar_walk_frame *frame)
{
	guint hash;

	if (frame->kind == FDAR_FRAME_SCOPE)
		hash = g_str_hash(works->text(works->texts, frame->name));
	else if (frame->kind != FDAR_FRAME_FUNCTION || !works->symbols ||
		 !hash_function(works, frame, &hash))
		return;
	hash *= 0x9e3779b1u; /* Knuth's multiplicative hash: the high bits are mixed best */
	set(kind, hash >> 24);
	set(kind, hash >> 16 & (BITS - 1));
}

unsigned story_work_distance(const struct fdar_story_work *a, const struct fdar_story_work *b)
{
	unsigned bits = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(a->bits); i++)
		bits += (unsigned)__builtin_popcountll(a->bits[i] ^ b->bits[i]);
	return (bits + 1) / 2;
}

void story_works_free(struct story_works *works)
{
	if (!works)
		return;
	fdar_intern_clear(&works->seen);
	g_array_unref(works->hashes);
	g_free(works);
}
