/*
 * Event classes, ready to be decoded: the program, and what its values become.
 *
 * Place in the house: inside pipeline/, between ctf_program.h and ctf_stream.h. Most events of a
 * big trace are of a few classes in which everything that matters is at a fixed place: these have a
 * short form besides, struct fdar_ctf_fast.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_CLASS_H
#define FDAR_PIPELINE_CTF_CTF_CLASS_H

#include <glib.h>

#include "pipeline/ctf/ctf_program.h"
#include "pipeline/ctf/ctf_run.h"
#include "pipeline/events/event_map.h"
#include "pipeline/events/home.h"
#include "pipeline/events/text.h"

#define FDAR_CTF_PROCNAME_BYTES 17u /* of a thread's name, as LTTng writes it */
#define FDAR_CTF_NAME_BYTES     24u /* the same in whole words */

/* A number of an event: bytes from behind its header, of which mask is kept. Without any, the mask
 * is 0. */
struct fdar_ctf_pick {
	uint64_t mask;
	uint32_t from;
};

/* No byte that far from an event's start is looked at: a bound for its bytes, and 8 at once. */
#define FDAR_CTF_FAST_REACH 128u

/* An event of fixed length whose numbers are at fixed places. */
struct fdar_ctf_fast {
	uint32_t bytes; /* behind the header */
	struct fdar_ctf_pick addr, addr2, pid, tid;
	gboolean pair;  /* addr and addr2 are whole, and one behind the other */
	gboolean named; /* it says the thread's name */
	struct fdar_ctf_pick name[FDAR_CTF_NAME_BYTES / 8];
	struct fdar_event event; /* all that is the same for every event of the class */
};

struct fdar_ctf_class {
	const char *name; /* owned by the trace; NULL: none */
	uint64_t id;
	struct fdar_ctf_program program; /* from behind the header to the event's end */
	struct fdar_event event;         /* all that is the same for every event of the class */
	uint32_t name_id;                /* text id of name, once prepared */
	gboolean prepared; /* by the first event: so that texts are those that occur */
	uint32_t roles;    /* 1 << enum fdar_event_role: what the program delivers */
	uint8_t data_type; /* enum fdar_event_type of the data: STRING or BYTES */
	uint8_t module;    /* enum fdar_event_module */
	const char *host;  /* home.h; owned by the plan */
	uint32_t host_id;  /* text id of host, once prepared */
	uint32_t session;  /* home.h */
	gboolean has_fast; /* fast can be used once the class is prepared */
	struct fdar_ctf_fast fast;
};

/* What is the same for all classes of a stream. */
struct fdar_ctf_class_plan {
	gboolean big_endian;
	uint32_t default_pid;
	const char *host;                   /* home.h; outlives the classes */
	uint32_t session;                   /* home.h */
	const struct fdar_event_maps *maps; /* events that are wanted besides; NULL: none */
	struct fdar_ctf_position position;  /* behind the event's header */
};

/* Compiles the class whose scopes are in layout. The caller frees it (fdar_ctf_class_free). NULL and
 * error (FDAR_SOURCE_ERROR_FORMAT) when something is not understood. */
struct fdar_ctf_class *fdar_ctf_class_new(const struct fdar_ctf_event_class *event,
					  const struct fdar_ctf_layout *layout,
					  const struct fdar_ctf_class_plan *plan, GError **error);

void fdar_ctf_class_free(struct fdar_ctf_class *class);

/* To be called before the class's first event is made: its name is in the table then, and its home in
 * homes (NULL is allowed). */
void fdar_ctf_class_prepare(struct fdar_ctf_class *class, struct fdar_texts *texts,
			    struct fdar_homes *homes);

#endif
