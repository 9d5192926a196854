/*
 * Calls of a session whose caller is not told yet: it is open, or it is the server's.
 *
 * Private to the story_*.c files. A frame is told after what it called: until then that is kept here, by
 * the caller's id. A caller that is the server's passes it on to its own; so does one that a rules file
 * hides, which is counted there among the hidden calls.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_PENDING_H
#define FDAR_ANALYZE_STORY_STORY_PENDING_H

#include "analyze/story/story_tree.h"
#include "analyze/walk/walk.h"

struct story_pending;

/* The nodes are the tree's, which must outlive it. */
struct story_pending *story_pending_new(struct story_tree *tree);

/* What is still in it is not freed: see story_pending_lists. */
void story_pending_free(struct story_pending *pending);

/* The id of a frame's caller: of an outermost one, that of its thread. */
uint64_t story_pending_caller(const struct fdar_walk_frame *frame);
uint64_t story_pending_outermost(uint32_t tid);

/* The node was called by that caller. What is between it and the one before is a gap: if the caller turns
 * out to be the session's own that is its own time, and is dropped. */
void story_pending_add(struct story_pending *pending, uint64_t caller, struct story_node *node);

/* The frame was the server's: what it called belongs one further out. */
void story_pending_move_out(struct story_pending *pending, const struct fdar_walk_frame *frame);

/* The frame is the session's, and hidden: likewise; it, and its own time, are counted where it was. */
void story_pending_hide(struct story_pending *pending, const struct fdar_walk_frame *frame);

/* What the frame called, as it is the session's own: moved to children, which was empty. */
void story_pending_take(struct story_pending *pending, const struct fdar_walk_frame *frame,
			struct story_list *children);

/* Appends all that there is, of struct story_list *. */
void story_pending_lists(const struct story_pending *pending, GPtrArray *lists);

/* Forgets it: the nodes are somebody else's now. */
void story_pending_clear(struct story_pending *pending);

#endif
