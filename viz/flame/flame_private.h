/* How the files of this room make a tree. */
#ifndef FDAR_VIZ_FLAME_FLAME_PRIVATE_H
#define FDAR_VIZ_FLAME_FLAME_PRIVATE_H

#include "viz/flame/flame.h"

/* Room for count nodes, with the root, all of them empty; unit is a constant. */
struct fdar_flame_tree *fdar_flame_tree_new(uint32_t count, const char *unit);

/* A clean copy of text that the tree owns. */
const char *fdar_flame_tree_keep(struct fdar_flame_tree *tree, const char *text);

/* Once parents stand before their children, and own times are set: puts siblings in order, adds up totals. */
void fdar_flame_tree_finish(struct fdar_flame_tree *tree);

#endif
