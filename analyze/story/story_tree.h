/*
 * A story while it grows: an ordered call tree in which repeats are folded as they come.
 *
 * Private to the story_*.c files:
 *
 *	story_tree.c   nodes, and merging one into another
 *	story_fold.c   lists of calls: repeats, loops, recursion
 *	story_build.c  listens to the walk
 *	story_align.c  two trees side by side
 *	story_moved.c  what stands elsewhere on the other side
 *	story_tell.c   which steps are shown, and the finished story
 *
 * Calls come in the order in which they end, children before parents, so a node is complete when it
 * is put into its list. Two nodes are *alike* when they are the same function on the same thread;
 * alike nodes that follow each other become one, and blocks of up to FDAR_STORY_BLOCK_MAX nodes that
 * repeat become the body of one LOOP node. What is below them is merged call by call. Recursion: a
 * call of a function that is open further out is absorbed by that one's node, with what it called.
 *
 * So a session of millions of calls needs memory for its distinct structure only; and that has a
 * limit too: from FDAR_STORY_NODES_MAX nodes on, the shortest calls are taken out (and counted as
 * hidden, with their time) until half of them are left. Trees are at most FDAR_STORY_HEIGHT_MAX deep.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_TREE_H
#define FDAR_ANALYZE_STORY_STORY_TREE_H

#include <glib.h>
#include <stdint.h>

#include "base/histogram.h"
#include "analyze/story/story.h"

#define FDAR_STORY_BLOCK_MAX  16u
#define FDAR_STORY_NODES_MAX  65536u
#define FDAR_STORY_HEIGHT_MAX 256u

/* Where a note comes from: the server made it, or a request began. */
enum story_note { STORY_NOTE_ITS_OWN, STORY_NOTE_REQUEST };

/* Who: for frames the function (address or text id), for hand-offs the queue and both threads. */
struct story_key {
	uint64_t value;
	uint32_t pid;
	uint32_t tid;
	uint32_t to_tid;    /* of hand-offs */
	uint8_t kind;       /* enum fdar_story_kind */
	uint8_t frame_kind; /* enum fdar_frame_kind, of CALL and WAIT; enum story_note, of NOTE */
};

struct story_list {
	struct story_node **items;
	uint32_t length;
	uint32_t capacity;
	uint64_t hidden_calls; /* calls that were taken out of it, or of what was below it */
	uint64_t hidden_ns;    /* their own time */
};

struct story_node {
	struct story_key key;
	uint64_t start_ns; /* of the first, since the Unix epoch */
	uint64_t end_ns;   /* of the last */
	uint64_t total_ns;
	uint64_t wait_ns;
	uint64_t self_ns;
	uint64_t count;
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t recursive_calls;
	uint64_t object;                  /* of hand-offs: the first one's */
	char *text;                       /* of notes: the first one's */
	struct fdar_histogram *histogram; /* NULL while count is 1 */
	struct story_list children;
	struct story_list lifted; /* recursive calls below that are absorbed further out */
	const char *name;         /* NULL until the tree is finished */
	const char *component;
	uint64_t owner_addr; /* of scopes: the function they are in, 0 when none is known */
	uint32_t recursion_depth;
	uint32_t unfinished;
	uint32_t height;    /* of the tree below it; 0 for a leaf */
	uint32_t mark;      /* story_align.c's and story_tell.c's */
	gboolean recursive; /* all of its calls: the function is open further out */
	gboolean client;    /* a wait for bytes of the session's client, or for any descriptor */
	gboolean is_focus;
	gboolean keep; /* is_focus, or above one */
};

/* Counts and limits all nodes of one story. */
struct story_tree {
	struct story_list roots;
	uint32_t nodes;
	uint64_t threshold_ns; /* shorter calls are taken out at once; 0: none */
	uint32_t nodes_max;    /* 0: FDAR_STORY_NODES_MAX */
};

struct story_thread {
	uint32_t pid;
	uint32_t tid;
	const char *name; /* NULL when the trace has none */
};

/* Whether it has to be limited. */
static inline gboolean story_tree_is_full(const struct story_tree *tree)
{
	return tree->nodes >= (tree->nodes_max ? tree->nodes_max : FDAR_STORY_NODES_MAX);
}

/* A finished tree, with all names: struct fdar_story_tree of story_build.h. */
struct fdar_story_tree {
	struct story_tree tree;
	GArray *threads; /* of struct story_thread, in the order in which they came in */
	GStringChunk *texts;
	const char *peer;
	const char *program;
	uint64_t key;
	uint64_t begin_ns;  /* of the session, or of the first call that it adopted */
	uint64_t opened_ns; /* of the session */
	uint64_t end_ns;
	uint64_t calls;
	uint32_t pid;
	enum fdar_story_state state;
};

gboolean story_key_equal(const struct story_key *a, const struct story_key *b);

/* LOOP nodes are alike when their bodies are, node by node. A call that never returned is not like
 * those that did: it is to be seen for itself. */
gboolean story_node_alike(const struct story_node *a, const struct story_node *b);

struct story_node *story_node_new(struct story_tree *tree, const struct story_key *key);

/* With all that is below it. */
void story_node_free(struct story_tree *tree, struct story_node *node);

/* Adds from, which is alike, to node, and frees it. */
void story_node_merge(struct story_tree *tree, struct story_node *node, struct story_node *from);

/* A recursive call, absorbed by the node of the same function that it is below. Frees it. */
void story_node_absorb(struct story_tree *tree, struct story_node *node, struct story_node *call);

/* All calls in it: shown ones, recursive ones and hidden ones. */
uint64_t story_node_calls(const struct story_node *node);

void story_list_push(struct story_list *list, struct story_node *node);
void story_list_insert(struct story_list *list, uint32_t at, struct story_node *node);

/* A note goes where it was made, by its time; one with the same key beside it takes it in. */
void story_list_put_note(struct story_tree *tree, struct story_list *list, struct story_node *note);
void story_list_remove(struct story_list *list, uint32_t at, uint32_t count);

/* The list's memory, not its nodes. */
void story_list_clear(struct story_list *list);

/* Merges the calls of from into list, in order as far as possible; from is empty afterwards. */
void story_list_merge(struct story_tree *tree, struct story_list *list, struct story_list *from);

/* Takes node out of the story: it is only counted. Frees it. */
void story_list_hide(struct story_tree *tree, struct story_list *list, struct story_node *node);

/* The nodes in the order of their times, and so what is below them: what was merged may have begun earlier than what
 * it was merged into. */
void story_list_sort(struct story_list *list);

/* Puts node at the end of list and folds what has become a repeat. Node may be freed. */
void story_list_append(struct story_tree *tree, struct story_list *list, struct story_node *node);

/* Takes IDLE nodes out, and folds anew what they kept apart. */
void story_list_drop_idle(struct story_tree *tree, struct story_list *list);

/* For a complete list: what is left of a loop's last iteration, at its end, is put into the loop. */
void story_list_finish(struct story_tree *tree, struct story_list *list);

/* Sorts out the recursive calls below a node whose children are complete, and limits its height. */
void story_node_settle(struct story_tree *tree, struct story_node *node);

/* Below the limit again, if it was reached. others: lists that are not yet below the roots. */
void story_tree_limit(struct story_tree *tree, struct story_list *const *others, size_t count);

void story_tree_clear(struct story_tree *tree);

#endif
