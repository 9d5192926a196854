#include "pipeline/metadata/ctf_parser.h"

#include <string.h>

#define EVENTS_MAX  65536u /* classes of all streams */
#define STREAMS_MAX 4096u

/* ---- trace ---- */

static gboolean read_uuid(struct fd_ctf_parser *parser, void *target)
{
	struct fd_ctf_trace *trace = target;
	const char *text = fd_ctf_parser_name(parser);
	gsize digits = 0;

	if (!text || strlen(text) != 36)
		return fd_ctf_parser_fail(parser, "a UUID");
	for (gsize i = 0; i < 36; i++) {
		int digit = g_ascii_xdigit_value(text[i]);
		gboolean dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : digit < 0)
			return fd_ctf_parser_fail(parser, "a UUID");
		if (!dash) {
			trace->uuid[digits / 2] = (uint8_t)(trace->uuid[digits / 2] << 4 | digit);
			digits++;
		}
	}
	trace->has_uuid = TRUE;
	return TRUE;
}

struct trace_block {
	struct fd_ctf_trace *trace;
	uint64_t major, minor;
	const char *byte_order;
	const struct fd_ctf_type *packet_header;
};

static gboolean read_trace_uuid(struct fd_ctf_parser *parser, void *target)
{
	return read_uuid(parser, ((struct trace_block *)target)->trace);
}

static gboolean read_trace(struct fd_ctf_parser *parser)
{
	static const struct fd_ctf_entry entries[] = {
		{ "major", fd_ctf_parser_read_number, offsetof(struct trace_block, major) },
		{ "minor", fd_ctf_parser_read_number, offsetof(struct trace_block, minor) },
		{ "uuid", read_trace_uuid, 0 },
		{ "byte_order", fd_ctf_parser_read_name, offsetof(struct trace_block, byte_order) },
		{ "packet.header", fd_ctf_parser_read_structure,
		  offsetof(struct trace_block, packet_header) },
		{ NULL, NULL, 0 },
	};
	struct trace_block block = { .trace = parser->trace };

	if (parser->has_trace)
		return fd_ctf_parser_fail(parser, "one trace block");
	parser->has_trace = TRUE;
	if (!fd_ctf_parser_block(parser, entries, &block))
		return FALSE;
	if (block.major != 1 || block.minor != 8)
		return fd_ctf_parser_fail(parser, "version 1.8");
	if (!block.byte_order)
		return fd_ctf_parser_fail(parser, "a byte order");
	parser->trace->big_endian =
		strcmp(block.byte_order, "be") == 0 || strcmp(block.byte_order, "network") == 0;
	if (!parser->trace->big_endian && strcmp(block.byte_order, "le") != 0)
		return fd_ctf_parser_fail(parser, "a byte order");
	parser->trace->packet_header = block.packet_header;
	return TRUE;
}

/* ---- clock ---- */

struct clock_block {
	const char *name;
	uint64_t freq;
	int64_t offset_s, offset;
};

static gboolean read_clock(struct fd_ctf_parser *parser)
{
	static const struct fd_ctf_entry entries[] = {
		{ "name", fd_ctf_parser_read_name, offsetof(struct clock_block, name) },
		{ "uuid", fd_ctf_parser_read_nothing, 0 },
		{ "description", fd_ctf_parser_read_nothing, 0 },
		{ "freq", fd_ctf_parser_read_number, offsetof(struct clock_block, freq) },
		{ "precision", fd_ctf_parser_read_nothing, 0 },
		{ "offset_s", fd_ctf_parser_read_signed, offsetof(struct clock_block, offset_s) },
		{ "offset", fd_ctf_parser_read_signed, offsetof(struct clock_block, offset) },
		{ "absolute", fd_ctf_parser_read_nothing, 0 },
		{ NULL, NULL, 0 },
	};
	struct clock_block block = { .freq = 1000000000 };
	struct fd_ctf_clock *clock;
	int64_t seconds;

	if (!fd_ctf_parser_block(parser, entries, &block))
		return FALSE;
	if (!block.name || !block.freq || block.freq > INT64_MAX || block.offset < 0)
		return fd_ctf_parser_fail(parser, "a clock with a name and a frequency");
	seconds = block.offset / (int64_t)block.freq;
	clock = g_new0(struct fd_ctf_clock, 1);
	clock->name = block.name;
	clock->freq = block.freq;
	clock->offset = (uint64_t)block.offset % block.freq;
	g_ptr_array_add(parser->trace->clocks, clock);
	if (__builtin_add_overflow(block.offset_s, seconds, &clock->offset_s))
		return fd_ctf_parser_fail(parser, "a clock whose offset is not that far off");
	return TRUE;
}

/* ---- environment ---- */

static gboolean read_env_entry(struct fd_ctf_parser *parser)
{
	const char *name = fd_ctf_parser_name(parser);
	const char *text;
	int64_t number;

	if (!name || !fd_ctf_parser_expect(parser, '=', "\"=\""))
		return FALSE;
	if (parser->lexer.token == FD_CTF_TOKEN_STRING) {
		text = fd_ctf_parser_name(parser);
		g_hash_table_insert(parser->trace->env_texts, (void *)name, (void *)text);
	} else {
		if (!fd_ctf_parser_read_signed(parser, &number))
			return FALSE;
		g_hash_table_insert(parser->trace->env_numbers, (void *)name,
				    g_memdup2(&number, sizeof(number)));
	}
	return fd_ctf_parser_expect(parser, ';', "\";\"");
}

static gboolean read_env(struct fd_ctf_parser *parser)
{
	if (!fd_ctf_parser_expect(parser, '{', "\"{\""))
		return FALSE;
	while (parser->lexer.token != '}') {
		if (!read_env_entry(parser))
			return FALSE;
	}
	fd_ctf_lexer_next(&parser->lexer);
	return fd_ctf_parser_expect(parser, ';', "\";\"");
}

/* ---- streams and events ---- */

static struct fd_ctf_stream_class *stream_new(struct fd_ctf_parser *parser)
{
	struct fd_ctf_stream_class *stream = g_new0(struct fd_ctf_stream_class, 1);

	stream->events = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(parser->trace->streams, stream);
	return stream;
}

static struct fd_ctf_stream_class *find_stream(const struct fd_ctf_parser *parser, uint64_t id,
					       guint count)
{
	for (guint i = 0; i < count; i++) {
		struct fd_ctf_stream_class *stream = g_ptr_array_index(parser->trace->streams, i);

		if (stream->id == id)
			return stream;
	}
	return NULL;
}

static gboolean read_stream(struct fd_ctf_parser *parser)
{
	static const struct fd_ctf_entry entries[] = {
		{ "id", fd_ctf_parser_read_number, offsetof(struct fd_ctf_stream_class, id) },
		{ "packet.context", fd_ctf_parser_read_structure,
		  offsetof(struct fd_ctf_stream_class, packet_context) },
		{ "event.header", fd_ctf_parser_read_structure,
		  offsetof(struct fd_ctf_stream_class, event_header) },
		{ "event.context", fd_ctf_parser_read_structure,
		  offsetof(struct fd_ctf_stream_class, event_context) },
		{ NULL, NULL, 0 },
	};
	guint before = parser->trace->streams->len;
	struct fd_ctf_stream_class *stream;

	if (before >= STREAMS_MAX)
		return fd_ctf_parser_fail(parser, "fewer streams");
	stream = stream_new(parser);
	if (!fd_ctf_parser_block(parser, entries, stream))
		return FALSE;
	if (find_stream(parser, stream->id, before))
		return fd_ctf_parser_fail(parser, "a stream id that is not used yet");
	return TRUE;
}

static gboolean read_event(struct fd_ctf_parser *parser)
{
	static const struct fd_ctf_entry entries[] = {
		{ "name", fd_ctf_parser_read_name, offsetof(struct fd_ctf_late_event, event.name) },
		{ "id", fd_ctf_parser_read_number, offsetof(struct fd_ctf_late_event, event.id) },
		{ "stream_id", fd_ctf_parser_read_number,
		  offsetof(struct fd_ctf_late_event, stream_id) },
		{ "loglevel", fd_ctf_parser_read_nothing, 0 },
		{ "model.emf.uri", fd_ctf_parser_read_nothing, 0 },
		{ "context", fd_ctf_parser_read_structure,
		  offsetof(struct fd_ctf_late_event, event.context) },
		{ "fields", fd_ctf_parser_read_structure,
		  offsetof(struct fd_ctf_late_event, event.payload) },
		{ NULL, NULL, 0 },
	};
	struct fd_ctf_late_event event = { .stream_id = UINT64_MAX };

	if (parser->events->len >= EVENTS_MAX)
		return fd_ctf_parser_fail(parser, "fewer events");
	if (!fd_ctf_parser_block(parser, entries, &event))
		return FALSE;
	g_array_append_val(parser->events, event);
	return TRUE;
}

/* The stream of an event that does not say which: the only one there is, or one that nobody
 * declared. */
static struct fd_ctf_stream_class *stream_of(struct fd_ctf_parser *parser, uint64_t id)
{
	GPtrArray *streams = parser->trace->streams;

	if (id != UINT64_MAX)
		return find_stream(parser, id, streams->len);
	if (streams->len > 1)
		return NULL;
	return streams->len ? g_ptr_array_index(streams, 0) : stream_new(parser);
}

gboolean fd_ctf_parser_place_events(struct fd_ctf_parser *parser)
{
	for (guint i = 0; i < parser->events->len; i++) {
		const struct fd_ctf_late_event *late =
			&g_array_index(parser->events, struct fd_ctf_late_event, i);
		struct fd_ctf_stream_class *stream = stream_of(parser, late->stream_id);

		if (!stream)
			return fd_ctf_parser_fail(parser, "events of streams that are declared");
		g_ptr_array_add(stream->events, g_memdup2(&late->event, sizeof(late->event)));
	}
	return TRUE;
}

/* ---- all of them ---- */

/* "callsite { ... };": says nothing about the trace's layout. */
static gboolean skip_block(struct fd_ctf_parser *parser)
{
	unsigned depth = 0;

	do {
		depth += parser->lexer.token == '{';
		depth -= parser->lexer.token == '}';
		if (parser->lexer.token == FD_CTF_TOKEN_END ||
		    parser->lexer.token == FD_CTF_TOKEN_ERROR)
			return fd_ctf_parser_fail(parser, "\"}\"");
		fd_ctf_lexer_next(&parser->lexer);
	} while (depth);
	return fd_ctf_parser_expect(parser, ';', "\";\"");
}

const struct fd_ctf_block fd_ctf_blocks[] = {
	{ "typealias", fd_ctf_parser_typealias },
	{ "event", read_event },
	{ "stream", read_stream },
	{ "trace", read_trace },
	{ "env", read_env },
	{ "clock", read_clock },
	{ "callsite", skip_block },
	{ NULL, NULL },
};
