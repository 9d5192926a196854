#include "pipeline/recording/stacks.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_read.h"
#include "base/json_depth.h"
#include "pipeline/recording/recording.h"

#define DEPTH_MAX    8   /* nested brackets; ours has five */
#define FRAME_BYTES  128 /* of JSON, without its names: an upper bound */
#define THREAD_BYTES 256

/* ---- in memory ---- */

static void clear_frame(gpointer data)
{
	struct fdar_stack_frame *frame = data;

	g_free(frame->function);
	g_free(frame->binary);
}

static void free_stack(gpointer data)
{
	struct fdar_stack *stack = data;

	g_array_unref(stack->frames);
	g_free(stack->name);
	g_free(stack);
}

struct fdar_stacks *fdar_stacks_new(void)
{
	struct fdar_stacks *stacks = g_new0(struct fdar_stacks, 1);

	stacks->threads = g_ptr_array_new_with_free_func(free_stack);
	return stacks;
}

struct fdar_stack *fdar_stacks_add(struct fdar_stacks *stacks, guint32 pid, guint32 tid,
				   const char *name)
{
	struct fdar_stack *stack = g_new0(struct fdar_stack, 1);

	stack->pid = pid;
	stack->tid = tid;
	stack->name = g_strdup(name);
	stack->frames = g_array_new(FALSE, FALSE, sizeof(struct fdar_stack_frame));
	g_array_set_clear_func(stack->frames, clear_frame);
	g_ptr_array_add(stacks->threads, stack);
	return stack;
}

void fdar_stack_add(struct fdar_stack *stack, uint64_t address, uint64_t offset,
		    const char *function, const char *binary)
{
	struct fdar_stack_frame frame = { .address = address,
					  .offset = offset,
					  .function = g_strdup(function),
					  .binary = g_strdup(binary) };

	g_array_append_val(stack->frames, frame);
}

void fdar_stacks_free(struct fdar_stacks *stacks)
{
	if (!stacks)
		return;
	g_ptr_array_unref(stacks->threads);
	g_free(stacks);
}

/* ---- writing ---- */

static void put_text(JsonBuilder *builder, const char *name, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	json_builder_set_member_name(builder, name);
	json_builder_add_string_value(builder, valid);
}

/* JSON's integers are 64 bits with a sign here. */
static void put_number(JsonBuilder *builder, const char *name, uint64_t number)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, (gint64)MIN(number, (uint64_t)G_MAXINT64));
}

/* Each byte of a text may take six in JSON. */
static size_t stack_bytes(const struct fdar_stack *stack)
{
	size_t bytes = THREAD_BYTES + 6 * strlen(stack->name);

	for (guint i = 0; i < stack->frames->len; i++) {
		const struct fdar_stack_frame *frame =
			&g_array_index(stack->frames, struct fdar_stack_frame, i);

		bytes += FRAME_BYTES + 6 * (strlen(frame->function) + strlen(frame->binary));
	}
	return bytes;
}

static void put_stack(JsonBuilder *builder, const struct fdar_stack *stack)
{
	json_builder_begin_object(builder);
	put_number(builder, "pid", stack->pid);
	put_number(builder, "tid", stack->tid);
	put_text(builder, "name", stack->name);
	put_number(builder, "cut", stack->cut ? 1 : 0);
	json_builder_set_member_name(builder, "frames");
	json_builder_begin_array(builder);
	for (guint i = 0; i < stack->frames->len; i++) {
		const struct fdar_stack_frame *frame =
			&g_array_index(stack->frames, struct fdar_stack_frame, i);

		json_builder_begin_object(builder);
		put_number(builder, "address", frame->address);
		put_number(builder, "offset", frame->offset);
		put_text(builder, "function", frame->function);
		put_text(builder, "binary", frame->binary);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	json_builder_end_object(builder);
}

static JsonNode *to_json(const struct fdar_stacks *stacks)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	uint64_t left_out = stacks->left_out;
	size_t bytes = THREAD_BYTES;

	json_builder_begin_object(builder);
	put_number(builder, "format", FDAR_STACKS_FORMAT);
	put_number(builder, "taken_ns", stacks->taken_ns);
	json_builder_set_member_name(builder, "threads");
	json_builder_begin_array(builder);
	for (guint i = 0; i < stacks->threads->len; i++) {
		const struct fdar_stack *stack = g_ptr_array_index(stacks->threads, i);

		if (bytes + stack_bytes(stack) > FDAR_STACKS_MAX_SIZE) {
			left_out++;
			continue;
		}
		bytes += stack_bytes(stack);
		put_stack(builder, stack);
	}
	json_builder_end_array(builder);
	put_number(builder, "left_out", left_out);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

gboolean fdar_stacks_save(const struct fdar_stacks *stacks, const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_STACKS_FILE, NULL);
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = to_json(stacks);
	g_autofree char *text = NULL;

	json_generator_set_root(generator, root);
	text = json_generator_to_data(generator, NULL);
	return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
					error);
}

/* ---- reading ---- */

static gboolean get_number(JsonObject *object, const char *name, uint64_t most, uint64_t *number)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node || !JSON_NODE_HOLDS_VALUE(node) ||
	    json_node_get_value_type(node) != G_TYPE_INT64 || json_node_get_int(node) < 0)
		return FALSE;
	*number = (uint64_t)json_node_get_int(node);
	return *number <= most;
}

/* NULL when it is not a text, or longer than any. Owned by the object. */
static const char *get_text(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);
	const char *text;

	if (!node || !JSON_NODE_HOLDS_VALUE(node) ||
	    json_node_get_value_type(node) != G_TYPE_STRING)
		return NULL;
	text = json_node_get_string(node);
	/* Cut in the middle of a character, made valid: a byte becomes three. */
	return strlen(text) <= 3 * FDAR_STACKS_NAME_MAX ? text : NULL;
}

static JsonObject *get_object(JsonArray *array, guint index)
{
	JsonNode *node = json_array_get_element(array, index);

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonArray *get_array(JsonObject *object, const char *name, guint most)
{
	JsonNode *node = json_object_get_member(object, name);
	JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	return array && json_array_get_length(array) <= most ? array : NULL;
}

static gboolean read_frame(JsonObject *object, struct fdar_stack *stack)
{
	uint64_t address, offset;
	const char *function, *binary;

	if (!object || !get_number(object, "address", UINT64_MAX, &address) ||
	    !get_number(object, "offset", UINT64_MAX, &offset) ||
	    !(function = get_text(object, "function")) || !(binary = get_text(object, "binary")))
		return FALSE;
	fdar_stack_add(stack, address, offset, function, binary);
	return TRUE;
}

static gboolean read_stack(JsonObject *object, struct fdar_stacks *stacks)
{
	uint64_t pid, tid, cut;
	const char *name;
	JsonArray *frames;
	struct fdar_stack *stack;

	if (!object || !get_number(object, "pid", G_MAXUINT32, &pid) ||
	    !get_number(object, "tid", G_MAXUINT32, &tid) || !get_number(object, "cut", 1, &cut) ||
	    !(name = get_text(object, "name")) ||
	    !(frames = get_array(object, "frames", FDAR_STACKS_DEPTH_MAX)))
		return FALSE;
	stack = fdar_stacks_add(stacks, (guint32)pid, (guint32)tid, name);
	stack->cut = cut == 1;
	for (guint i = 0; i < json_array_get_length(frames); i++) {
		if (!read_frame(get_object(frames, i), stack))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_stacks(JsonNode *root, struct fdar_stacks *stacks)
{
	JsonObject *object =
		root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	JsonArray *threads;
	uint64_t format;

	if (!object || !get_number(object, "format", FDAR_STACKS_FORMAT, &format) || format < 1 ||
	    !get_number(object, "taken_ns", UINT64_MAX, &stacks->taken_ns) ||
	    !get_number(object, "left_out", UINT64_MAX, &stacks->left_out) ||
	    !(threads = get_array(object, "threads", FDAR_STACKS_THREADS_MAX)))
		return FALSE;
	for (guint i = 0; i < json_array_get_length(threads); i++) {
		if (!read_stack(get_object(threads, i), stacks))
			return FALSE;
	}
	return TRUE;
}

/* NULL: not there, or not a text that json-glib may be given. */
static char *read_text(const char *path, gboolean *missing)
{
	g_autoptr(GError) error = NULL;
	gsize length = 0;
	g_autofree char *text = fdar_file_read(path, FDAR_STACKS_MAX_SIZE, &length, &error);

	*missing = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	if (!text || strlen(text) != length || fdar_json_too_deep(text, DEPTH_MAX) ||
	    !g_utf8_validate(text, -1, NULL))
		return NULL;
	return g_steal_pointer(&text);
}

struct fdar_stacks *fdar_stacks_load(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_STACKS_FILE, NULL);
	gboolean missing = FALSE;
	g_autofree char *text = read_text(path, &missing);
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(fdar_stacks) stacks = fdar_stacks_new();

	if (text && json_parser_load_from_data(parser, text, -1, NULL) &&
	    read_stacks(json_parser_get_root(parser), stacks))
		return g_steal_pointer(&stacks);
	g_set_error(error, FDAR_RECORDING_ERROR,
		    missing ? FDAR_RECORDING_ERROR_MISSING : FDAR_RECORDING_ERROR_FORMAT, "%s: %s",
		    path,
		    missing ? "no such file"
			    : "not as flowdar writes it: expected a JSON object with the stacks of "
			      "threads");
	return NULL;
}
