/*
 * What must be remembered from one event to the next, and how values are brought into shape.
 *
 * Place in the house: inside pipeline/, under every decoder, beside event_map.h: each thread's
 * name, and the modules whose build id is still to come. Both are bounded. Events must come in time
 * order.
 */
#ifndef FDAR_PIPELINE_EVENTS_EVENT_STATE_H
#define FDAR_PIPELINE_EVENTS_EVENT_STATE_H

#include <glib.h>
#include <stddef.h>

#include "pipeline/events/arena.h"
#include "pipeline/events/event_map.h"
#include "pipeline/events/text.h"

#define FDAR_EVENT_DATA_MAX 65536u /* bytes of one event's data; what is longer is cut */

struct fdar_event_state;

/* texts must outlive the result. The caller frees it (fdar_event_state_free). */
struct fdar_event_state *fdar_event_state_new(struct fdar_texts *texts);

/* NULL is allowed. */
void fdar_event_state_free(struct fdar_event_state *state);

/* Takes note that the event's thread has that name, by the tracer (NULL: it does not say). TRUE when it
 * had another one before, or none: then told is the THREAD_NAME event to deliver first. LTTng's procname
 * is for ever the one of a thread's first event: what a THREAD_BEGIN says (its data; the event is filled)
 * is the server's own name for it, and stays until the next one. */
gboolean fdar_event_state_name_thread(struct fdar_event_state *state,
				      const struct fdar_event *event, const char *name,
				      struct fdar_event *told);

/* Completes an event of kind MODULE whose fields are set; its data is in arena. FALSE when there is
 * nothing to tell: it is an OTHER then. */
gboolean fdar_event_state_finish_module(struct fdar_event_state *state,
					enum fdar_event_module module, struct fdar_arena *arena,
					struct fdar_event *event);

/* A descriptor and a kind of wait from what a trace says: -1 and OTHER when it makes no sense. */
int32_t fdar_event_fd(uint64_t value);
uint8_t fdar_event_wait(uint64_t value);

/* A copy in arena of a text of at most length bytes, up to the first NUL, cleaned (fdar_text_clean)
 * and cut at FDAR_EVENT_DATA_MAX. */
const char *fdar_event_copy_text(struct fdar_arena *arena, const char *text, size_t length,
				 uint32_t *copied);

#endif
