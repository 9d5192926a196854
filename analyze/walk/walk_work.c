/* Work that nobody told of: where a server is not built for functions to be recorded, its threads still say
 * when they read, write and wait. What a thread does from one of these to the next is told as a frame of
 * its own, and belongs to whom a function that is called in that moment would. */
#include "analyze/walk/walk_private.h"

static const struct fdar_event nothing = { .fd = -1 };

/* The stretch that the thread is in is over. */
static void rest(struct fdar_walk *walk, struct thread *thread)
{
	if (thread->open[FDAR_FRAME_INFERRED])
		walk_stack_exit(walk, thread, FDAR_FRAME_INFERRED, &nothing);
}

static gboolean tells_functions(const struct fdar_event *event)
{
	switch ((enum fdar_event_kind)event->kind) {
	case FDAR_EVENT_FUNC_ENTRY:
	case FDAR_EVENT_FUNC_EXIT:
	case FDAR_EVENT_FUNC_CALL:
	case FDAR_EVENT_SCOPE_ENTER:
	case FDAR_EVENT_SCOPE_EXIT:
		return TRUE;
	default:
		return FALSE;
	}
}

void walk_work_before(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	struct process *process = thread->process;

	if (process->tells_functions || event->kind == FDAR_EVENT_OFF_CPU)
		return;
	rest(walk, thread);
	if (event->kind == FDAR_EVENT_IO)
		process->tells_io = TRUE;
	if (!tells_functions(event))
		return;
	process->tells_functions = TRUE;
	for (guint i = 0; i < process->threads->len; i++)
		rest(walk, g_ptr_array_index(process->threads, i));
}

/* Where only marks tell of waits, others are not known: a thread that says nothing may be in one. */
void walk_work_after(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	const struct process *process = thread->process;

	if (!process->tells_io || process->tells_functions || thread->frames->len ||
	    event->kind == FDAR_EVENT_THREAD_END || event->kind == FDAR_EVENT_PROCESS_END)
		return;
	walk_stack_enter(walk, thread, FDAR_FRAME_INFERRED, &nothing);
}
