#include "analyze/story/story_thread.h"

#include <string.h>

#include "instrument/wire/events.h"

gboolean story_thread_matches(const struct fdar_event *event, const char *name, const char *wanted)
{
	guint64 tid;

	if (event->tid == 0)
		return FALSE;
	if (g_ascii_string_to_unsigned(wanted, 10, 0, UINT32_MAX, &tid, NULL))
		return event->tid == tid;
	if (event->kind == FDAR_EVENT_THREAD_NAME)
		return strcmp(name, wanted) == 0;
	return event->kind == FDAR_EVENT_THREAD_BEGIN && event->thread.name &&
	       event->thread.name_len == strlen(wanted) &&
	       memcmp(event->thread.name, wanted, event->thread.name_len) == 0;
}

/* Modules are the process's, and so is its end; the rest is what one thread did. */
static gboolean is_kept(const struct story_thread_filter *filter, const struct fdar_event *event)
{
	switch (event->kind) {
	case FDAR_EVENT_MODULE:
	case FDAR_EVENT_PROCESS_OVER:
		return TRUE;
	case FDAR_EVENT_FUNC_ENTRY:
	case FDAR_EVENT_FUNC_EXIT:
	case FDAR_EVENT_FUNC_CALL:
	case FDAR_EVENT_FUNC_SKIPPED:
	case FDAR_EVENT_FUNC_UNWOUND:
	case FDAR_EVENT_FUNC_LOST:
	case FDAR_EVENT_SCOPE_ENTER:
	case FDAR_EVENT_SCOPE_EXIT:
	case FDAR_EVENT_WAIT_BEGIN:
	case FDAR_EVENT_WAIT_END:
	case FDAR_EVENT_NOTE:
	case FDAR_EVENT_THREAD_NAME:
	case FDAR_EVENT_THREAD_BEGIN:
	case FDAR_EVENT_THREAD_END:
		return event->pid == filter->pid && event->tid == filter->tid;
	default:
		return FALSE;
	}
}

size_t story_thread_filter(struct story_thread_filter *filter, const struct fdar_event *events,
			   size_t count, struct fdar_event *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_kept(filter, &events[i]))
			continue;
		if (!filter->begun && events[i].tid == filter->tid &&
		    events[i].pid == filter->pid) {
			struct fdar_event begin = { .time_ns = events[i].time_ns,
						    .pid = filter->pid,
						    .tid = filter->tid,
						    .kind = FDAR_EVENT_SESSION_BEGIN };

			begin.session.key = STORY_THREAD_KEY;
			begin.session.peer = filter->peer;
			begin.session.peer_len = (uint32_t)strlen(filter->peer);
			begin.session.fd = -1;
			out[kept++] = begin;
			filter->begun = TRUE;
		}
		out[kept] = events[i];
		/* What a server waits for work in would end what it does for the session. */
		if (events[i].kind == FDAR_EVENT_WAIT_BEGIN)
			out[kept].waiting.kind = FDAR_WAIT_OTHER;
		kept++;
	}
	return kept;
}
