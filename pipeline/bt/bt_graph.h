/*
 * The babeltrace2 graph that reads a set of traces as one: source.ctf.fs components (one a logical
 * trace) -> filter.utils.muxer (one time order) -> our sink.
 *
 * Place in the house: inside pipeline/, under the babeltrace2 decoder. The sink's messages go to a
 * function of the caller's, a few at a time, from within fdar_bt_graph_step.
 */
#ifndef FDAR_PIPELINE_BT_BT_GRAPH_H
#define FDAR_PIPELINE_BT_BT_GRAPH_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

struct fdar_bt_graph;

/* Who looks on. */
struct fdar_bt_client {
	/* Gets each message once, in time order; it must not keep it. */
	void (*message)(const bt_message *message, void *user);
	/* As in struct fdar_decoder_env. */
	void (*progress)(void *user, gboolean long_step);
	void *user;
};

/* Builds the graph over the trace directories (char *). What babeltrace2 has to say goes to stderr
 * from level on: BT_LOGGING_LEVEL_NONE keeps it silent. NULL and error
 * (FDAR_SOURCE_ERROR): FORMAT when the metadata of a trace is not understood, DAMAGED when a stream
 * file is refused, EMPTY when there is no stream. */
struct fdar_bt_graph *fdar_bt_graph_open(const GPtrArray *traces, bt_logging_level level,
					 const struct fdar_bt_client *client, GError **error);

/* Lets some messages through. 1: there may be more; 0: the end; -1 and error (DAMAGED). */
int fdar_bt_graph_step(struct fdar_bt_graph *graph, GError **error);

/* NULL is allowed. */
void fdar_bt_graph_close(struct fdar_bt_graph *graph);

#endif
