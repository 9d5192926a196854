/* The other tracing sessions of the daemon that record what we record. */
#include <lttng/lttng.h>
#include <string.h>

#include "pipeline/lttng/tracing.h"
#include "pipeline/lttng/tracing_channels.h"

static gboolean channel_is_rival(struct lttng_handle *handle, const struct lttng_channel *channel,
				 enum fdar_detail detail)
{
	struct lttng_event *events = NULL;
	int count = channel->enabled ? lttng_list_events(handle, channel->name, &events) : 0;
	gboolean rival = FALSE;

	for (int i = 0; i < count && !rival; i++)
		rival = events[i].enabled && fdar_tracing_channels_take(events[i].name, detail);
	free(events);
	return rival;
}

static gboolean session_is_rival(const char *name, enum fdar_detail detail)
{
	struct lttng_domain domain = fdar_tracing_domain();
	struct lttng_handle *handle = lttng_create_handle(name, &domain);
	struct lttng_channel *list = NULL;
	int count = handle ? lttng_list_channels(handle, &list) : 0;
	gboolean rival = FALSE;

	for (int i = 0; i < count && !rival; i++)
		rival = channel_is_rival(handle, &list[i], detail);
	free(list);
	lttng_destroy_handle(handle);
	return rival;
}

char *fdar_tracing_rivals(const char *name, enum fdar_detail detail)
{
	g_autoptr(GString) rivals = g_string_new(NULL);
	struct lttng_session *sessions = NULL;
	int count = lttng_list_sessions(&sessions);

	for (int i = 0; i < count; i++) {
		if (sessions[i].enabled && strcmp(sessions[i].name, name) != 0 &&
		    session_is_rival(sessions[i].name, detail))
			g_string_append_printf(rivals, "%s%s", rivals->len ? ", " : "",
					       sessions[i].name);
	}
	free(sessions);
	return rivals->len ? g_string_free(g_steal_pointer(&rivals), FALSE) : NULL;
}
