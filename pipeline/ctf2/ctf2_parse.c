#include "pipeline/ctf2/ctf2.h"

#include <string.h>

#include "base/json_depth.h"
#include "pipeline/ctf2/ctf2_parser.h"
#include "pipeline/metadata/ctf_metadata.h"

#define JSON_DEPTH_MAX 160    /* brackets: some for each type within types */
#define EVENTS_MAX     65536u /* classes of all streams */
#define STREAMS_MAX    4096u

/* ---- preamble ---- */

static char *first_extension(JsonObject *extensions)
{
	g_autoptr(GList) spaces = json_object_get_members(extensions);

	for (const GList *space = spaces; space; space = space->next) {
		JsonNode *node = json_object_get_member(extensions, space->data);
		g_autoptr(GList) names =
			JSON_NODE_HOLDS_OBJECT(node)
				? json_object_get_members(json_node_get_object(node))
				: NULL;

		if (names)
			return g_strdup_printf("%.40s of %.40s", (const char *)names->data,
					       (const char *)space->data);
	}
	return NULL;
}

/* CTF2-SPEC-2.0, 5.1: who does not know an extension must not read the trace. */
static gboolean check_extensions(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	JsonObject *extensions = NULL;
	g_autofree char *name = NULL;

	if (!fdar_ctf2_object(parser, object, "extensions", &extensions))
		return FALSE;
	name = extensions ? first_extension(extensions) : NULL;
	return !name || fdar_ctf2_refuse(parser, "the extension %s", name);
}

static gboolean read_preamble(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	struct fdar_ctf_trace *trace = parser->trace;
	uint64_t version = 0;

	if (parser->has_preamble)
		return fdar_ctf2_fail(parser, "one preamble");
	parser->has_preamble = TRUE;
	if (!fdar_ctf2_unsigned(parser, object, "version", &version))
		return FALSE;
	if (version != 2)
		return fdar_ctf2_fail(parser, "2 as the \"version\" of the format");
	return check_extensions(parser, object) &&
	       fdar_ctf2_uuid(parser, object, "uuid", trace->uuid, &trace->has_uuid);
}

/* ---- trace ---- */

static gboolean add_environment(struct fdar_ctf2_parser *parser, JsonObject *environment)
{
	struct fdar_ctf_trace *trace = parser->trace;
	g_autoptr(GList) names = json_object_get_members(environment);

	for (const GList *item = names; item; item = item->next) {
		const char *name = g_string_chunk_insert_const(trace->strings, item->data);
		const char *text =
			fdar_ctf2_text_of(json_object_get_member(environment, item->data));
		int64_t number = 0;

		if (text) {
			text = g_string_chunk_insert_const(trace->strings, text);
			g_hash_table_insert(trace->env_texts, (void *)name, (void *)text);
			continue;
		}
		if (!fdar_ctf2_signed(parser, environment, item->data, &number))
			return FALSE;
		g_hash_table_insert(trace->env_numbers, (void *)name,
				    g_memdup2(&number, sizeof(number)));
	}
	return TRUE;
}

/* Folders of one trace are known by their UUID: without one in the preamble, it is made of what else
 * tells traces apart. */
static gboolean read_identity(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	struct fdar_ctf_trace *trace = parser->trace;
	const char *space = "", *name = "", *uid = NULL;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
	gsize length = sizeof(trace->uuid);

	if (trace->has_uuid)
		return TRUE;
	if (!fdar_ctf2_uuid(parser, object, "uuid", trace->uuid, &trace->has_uuid) ||
	    trace->has_uuid)
		return !parser->error;
	if (!fdar_ctf2_text(parser, object, "namespace", &space) ||
	    !fdar_ctf2_text(parser, object, "name", &name) ||
	    !fdar_ctf2_text(parser, object, "uid", &uid) || !uid)
		return !parser->error;
	g_checksum_update(sum, (const guchar *)space, (gssize)strlen(space) + 1);
	g_checksum_update(sum, (const guchar *)name, (gssize)strlen(name) + 1);
	g_checksum_update(sum, (const guchar *)uid, (gssize)strlen(uid) + 1);
	g_checksum_get_digest(sum, trace->uuid, &length);
	trace->has_uuid = TRUE;
	return TRUE;
}

/* A field class that must be a structure; NULL is allowed. */
static gboolean read_root(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			  const struct fdar_ctf_type **type)
{
	*type = fdar_ctf2_type(parser, object, name);
	if (*type && (*type)->kind != FDAR_CTF_STRUCT)
		return fdar_ctf2_fail(parser, "a structure around the fields");
	return !parser->error;
}

static gboolean read_trace(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	JsonObject *environment = NULL;

	if (parser->has_trace || parser->trace->streams->len)
		return fdar_ctf2_fail(parser, "one trace class, before its streams");
	parser->has_trace = TRUE;
	if (!read_identity(parser, object) ||
	    !fdar_ctf2_object(parser, object, "environment", &environment))
		return FALSE;
	if (environment && !add_environment(parser, environment))
		return FALSE;
	return read_root(parser, object, "packet-header-field-class",
			 &parser->trace->packet_header);
}

/* ---- clocks ---- */

static const struct fdar_ctf_clock *find_clock(const struct fdar_ctf2_parser *parser,
					       const char *name)
{
	for (guint i = 0; i < parser->trace->clocks->len; i++) {
		const struct fdar_ctf_clock *clock = g_ptr_array_index(parser->trace->clocks, i);

		if (strcmp(clock->name, name) == 0)
			return clock;
	}
	return NULL;
}

static gboolean read_offset(struct fdar_ctf2_parser *parser, JsonObject *object,
			    struct fdar_ctf_clock *clock)
{
	JsonObject *offset = NULL;
	uint64_t cycles = 0;
	int64_t more;

	if (!fdar_ctf2_object(parser, object, "offset-from-origin", &offset))
		return FALSE;
	if (offset && (!fdar_ctf2_signed(parser, offset, "seconds", &clock->offset_s) ||
		       !fdar_ctf2_unsigned(parser, offset, "cycles", &cycles)))
		return FALSE;
	if (cycles > INT64_MAX)
		return fdar_ctf2_fail(parser, "an offset of cycles that is not negative");
	more = (int64_t)(cycles / clock->freq);
	clock->offset = cycles % clock->freq;
	if (__builtin_add_overflow(clock->offset_s, more, &clock->offset_s))
		return fdar_ctf2_fail(parser, "a clock whose offset is not that far off");
	return TRUE;
}

/* LTTng's uid is the kernel's boot id; one in another form tells nobody anything. */
static gboolean read_clock_identity(struct fdar_ctf2_parser *parser, JsonObject *object,
				    struct fdar_ctf_clock *clock)
{
	const char *uid = NULL;

	if (!fdar_ctf2_uuid(parser, object, "uuid", clock->uuid, &clock->has_uuid) ||
	    !fdar_ctf2_text(parser, object, "uid", &uid))
		return FALSE;
	if (!clock->has_uuid)
		clock->has_uuid = fdar_ctf_uuid_parse(uid, clock->uuid);
	return TRUE;
}

static gboolean read_clock(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	struct fdar_ctf_clock *clock = g_new0(struct fdar_ctf_clock, 1);
	const char *draft = NULL;

	g_ptr_array_add(parser->trace->clocks, clock);
	clock->name = "";
	if (!fdar_ctf2_text(parser, object, "name", &draft) ||
	    !fdar_ctf2_unsigned(parser, object, "frequency", &clock->freq))
		return FALSE;
	clock->name = draft ? draft : "";
	if (!fdar_ctf2_text(parser, object, "id", &clock->name))
		return FALSE;
	if (!*clock->name || !clock->freq || clock->freq > INT64_MAX)
		return fdar_ctf2_fail(parser, "a clock with an id and a frequency");
	if (find_clock(parser, clock->name) != clock)
		return fdar_ctf2_fail(parser, "a clock with an id of its own");
	return read_clock_identity(parser, object, clock) && read_offset(parser, object, clock);
}

/* ---- streams and events ---- */

static gboolean read_stream(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	struct fdar_ctf_stream_class *stream;

	if (parser->trace->streams->len >= STREAMS_MAX)
		return fdar_ctf2_refuse(parser, "more than %u stream classes", STREAMS_MAX);
	stream = fdar_ctf_trace_add_stream(parser->trace);
	if (!fdar_ctf2_unsigned(parser, object, "id", &stream->id) ||
	    !fdar_ctf2_text(parser, object, "default-clock-class-name", &stream->clock) ||
	    !fdar_ctf2_text(parser, object, "default-clock-class-id", &stream->clock) ||
	    !read_root(parser, object, "packet-context-field-class", &stream->packet_context) ||
	    !read_root(parser, object, "event-record-header-field-class", &stream->event_header) ||
	    !read_root(parser, object, "event-record-common-context-field-class",
		       &stream->event_context))
		return FALSE;
	if (stream->clock && !find_clock(parser, stream->clock))
		return fdar_ctf2_fail(parser, "the id of a clock that was given before");
	if (g_hash_table_contains(parser->streams, &stream->id))
		return fdar_ctf2_fail(parser, "a stream class with an id of its own");
	g_hash_table_insert(parser->streams, &stream->id, stream);
	return TRUE;
}

static gboolean read_event(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	struct fdar_ctf_event_class *event = g_new0(struct fdar_ctf_event_class, 1);
	struct fdar_ctf_stream_class *stream = NULL;
	uint64_t id = 0;

	if (fdar_ctf2_unsigned(parser, object, "data-stream-class-id", &id))
		stream = g_hash_table_lookup(parser->streams, &id);
	if (!stream) {
		g_free(event);
		return fdar_ctf2_fail(parser, "an event class of a stream class given before");
	}
	g_ptr_array_add(stream->events, event);
	if (parser->events++ >= EVENTS_MAX)
		return fdar_ctf2_refuse(parser, "more than %u event classes", EVENTS_MAX);
	return fdar_ctf2_unsigned(parser, object, "id", &event->id) &&
	       fdar_ctf2_text(parser, object, "name", &event->name) &&
	       read_root(parser, object, "specific-context-field-class", &event->context) &&
	       read_root(parser, object, "payload-field-class", &event->payload);
}

static gboolean read_alias(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	const char *name = NULL;
	const struct fdar_ctf_type *type;

	if (!fdar_ctf2_text(parser, object, "name", &name))
		return FALSE;
	type = fdar_ctf2_type(parser, object, "field-class");
	if (!name || !type)
		return fdar_ctf2_fail(parser, "a field class with a name");
	if (!g_hash_table_insert(parser->aliases, (void *)name, (void *)type))
		return fdar_ctf2_fail(parser, "a field class with a name of its own");
	return TRUE;
}

/* ---- fragments ---- */

static const struct {
	const char *type;
	gboolean (*read)(struct fdar_ctf2_parser *parser, JsonObject *object);
} fragments[] = {
	{ "preamble", read_preamble },        { "field-class-alias", read_alias },
	{ "trace-class", read_trace },        { "clock-class", read_clock },
	{ "data-stream-class", read_stream }, { "event-record-class", read_event },
};

static gboolean read_fragment(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	const char *type = NULL;

	if (!fdar_ctf2_text(parser, object, "type", &type))
		return FALSE;
	if (!type)
		return fdar_ctf2_fail(parser, "a fragment with a \"type\"");
	if (!parser->has_preamble && strcmp(type, fragments[0].type) != 0)
		return fdar_ctf2_fail(parser, "the preamble first");
	for (gsize i = 0; i < G_N_ELEMENTS(fragments); i++) {
		if (strcmp(fragments[i].type, type) == 0)
			return fragments[i].read(parser, object);
	}
	return fdar_ctf2_refuse(parser, "a fragment of the type \"%.40s\"", type);
}

/* One JSON text, without what separates it from others. */
static gboolean parse_fragment(struct fdar_ctf2_parser *parser, const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);
	g_autoptr(JsonParser) json = json_parser_new();
	g_autoptr(GError) error = NULL;
	JsonNode *root;

	if (strlen(copy) != length || fdar_json_too_deep(copy, JSON_DEPTH_MAX))
		return fdar_ctf2_fail(parser, "a text of JSON that is not as deep");
	if (!json_parser_load_from_data(json, copy, (gssize)length, &error)) {
		g_strdelimit(error->message, "\n", ' ');
		return fdar_ctf2_fail(parser, error->message);
	}
	root = json_parser_get_root(json);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return fdar_ctf2_fail(parser, "an object as the fragment");
	return read_fragment(parser, json_node_get_object(root));
}

/* Where the fragment that begins at "at" ends: where the next one begins. */
static gsize end_of(const char *text, gsize length, gsize at)
{
	const char *next = memchr(text + at + 1, FDAR_CTF2_SEPARATOR, length - at - 1);

	return next ? (gsize)(next - text) : length;
}

static gboolean is_blank(const char *text, gsize length)
{
	while (length && g_ascii_isspace(text[length - 1]))
		length--;
	return !length;
}

static gboolean parse_all(struct fdar_ctf2_parser *parser, const char *text, gsize length)
{
	for (gsize at = 0, end; at < length; at = end) {
		end = end_of(text, length, at);
		parser->at = at;
		if (!is_blank(text + at + 1, end - at - 1) &&
		    !parse_fragment(parser, text + at + 1, end - at - 1))
			return FALSE;
	}
	if (!parser->has_preamble)
		return fdar_ctf2_fail(parser, "a preamble");
	for (guint i = 0; i < parser->trace->streams->len; i++) {
		if (!fdar_ctf_stream_class_sort(g_ptr_array_index(parser->trace->streams, i)))
			return fdar_ctf2_fail(parser, "event classes with ids of their own");
	}
	return TRUE;
}

struct fdar_ctf_trace *fdar_ctf2_parse(const char *text, gsize length, GError **error)
{
	struct fdar_ctf2_parser parser = { .trace = fdar_ctf_trace_new() };
	gboolean ok;

	parser.trace->major = 2;
	parser.aliases = g_hash_table_new(g_str_hash, g_str_equal);
	parser.streams = g_hash_table_new(g_int64_hash, g_int64_equal);
	ok = parse_all(&parser, text, length);
	g_hash_table_unref(parser.aliases);
	g_hash_table_unref(parser.streams);
	if (ok)
		return parser.trace;
	fdar_ctf_trace_free(parser.trace);
	g_propagate_error(error, parser.error);
	return NULL;
}

static gboolean is_json(const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);
	g_autoptr(JsonParser) json = json_parser_new();

	return strlen(copy) == length && !fdar_json_too_deep(copy, JSON_DEPTH_MAX) &&
	       json_parser_load_from_data(json, copy, (gssize)length, NULL);
}

gsize fdar_ctf2_whole(const char *text, gsize length)
{
	gsize last = 0;

	for (gsize at = 0; at < length; at = end_of(text, length, at))
		last = at;
	return length && is_json(text + last + 1, length - last - 1) ? length : last;
}
