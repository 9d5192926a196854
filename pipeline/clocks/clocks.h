/*
 * The clocks of hosts that are read together: by how much each is off, from the connections between them.
 *
 * Place in the house: inside pipeline/, between events/ and source/: source_clocks.c reads a trace with it once
 * before it is read for others, and hands the result to the decoder (decoder.h, struct fdar_clock_shift). What a
 * connection tells is in meetings.h, what can be said by that in clock_bounds.h.
 *
 * Times become those of one host, the first by name. A clock that is compared with that one by way of others
 * is off by as much as they are, and known as well as all of them together. A clock that may well be right stays as
 * it is; so does one that nothing is known of, or which is off by a single connection only, as that may be two that have
 * one address; or of which what is known contradicts itself. Where clocks contradict each other in a circle, all stay.
 */
#ifndef FDAR_PIPELINE_CLOCKS_CLOCKS_H
#define FDAR_PIPELINE_CLOCKS_CLOCKS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/events/decoder.h"

#define FDAR_CLOCKS_MAX             256u /* hosts; more are left as they are */
#define FDAR_CLOCKS_CONNECTIONS_MIN 2u   /* of two clocks that are apart */

struct fdar_clocks;

/* hosts: char *, texts of home.h, sorted; those that go by one clock are one. The caller frees it
 * (fdar_clocks_free). */
struct fdar_clocks *fdar_clocks_new(const GPtrArray *hosts);

/* NULL is allowed. */
void fdar_clocks_free(struct fdar_clocks *clocks);

/* How many clocks there are. */
guint fdar_clocks_count(const struct fdar_clocks *clocks);

/* The length of the part of a host's text that says by which clock it goes; 0: that is not known. */
size_t fdar_clocks_name_length(const char *host);

/* An event, whose process lives on that host (the text of its home; the same one is at the same place); of a NOTE its
 * key. */
void fdar_clocks_feed(struct fdar_clocks *clocks, const struct fdar_event *event, const char *host,
		      const char *name);

/* What is to be said, a line each (char *), and what is to be done (struct fdar_clock_shift). The caller unrefs both. */
void fdar_clocks_solve(const struct fdar_clocks *clocks, GPtrArray **lines, GArray **shifts);

/* Whose host's text that is; NULL: its times stay as they are. shifts may be NULL. */
const struct fdar_clock_shift *fdar_clock_shift_find(const GArray *shifts, const char *host);

#endif
