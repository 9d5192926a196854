#include "viz/babeltrace/source.h"

#include <string.h>

#include "analyze/profile/profile.h"
#include "pipeline/packed/packed.h"
#include "pipeline/recording/recording.h"

#define DEPTH_MAX 8u /* of folders in a trace: trace/ust/uid/1000/64-bit */

/* ---- what is ours ---- */

/* Whether a stream below the folder is packed. */
static gboolean has_packed(const char *folder, unsigned depth)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	gboolean found = FALSE;
	const char *name;

	while (dir && !found && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		found = g_str_has_suffix(name, FDAR_PACKED_SUFFIX) ||
			(depth < DEPTH_MAX && g_file_test(path, G_FILE_TEST_IS_DIR) &&
			 !g_file_test(path, G_FILE_TEST_IS_SYMLINK) && has_packed(path, depth + 1));
	}
	return found;
}

/* The recording that a folder is; or whose packed trace it is, or is in, which no other source reads. The
 * caller frees it; NULL: none. */
static char *recording_of(const char *folder)
{
	g_autofree char *info = g_build_filename(folder, FDAR_RECORDING_FILE, NULL);
	g_autofree char *whole = g_canonicalize_filename(folder, NULL);
	g_autofree char *around = NULL;

	if (g_file_test(info, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&whole);
	around = fdar_recording_around(whole);
	return around && has_packed(folder, 0) ? g_steal_pointer(&around) : NULL;
}

/* The one that all inputs are of, or their path where they are of none; NULL: they are of several, or no paths. The
 * caller frees it. */
static char *recording_of_all(const bt_value *inputs)
{
	uint64_t count =
		inputs && bt_value_is_array(inputs) ? bt_value_array_get_length(inputs) : 0;
	g_autofree char *all = NULL;

	for (uint64_t i = 0; i < count; i++) {
		const bt_value *input = bt_value_array_borrow_element_by_index_const(inputs, i);
		g_autofree char *one = NULL;

		if (!bt_value_is_string(input))
			return NULL;
		one = recording_of(bt_value_string_get(input));
		if (!one)
			one = g_strdup(bt_value_string_get(input));
		if (all && strcmp(all, one) != 0)
			return NULL;
		if (!all)
			all = g_steal_pointer(&one);
	}
	return g_steal_pointer(&all);
}

/* ---- parameters ---- */

struct wishes {
	char *recording; /* whose path or that of its trace, or of folders in there, the inputs are */
	struct fdar_spans_options options;
};

/* What babeltrace2 shows as the cause when it stops. */
static void say(bt_self_component *self, const char *format, const char *what)
{
	g_autofree char *text = g_strdup_printf("flowdar: %s", format);

	BT_CURRENT_THREAD_ERROR_APPEND_CAUSE_FROM_COMPONENT(self, text, what);
}

static const char *text_of(const bt_value *params, const char *key)
{
	const bt_value *value = bt_value_map_borrow_entry_value_const(params, key);

	return value && bt_value_is_string(value) ? bt_value_string_get(value) : NULL;
}

static gboolean read_wishes(const bt_value *params, bt_self_component *self, struct wishes *wishes)
{
	const bt_value *most = bt_value_map_borrow_entry_value_const(params, "calls");
	const char *unit = text_of(params, "unit");

	wishes->recording =
		recording_of_all(bt_value_map_borrow_entry_value_const(params, "inputs"));
	if (!wishes->recording) {
		say(self, "%s: an array with the path of one recording", "inputs");
		return FALSE;
	}
	if (unit && strcmp(unit, "session") != 0 && strcmp(unit, "request") != 0) {
		say(self, "unit is session or request, not %s", unit);
		return FALSE;
	}
	wishes->options.unit =
		g_strcmp0(unit, "request") == 0 ? FDAR_UNIT_REQUEST : FDAR_UNIT_SESSION;
	if (!most)
		return TRUE;
	if (!bt_value_is_signed_integer(most) || bt_value_integer_signed_get(most) < 1 ||
	    bt_value_integer_signed_get(most) > G_MAXINT32) {
		say(self, "%s: how many calls to keep, a number from 1", "calls");
		return FALSE;
	}
	wishes->options.most = (uint32_t)bt_value_integer_signed_get(most);
	return TRUE;
}

/* ---- the component ---- */

static void source_free(struct fdar_bt_source *source)
{
	for (uint32_t i = 0; source->streams && i < source->spans->thread_count; i++) {
		if (source->streams[i])
			bt_stream_put_ref(source->streams[i]);
	}
	if (source->trace)
		bt_trace_put_ref(source->trace);
	if (source->stream_class)
		bt_stream_class_put_ref(source->stream_class);
	if (source->moments)
		g_array_unref(source->moments);
	g_free(source->streams);
	fdar_spans_free(source->spans);
	g_free(source);
}

bt_component_class_initialize_method_status fdar_bt_source_initialize(
	bt_self_component_source *self, bt_self_component_source_configuration *configuration,
	const bt_value *params, void *data)
{
	bt_self_component *component = bt_self_component_source_as_self_component(self);
	struct fdar_bt_source *source = g_new0(struct fdar_bt_source, 1);
	struct wishes wishes = { 0 };
	g_autoptr(GError) error = NULL;

	(void)configuration;
	(void)data;
	if (read_wishes(params, component, &wishes)) {
		source->spans = fdar_spans_read(wishes.recording, &wishes.options, NULL, &error);
		if (!source->spans)
			say(component, "%s", error->message);
	}
	if (source->spans && fdar_bt_source_classes(source, component) &&
	    bt_self_component_source_add_output_port(self, "out", NULL, NULL) ==
		    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK) {
		source->moments = fdar_moments_new(source->spans);
		bt_self_component_set_data(component, source);
		g_free(wishes.recording);
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
	}
	source_free(source);
	g_free(wishes.recording);
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
}

void fdar_bt_source_finalize(bt_self_component_source *self)
{
	source_free(bt_self_component_get_data(bt_self_component_source_as_self_component(self)));
}

/* More than any that would take its trace, whose packets it cannot read; and inputs of one recording are one source's,
 * or its events would be there several times. */
static bt_value *support_of(const char *recording)
{
	bt_value *support = bt_value_map_create();

	if (support &&
	    bt_value_map_insert_real_entry(support, "weight", 0.95) ==
		    BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK &&
	    bt_value_map_insert_string_entry(support, "group", recording) ==
		    BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK)
		return support;
	if (support)
		bt_value_put_ref(support);
	return NULL;
}

/* "babeltrace2 RECORDING" asks every source whether the folder is its, and then those below it. */
bt_component_class_query_method_status fdar_bt_source_query(bt_self_component_class_source *self,
							    bt_private_query_executor *executor,
							    const char *object,
							    const bt_value *params, void *data,
							    const bt_value **result)
{
	const char *type = text_of(params, "type"), *input = text_of(params, "input");
	g_autofree char *recording = NULL;

	(void)self;
	(void)executor;
	(void)data;
	if (strcmp(object, "babeltrace.support-info") != 0)
		return BT_COMPONENT_CLASS_QUERY_METHOD_STATUS_UNKNOWN_OBJECT;
	if (g_strcmp0(type, "directory") == 0 && input)
		recording = recording_of(input);
	*result = recording ? support_of(recording) : bt_value_real_create_init(0);
	return *result ? BT_COMPONENT_CLASS_QUERY_METHOD_STATUS_OK
		       : BT_COMPONENT_CLASS_QUERY_METHOD_STATUS_MEMORY_ERROR;
}

/* ---- the iterator ---- */

/* Where it is: all streams begin, then the moments in their order, then all streams end. */
struct iterator {
	const struct fdar_bt_source *source;
	guint64 next;
};

bt_message_iterator_class_initialize_method_status fdar_bt_iterator_initialize(
	bt_self_message_iterator *self, bt_self_message_iterator_configuration *configuration,
	bt_self_component_port_output *port)
{
	struct iterator *iterator = g_new0(struct iterator, 1);

	(void)port;
	iterator->source =
		bt_self_component_get_data(bt_self_message_iterator_borrow_component(self));
	bt_self_message_iterator_configuration_set_can_seek_forward(configuration, BT_TRUE);
	bt_self_message_iterator_set_data(self, iterator);
	return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

void fdar_bt_iterator_finalize(bt_self_message_iterator *self)
{
	g_free(bt_self_message_iterator_get_data(self));
}

bt_message_iterator_class_seek_beginning_method_status fdar_bt_iterator_seek_beginning(
	bt_self_message_iterator *self)
{
	struct iterator *iterator = bt_self_message_iterator_get_data(self);

	iterator->next = 0;
	return BT_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHOD_STATUS_OK;
}

static bt_message *make_event(bt_self_message_iterator *self, const struct fdar_bt_source *source,
			      const struct fdar_moment *moment)
{
	bt_message *message =
		bt_message_event_create_with_default_clock_snapshot(self,
								    source->events[moment->kind],
								    source->streams[moment->thread],
								    moment->time_ns);

	if (message)
		fdar_bt_source_fill(source, moment, bt_message_event_borrow_event(message));
	return message;
}

static bt_message *make_message(bt_self_message_iterator *self, struct iterator *iterator)
{
	const struct fdar_bt_source *source = iterator->source;
	guint64 streams = source->spans->thread_count, events = source->moments->len;
	guint64 at = iterator->next;

	if (at < streams)
		return bt_message_stream_beginning_create(self, source->streams[at]);
	if (at < streams + events)
		return make_event(self, source,
				  &g_array_index(source->moments, struct fdar_moment,
						 at - streams));
	return bt_message_stream_end_create(self, source->streams[at - streams - events]);
}

bt_message_iterator_class_next_method_status fdar_bt_iterator_next(bt_self_message_iterator *self,
								   bt_message_array_const messages,
								   uint64_t capacity,
								   uint64_t *count)
{
	struct iterator *iterator = bt_self_message_iterator_get_data(self);
	const struct fdar_bt_source *source = iterator->source;
	guint64 all = 2 * (guint64)source->spans->thread_count + source->moments->len;

	for (*count = 0; *count < capacity && iterator->next < all; (*count)++) {
		messages[*count] = make_message(self, iterator);
		if (!messages[*count]) {
			while (*count > 0)
				bt_message_put_ref(messages[--*count]);
			return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_MEMORY_ERROR;
		}
		iterator->next++;
	}
	return *count ? BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK
		      : BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END;
}
