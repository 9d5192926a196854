#include "pipeline/tracing_channels.h"

#include <gio/gio.h>
#include <string.h>

#include "instrument/events.h"
#include "pipeline/tracing.h"

#define SUBBUFFER_BYTES \
	(UINT64_C(1) << 20) /* loses nothing on busy servers, see docs/recording.md */
#define SUBBUFFER_COUNT 8u
#define SWITCH_US       1000000u /* what is in the buffers reaches the disk after so long */
#define EVENTS_MAX      8

struct channel {
	const char *name;
	enum fd_detail from; /* the least detail that has it */
	uint64_t bytes;      /* of a sub-buffer; 0: what the options say */
	unsigned count;
	int contexts[4]; /* enum lttng_event_context_type, ends with -1 */
	struct {
		enum fd_detail from;
		const char *name;
	} events[EVENTS_MAX];
};

#define OURS(name) FD_PROVIDER ":" name

static const struct channel channels[] = {
	{ .name = "sessions",
	  .from = FD_DETAIL_SESSION,
	  .bytes = 256 * 1024,
	  .count = 8,
	  .contexts = { LTTNG_EVENT_CONTEXT_VPID, LTTNG_EVENT_CONTEXT_VTID,
			LTTNG_EVENT_CONTEXT_PROCNAME, -1 },
	  .events = { { FD_DETAIL_SESSION, OURS("session_*") },
		      { FD_DETAIL_SESSION, OURS("handoff_*") },
		      { FD_DETAIL_SESSION, OURS("note") },
		      { FD_DETAIL_IO, OURS("wait_*") },
		      { FD_DETAIL_IO, OURS("bytes") } } },
	{ .name = "functions",
	  .from = FD_DETAIL_FUNCTION,
	  .contexts = { LTTNG_EVENT_CONTEXT_VPID, LTTNG_EVENT_CONTEXT_VTID, -1 },
	  .events = { { FD_DETAIL_FUNCTION, OURS("func_*") },
		      { FD_DETAIL_FUNCTION, OURS("scope_*") },
		      { FD_DETAIL_FUNCTION, "lttng_ust_cyg_profile*" },
		      { FD_DETAIL_ALL, OURS("*") } } },
	{ .name = "modules",
	  .from = FD_DETAIL_SESSION,
	  .bytes = 256 * 1024,
	  .count = 4,
	  .contexts = { LTTNG_EVENT_CONTEXT_VPID, -1 },
	  .events = { { FD_DETAIL_SESSION, "lttng_ust_statedump:bin_info" },
		      { FD_DETAIL_SESSION, "lttng_ust_statedump:build_id" },
		      { FD_DETAIL_SESSION, "lttng_ust_lib:load" },
		      { FD_DETAIL_SESSION, "lttng_ust_lib:unload" },
		      { FD_DETAIL_SESSION, "lttng_ust_lib:build_id" } } },
};

/* What OURS("*") must leave to the other rows, or these events would come twice. */
static const char *const known_events[] = {
	OURS("session_*"), OURS("handoff_*"), OURS("note"),    OURS("wait_*"),
	OURS("bytes"),     OURS("func_*"),    OURS("scope_*"),
};

struct lttng_domain fd_tracing_domain(void)
{
	struct lttng_domain domain = { .type = LTTNG_DOMAIN_UST, .buf_type = LTTNG_BUFFER_PER_UID };

	return domain;
}

gboolean fd_tracing_fail(GError **error, const char *what, int code)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "LTTng: %s: %s", what,
		    lttng_strerror(code < 0 ? code : -code));
	return FALSE;
}

/* The default is halved on machines with many CPUs: half a GiB for all of them is enough. */
void fd_tracing_buffers(const struct fd_record_options *options, uint64_t *bytes, unsigned *count)
{
	uint64_t cpus = g_get_num_processors();

	*bytes = options->subbuffer_bytes ? options->subbuffer_bytes : SUBBUFFER_BYTES;
	*count = options->subbuffer_count ? options->subbuffer_count : SUBBUFFER_COUNT;
	if (options->subbuffer_bytes || options->subbuffer_count)
		return;
	while (*count > 2 && cpus * *bytes * *count > (UINT64_C(512) << 20))
		*count /= 2;
}

/* LTTng writes what describes the events only in whole pages of it, or when tracing stops: without
 * this timer a session daemon that dies leaves a trace that nobody can read. */
static gboolean set_metadata_timer(struct lttng_handle *handle, GError **error)
{
	struct lttng_domain domain = fd_tracing_domain();
	struct lttng_channel *channel = lttng_channel_create(&domain);
	int code;

	if (!channel)
		return fd_tracing_fail(error, "cannot make a channel", LTTNG_ERR_NOMEM);
	g_strlcpy(channel->name, "metadata", sizeof(channel->name));
	channel->attr.overwrite = 0;
	channel->attr.subbuf_size = 4096;
	channel->attr.num_subbuf = 2;
	channel->attr.read_timer_interval = 0;
	channel->attr.switch_timer_interval = SWITCH_US;
	code = lttng_enable_channel(handle, channel);
	lttng_channel_destroy(channel);
	return code == 0 || fd_tracing_fail(error, "cannot make a channel", code);
}

static gboolean make_channel(struct lttng_handle *handle, const struct channel *row,
			     const struct fd_record_options *options, GError **error)
{
	struct lttng_domain domain = fd_tracing_domain();
	struct lttng_channel *channel = lttng_channel_create(&domain);
	uint64_t bytes = row->bytes;
	unsigned count = row->count;
	int code;

	if (!channel)
		return fd_tracing_fail(error, "cannot make a channel", LTTNG_ERR_NOMEM);
	if (!bytes)
		fd_tracing_buffers(options, &bytes, &count);
	g_strlcpy(channel->name, row->name, sizeof(channel->name));
	channel->attr.overwrite = 0;
	channel->attr.subbuf_size = bytes;
	channel->attr.num_subbuf = count;
	channel->attr.switch_timer_interval = SWITCH_US;
	code = lttng_enable_channel(handle, channel);
	lttng_channel_destroy(channel);
	return code == 0 || fd_tracing_fail(error, "cannot make a channel", code);
}

static gboolean add_contexts(struct lttng_handle *handle, const struct channel *row, GError **error)
{
	for (const int *type = row->contexts; *type >= 0; type++) {
		struct lttng_event_context context = { .ctx = (enum lttng_event_context_type) *
							      type };
		int code = lttng_add_context(handle, &context, NULL, row->name);

		if (code != 0)
			return fd_tracing_fail(error, "cannot add a context", code);
	}
	return TRUE;
}

static gboolean enable_event(struct lttng_handle *handle, const char *channel, const char *name,
			     GError **error)
{
	gboolean rest = strcmp(name, OURS("*")) == 0;
	struct lttng_event *event = lttng_event_create();
	int code;

	if (!event)
		return fd_tracing_fail(error, "cannot enable an event", LTTNG_ERR_NOMEM);
	event->type = LTTNG_EVENT_TRACEPOINT;
	event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
	event->loglevel = -1;
	g_strlcpy(event->name, name, sizeof(event->name));
	code = lttng_enable_event_with_exclusions(handle, event, channel, NULL,
						  rest ? (int)G_N_ELEMENTS(known_events) : 0,
						  rest ? (char **)known_events : NULL);
	lttng_event_destroy(event);
	return code == 0 || fd_tracing_fail(error, "cannot enable an event", code);
}

static gboolean add_channel(struct lttng_handle *handle, const struct channel *row,
			    const struct fd_record_options *options, GError **error)
{
	if (!make_channel(handle, row, options, error) || !add_contexts(handle, row, error))
		return FALSE;
	for (int i = 0; i < EVENTS_MAX && row->events[i].name; i++) {
		if (row->events[i].from <= options->detail &&
		    !enable_event(handle, row->name, row->events[i].name, error))
			return FALSE;
	}
	return TRUE;
}

gboolean fd_tracing_channels_add(struct lttng_handle *handle,
				 const struct fd_record_options *options, GError **error)
{
	if (!set_metadata_timer(handle, error))
		return FALSE;
	for (size_t i = 0; i < G_N_ELEMENTS(channels); i++) {
		if (channels[i].from <= options->detail &&
		    !add_channel(handle, &channels[i], options, error))
			return FALSE;
	}
	return TRUE;
}

/* Whether an event or pattern that somebody enabled takes any of ours. */
gboolean fd_tracing_channels_take(const char *pattern, enum fd_detail detail)
{
	for (size_t c = 0; c < G_N_ELEMENTS(channels); c++) {
		for (int i = 0; i < EVENTS_MAX && channels[c].events[i].name; i++) {
			g_autofree char *sample =
				g_strdelimit(g_strdup(channels[c].events[i].name), "*", 'x');

			if (channels[c].events[i].from <= detail &&
			    strcmp(channels[c].name, "modules") != 0 &&
			    (g_pattern_match_simple(pattern, sample) ||
			     g_pattern_match_simple(channels[c].events[i].name, pattern)))
				return TRUE;
		}
	}
	return FALSE;
}
