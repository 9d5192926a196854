/*
 * What a patched tree remembers, in its directory .flowdar-patch: the originals of the files that were
 * patched, and a manifest with the checksums of both. With it the patching is taken back to the byte.
 *
 * Order of writing: first originals and manifest, whole, under another name; that is renamed; then
 * file after file is replaced. So a run that is killed at any point leaves a tree that can be taken
 * back: each file is its original or its patched self.
 */
#ifndef FDAR_INSTRUMENT_PATCHER_PATCH_STORE_H
#define FDAR_INSTRUMENT_PATCHER_PATCH_STORE_H

#include "instrument/patcher/patch_apply.h"

#define FDAR_PATCH_STORE ".flowdar-patch"

/* What a tree says it was patched with: "httpd 2.4.68". NULL when it was not patched. The caller frees
 * it. */
char *fdar_patch_store_describe(const struct fdar_patch_tree *tree);

/* Puts the files of the outcome into the tree. Fails, with nothing changed, when the tree is patched
 * already or cannot be written. A write that fails half-way is taken back. */
gboolean fdar_patch_store_commit(const struct fdar_patch_tree *tree,
				 const struct fdar_patch_outcome *outcome, GError **error);

/* Takes it all back. Fails, with nothing changed, when the tree was not patched, or a file was edited
 * since (the message names it). restored gets how many files were given back. Files get their old
 * content and mode, not their old time: what make built of them is to be built again. */
gboolean fdar_patch_store_reverse(const struct fdar_patch_tree *tree, guint *restored,
				  GError **error);

#endif
