#include "pipeline/metadata/ctf_parser.h"

#include <string.h>

#define EVENTS_MAX  65536u /* classes of all streams */
#define STREAMS_MAX 4096u

/* ---- trace ---- */

static gboolean read_uuid(struct fdar_ctf_parser *parser, void *target)
{
	struct fdar_ctf_trace *trace = target;

	trace->has_uuid = fdar_ctf_uuid_parse(fdar_ctf_parser_name(parser), trace->uuid);
	return trace->has_uuid || fdar_ctf_parser_fail(parser, "a UUID");
}

struct trace_block {
	struct fdar_ctf_trace *trace;
	uint64_t major, minor;
	const char *byte_order;
	const struct fdar_ctf_type *packet_header;
};

static gboolean read_trace_uuid(struct fdar_ctf_parser *parser, void *target)
{
	return read_uuid(parser, ((struct trace_block *)target)->trace);
}

static gboolean read_trace(struct fdar_ctf_parser *parser)
{
	static const struct fdar_ctf_entry entries[] = {
		{ "major", fdar_ctf_parser_read_number, offsetof(struct trace_block, major) },
		{ "minor", fdar_ctf_parser_read_number, offsetof(struct trace_block, minor) },
		{ "uuid", read_trace_uuid, 0 },
		{ "byte_order", fdar_ctf_parser_read_name,
		  offsetof(struct trace_block, byte_order) },
		{ "packet.header", fdar_ctf_parser_read_structure,
		  offsetof(struct trace_block, packet_header) },
		{ NULL, NULL, 0 },
	};
	struct trace_block block = { .trace = parser->trace };

	if (parser->has_trace)
		return fdar_ctf_parser_fail(parser, "one trace block");
	parser->has_trace = TRUE;
	if (!fdar_ctf_parser_block(parser, entries, &block))
		return FALSE;
	if (block.major != 1 || block.minor != 8)
		return fdar_ctf_parser_fail(parser, "version 1.8");
	if (!block.byte_order)
		return fdar_ctf_parser_fail(parser, "a byte order");
	parser->trace->big_endian =
		strcmp(block.byte_order, "be") == 0 || strcmp(block.byte_order, "network") == 0;
	if (!parser->trace->big_endian && strcmp(block.byte_order, "le") != 0)
		return fdar_ctf_parser_fail(parser, "a byte order");
	parser->trace->packet_header = block.packet_header;
	return TRUE;
}

/* ---- clock ---- */

struct clock_block {
	const char *name, *uuid;
	uint64_t freq;
	int64_t offset_s, offset;
};

static gboolean read_clock(struct fdar_ctf_parser *parser)
{
	static const struct fdar_ctf_entry entries[] = {
		{ "name", fdar_ctf_parser_read_name, offsetof(struct clock_block, name) },
		{ "uuid", fdar_ctf_parser_read_name, offsetof(struct clock_block, uuid) },
		{ "description", fdar_ctf_parser_read_nothing, 0 },
		{ "freq", fdar_ctf_parser_read_number, offsetof(struct clock_block, freq) },
		{ "precision", fdar_ctf_parser_read_nothing, 0 },
		{ "offset_s", fdar_ctf_parser_read_signed, offsetof(struct clock_block, offset_s) },
		{ "offset", fdar_ctf_parser_read_signed, offsetof(struct clock_block, offset) },
		{ "absolute", fdar_ctf_parser_read_nothing, 0 },
		{ NULL, NULL, 0 },
	};
	struct clock_block block = { .freq = 1000000000 };
	struct fdar_ctf_clock *clock;
	int64_t seconds;

	if (!fdar_ctf_parser_block(parser, entries, &block))
		return FALSE;
	if (!block.name || !block.freq || block.freq > INT64_MAX || block.offset < 0)
		return fdar_ctf_parser_fail(parser, "a clock with a name and a frequency");
	seconds = block.offset / (int64_t)block.freq;
	clock = g_new0(struct fdar_ctf_clock, 1);
	clock->name = block.name;
	clock->freq = block.freq;
	clock->offset = (uint64_t)block.offset % block.freq;
	/* One in another form tells nobody anything. */
	clock->has_uuid = fdar_ctf_uuid_parse(block.uuid, clock->uuid);
	g_ptr_array_add(parser->trace->clocks, clock);
	if (__builtin_add_overflow(block.offset_s, seconds, &clock->offset_s))
		return fdar_ctf_parser_fail(parser, "a clock whose offset is not that far off");
	return TRUE;
}

/* ---- environment ---- */

static gboolean read_env_entry(struct fdar_ctf_parser *parser)
{
	const char *name = fdar_ctf_parser_name(parser);
	const char *text;
	int64_t number;

	if (!name || !fdar_ctf_parser_expect(parser, '=', "\"=\""))
		return FALSE;
	if (parser->lexer.token == FDAR_CTF_TOKEN_STRING) {
		text = fdar_ctf_parser_name(parser);
		g_hash_table_insert(parser->trace->env_texts, (void *)name, (void *)text);
	} else {
		if (!fdar_ctf_parser_read_signed(parser, &number))
			return FALSE;
		g_hash_table_insert(parser->trace->env_numbers, (void *)name,
				    g_memdup2(&number, sizeof(number)));
	}
	return fdar_ctf_parser_expect(parser, ';', "\";\"");
}

static gboolean read_env(struct fdar_ctf_parser *parser)
{
	if (!fdar_ctf_parser_expect(parser, '{', "\"{\""))
		return FALSE;
	while (parser->lexer.token != '}') {
		if (!read_env_entry(parser))
			return FALSE;
	}
	fdar_ctf_lexer_next(&parser->lexer);
	return fdar_ctf_parser_expect(parser, ';', "\";\"");
}

/* ---- streams and events ---- */

static struct fdar_ctf_stream_class *find_stream(const struct fdar_ctf_parser *parser, uint64_t id,
						 guint count)
{
	for (guint i = 0; i < count; i++) {
		struct fdar_ctf_stream_class *stream = g_ptr_array_index(parser->trace->streams, i);

		if (stream->id == id)
			return stream;
	}
	return NULL;
}

static gboolean read_stream(struct fdar_ctf_parser *parser)
{
	static const struct fdar_ctf_entry entries[] = {
		{ "id", fdar_ctf_parser_read_number, offsetof(struct fdar_ctf_stream_class, id) },
		{ "packet.context", fdar_ctf_parser_read_structure,
		  offsetof(struct fdar_ctf_stream_class, packet_context) },
		{ "event.header", fdar_ctf_parser_read_structure,
		  offsetof(struct fdar_ctf_stream_class, event_header) },
		{ "event.context", fdar_ctf_parser_read_structure,
		  offsetof(struct fdar_ctf_stream_class, event_context) },
		{ NULL, NULL, 0 },
	};
	guint before = parser->trace->streams->len;
	struct fdar_ctf_stream_class *stream;

	if (before >= STREAMS_MAX)
		return fdar_ctf_parser_fail(parser, "fewer streams");
	stream = fdar_ctf_trace_add_stream(parser->trace);
	if (!fdar_ctf_parser_block(parser, entries, stream))
		return FALSE;
	if (find_stream(parser, stream->id, before))
		return fdar_ctf_parser_fail(parser, "a stream id that is not used yet");
	return TRUE;
}

static gboolean read_event(struct fdar_ctf_parser *parser)
{
	static const struct fdar_ctf_entry entries[] = {
		{ "name", fdar_ctf_parser_read_name,
		  offsetof(struct fdar_ctf_late_event, event.name) },
		{ "id", fdar_ctf_parser_read_number,
		  offsetof(struct fdar_ctf_late_event, event.id) },
		{ "stream_id", fdar_ctf_parser_read_number,
		  offsetof(struct fdar_ctf_late_event, stream_id) },
		{ "loglevel", fdar_ctf_parser_read_nothing, 0 },
		{ "model.emf.uri", fdar_ctf_parser_read_nothing, 0 },
		{ "context", fdar_ctf_parser_read_structure,
		  offsetof(struct fdar_ctf_late_event, event.context) },
		{ "fields", fdar_ctf_parser_read_structure,
		  offsetof(struct fdar_ctf_late_event, event.payload) },
		{ NULL, NULL, 0 },
	};
	struct fdar_ctf_late_event event = { .stream_id = UINT64_MAX };

	if (parser->events->len >= EVENTS_MAX)
		return fdar_ctf_parser_fail(parser, "fewer events");
	if (!fdar_ctf_parser_block(parser, entries, &event))
		return FALSE;
	g_array_append_val(parser->events, event);
	return TRUE;
}

/* The stream of an event that does not say which: the only one there is, or one that nobody
 * declared. */
static struct fdar_ctf_stream_class *stream_of(struct fdar_ctf_parser *parser, uint64_t id)
{
	GPtrArray *streams = parser->trace->streams;

	if (id != UINT64_MAX)
		return find_stream(parser, id, streams->len);
	if (streams->len > 1)
		return NULL;
	return streams->len ? g_ptr_array_index(streams, 0)
			    : fdar_ctf_trace_add_stream(parser->trace);
}

gboolean fdar_ctf_parser_place_events(struct fdar_ctf_parser *parser)
{
	for (guint i = 0; i < parser->events->len; i++) {
		const struct fdar_ctf_late_event *late =
			&g_array_index(parser->events, struct fdar_ctf_late_event, i);
		struct fdar_ctf_stream_class *stream = stream_of(parser, late->stream_id);

		if (!stream)
			return fdar_ctf_parser_fail(parser, "events of streams that are declared");
		g_ptr_array_add(stream->events, g_memdup2(&late->event, sizeof(late->event)));
	}
	return TRUE;
}

/* ---- all of them ---- */

/* "callsite { ... };": says nothing about the trace's layout. */
static gboolean skip_block(struct fdar_ctf_parser *parser)
{
	unsigned depth = 0;

	do {
		depth += parser->lexer.token == '{';
		depth -= parser->lexer.token == '}';
		if (parser->lexer.token == FDAR_CTF_TOKEN_END ||
		    parser->lexer.token == FDAR_CTF_TOKEN_ERROR)
			return fdar_ctf_parser_fail(parser, "\"}\"");
		fdar_ctf_lexer_next(&parser->lexer);
	} while (depth);
	return fdar_ctf_parser_expect(parser, ';', "\";\"");
}

const struct fdar_ctf_block fdar_ctf_blocks[] = {
	{ "typealias", fdar_ctf_parser_typealias },
	{ "event", read_event },
	{ "stream", read_stream },
	{ "trace", read_trace },
	{ "env", read_env },
	{ "clock", read_clock },
	{ "callsite", skip_block },
	{ NULL, NULL },
};
