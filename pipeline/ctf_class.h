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

#include "pipeline/ctf_program.h"
#include "pipeline/ctf_run.h"
#include "pipeline/event_map.h"
#include "pipeline/text.h"

#define FD_CTF_COPIES     4
#define FD_CTF_NAME_BYTES 24u /* of a thread's name at a fixed place; LTTng writes 17 */

/* A copy of bytes: from behind the event's header, to an offset in struct fd_event. */
struct fd_ctf_copy {
	uint16_t from;
	uint16_t to;
};

/* An event of fixed length whose values are copied as they are. */
struct fd_ctf_fast {
	gboolean usable;    /* and the class was prepared */
	uint32_t bytes;     /* behind the header */
	uint8_t wides;      /* of wide: 8 bytes each */
	uint8_t words;      /* of word: 4 bytes each */
	uint8_t name_bytes; /* of the thread's name, 0: the event does not say it */
	uint16_t name_from;
	struct fd_ctf_copy wide[FD_CTF_COPIES];
	struct fd_ctf_copy word[FD_CTF_COPIES];
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
