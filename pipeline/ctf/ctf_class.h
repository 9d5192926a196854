/*
 * Event classes, ready to be decoded: the program, and what its values become.
 *
 * Place in the house: inside pipeline/, between ctf_program.h and ctf_stream.h. Most events of a
 * big trace are of a few classes in which everything that matters is at a fixed place: these have a
 * short form besides, struct fd_ctf_fast.
 */
#ifndef FD_PIPELINE_CTF_CLASS_H
#define FD_PIPELINE_CTF_CLASS_H

#include <glib.h>

#include "pipeline/ctf/ctf_program.h"
#include "pipeline/ctf/ctf_run.h"
#include "pipeline/events/event_map.h"
#include "pipeline/events/text.h"

#define FD_CTF_PROCNAME_BYTES 17u /* of a thread's name, as LTTng writes it */
#define FD_CTF_NAME_BYTES     24u /* the same in whole words */

/* A number of an event: bytes from behind its header, of which mask is kept. Without any, the mask
 * is 0. */
struct fd_ctf_pick {
	uint64_t mask;
	uint32_t from;
};

/* No byte that far from an event's start is looked at: a bound for its bytes, and 8 at once. */
#define FD_CTF_FAST_REACH 128u

/* An event of fixed length whose numbers are at fixed places. */
struct fd_ctf_fast {
	uint32_t bytes; /* behind the header */
	struct fd_ctf_pick addr, addr2, pid, tid;
	gboolean pair;  /* addr and addr2 are whole, and one behind the other */
	gboolean named; /* it says the thread's name */
	struct fd_ctf_pick name[FD_CTF_NAME_BYTES / 8];
	struct fd_event event; /* all that is the same for every event of the class */
};

struct fd_ctf_class {
	const char *name; /* owned by the trace; NULL: none */
	uint64_t id;
	struct fd_ctf_program program; /* from behind the header to the event's end */
	struct fd_event event;         /* all that is the same for every event of the class */
	uint32_t name_id;              /* text id of name, once prepared */
	gboolean prepared;             /* by the first event: so that texts are those that occur */
	uint32_t roles;                /* 1 << enum fd_event_role: what the program delivers */
	uint8_t data_type;             /* enum fd_event_type of the data: STRING or BYTES */
	uint8_t module;                /* enum fd_event_module */
	gboolean has_fast;             /* fast can be used once the class is prepared */
	struct fd_ctf_fast fast;
};

/* What is the same for all classes of a stream. */
struct fd_ctf_class_plan {
	gboolean big_endian;
	uint32_t default_pid;
	struct fd_ctf_position position; /* behind the event's header */
};

/* Compiles the class whose scopes are in layout. The caller frees it (fd_ctf_class_free). NULL and
 * error (FD_SOURCE_ERROR_FORMAT) when something is not understood. */
struct fd_ctf_class *fd_ctf_class_new(const struct fd_ctf_event_class *event,
				      const struct fd_ctf_layout *layout,
				      const struct fd_ctf_class_plan *plan, GError **error);

void fd_ctf_class_free(struct fd_ctf_class *class);

/* To be called before the class's first event is made: its name is in the table then. */
void fd_ctf_class_prepare(struct fd_ctf_class *class, struct fd_texts *texts);

#endif
