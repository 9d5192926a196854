/*
 * The channels of our tracing session and the events in them: the table that tracing.h shows.
 *
 * Place in the house: inside pipeline/, under tracing.c.
 */
#ifndef FDAR_PIPELINE_LTTNG_TRACING_CHANNELS_H
#define FDAR_PIPELINE_LTTNG_TRACING_CHANNELS_H

#include <glib.h>
#include <lttng/lttng.h>

#include "pipeline/lttng/tracing.h"

/* What all of it is about: the user space tracer, with buffers per user id. */
struct lttng_domain fdar_tracing_domain(void);

/* Has the session that the descriptor describes write CTF 1.8, where LTTng could write something else
 * (2.15 and later write CTF 2 unless asked): the drain knows both, but that is what everybody else reads. */
void fdar_tracing_set_format(struct lttng_session_descriptor *descriptor);

/* "LTTng: what: reason" from an error code of liblttng-ctl, of either sign. FALSE. */
gboolean fdar_tracing_fail(GError **error, const char *what, int code);

/* Adds the channels, contexts and events that the options ask for to the session of handle. */
gboolean fdar_tracing_channels_add(struct lttng_handle *handle,
				   const struct fdar_tracing_options *options, GError **error);

/* Whether an event name or pattern that somebody enabled takes any event of ours at that detail. */
gboolean fdar_tracing_channels_take(const char *pattern, enum fdar_detail detail);

#endif
