/*
 * What of a capture was left out, in words: for all commands that read one.
 */
#ifndef FDAR_CLI_REPLAY_LEFT_OUT_H
#define FDAR_CLI_REPLAY_LEFT_OUT_H

#include <stdio.h>

#include "replay/sessions/session.h"

/* A line for each kind of packets that are in no session, if there are any: of the capture with that
 * label, when several could be meant (else NULL). */
void fdar_left_out_print(FILE *out, const struct fdar_capture_totals *totals, const char *label);

#endif
