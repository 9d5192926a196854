/*
 * Whether the options of --play fit together and with the rest, before a server is started for them.
 *
 * Place in the house: for cmd_record.c.
 */
#ifndef FDAR_CLI_RECORD_RECORD_PLAY_H
#define FDAR_CLI_RECORD_RECORD_PLAY_H

#include "cli/record/record_options.h"

/* wait_ns is what --wait-for says, 0 when it says nothing. FALSE and error: one line on what is wrong. */
gboolean fdar_record_check_play(const struct fdar_record_texts *texts, guint64 *wait_ns,
				GError **error);

#endif
