/*
 * Homes: where processes live, so that equal process ids of two hosts, two pid namespaces or two
 * traces of one process each are not taken for one process.
 *
 * Place in the house: inside pipeline/, beside event_map.h; decoders number the homes that they come
 * across, whose.h makes processes of them. A home is what the trace says of its host, and the pid
 * namespace (context pid_ns) where it says that.
 *
 * The host is the environment's hostname. A trace that does not tell it has a home of its own, and so
 * has one of LTTng's traces of a single process, whose UUID tells its processes apart: the text is
 * "hostname", "hostname UUID" or " UUID".
 */
#ifndef FDAR_PIPELINE_EVENTS_HOME_H
#define FDAR_PIPELINE_EVENTS_HOME_H

#include <glib.h>
#include <stdint.h>

#define FDAR_HOMES_MAX 65535u /* distinct homes; more are taken for home 0 */

struct fdar_home {
	uint32_t host; /* text id */
	uint32_t ns;   /* 0: not known */
};

struct fdar_homes;

/* With home 0: nothing is known. The caller frees it (fdar_homes_free). */
struct fdar_homes *fdar_homes_new(void);

/* NULL is allowed. */
void fdar_homes_free(struct fdar_homes *homes);

/* The number of a home, a new one if need be. homes may be NULL: 0. */
uint16_t fdar_homes_add(struct fdar_homes *homes, uint32_t host, uint32_t ns);

/* One that was given. */
struct fdar_home fdar_homes_get(const struct fdar_homes *homes, uint16_t home);

/* 1 at least. */
uint32_t fdar_homes_count(const struct fdar_homes *homes);

/* The text of a host: hostname may be NULL, uuid (16 bytes) NULL where the trace has none. alone: the
 * trace is of one process. The caller frees it. */
char *fdar_home_host(const char *hostname, const uint8_t *uuid, gboolean alone);

#endif
