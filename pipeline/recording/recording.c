#include "pipeline/recording/recording.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_read.h"
#include "base/json_depth.h"
#include "pipeline/recording/trace_find.h"

#define DEPTH_MAX 8 /* nested brackets; ours has two */

G_DEFINE_QUARK(fdar_recording_error, fdar_recording_error)

void fdar_recording_info_clear(struct fdar_recording_info *info)
{
	g_strfreev(info->command);
	g_strfreev(info->warnings);
	g_free(info->host);
	g_free(info->detail);
	g_free(info->started);
	g_free(info->ended);
	g_free(info->name);
	g_strfreev(info->functions);
	g_clear_pointer(&info->strangers, g_array_unref);
	g_clear_pointer(&info->attached, g_array_unref);
	g_clear_pointer(&info->losses, g_array_unref);
	g_clear_pointer(&info->ends, g_array_unref);
	g_clear_pointer(&info->streams, g_array_unref);
	memset(info, 0, sizeof(*info));
}

gboolean fdar_recording_info_whole(const struct fdar_recording_info *info)
{
	return !info->unfinished && !info->damaged && !info->discarded && !info->dropped &&
	       !info->packets_lost && !info->calls_lost && !info->calls_missing &&
	       !info->events_missing && !info->processes_silent && !info->processes_late &&
	       !info->processes_killed;
}

/* ---- the members: one table for both directions ---- */

enum member_type {
	MEMBER_TEXT,
	MEMBER_TEXTS,
	MEMBER_PIDS,
	MEMBER_COUNT,
	MEMBER_INT,
	MEMBER_LOSSES,
	MEMBER_ENDS,
};

struct member {
	const char *name;
	enum member_type type;
	gboolean optional;
	size_t offset;
};

#define MEMBER(name, type, optional)                                                     \
	{                                                                                \
#name, type, optional, G_STRUCT_OFFSET(struct fdar_recording_info, name) \
	}

/* clang-format off: a line a member */
static const struct member members[] = {
	MEMBER(name, MEMBER_TEXT, TRUE),
	MEMBER(command, MEMBER_TEXTS, FALSE),
	MEMBER(host, MEMBER_TEXT, FALSE),
	MEMBER(detail, MEMBER_TEXT, FALSE),
	MEMBER(started, MEMBER_TEXT, FALSE),
	MEMBER(unfinished, MEMBER_COUNT, TRUE),
	MEMBER(manifest, MEMBER_COUNT, TRUE),
	MEMBER(died, MEMBER_COUNT, TRUE),
	MEMBER(damaged, MEMBER_COUNT, TRUE),
	MEMBER(duration_ns, MEMBER_COUNT, FALSE),
	MEMBER(events, MEMBER_COUNT, FALSE),
	MEMBER(discarded, MEMBER_COUNT, FALSE),
	MEMBER(packets_lost, MEMBER_COUNT, FALSE),
	MEMBER(trace_bytes, MEMBER_COUNT, FALSE),
	MEMBER(exit_status, MEMBER_INT, FALSE),
	MEMBER(ended, MEMBER_TEXT, FALSE),
	MEMBER(warnings, MEMBER_TEXTS, TRUE),
	MEMBER(strangers, MEMBER_PIDS, TRUE),
	MEMBER(functions, MEMBER_TEXTS, TRUE),
	MEMBER(depth, MEMBER_COUNT, TRUE),
	MEMBER(min_duration_ns, MEMBER_COUNT, TRUE),
	MEMBER(budget_ppm, MEMBER_COUNT, TRUE),
	MEMBER(io_sessions, MEMBER_COUNT, TRUE),
	MEMBER(io_bytes, MEMBER_COUNT, TRUE),
	MEMBER(lossless, MEMBER_COUNT, TRUE),
	MEMBER(memory_bytes, MEMBER_COUNT, TRUE),
	MEMBER(max_bytes, MEMBER_COUNT, TRUE),
	MEMBER(snapshot, MEMBER_COUNT, TRUE),
	MEMBER(attached, MEMBER_PIDS, TRUE),
	MEMBER(dropped, MEMBER_COUNT, TRUE),
	MEMBER(calls, MEMBER_COUNT, TRUE),
	MEMBER(calls_skipped, MEMBER_COUNT, TRUE),
	MEMBER(calls_unwound, MEMBER_COUNT, TRUE),
	MEMBER(calls_lost, MEMBER_COUNT, TRUE),
	MEMBER(calls_found, MEMBER_COUNT, TRUE),
	MEMBER(calls_missing, MEMBER_COUNT, TRUE),
	MEMBER(events_missing, MEMBER_COUNT, TRUE),
	MEMBER(functions_seen, MEMBER_COUNT, TRUE),
	MEMBER(functions_live, MEMBER_COUNT, TRUE),
	MEMBER(budget_off, MEMBER_COUNT, TRUE),
	MEMBER(budget_spent_ppm, MEMBER_COUNT, TRUE),
	MEMBER(budget_others_ppm, MEMBER_COUNT, TRUE),
	MEMBER(waited_ns, MEMBER_COUNT, TRUE),
	MEMBER(cpu_pressure_ppm, MEMBER_COUNT, TRUE),
	MEMBER(price_inner_ps, MEMBER_COUNT, TRUE),
	MEMBER(price_outer_ps, MEMBER_COUNT, TRUE),
	MEMBER(price_spread_ps, MEMBER_COUNT, TRUE),
	MEMBER(price_measured, MEMBER_COUNT, TRUE),
	MEMBER(sample_hz, MEMBER_COUNT, TRUE),
	MEMBER(samples, MEMBER_COUNT, TRUE),
	MEMBER(samples_lost, MEMBER_COUNT, TRUE),
	MEMBER(processes_known, MEMBER_COUNT, TRUE),
	MEMBER(processes_silent, MEMBER_COUNT, TRUE),
	MEMBER(processes_late, MEMBER_COUNT, TRUE),
	MEMBER(processes_killed, MEMBER_COUNT, TRUE),
	MEMBER(ends, MEMBER_ENDS, TRUE),
	MEMBER(losses, MEMBER_LOSSES, TRUE),
};
/* clang-format on */

/* ---- writing ---- */

static void add_text(JsonBuilder *builder, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

	json_builder_add_string_value(builder, valid);
}

static void add_pids(JsonBuilder *builder, const GArray *pids)
{
	json_builder_begin_array(builder);
	for (guint i = 0; pids && i < pids->len; i++)
		json_builder_add_int_value(builder, g_array_index(pids, guint32, i));
	json_builder_end_array(builder);
}

/* JSON's integers are 64 bits with a sign here; no count comes near. */
static void add_count(JsonBuilder *builder, uint64_t count)
{
	json_builder_add_int_value(builder, (gint64)MIN(count, (uint64_t)G_MAXINT64));
}

/* Optional members that say nothing are left out. */
static gboolean is_absent(const struct member *member, const void *field)
{
	if (!member->optional)
		return FALSE;
	if (member->type == MEMBER_COUNT)
		return *(const uint64_t *)field == 0;
	return *(const void *const *)field == NULL;
}

static void add_member(JsonBuilder *builder, const struct fdar_recording_info *info,
		       const struct member *member)
{
	const void *field = (const char *)info + member->offset;
	char *const *texts = NULL;

	if (is_absent(member, field))
		return;
	json_builder_set_member_name(builder, member->name);
	switch (member->type) {
	case MEMBER_TEXT:
		add_text(builder, *(char *const *)field);
		break;
	case MEMBER_TEXTS:
		texts = *(char *const *const *)field;
		json_builder_begin_array(builder);
		for (; texts && *texts; texts++)
			add_text(builder, *texts);
		json_builder_end_array(builder);
		break;
	case MEMBER_PIDS:
		add_pids(builder, *(GArray *const *)field);
		break;
	case MEMBER_COUNT:
		add_count(builder, *(const uint64_t *)field);
		break;
	case MEMBER_INT:
		json_builder_add_int_value(builder, *(const int *)field);
		break;
	case MEMBER_LOSSES:
		fdar_recording_losses_put(builder, *(GArray *const *)field);
		break;
	case MEMBER_ENDS:
		fdar_recording_ends_put(builder, *(GArray *const *)field);
		break;
	}
}

gboolean fdar_recording_info_save(const struct fdar_recording_info *info, const char *dir,
				  GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_RECORDING_FILE, NULL);
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autofree char *text = NULL, *whole = NULL;
	JsonNode *root;

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "format");
	json_builder_add_int_value(builder, FDAR_RECORDING_FORMAT);
	json_builder_set_member_name(builder, "generator");
	json_builder_add_string_value(builder, "flowdar");
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		add_member(builder, info, &members[i]);
	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, TRUE);
	text = json_generator_to_data(generator, NULL);
	json_node_unref(root);
	whole = g_strconcat(text, "\n", NULL);
	if (strlen(whole) > FDAR_RECORDING_MAX_SIZE) {
		g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_LONG,
			    "%s: would have %" G_GSIZE_FORMAT
			    " bytes, and more than %u are not read (a command of very many "
			    "arguments, or processes of very many other recordings)",
			    path, strlen(whole), FDAR_RECORDING_MAX_SIZE);
		return FALSE;
	}
	return g_file_set_contents_full(path, whole, -1,
					G_FILE_SET_CONTENTS_CONSISTENT |
						G_FILE_SET_CONTENTS_DURABLE,
					0600, error);
}

/* ---- reading ---- */

static gboolean not_ours(GError **error, const char *path, const char *expected)
{
	g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_FORMAT,
		    "%s: damaged, or not what flowdar wrote: %s", path, expected);
	return FALSE;
}

static gboolean is_value(JsonNode *node, GType type)
{
	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

static char **get_texts(JsonNode *node)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	JsonArray *array;

	if (!node || !JSON_NODE_HOLDS_ARRAY(node))
		return NULL;
	array = json_node_get_array(node);
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonNode *element = json_array_get_element(array, i);

		if (!is_value(element, G_TYPE_STRING))
			return NULL;
		g_ptr_array_add(texts, g_strdup(json_node_get_string(element)));
	}
	g_ptr_array_add(texts, NULL);
	return (char **)g_ptr_array_steal(texts, NULL);
}

static GArray *get_pids(JsonNode *node)
{
	g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(guint32));
	JsonArray *array;

	if (!node || !JSON_NODE_HOLDS_ARRAY(node))
		return NULL;
	array = json_node_get_array(node);
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonNode *element = json_array_get_element(array, i);
		gint64 pid = is_value(element, G_TYPE_INT64) ? json_node_get_int(element) : -1;
		guint32 number = (guint32)pid;

		if (pid < 0 || pid > G_MAXUINT32)
			return NULL;
		g_array_append_val(pids, number);
	}
	return g_steal_pointer(&pids);
}

static void clear_stream(gpointer data)
{
	struct fdar_recording_stream *stream = data;

	g_free(stream->path);
}

GArray *fdar_recording_streams_new(void)
{
	GArray *streams = g_array_new(FALSE, TRUE, sizeof(struct fdar_recording_stream));

	g_array_set_clear_func(streams, clear_stream);
	return streams;
}

/* FALSE when the node is not of the member's type or out of its range. */
static gboolean get_member(JsonNode *node, const struct member *member,
			   struct fdar_recording_info *info)
{
	void *field = (char *)info + member->offset;
	gint64 number = is_value(node, G_TYPE_INT64) ? json_node_get_int(node) : -1;

	switch (member->type) {
	case MEMBER_TEXT:
		if (!is_value(node, G_TYPE_STRING))
			return FALSE;
		*(char **)field = g_strdup(json_node_get_string(node));
		return TRUE;
	case MEMBER_TEXTS:
		*(char ***)field = get_texts(node);
		return *(char ***)field != NULL;
	case MEMBER_PIDS:
		*(GArray **)field = get_pids(node);
		return *(GArray **)field != NULL;
	case MEMBER_LOSSES:
		*(GArray **)field = fdar_recording_losses_get(node);
		return *(GArray **)field != NULL;
	case MEMBER_ENDS:
		*(GArray **)field = fdar_recording_ends_get(node);
		return *(GArray **)field != NULL;
	case MEMBER_COUNT:
		*(uint64_t *)field = (uint64_t)number;
		return number >= 0;
	default:
		*(int *)field = (int)number;
		return number >= 0 && number <= 255;
	}
}

static gboolean read_members(JsonObject *object, const char *path, struct fdar_recording_info *info,
			     GError **error)
{
	JsonNode *format = json_object_get_member(object, "format");

	if (!is_value(format, G_TYPE_INT64) || json_node_get_int(format) < 1)
		return not_ours(error, path, "expected a member \"format\" with a version number");
	if (json_node_get_int(format) > FDAR_RECORDING_FORMAT) {
		g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_LATER,
			    "%s: made by a later flowdar (format %" G_GINT64_FORMAT
			    ", this one reads up to %d)",
			    path, json_node_get_int(format), FDAR_RECORDING_FORMAT);
		return FALSE;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		JsonNode *node = json_object_get_member(object, members[i].name);
		g_autofree char *expected = NULL;

		if ((!node && members[i].optional) || get_member(node, &members[i], info))
			continue;
		expected = g_strdup_printf("member \"%s\" is missing or not as expected",
					   members[i].name);
		return not_ours(error, path, expected);
	}
	return TRUE;
}

static char *read_text(const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	gsize length = 0;
	g_autofree char *text = fdar_file_read(path, FDAR_RECORDING_MAX_SIZE, &length, &cause);

	if (!text && g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
		g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_MISSING,
			    "%s: no such file; expected what `flowdar record` writes last", path);
		return NULL;
	}
	if (!text) {
		g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_FORMAT, "%s",
			    cause->message);
		return NULL;
	}
	if (strlen(text) != length || fdar_json_too_deep(text, DEPTH_MAX) ||
	    !g_utf8_validate(text, -1, NULL)) {
		not_ours(error, path, "expected a JSON object");
		return NULL;
	}
	return g_steal_pointer(&text);
}

gboolean fdar_recording_info_load(const char *dir, struct fdar_recording_info *info, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_RECORDING_FILE, NULL);
	g_autofree char *text = read_text(path, error);
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;

	if (!text)
		return FALSE;
	if (!json_parser_load_from_data(parser, text, -1, NULL))
		return not_ours(error, path, "expected a JSON object");
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return not_ours(error, path, "expected a JSON object");
	if (read_members(json_node_get_object(root), path, info, error))
		return TRUE;
	fdar_recording_info_clear(info);
	return FALSE;
}

char *fdar_recording_around(const char *path)
{
	g_autofree char *folder = g_strdup(path);

	while (strlen(folder) > 1) {
		g_autofree char *name = g_path_get_basename(folder);
		char *parent = g_path_get_dirname(folder);
		g_autofree char *info = g_build_filename(parent, FDAR_RECORDING_FILE, NULL);

		if (strcmp(name, FDAR_RECORDING_TRACE) == 0 &&
		    g_file_test(info, G_FILE_TEST_EXISTS))
			return parent;
		g_free(folder);
		folder = parent;
	}
	return NULL;
}

char *fdar_recording_trace_path(const char *dir, GError **error)
{
	g_autofree char *trace = g_build_filename(dir, FDAR_RECORDING_TRACE, NULL);
	g_autoptr(GPtrArray) found = NULL;

	if (g_file_test(trace, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&trace);
	found = fdar_trace_find(dir, error);
	return found ? g_strdup(dir) : NULL;
}
