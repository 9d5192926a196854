#include "analyze/story/story_focus.h"

#include "base/intern.h"

struct story_focus {
	struct fdar_symbols *symbols;
	fdar_text_fn text;
	const void *texts;
	char *name;
	struct fdar_intern seen; /* (pid, address) of functions with a known name */
	GArray *matches;         /* of gboolean, by id of seen */
};

struct story_focus *story_focus_new(struct fdar_symbols *symbols, fdar_text_fn text,
				    const void *texts, const char *name)
{
	struct story_focus *focus = g_new0(struct story_focus, 1);

	focus->symbols = symbols;
	focus->text = text;
	focus->texts = texts;
	focus->name = g_strdup(name);
	focus->matches = g_array_new(FALSE, FALSE, sizeof(gboolean));
	return focus;
}

static gboolean is_function(struct story_focus *focus, const struct fdar_walk_frame *frame)
{
	uint32_t id = fdar_intern_find(&focus->seen, frame->pid, frame->addr);
	const struct fdar_symbol *symbol;
	gboolean match;

	if (id != FDAR_INTERN_NONE)
		return g_array_index(focus->matches, gboolean, id);
	symbol = fdar_symbols_lookup(focus->symbols, frame->pid, frame->addr);
	match = g_str_equal(symbol->function, focus->name);
	if (symbol->known) { /* else its module may still come */
		fdar_intern_add(&focus->seen, frame->pid, frame->addr);
		g_array_append_val(focus->matches, match);
	}
	return match;
}

gboolean story_focus_is(struct story_focus *focus, const struct fdar_walk_frame *frame)
{
	if (!focus->name)
		return FALSE;
	if (frame->kind != FDAR_FRAME_FUNCTION)
		return g_str_equal(focus->text(focus->texts, frame->name), focus->name);
	return focus->symbols && is_function(focus, frame);
}

void story_focus_free(struct story_focus *focus)
{
	if (!focus)
		return;
	fdar_intern_clear(&focus->seen);
	g_array_unref(focus->matches);
	g_free(focus->name);
	g_free(focus);
}
