/* The other tracing sessions of the daemon that record what we record. */
#include <lttng/lttng.h>
#include <string.h>

#include "pipeline/lttng/tracing.h"
#include "pipeline/lttng/tracing_channels.h"

static gboolean channel_is_concurrent(struct lttng_handle *handle,
				      const struct lttng_channel *channel, enum fdar_detail detail)
{
	struct lttng_event *events = NULL;
	int count = channel->enabled ? lttng_list_events(handle, channel->name, &events) : 0;
	gboolean concurrent = FALSE;

	for (int i = 0; i < count && !concurrent; i++)
		concurrent =
			events[i].enabled && fdar_tracing_channels_take(events[i].name, detail);
	free(events);
	return concurrent;
}

static gboolean session_is_concurrent(const char *name, enum fdar_detail detail)
{
	struct lttng_domain domain = fdar_tracing_domain();
	struct lttng_handle *handle = lttng_create_handle(name, &domain);
	struct lttng_channel *list = NULL;
	int count = handle ? lttng_list_channels(handle, &list) : 0;
	gboolean concurrent = FALSE;

	for (int i = 0; i < count && !concurrent; i++)
		concurrent = channel_is_concurrent(handle, &list[i], detail);
	free(list);
	lttng_destroy_handle(handle);
	return concurrent;
}

char *fdar_tracing_concurrent(const char *name, enum fdar_detail detail)
{
	g_autoptr(GString) concurrent = g_string_new(NULL);
	struct lttng_session *sessions = NULL;
	int count = lttng_list_sessions(&sessions);

	for (int i = 0; i < count; i++) {
		if (sessions[i].enabled && strcmp(sessions[i].name, name) != 0 &&
		    session_is_concurrent(sessions[i].name, detail))
			g_string_append_printf(concurrent, "%s%s", concurrent->len ? ", " : "",
					       sessions[i].name);
	}
	free(sessions);
	return concurrent->len ? g_string_free(g_steal_pointer(&concurrent), FALSE) : NULL;
}
