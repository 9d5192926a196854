/*
 * The journal of a replay, which says of which recording it is, where that can be seen.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_JOURNAL_H
#define FDAR_CLI_REPLAY_REPLAY_JOURNAL_H

#include "replay/play/journal.h"

/* As fdar_journal_open. It is a recording's when it lies in its folder ("DIR/replay.jsonl"), or is kept beside it until
 * the recording is whole ("DIR.replay.jsonl", record --play). */
struct fdar_journal *fdar_replay_journal_open(const char *path,
					      const struct fdar_journal_input *inputs,
					      GError **error);

#endif
