/*
 * Taking away a folder with all that is in it.
 *
 * Place in the house: base; for folders that others may have put something into, too: what a server's processes left
 * beside their counters, a trace of strangers. No link is followed, neither one that is there nor one that takes the
 * place of a folder meanwhile: names are only used in folders that are held. How deep folders lie costs neither
 * stack nor descriptors.
 */
#ifndef FDAR_BASE_TREE_H
#define FDAR_BASE_TREE_H

/* Removes the folder, or the file or link, at path. What cannot be removed, and what others still add to after ten
 * seconds of processor time, stays. */
void fdar_tree_remove(const char *path);

#endif
