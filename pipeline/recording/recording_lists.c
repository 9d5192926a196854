#include "pipeline/recording/recording_lists.h"

/* ---- numbers and objects ---- */

/* JSON's integers are 64 bits with a sign here; no count comes near. */
static void add_count(JsonBuilder *builder, const char *name, uint64_t count)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, (gint64)MIN(count, (uint64_t)G_MAXINT64));
}

static gboolean get_count(JsonObject *object, const char *name, uint64_t *count)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	if (!node || !JSON_NODE_HOLDS_VALUE(node) ||
	    json_node_get_value_type(node) != G_TYPE_INT64 || json_node_get_int(node) < 0)
		return FALSE;
	*count = (uint64_t)json_node_get_int(node);
	return TRUE;
}

static JsonObject *object_of(JsonNode *node)
{
	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* NULL: it is none, or has more than most. */
static JsonArray *array_of(JsonNode *node, guint most)
{
	JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	return array && json_array_get_length(array) <= most ? array : NULL;
}

/* ---- losses ---- */

static void clear_loss(gpointer data)
{
	struct fdar_recording_loss *loss = data;

	g_free(loss->stream);
}

GArray *fdar_recording_losses_new(void)
{
	GArray *losses = g_array_new(FALSE, TRUE, sizeof(struct fdar_recording_loss));

	g_array_set_clear_func(losses, clear_loss);
	return losses;
}

void fdar_recording_losses_put(JsonBuilder *builder, const GArray *losses)
{
	json_builder_begin_array(builder);
	for (guint i = 0; losses && i < MIN(losses->len, FDAR_RECORDING_LOSSES_MAX); i++) {
		const struct fdar_recording_loss *loss =
			&g_array_index(losses, struct fdar_recording_loss, i);
		g_autofree char *stream = g_utf8_make_valid(loss->stream ? loss->stream : "", -1);

		json_builder_begin_object(builder);
		json_builder_set_member_name(builder, "stream");
		json_builder_add_string_value(builder, stream);
		add_count(builder, "begin_ns", loss->begin_ns);
		add_count(builder, "end_ns", loss->end_ns);
		add_count(builder, "events", loss->events);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static gboolean get_loss(JsonNode *node, struct fdar_recording_loss *loss)
{
	JsonObject *object = object_of(node);
	JsonNode *stream = object ? json_object_get_member(object, "stream") : NULL;

	if (!stream || !JSON_NODE_HOLDS_VALUE(stream) ||
	    json_node_get_value_type(stream) != G_TYPE_STRING ||
	    !get_count(object, "begin_ns", &loss->begin_ns) ||
	    !get_count(object, "end_ns", &loss->end_ns) ||
	    !get_count(object, "events", &loss->events))
		return FALSE;
	loss->stream = g_strdup(json_node_get_string(stream));
	return TRUE;
}

GArray *fdar_recording_losses_get(JsonNode *node)
{
	g_autoptr(GArray) losses = fdar_recording_losses_new();
	JsonArray *array = array_of(node, FDAR_RECORDING_LOSSES_MAX);

	if (!array)
		return NULL;
	for (guint i = 0; i < json_array_get_length(array); i++) {
		struct fdar_recording_loss loss = { 0 };

		if (!get_loss(json_array_get_element(array, i), &loss))
			return NULL;
		g_array_append_val(losses, loss);
	}
	return g_steal_pointer(&losses);
}

/* ---- ends ---- */

void fdar_recording_ends_put(JsonBuilder *builder, const GArray *ends)
{
	json_builder_begin_array(builder);
	for (guint i = 0; ends && i < MIN(ends->len, FDAR_RECORDING_ENDS_MAX); i++) {
		const struct fdar_recording_end *end =
			&g_array_index(ends, struct fdar_recording_end, i);

		json_builder_begin_object(builder);
		add_count(builder, "pid", end->pid);
		add_count(builder, "ended_ns", end->ended_ns);
		add_count(builder, "within_ns", end->within_ns);
		if (end->signal)
			add_count(builder, "signal", end->signal);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static gboolean get_end(JsonNode *node, struct fdar_recording_end *end)
{
	JsonObject *object = object_of(node);

	if (object && json_object_has_member(object, "signal") &&
	    (!get_count(object, "signal", &end->signal) || end->signal > G_MAXUINT8))
		return FALSE;
	return get_count(object, "pid", &end->pid) && end->pid <= G_MAXUINT32 &&
	       get_count(object, "ended_ns", &end->ended_ns) &&
	       get_count(object, "within_ns", &end->within_ns);
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct fdar_recording_end *left = a, *right = b;

	return (left->ended_ns > right->ended_ns) - (left->ended_ns < right->ended_ns);
}

GArray *fdar_recording_ends_get(JsonNode *node)
{
	g_autoptr(GArray) ends = g_array_new(FALSE, TRUE, sizeof(struct fdar_recording_end));
	JsonArray *array = array_of(node, FDAR_RECORDING_ENDS_MAX);

	if (!array)
		return NULL;
	for (guint i = 0; i < json_array_get_length(array); i++) {
		struct fdar_recording_end end = { 0 };

		if (!get_end(json_array_get_element(array, i), &end))
			return NULL;
		g_array_append_val(ends, end);
	}
	g_array_sort(ends, by_time);
	return g_steal_pointer(&ends);
}
