/*
 * Whether a comparison named what is to blame: `flowdar diff --format json`, read back.
 */
#ifndef FDAR_CLI_REDUCE_NAMED_H
#define FDAR_CLI_REDUCE_NAMED_H

#include <glib.h>

/* A function, or the wait or queue that it is in. diff: the command, which is run in a process of its own; sides: what
 * it is given of recordings and options (strings); file: a name that may be used for its output. FALSE, too, when it
 * does not come to its end. */
gboolean fdar_named(int (*diff)(int argc, char **argv), const GPtrArray *sides, const char *file);

#endif
