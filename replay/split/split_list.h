/*
 * What a split says about its sessions: sessions.json and trex.yaml.
 *
 * Place in the house: private to split.c.
 */
#ifndef FDAR_REPLAY_SPLIT_SPLIT_LIST_H
#define FDAR_REPLAY_SPLIT_SPLIT_LIST_H

#include "replay/split/split.h"
#include "replay/split/split_dir.h"

/* Chooses the templates: fills in template and broken of the sessions, and writes trex.yaml. */
void fdar_split_write_profile(struct fdar_split *split, struct fdar_split_dir *dir);

/* Writes sessions.json. capture is the name for messages. */
void fdar_split_write_sessions(const struct fdar_split *split, const char *capture,
			       struct fdar_split_dir *dir);

#endif
