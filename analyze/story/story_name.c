#include "analyze/story/story_name.h"

#include <string.h>

#define WAITS_ARE_OF "libc"
#define REQUESTS     "request"

struct naming {
	const struct fdar_story_source *source;
	GStringChunk *texts;
	const char *program;
};

static const char *keep(struct naming *naming, const char *text)
{
	return g_string_chunk_insert_const(naming->texts, text);
}

static const struct fdar_symbol *lookup(struct naming *naming, const struct story_node *node,
					uint64_t addr)
{
	return naming->source->symbols
		       ? fdar_symbols_lookup(naming->source->symbols, node->key.pid, addr)
		       : NULL;
}

static const char *component_name(struct naming *naming, const struct fdar_symbol *symbol)
{
	const struct fdar_rules *rules = naming->source->rules;

	return keep(naming, rules && symbol->known ? fdar_rules_component(rules, symbol->component,
									  symbol->function)
						   : symbol->component);
}

static void name_function(struct naming *naming, struct story_node *node)
{
	const struct fdar_symbol *symbol = lookup(naming, node, node->key.value);
	char number[24];

	g_snprintf(number, sizeof(number), "0x%" G_GINT64_MODIFIER "x", node->key.value);
	node->name = keep(naming, symbol ? symbol->function : number);
	node->component = symbol ? component_name(naming, symbol) : naming->program;
}

/* A scope is part of the function it is in. */
static const char *component_of(struct naming *naming, const struct story_node *node)
{
	const struct fdar_symbol *symbol = NULL;

	if (node->key.kind == FDAR_STORY_WAIT)
		return WAITS_ARE_OF;
	if (node->owner_addr)
		symbol = lookup(naming, node, node->owner_addr);
	return symbol ? component_name(naming, symbol) : naming->program;
}

static void name_node(struct naming *naming, struct story_node *node)
{
	const struct fdar_story_source *source = naming->source;
	gboolean call = node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT;

	node->name = "";
	node->component = "";
	if (node->key.kind == FDAR_STORY_IDLE || node->key.kind == FDAR_STORY_LOOP)
		return;
	if (call && node->key.frame_kind == FDAR_FRAME_FUNCTION) {
		name_function(naming, node);
		return;
	}
	if (node->key.kind == FDAR_STORY_NOTE && node->key.frame_kind == STORY_NOTE_REQUEST) {
		node->name = REQUESTS;
		node->component = component_of(naming, node);
		return;
	}
	node->name = keep(naming, source->text(source->texts, (uint32_t)node->key.value));
	node->component = component_of(naming, node);
}

static void name_all(struct naming *naming, const struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++) {
		name_node(naming, list->items[i]);
		name_all(naming, &list->items[i]->children);
		name_all(naming, &list->items[i]->lifted);
	}
}

/* ---- what is no function of the server's ---- */

static gboolean is_own(const struct story_node *node)
{
	return node->key.kind == FDAR_STORY_CALL && node->key.frame_kind == FDAR_FRAME_FUNCTION &&
	       !node->keep && !node->lifted.length &&
	       strcmp(node->component, FDAR_COMPONENT_OWN) == 0;
}

/* What it calls takes its place. */
static void dissolve(struct story_tree *tree, struct story_list *list, struct story_node *node)
{
	uint64_t calls = story_node_calls(node);

	for (uint32_t i = 0; i < node->children.length; i++) {
		calls -= story_node_calls(node->children.items[i]);
		story_list_push(list, node->children.items[i]);
	}
	list->hidden_calls += calls;
	list->hidden_ns += node->self_ns + node->children.hidden_ns + node->lifted.hidden_ns;
	node->children.length = 0;
	story_node_free(tree, node);
}

/* What instrumenting the server put into it, which is hidden, and counted as such. */
static void hide_own(struct story_tree *tree, struct story_list *list, gboolean loop)
{
	struct story_list old = *list;
	uint32_t own = 0;

	for (uint32_t i = 0; i < old.length; i++) {
		struct story_node *node = old.items[i];

		hide_own(tree, &node->children, node->key.kind == FDAR_STORY_LOOP);
		hide_own(tree, &node->lifted, FALSE);
		own += is_own(node) ? 1 : 0;
	}
	/* Of a loop something must be left. */
	if (!own || (loop && own == old.length))
		return;
	*list = (struct story_list){ .hidden_calls = old.hidden_calls, .hidden_ns = old.hidden_ns };
	for (uint32_t i = 0; i < old.length; i++) {
		if (is_own(old.items[i]))
			dissolve(tree, list, old.items[i]);
		else
			story_list_push(list, old.items[i]);
	}
	g_free(old.items);
}

void story_name_all(const struct fdar_story_source *source, GStringChunk *texts,
		    const char *program, struct story_tree *tree)
{
	struct naming naming = { .source = source, .texts = texts, .program = program };

	name_all(&naming, &tree->roots);
	hide_own(tree, &tree->roots, FALSE);
}
