/*
 * Homes: where processes live, so that equal process ids of two hosts, two pid namespaces or two
 * traces of one process each are not taken for one process.
 *
 * Place in the house: inside pipeline/, beside event_map.h; decoders number the homes that they come
 * across, whose.h makes processes of them. A home is what the trace says of its host, and the pid
 * namespace (context pid_ns) where it says that.
 *
 * The host is the environment's hostname, and what else tells hosts apart that have the same one: the UUID
 * of the clock, which for LTTng is the boot id of the kernel (cloned machines have one each); which of
 * several recordings the trace is of, where these are read together; and the trace's own UUID where the
 * trace is a home by itself: it tells no hostname, is of a single process, or is one of several that one
 * session daemon cannot have written. The text is "hostname", with " @CLOCK", " #RECORDING" and " UUID"
 * behind it as far as they are known and needed, in this order; no hostname has a blank.
 * Tracing sessions of one host with different names may be of one session daemon, which sees each process in both,
 * or of several, in containers. Where no namespace is told they are homes of the same host; whose.h says whether they
 * have a process in common.
 *
 * " ~UUID" stands for a trace that is a home by itself though it is of many processes.
 */
#ifndef FDAR_PIPELINE_EVENTS_HOME_H
#define FDAR_PIPELINE_EVENTS_HOME_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/events/text.h"

#define FDAR_HOMES_MAX 65535u /* distinct homes; more are taken for home 0 */

struct fdar_home {
	uint32_t host;    /* text id */
	uint32_t ns;      /* 0: not known */
	uint32_t session; /* where ns is not known: of the tracing session; 0: not known */
};

struct fdar_homes;

/* With home 0: nothing is known. The caller frees it (fdar_homes_free). */
struct fdar_homes *fdar_homes_new(void);

/* NULL is allowed. */
void fdar_homes_free(struct fdar_homes *homes);

/* The number of a home, a new one if need be. homes may be NULL: 0. */
uint16_t fdar_homes_add(struct fdar_homes *homes, uint32_t host, uint32_t ns);
uint16_t fdar_homes_add_home(struct fdar_homes *homes, struct fdar_home home);

/* One that was given. */
struct fdar_home fdar_homes_get(const struct fdar_homes *homes, uint16_t home);

/* 1 at least. */
uint32_t fdar_homes_count(const struct fdar_homes *homes);

/* What a trace says of its host. */
struct fdar_home_told {
	const char *hostname; /* NULL: it does not */
	const uint8_t *clock; /* 16 bytes; NULL: the clock has no UUID */
	const uint8_t *uuid;  /* 16 bytes; NULL: the trace has none */
	guint recording;      /* 1 and up: which of several; 0: there is one */
	gboolean alone;       /* the trace is of one process */
	gboolean apart;       /* it is of many, and a home by itself all the same */
};

/* The text of a host. The caller frees it. */
char *fdar_home_host(const struct fdar_home_told *told);

/* Which of several recordings a text is of; 0: of none. */
guint fdar_home_recording(const char *host);

/* Of the text of a trace of one process, or of one that tells no hostname: its length without the UUID.
 * FALSE: it is another one. */
gboolean fdar_home_shared(const char *host, size_t *length);

/* What people call it: the hostname, with what tells it apart where another home has the same hostname. ""
 * when the trace does not say it. The caller frees it. */
char *fdar_homes_title(struct fdar_homes *homes, const struct fdar_texts *texts, uint32_t host);

#endif
