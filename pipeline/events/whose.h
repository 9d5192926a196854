/*
 * Whose an event is: process ids of the trace into processes, each with a number of its own.
 *
 * Place in the house: inside pipeline/, above the decoders: source.h runs what they deliver through
 * it. A process is told apart by its home (home.h), its id there, and its life: an id can come again
 * in the same home, when a container is started anew or a process executes another program.
 *
 * Numbers. Processes of the first home that the trace names go by their ids, as do those of namespaces
 * of the same host while no other has that id; all others, and later lives, get numbers from
 * FDAR_WHOSE_MADE_UP on.
 *
 * Lives. The tracer lists what a process has loaded when the process registers. When such a list does
 * not fit what the process had loaded before, it is another life: it is another program, or the same
 * one whose C library, dynamic linker or tracer lie elsewhere (nothing of that is ever unloaded). A
 * list that fits is one more list of the same life (a tracing session that began later, "lttng
 * regenerate statedump").
 *
 * Of several tracing sessions of one host that tell no namespaces (home.h), a list that does not fit what another
 * one listed is of another process that has the same id, in another container; but if it listed that one, too, it is
 * another life, for all of them.
 *
 * LTTng's traces of a process each have a life each; whether the one before has ended is not known,
 * unless nothing more is told of it.
 *
 * Events that do not tell a namespace are those of the last process in any namespace of the host that
 * had the id; a process that is not known to be in one is in the first that is told.
 */
#ifndef FDAR_PIPELINE_EVENTS_WHOSE_H
#define FDAR_PIPELINE_EVENTS_WHOSE_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/events/event.h"
#include "pipeline/events/home.h"
#include "pipeline/events/text.h"

#define FDAR_WHOSE_MADE_UP   0x80000000u
#define FDAR_WHOSE_PROCESSES (1u << 20) /* told apart; after that ids are numbers */

struct fdar_whose;

/* homes and texts must outlive it. The caller frees it (fdar_whose_free). */
struct fdar_whose *fdar_whose_new(const struct fdar_homes *homes, const struct fdar_texts *texts);

/* NULL is allowed. */
void fdar_whose_free(struct fdar_whose *whose);

/* Whether numbers can be anything but ids so far. Before, only MODULE events need be told. */
gboolean fdar_whose_matters(const struct fdar_whose *whose);

enum fdar_whose_change {
	FDAR_WHOSE_SAME = 0,
	FDAR_WHOSE_NEXT_LIFE, /* the process before is no more */
	FDAR_WHOSE_NAMESAKE   /* it is, or it goes on in another namespace */
};

/* Sets the event's pid to the process's number, and so the parent's of a child that says whose it is. Events come in the order of the trace. What is not SAME:
 * ended is the number of the process that had the id on that host before. */
enum fdar_whose_change fdar_whose_tell(struct fdar_whose *whose, struct fdar_event *event,
				       uint32_t *ended);

/* What is known of a process by its number. */
struct fdar_whose_process {
	uint32_t pid;  /* in the trace */
	uint32_t life; /* 1 is the first with that id in its home */
	uint32_t ns;   /* pid namespace, 0: not known */
	uint32_t host; /* text id (home.h) */
};

struct fdar_whose_process fdar_whose_process(const struct fdar_whose *whose, uint32_t number);

/* The process that has an id now, in the first home. */
uint32_t fdar_whose_number(const struct fdar_whose *whose, uint32_t pid);

#endif
