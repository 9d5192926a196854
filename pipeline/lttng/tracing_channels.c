#include "pipeline/lttng/tracing_channels.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <string.h>

#include "instrument/wire/events.h"
#include "pipeline/lttng/tracing.h"

#define SUBBUFFER_BYTES (UINT64_C(1) << 20) /* loses nothing on busy servers: docs/recording.md */
#define SUBBUFFER_COUNT 8u
/* With as many runnable threads as you like a writer that is interrupted in the middle of an event must
 * be back before the others have gone round the buffers: measured, docs/recording.md. */
#define LOSSLESS_BYTES (UINT64_C(4) << 20)
#define METADATA_US    20000u   /* packets that it does not describe yet can only wait */
#define SWITCH_US      1000000u /* what is in the buffers reaches the disk after so long */
#define MARKS_BYTES    (UINT64_C(512) << 10)
#define EVENTS_MAX     11
#define LEAST_BYTES    (UINT64_C(16) << 10)
#define SMALL_BYTES    (UINT64_C(64) << 10)
#define CPUS_MEMORY    4 /* the buffers take a quarter of the recorder's memory at most */

struct channel {
	const char *name;
	enum fdar_detail from; /* the least detail that has it */
	uint64_t bytes;        /* of a sub-buffer; 0: what the options say */
	unsigned count;
	int contexts[4]; /* enum lttng_event_context_type, ends with -1 */
	struct {
		enum fdar_detail from;
		const char *name;
	} events[EVENTS_MAX];
};

#define OURS(name) FDAR_PROVIDER ":" name

static const struct channel channels[] = {
	{ .name = "sessions",
	  .from = FDAR_DETAIL_SESSION,
	  .bytes = 256 * 1024,
	  .count = 8,
	  .contexts = { LTTNG_EVENT_CONTEXT_VPID, LTTNG_EVENT_CONTEXT_VTID,
			LTTNG_EVENT_CONTEXT_PROCNAME, -1 },
	  .events = { { FDAR_DETAIL_SESSION, OURS("session_*") },
		      { FDAR_DETAIL_SESSION, OURS("request_*") },
		      { FDAR_DETAIL_SESSION, OURS("handoff_*") },
		      { FDAR_DETAIL_SESSION, OURS("note") },
		      { FDAR_DETAIL_SESSION, OURS("thread_*") },
		      { FDAR_DETAIL_SESSION, OURS("forking") },
		      { FDAR_DETAIL_SESSION, OURS("process_end") },
		      { FDAR_DETAIL_IO, OURS("off_cpu") },
		      { FDAR_DETAIL_IO, OURS("wait_*") },
		      { FDAR_DETAIL_IO, OURS("io") },
		      { FDAR_DETAIL_IO, OURS("bytes") } } },
	{ .name = "functions",
	  .from = FDAR_DETAIL_SESSION,
	  .contexts = { LTTNG_EVENT_CONTEXT_VPID, LTTNG_EVENT_CONTEXT_VTID, -1 },
	  .events = { { FDAR_DETAIL_SESSION, OURS("packed") },
		      { FDAR_DETAIL_FUNCTION, OURS("calls") },
		      { FDAR_DETAIL_FUNCTION, OURS("func_*") },
		      { FDAR_DETAIL_FUNCTION, OURS("scope_*") },
		      { FDAR_DETAIL_FUNCTION, "lttng_ust_cyg_profile*" },
		      { FDAR_DETAIL_ALL, OURS("*") } } },
	{ .name = "modules",
	  .from = FDAR_DETAIL_SESSION,
	  .bytes = 256 * 1024,
	  .count = 4,
	  .contexts = { LTTNG_EVENT_CONTEXT_VPID, -1 },
	  .events = { { FDAR_DETAIL_SESSION, OURS("process") },
		      { FDAR_DETAIL_FUNCTION, OURS("switched") },
		      { FDAR_DETAIL_SESSION, "lttng_ust_statedump:bin_info" },
		      { FDAR_DETAIL_SESSION, "lttng_ust_statedump:build_id" },
		      { FDAR_DETAIL_SESSION, "lttng_ust_lib:load" },
		      { FDAR_DETAIL_SESSION, "lttng_ust_lib:unload" },
		      { FDAR_DETAIL_SESSION, "lttng_ust_lib:build_id" } } },
};

/* What OURS("*") must leave to the other rows, or these events would come twice. */
static const char *const known_events[] = {
	OURS("session_*"), OURS("request_*"), OURS("handoff_*"),   OURS("note"),
	OURS("thread_*"),  OURS("wait_*"),    OURS("io"),          OURS("bytes"),
	OURS("calls"),     OURS("func_*"),    OURS("scope_*"),     OURS("process"),
	OURS("switched"),  OURS("forking"),   OURS("process_end"), OURS("off_cpu"),
	OURS("packed"),
};

struct lttng_domain fdar_tracing_domain(void)
{
	struct lttng_domain domain = { .type = LTTNG_DOMAIN_UST, .buf_type = LTTNG_BUFFER_PER_UID };

	return domain;
}

/* The setter came with LTTng 2.15. What flowdar was built with and the library that it runs with may each be
 * older than that, or not. */
#ifdef FDAR_LTTNG_HAS_TRACE_FORMAT
#pragma weak lttng_session_descriptor_set_trace_format
void fdar_tracing_set_format(struct lttng_session_descriptor *descriptor)
{
	if (descriptor && lttng_session_descriptor_set_trace_format)
		lttng_session_descriptor_set_trace_format(descriptor, LTTNG_TRACE_FORMAT_CTF_1_8);
}
#else
#define CTF_1_8 1 /* LTTNG_TRACE_FORMAT_CTF_1_8 of lttng/session-descriptor.h */

void fdar_tracing_set_format(struct lttng_session_descriptor *descriptor)
{
	int (*set)(struct lttng_session_descriptor * descriptor, int format);

	*(void **)&set = dlsym(RTLD_DEFAULT, "lttng_session_descriptor_set_trace_format");
	if (descriptor && set)
		set(descriptor, CTF_1_8);
}
#endif

gboolean fdar_tracing_fail(GError **error, const char *what, int code)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "LTTng: %s: %s", what,
		    lttng_strerror(code < 0 ? code : -code));
	return FALSE;
}

/* The default is halved on machines with many CPUs, and where the recorder's memory is small. */
static void plain_buffers(const struct fdar_tracing_options *options, uint64_t *bytes,
			  unsigned *count)
{
	uint64_t cpus = g_get_num_processors();
	uint64_t memory = fdar_tracing_memory(options) / CPUS_MEMORY;

	*bytes = options->lossless ? LOSSLESS_BYTES : SUBBUFFER_BYTES;
	if (options->subbuffer_bytes)
		*bytes = options->subbuffer_bytes;
	*count = options->subbuffer_count ? options->subbuffer_count : SUBBUFFER_COUNT;
	if (options->subbuffer_bytes || options->subbuffer_count)
		return;
	while (*count > 4 && cpus * *bytes * *count > memory)
		*count /= 2;
	while (*bytes > (options->lossless ? SUBBUFFER_BYTES : SMALL_BYTES) &&
	       cpus * *bytes * *count > memory)
		*bytes /= 2;
}

/* What is kept for a snapshot are the buffers. They get half of the memory, three quarters of that for
 * functions; the other half is for writing a snapshot. */
static void snapshot_buffers(const struct fdar_tracing_options *options, const struct channel *row,
			     uint64_t *bytes, unsigned *count)
{
	uint64_t share = fdar_tracing_memory(options) / 2 / g_get_num_processors();

	if (options->detail >= FDAR_DETAIL_FUNCTION)
		share = row->bytes ? share / 8 : share / 4 * 3;
	else if (options->marks_packed)
		share /= 2;
	*count = SUBBUFFER_COUNT;
	*bytes = SMALL_BYTES;
	while (*bytes * 2 * *count <= share)
		*bytes *= 2;
}

static void row_buffers(const struct fdar_tracing_options *options, const struct channel *row,
			uint64_t *bytes, unsigned *count)
{
	gboolean few = strcmp(row->name, "modules") == 0;
	/* Without functions the functions channel has marks alone. */
	gboolean marks = !row->bytes && options->detail < FDAR_DETAIL_FUNCTION;
	uint64_t part = fdar_tracing_memory(options) / (marks || few ? 16 : 8);

	*bytes = marks ? MARKS_BYTES : row->bytes;
	*count = marks ? SUBBUFFER_COUNT : row->count;
	if (options->lossless && *bytes && !few)
		*bytes = SUBBUFFER_BYTES;
	/* On machines with many CPUs these must leave room, too. */
	while (*bytes > (marks ? SMALL_BYTES : LEAST_BYTES) &&
	       g_get_num_processors() * *bytes * *count > part)
		*bytes /= 2;
	if (options->snapshot && !few)
		snapshot_buffers(options, row, bytes, count);
	else if (!*bytes)
		plain_buffers(options, bytes, count);
}

uint64_t fdar_tracing_memory(const struct fdar_tracing_options *options)
{
	uint64_t usual = FDAR_TRACING_MEMORY_DEFAULT * (options->lossless ? 2 : 1);

	return options->memory_bytes ? options->memory_bytes : usual;
}

void fdar_tracing_buffers(const struct fdar_tracing_options *options, uint64_t *bytes,
			  unsigned *count)
{
	plain_buffers(options, bytes, count);
}

/* Without functions the functions channel is there for packed marks. */
static gboolean is_wanted(const struct channel *row, const struct fdar_tracing_options *options)
{
	return row->from <= options->detail &&
	       (options->marks_packed || row->bytes || options->detail >= FDAR_DETAIL_FUNCTION);
}

uint64_t fdar_tracing_buffer_bytes(const struct fdar_tracing_options *options)
{
	uint64_t all = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(channels); i++) {
		uint64_t bytes;
		unsigned count;

		if (!is_wanted(&channels[i], options))
			continue;
		row_buffers(options, &channels[i], &bytes, &count);
		all += bytes * count * g_get_num_processors();
	}
	return all;
}

/* LTTng writes what describes the events only in whole pages of it, or when tracing stops: without
 * this timer a session daemon that dies leaves a trace that nobody can read. */
static gboolean set_metadata_timer(struct lttng_handle *handle, GError **error)
{
	struct lttng_domain domain = fdar_tracing_domain();
	struct lttng_channel *channel = lttng_channel_create(&domain);
	int code;

	if (!channel)
		return fdar_tracing_fail(error, "cannot make a channel", LTTNG_ERR_NOMEM);
	g_strlcpy(channel->name, "metadata", sizeof(channel->name));
	channel->attr.overwrite = 0;
	channel->attr.subbuf_size = 4096;
	channel->attr.num_subbuf = 2;
	channel->attr.read_timer_interval = 0;
	channel->attr.switch_timer_interval = METADATA_US;
	code = lttng_enable_channel(handle, channel);
	lttng_channel_destroy(channel);
	/* LTTng 2.16 lets nobody set up that channel any more. */
	return code == 0 || code == -LTTNG_ERR_INVALID_CHANNEL_NAME ||
	       fdar_tracing_fail(error, "cannot make a channel", code);
}

/* In a snapshot session nothing is written until it is asked for, and a timer that finishes buffers
 * before they are full would only push older events out. */
static gboolean shape_channel(struct lttng_channel *channel, const struct channel *row,
			      const struct fdar_tracing_options *options)
{
	uint64_t bytes;
	unsigned count;

	row_buffers(options, row, &bytes, &count);
	channel->enabled = 1; /* LTTng 2.16 makes it as it is told here; earlier ones always did */
	g_strlcpy(channel->name, row->name, sizeof(channel->name));
	channel->attr.overwrite = options->snapshot ? 1 : 0;
	channel->attr.subbuf_size = bytes;
	channel->attr.num_subbuf = count;
	channel->attr.switch_timer_interval = options->snapshot ? 0 : SWITCH_US;
	/* -1: for ever. Works in processes with LTTNG_UST_ALLOW_BLOCKING only. */
	return !options->lossless || lttng_channel_set_blocking_timeout(channel, -1) == 0;
}

static gboolean make_channel(struct lttng_handle *handle, const struct channel *row,
			     const struct fdar_tracing_options *options, GError **error)
{
	struct lttng_domain domain = fdar_tracing_domain();
	struct lttng_channel *channel = lttng_channel_create(&domain);
	int code = LTTNG_ERR_NOMEM;

	if (channel && shape_channel(channel, row, options))
		code = lttng_enable_channel(handle, channel);
	lttng_channel_destroy(channel);
	return code == 0 || fdar_tracing_fail(error, "cannot make a channel", code);
}

static gboolean add_contexts(struct lttng_handle *handle, const struct channel *row, GError **error)
{
	for (const int *type = row->contexts; *type >= 0; type++) {
		struct lttng_event_context context = { .ctx = (enum lttng_event_context_type) *
							      type };
		int code = lttng_add_context(handle, &context, NULL, row->name);

		if (code != 0)
			return fdar_tracing_fail(error, "cannot add a context", code);
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
		return fdar_tracing_fail(error, "cannot enable an event", LTTNG_ERR_NOMEM);
	event->type = LTTNG_EVENT_TRACEPOINT;
	event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
	event->loglevel = -1;
	g_strlcpy(event->name, name, sizeof(event->name));
	code = lttng_enable_event_with_exclusions(handle, event, channel, NULL,
						  rest ? (int)G_N_ELEMENTS(known_events) : 0,
						  rest ? (char **)known_events : NULL);
	lttng_event_destroy(event);
	return code == 0 || fdar_tracing_fail(error, "cannot enable an event", code);
}

static gboolean add_channel(struct lttng_handle *handle, const struct channel *row,
			    const struct fdar_tracing_options *options, GError **error)
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

gboolean fdar_tracing_channels_add(struct lttng_handle *handle,
				   const struct fdar_tracing_options *options, GError **error)
{
	if (!options->snapshot && !set_metadata_timer(handle, error))
		return FALSE;
	for (size_t i = 0; i < G_N_ELEMENTS(channels); i++) {
		if (is_wanted(&channels[i], options) &&
		    !add_channel(handle, &channels[i], options, error))
			return FALSE;
	}
	return TRUE;
}

/* Whether an event or pattern that somebody enabled takes any of ours. */
gboolean fdar_tracing_channels_take(const char *pattern, enum fdar_detail detail)
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
