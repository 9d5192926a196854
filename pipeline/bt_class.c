#include "pipeline/bt_class.h"

#include <string.h>

#include "instrument/events.h"

#define FIELDS_MAX 5

struct field_row {
	const char *field;
	enum fd_bt_role role;
};

struct event_row {
	const char *event;
	uint8_t kind;
	uint8_t module;
	struct field_row fields[FIELDS_MAX];
};

#define OURS(name) FD_PROVIDER ":" name
#define FUNC_FIELDS                              \
	{                                        \
		{ "addr", FD_BT_ADDR },          \
		{                                \
			"call_site", FD_BT_ADDR2 \
		}                                \
	}
#define KEY_FIELD                         \
	{                                 \
		{                         \
			"key", FD_BT_ADDR \
		}                         \
	}
#define HANDOFF_FIELDS                      \
	{                                   \
		{ "object", FD_BT_ADDR },   \
		{                           \
			"queue", FD_BT_NAME \
		}                           \
	}
#define BASE_FIELD                          \
	{                                   \
		{                           \
			"baddr", FD_BT_ADDR \
		}                           \
	}
/* The path was called sopath before LTTng-UST 2.8. */
#define MODULE_FIELDS                                                                      \
	{                                                                                  \
		{ "baddr", FD_BT_ADDR }, { "memsz", FD_BT_ADDR2 }, { "path", FD_BT_NAME }, \
		{                                                                          \
			"sopath", FD_BT_NAME                                               \
		}                                                                          \
	}
#define BUILD_ID_FIELDS                        \
	{                                      \
		{ "baddr", FD_BT_ADDR },       \
		{                              \
			"build_id", FD_BT_DATA \
		}                              \
	}

/* The fields of provider flowdar are instrument/events.h's; those of the lttng_ust
 * providers are in lttng-ust-cyg-profile(3), lttng-ust-dl(3) and lttng-ust(3). */
static const struct event_row known_events[] = {
	{ OURS("func_entry"), FD_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ OURS("func_exit"), FD_EVENT_FUNC_EXIT, 0, FUNC_FIELDS },
	{ OURS("scope_enter"), FD_EVENT_SCOPE_ENTER, 0, { { "name", FD_BT_NAME } } },
	{ OURS("scope_exit"), FD_EVENT_SCOPE_EXIT, 0, { { "name", FD_BT_NAME } } },
	{ OURS("session_begin"),
	  FD_EVENT_SESSION_BEGIN,
	  0,
	  { { "key", FD_BT_ADDR }, { "peer", FD_BT_DATA }, { "fd", FD_BT_FD } } },
	{ OURS("session_resume"), FD_EVENT_SESSION_RESUME, 0, KEY_FIELD },
	{ OURS("session_suspend"), FD_EVENT_SESSION_SUSPEND, 0, KEY_FIELD },
	{ OURS("session_end"), FD_EVENT_SESSION_END, 0, KEY_FIELD },
	{ OURS("handoff_put"), FD_EVENT_HANDOFF_PUT, 0, HANDOFF_FIELDS },
	{ OURS("handoff_take"), FD_EVENT_HANDOFF_TAKE, 0, HANDOFF_FIELDS },
	{ OURS("wait_begin"),
	  FD_EVENT_WAIT_BEGIN,
	  0,
	  { { "what", FD_BT_NAME }, { "kind", FD_BT_WAIT }, { "fd", FD_BT_FD } } },
	{ OURS("wait_end"), FD_EVENT_WAIT_END, 0, { { "result", FD_BT_ADDR } } },
	{ OURS("bytes"),
	  FD_EVENT_BYTES,
	  0,
	  { { "label", FD_BT_NAME }, { "total", FD_BT_ADDR }, { "data", FD_BT_DATA } } },
	{ OURS("note"), FD_EVENT_NOTE, 0, { { "key", FD_BT_NAME }, { "value", FD_BT_DATA } } },
	{ "lttng_ust_cyg_profile:func_entry", FD_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile:func_exit", FD_EVENT_FUNC_EXIT, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_entry", FD_EVENT_FUNC_ENTRY, 0, FUNC_FIELDS },
	{ "lttng_ust_cyg_profile_fast:func_exit", FD_EVENT_FUNC_EXIT, 0, { { NULL, 0 } } },
	{ "lttng_ust_statedump:bin_info", FD_EVENT_MODULE, FD_BT_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_statedump:soinfo", FD_EVENT_MODULE, FD_BT_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_statedump:build_id", FD_EVENT_MODULE, FD_BT_MODULE_BUILD_ID, BUILD_ID_FIELDS },
	{ "lttng_ust_lib:load", FD_EVENT_MODULE, FD_BT_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_lib:unload", FD_EVENT_MODULE, FD_BT_MODULE_UNLOADED, BASE_FIELD },
	{ "lttng_ust_lib:build_id", FD_EVENT_MODULE, FD_BT_MODULE_BUILD_ID, BUILD_ID_FIELDS },
	{ "lttng_ust_dl:dlopen", FD_EVENT_MODULE, FD_BT_MODULE_LOADED, MODULE_FIELDS },
	{ "lttng_ust_dl:dlclose", FD_EVENT_MODULE, FD_BT_MODULE_UNLOADED, BASE_FIELD },
	{ "lttng_ust_dl:build_id", FD_EVENT_MODULE, FD_BT_MODULE_BUILD_ID, BUILD_ID_FIELDS },
};

static const struct field_row context_fields[] = {
	{ "vpid", FD_BT_PID },
	{ "vtid", FD_BT_TID },
	{ "procname", FD_BT_THREAD_NAME },
};

static uint8_t integer_type(bt_field_class_type type)
{
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		return FD_BT_UNSIGNED;
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		return FD_BT_SIGNED;
	return FD_BT_NONE;
}

static uint8_t type_of(const bt_field_class *class)
{
	bt_field_class_type type = bt_field_class_get_type(class);

	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_STRING))
		return FD_BT_STRING;
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY)) {
		type = bt_field_class_get_type(
			bt_field_class_array_borrow_element_field_class_const(class));
		return integer_type(type) == FD_BT_UNSIGNED ? FD_BT_BYTES : FD_BT_NONE;
	}
	return integer_type(type);
}

/* Whether a value of that type can be used for the role. */
static gboolean role_takes(enum fd_bt_role role, uint8_t type)
{
	switch (role) {
	case FD_BT_NAME:
	case FD_BT_THREAD_NAME:
		return type == FD_BT_STRING;
	case FD_BT_DATA:
		return type == FD_BT_STRING || type == FD_BT_BYTES;
	default:
		return type == FD_BT_UNSIGNED || type == FD_BT_SIGNED;
	}
}

static void find_slot(struct fd_bt_class *record, enum fd_bt_scope scope,
		      const bt_field_class *structure, const struct field_row *row)
{
	struct fd_bt_slot *slot = &record->slots[row->role];
	uint64_t count = structure ? bt_field_class_structure_get_member_count(structure) : 0;

	for (uint64_t i = 0; i < count && i <= UINT16_MAX; i++) {
		const bt_field_class_structure_member *member =
			bt_field_class_structure_borrow_member_by_index_const(structure, i);
		uint8_t type;

		if (strcmp(bt_field_class_structure_member_get_name(member), row->field) != 0)
			continue;
		type = type_of(bt_field_class_structure_member_borrow_field_class_const(member));
		if (role_takes(row->role, type)) {
			slot->type = type;
			slot->scope = (uint8_t)scope;
			slot->index = (uint16_t)i;
		}
		return;
	}
}

static void find_contexts(struct fd_bt_class *record)
{
	const bt_stream_class *stream_class =
		bt_event_class_borrow_stream_class_const(record->event_class);
	const bt_field_class *common =
		bt_stream_class_borrow_event_common_context_field_class_const(stream_class);
	const bt_field_class *specific =
		bt_event_class_borrow_specific_context_field_class_const(record->event_class);

	for (size_t i = 0; i < G_N_ELEMENTS(context_fields); i++) {
		const struct field_row *row = &context_fields[i];

		find_slot(record, FD_BT_COMMON_CONTEXT, common, row);
		if (record->slots[row->role].type == FD_BT_NONE)
			find_slot(record, FD_BT_SPECIFIC_CONTEXT, specific, row);
	}
}

static void find_event(struct fd_bt_class *record, const char *name)
{
	const bt_field_class *payload =
		bt_event_class_borrow_payload_field_class_const(record->event_class);

	for (size_t i = 0; i < G_N_ELEMENTS(known_events); i++) {
		const struct event_row *row = &known_events[i];

		if (strcmp(row->event, name) != 0)
			continue;
		record->kind = row->kind;
		record->module = row->module;
		for (int f = 0; f < FIELDS_MAX && row->fields[f].field; f++)
			find_slot(record, FD_BT_PAYLOAD, payload, &row->fields[f]);
		return;
	}
}

/* LTTng's per-process traces say the process once, for the whole trace. */
static uint32_t environment_pid(const bt_event *event)
{
	const bt_trace *trace = bt_stream_borrow_trace_const(bt_event_borrow_stream_const(event));
	const bt_value *value =
		bt_trace_borrow_environment_entry_value_by_name_const(trace, "vpid");

	if (!value || !bt_value_is_signed_integer(value))
		return 0;
	return (uint32_t)bt_value_integer_signed_get(value);
}

struct fd_bt_class *fd_bt_class_new(const bt_event *event, struct fd_texts *texts)
{
	struct fd_bt_class *record = g_new0(struct fd_bt_class, 1);
	const char *name;

	record->event_class = bt_event_borrow_class_const(event);
	bt_event_class_get_ref(record->event_class);
	record->has_clock =
		bt_stream_class_borrow_default_clock_class_const(
			bt_event_class_borrow_stream_class_const(record->event_class)) != NULL;
	record->default_pid = environment_pid(event);
	name = bt_event_class_get_name(record->event_class);
	record->event_name = fd_texts_id(texts, name);
	find_contexts(record);
	if (name)
		find_event(record, name);
	return record;
}

void fd_bt_class_free(struct fd_bt_class *record)
{
	if (!record)
		return;
	bt_event_class_put_ref(record->event_class);
	g_free(record);
}

const bt_field *fd_bt_slot_field(const struct fd_bt_slot *slot, const bt_event *event)
{
	const bt_field *structure = NULL;

	if (slot->type == FD_BT_NONE)
		return NULL;
	switch (slot->scope) {
	case FD_BT_PAYLOAD:
		structure = bt_event_borrow_payload_field_const(event);
		break;
	case FD_BT_COMMON_CONTEXT:
		structure = bt_event_borrow_common_context_field_const(event);
		break;
	default:
		structure = bt_event_borrow_specific_context_field_const(event);
		break;
	}
	if (!structure)
		return NULL;
	return bt_field_structure_borrow_member_field_by_index_const(structure, slot->index);
}
