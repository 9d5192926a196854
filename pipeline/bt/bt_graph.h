/*
 * The babeltrace2 graph that reads a set of traces as one: source.ctf.fs components (one a logical
 * trace) -> filter.utils.muxer (one time order) -> our sink.
 *
 * Place in the house: inside pipeline/, under the babeltrace2 decoder. The sink's messages go to a
 * function of the caller's, a few at a time, from within fd_bt_graph_step.
 */
#ifndef FD_PIPELINE_BT_GRAPH_H
#define FD_PIPELINE_BT_GRAPH_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

struct fd_bt_graph;

/* Gets each message once, in time order; it must not keep it. */
typedef void (*fd_bt_message_fn)(const bt_message *message, void *user);

/* Builds the graph over the trace directories (char *). What babeltrace2 has to say goes to stderr
 * from level on: BT_LOGGING_LEVEL_NONE keeps it silent. NULL and error
 * (FD_SOURCE_ERROR): FORMAT when the metadata of a trace is not understood, DAMAGED when a stream
 * file is refused, EMPTY when there is no stream. */
struct fd_bt_graph *fd_bt_graph_open(const GPtrArray *traces, bt_logging_level level,
				     fd_bt_message_fn function, void *user, GError **error);

/* Lets some messages through. 1: there may be more; 0: the end; -1 and error (DAMAGED). */
int fd_bt_graph_step(struct fd_bt_graph *graph, GError **error);

/* NULL is allowed. */
void fd_bt_graph_close(struct fd_bt_graph *graph);

#endif
