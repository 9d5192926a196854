#include "analyze/story/story_align.h"

#include <string.h>

#define CELLS_MAX  (1u << 22) /* longer lists are matched call by call, looking ahead */
#define LOOK_AHEAD 64u
#define CALL_WEIGHT \
	64u /* of a pair of calls, in idle rows and heads of loops: those never cost one */

/* A call of a list, or the head of a loop, whose body follows as if it were not in a loop: so a
 * body that one side runs once stands beside one that the other side repeats. */
struct token {
	struct story_node *node;
	uint32_t loop; /* the token of the LOOP it is in, FDAR_STORY_NONE: none */
	uint32_t row;  /* once it has one */
};

struct aligner {
	GArray *rows;
	GHashTable *names; /* what a node is -> number */
	unsigned sides;
};

/* Numbers nodes so that equal ones of both sides have the same: kind, name and component. */
static void number_nodes(struct aligner *a, const struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++) {
		struct story_node *node = list->items[i];
		gboolean call =
			node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT;
		g_autofree char *text = NULL;
		gpointer number;

		number_nodes(a, &node->children);
		text = g_strdup_printf("%u %s\n%s", node->key.kind, node->name,
				       call ? node->component : "");
		number = g_hash_table_lookup(a->names, text);
		if (!number) {
			number = GUINT_TO_POINTER(g_hash_table_size(a->names) + 1);
			g_hash_table_insert(a->names, g_steal_pointer(&text), number);
		}
		node->mark = GPOINTER_TO_UINT(number);
	}
}

static gboolean equal(const struct story_node *x, const struct story_node *y)
{
	if (x->mark != y->mark)
		return FALSE;
	if (x->key.kind != FDAR_STORY_LOOP)
		return TRUE;
	if (x->children.length != y->children.length)
		return FALSE;
	for (uint32_t i = 0; i < x->children.length; i++)
		if (!equal(x->children.items[i], y->children.items[i]))
			return FALSE;
	return TRUE;
}

static void add_tokens(GArray *tokens, const struct story_list *list, uint32_t loop)
{
	for (uint32_t i = 0; i < list->length; i++) {
		struct token token = { list->items[i], loop, FDAR_STORY_NONE };

		g_array_append_val(tokens, token);
		if (list->items[i]->key.kind == FDAR_STORY_LOOP)
			add_tokens(tokens, &list->items[i]->children, tokens->len - 1);
	}
}

static GArray *tokens_of(const struct story_list *list)
{
	GArray *tokens = g_array_new(FALSE, FALSE, sizeof(struct token));

	if (list)
		add_tokens(tokens, list, FDAR_STORY_NONE);
	return tokens;
}

static struct token *token_at(GArray *tokens, guint index)
{
	return &g_array_index(tokens, struct token, index);
}

/* What it is worth that a token has a partner: idle time and loops stand where they stand. */
static uint32_t worth(const struct token *token)
{
	switch (token->node->key.kind) {
	case FDAR_STORY_IDLE:
	case FDAR_STORY_LOOP:
	case FDAR_STORY_NOTE:
		return 1;
	default:
		return CALL_WEIGHT;
	}
}

/* partner[i] is the token of y that token i of x stands beside, or FDAR_STORY_NONE. The heaviest
 * common subsequence, by the usual table of sums. */
static void match_exactly(GArray *x, GArray *y, uint32_t *partner)
{
	size_t width = y->len + 1;
	g_autofree uint32_t *length = g_new0(uint32_t, (x->len + 1) * width);
	guint i = 0;
	guint j = 0;

	for (guint p = x->len; p-- > 0;) {
		for (guint q = y->len; q-- > 0;) {
			uint32_t *cell = &length[p * width + q];

			*cell = MAX(length[(p + 1) * width + q], length[p * width + q + 1]);
			if (equal(token_at(x, p)->node, token_at(y, q)->node)) {
				*cell = MAX(*cell, length[(p + 1) * width + q + 1] +
							   worth(token_at(x, p)));
			}
		}
	}
	while (i < x->len && j < y->len)
		if (equal(token_at(x, i)->node, token_at(y, j)->node) &&
		    length[i * width + j] ==
			    length[(i + 1) * width + j + 1] + worth(token_at(x, i)))
			partner[i++] = j++;
		else if (length[(i + 1) * width + j] >= length[i * width + j + 1])
			i++;
		else
			j++;
}

static void match_greedily(GArray *x, GArray *y, uint32_t *partner)
{
	guint cursor = 0;

	for (guint i = 0; i < x->len; i++) {
		for (guint j = cursor; j < MIN(y->len, cursor + LOOK_AHEAD); j++) {
			if (equal(token_at(x, i)->node, token_at(y, j)->node)) {
				partner[i] = j;
				cursor = j + 1;
				break;
			}
		}
	}
}

/* The outermost loop around token j of y, or NONE, that stands behind token after (NONE: anywhere) and has
 * no partner yet. */
static uint32_t free_loop(GArray *y, uint32_t j, uint32_t after, const gboolean *taken)
{
	uint32_t found = FDAR_STORY_NONE;

	for (uint32_t q = token_at(y, j)->loop; q != FDAR_STORY_NONE; q = token_at(y, q)->loop)
		if (!taken[q] && (after == FDAR_STORY_NONE || q > after))
			found = q;
	return found;
}

static gboolean is_in_loop(GArray *x, uint32_t k, uint32_t loop)
{
	uint32_t around = token_at(x, k)->loop;

	while (around != FDAR_STORY_NONE && around != loop)
		around = token_at(x, around)->loop;
	return around == loop;
}

/* Loops whose bodies differ by a call are the same loop where the next call in both is: a head stands
 * beside the head of the loop that its body stands beside. */
static void pair_loops(GArray *x, GArray *y, uint32_t *partner)
{
	g_autofree gboolean *taken = g_new0(gboolean, y->len + 1);
	uint32_t last = FDAR_STORY_NONE;

	for (guint i = 0; i < x->len; i++)
		if (partner[i] != FDAR_STORY_NONE)
			taken[partner[i]] = TRUE;
	for (guint i = 0; i < x->len; i++) {
		guint k = i + 1;

		if (partner[i] == FDAR_STORY_NONE &&
		    token_at(x, i)->node->key.kind == FDAR_STORY_LOOP) {
			while (k < x->len && partner[k] == FDAR_STORY_NONE)
				k++;
			if (k < x->len && is_in_loop(x, k, i))
				partner[i] = free_loop(y, partner[k], last, taken);
			if (partner[i] != FDAR_STORY_NONE)
				taken[partner[i]] = TRUE;
		}
		last = partner[i] == FDAR_STORY_NONE ? last : partner[i];
	}
}

static void align_lists(struct aligner *a, const struct story_list *list[2],
			const uint32_t parents[2], const uint32_t depths[2]);

/* A row for the tokens given (NULL: none), and then the rows of what they called. */
static void add_row(struct aligner *a, GArray *tokens[2], struct token *token[2],
		    const uint32_t parents[2], const uint32_t depths[2])
{
	struct story_plan_row row = { .parent = { FDAR_STORY_NONE, FDAR_STORY_NONE },
				      .moved = FDAR_STORY_NONE };
	const struct story_list *below[2] = { NULL, NULL };
	uint32_t below_parents[2] = { a->rows->len, a->rows->len };
	uint32_t below_depths[2] = { depths[0] + 1, depths[1] + 1 };

	for (unsigned s = 0; s < 2; s++) {
		if (!token[s])
			continue;
		row.node[s] = token[s]->node;
		row.depth[s] = depths[s];
		row.parent[s] = token[s]->loop == FDAR_STORY_NONE
					? parents[s]
					: token_at(tokens[s], token[s]->loop)->row;
		token[s]->row = a->rows->len;
		if (token[s]->node->key.kind != FDAR_STORY_LOOP)
			below[s] = &token[s]->node->children;
	}
	g_array_append_val(a->rows, row);
	if ((below[0] && below[0]->length > 0) || (below[1] && below[1]->length > 0))
		align_lists(a, below, below_parents, below_depths);
}

static void align_lists(struct aligner *a, const struct story_list *list[2],
			const uint32_t parents[2], const uint32_t depths[2])
{
	GArray *tokens[2] = { tokens_of(list[0]), tokens_of(list[1]) };
	g_autofree uint32_t *partner = g_new(uint32_t, tokens[0]->len + 1);
	guint j = 0;

	memset(partner, 0xff, sizeof(uint32_t) * (tokens[0]->len + 1));
	if (tokens[0]->len > 0 && tokens[1]->len > 0) {
		gboolean small = (uint64_t)tokens[0]->len * tokens[1]->len <= CELLS_MAX;

		(small ? match_exactly : match_greedily)(tokens[0], tokens[1], partner);
		pair_loops(tokens[0], tokens[1], partner);
	}
	for (guint i = 0; i <= tokens[0]->len; i++) {
		guint until = i == tokens[0]->len ? tokens[1]->len : partner[i];
		struct token *pair[2] = { NULL, NULL };

		for (; until != FDAR_STORY_NONE && j < until; j++) {
			struct token *single[2] = { NULL, token_at(tokens[1], j) };

			add_row(a, tokens, single, parents, depths);
		}
		if (i == tokens[0]->len)
			break;
		pair[0] = token_at(tokens[0], i);
		if (until != FDAR_STORY_NONE)
			pair[1] = token_at(tokens[1], j++);
		add_row(a, tokens, pair, parents, depths);
	}
	g_array_unref(tokens[0]);
	g_array_unref(tokens[1]);
}

GArray *story_align(struct fdar_story_tree *const *trees, unsigned count)
{
	struct aligner a = { .sides = count };
	const struct story_list *roots[2] = { &trees[0]->tree.roots,
					      count > 1 ? &trees[1]->tree.roots : NULL };
	const uint32_t parents[2] = { FDAR_STORY_NONE, FDAR_STORY_NONE };
	const uint32_t depths[2] = { 0, 0 };

	a.rows = g_array_new(FALSE, TRUE, sizeof(struct story_plan_row));
	a.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (unsigned s = 0; s < count; s++)
		number_nodes(&a, roots[s]);
	align_lists(&a, roots, parents, depths);
	g_hash_table_unref(a.names);
	if (count > 1)
		story_find_moved(a.rows);
	return a.rows;
}
