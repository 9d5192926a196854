/*
 * What a split says about its sessions: sessions.json and trex.yaml.
 *
 * Place in the house: private to split.c.
 */
#ifndef FD_REPLAY_SPLIT_LIST_H
#define FD_REPLAY_SPLIT_LIST_H

#include "replay/split/split.h"
#include "replay/split/split_dir.h"

/* Chooses the templates: fills in template and broken of the sessions, and writes trex.yaml. */
void fd_split_write_profile(struct fd_split *split, struct fd_split_dir *dir);

/* Writes sessions.json. capture is the name for messages. */
void fd_split_write_sessions(const struct fd_split *split, const char *capture,
			     struct fd_split_dir *dir);

#endif
