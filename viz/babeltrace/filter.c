#include "viz/babeltrace/filter.h"

#include <glib.h>
#include <string.h>

/* Whose events pass: NULL is anybody's. */
struct filter {
	char *session; /* a client's address, with or without its port */
	char *request; /* what is asked for */
};

/* ---- the component ---- */

static char *text_of(const bt_value *params, const char *key)
{
	const bt_value *value = bt_value_map_borrow_entry_value_const(params, key);

	return value && bt_value_is_string(value) ? g_strdup(bt_value_string_get(value)) : NULL;
}

static void filter_free(struct filter *filter)
{
	g_free(filter->session);
	g_free(filter->request);
	g_free(filter);
}

bt_component_class_initialize_method_status fdar_bt_filter_initialize(
	bt_self_component_filter *self, bt_self_component_filter_configuration *configuration,
	const bt_value *params, void *data)
{
	bt_self_component *component = bt_self_component_filter_as_self_component(self);
	struct filter *filter = g_new0(struct filter, 1);

	(void)configuration;
	(void)data;
	filter->session = text_of(params, "session");
	filter->request = text_of(params, "request");
	if ((filter->session || filter->request) &&
	    bt_self_component_filter_add_input_port(self, "in", NULL, NULL) ==
		    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK &&
	    bt_self_component_filter_add_output_port(self, "out", NULL, NULL) ==
		    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK) {
		bt_self_component_set_data(component, filter);
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
	}
	if (!filter->session && !filter->request)
		BT_CURRENT_THREAD_ERROR_APPEND_CAUSE_FROM_COMPONENT(
			component, "flowdar: give session or request, a text: whose events?");
	filter_free(filter);
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
}

void fdar_bt_filter_finalize(bt_self_component_filter *self)
{
	filter_free(bt_self_component_get_data(bt_self_component_filter_as_self_component(self)));
}

/* ---- which events pass ---- */

static const char *member(const bt_field *context, const char *name)
{
	const bt_field *field = bt_field_structure_borrow_member_field_by_name_const(context, name);

	if (!field || bt_field_get_class_type(field) != BT_FIELD_CLASS_TYPE_STRING)
		return "";
	return bt_field_string_get_value(field);
}

/* "127.0.0.1" is every client there, "127.0.0.1:4242" one. */
static gboolean is_session(const char *session, const char *wanted)
{
	gsize length = strlen(wanted);

	return strncmp(session, wanted, length) == 0 &&
	       (!session[length] || (session[length] == ':' && !strchr(session + length + 1, ':')));
}

static gboolean passes(const struct filter *filter, const bt_message *message)
{
	const bt_field *context;

	if (bt_message_get_type(message) != BT_MESSAGE_TYPE_EVENT)
		return TRUE; /* streams begin and end whoever is in them */
	context = bt_event_borrow_common_context_field_const(
		bt_message_event_borrow_event_const(message));
	if (!context || bt_field_get_class_type(context) != BT_FIELD_CLASS_TYPE_STRUCTURE)
		return FALSE;
	if (filter->session && !is_session(member(context, "session"), filter->session))
		return FALSE;
	return !filter->request || strcmp(member(context, "request"), filter->request) == 0;
}

/* ---- the iterator ---- */

struct iterator {
	const struct filter *filter;
	bt_message_iterator *upstream;
};

bt_message_iterator_class_initialize_method_status fdar_bt_filter_iterator_initialize(
	bt_self_message_iterator *self, bt_self_message_iterator_configuration *configuration,
	bt_self_component_port_output *port)
{
	bt_self_component *component = bt_self_message_iterator_borrow_component(self);
	bt_self_component_filter *filter = (bt_self_component_filter *)component;
	struct iterator *iterator = g_new0(struct iterator, 1);
	bt_self_component_port_input *in =
		bt_self_component_filter_borrow_input_port_by_index(filter, 0);

	(void)port;
	if (bt_message_iterator_create_from_message_iterator(self, in, &iterator->upstream) !=
	    BT_MESSAGE_ITERATOR_CREATE_FROM_MESSAGE_ITERATOR_STATUS_OK) {
		g_free(iterator);
		return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	}
	iterator->filter = bt_self_component_get_data(component);
	bt_self_message_iterator_configuration_set_can_seek_forward(
		configuration, bt_message_iterator_can_seek_forward(iterator->upstream));
	bt_self_message_iterator_set_data(self, iterator);
	return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

void fdar_bt_filter_iterator_finalize(bt_self_message_iterator *self)
{
	struct iterator *iterator = bt_self_message_iterator_get_data(self);

	bt_message_iterator_put_ref(iterator->upstream);
	g_free(iterator);
}

/* Hands on what passes; upstream gives no more at a time than messages has room for. */
static void hand_on(const struct iterator *iterator, bt_message_array_const from, uint64_t all,
		    bt_message_array_const messages, uint64_t *count)
{
	for (uint64_t i = 0; i < all; i++) {
		if (passes(iterator->filter, from[i]))
			messages[(*count)++] = from[i];
		else
			bt_message_put_ref(from[i]);
	}
}

bt_message_iterator_class_next_method_status fdar_bt_filter_iterator_next(
	bt_self_message_iterator *self, bt_message_array_const messages, uint64_t capacity,
	uint64_t *count)
{
	struct iterator *iterator = bt_self_message_iterator_get_data(self);

	*count = 0;
	while (*count == 0) {
		bt_message_array_const from;
		uint64_t all = 0;
		bt_message_iterator_next_status status =
			bt_message_iterator_next(iterator->upstream, &from, &all);

		/* The values of both are the same, by babeltrace2's numbering. */
		if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
			return (bt_message_iterator_class_next_method_status)status;
		g_assert(all <= capacity);
		hand_on(iterator, from, all, messages, count);
	}
	return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK;
}

bt_message_iterator_class_seek_beginning_method_status fdar_bt_filter_iterator_seek_beginning(
	bt_self_message_iterator *self)
{
	struct iterator *iterator = bt_self_message_iterator_get_data(self);

	return (bt_message_iterator_class_seek_beginning_method_status)
		bt_message_iterator_seek_beginning(iterator->upstream);
}

bt_message_iterator_class_can_seek_beginning_method_status
fdar_bt_filter_iterator_can_seek_beginning(bt_self_message_iterator *self, bt_bool *can)
{
	struct iterator *iterator = bt_self_message_iterator_get_data(self);

	return (bt_message_iterator_class_can_seek_beginning_method_status)
		bt_message_iterator_can_seek_beginning(iterator->upstream, can);
}
