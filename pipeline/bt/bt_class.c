#include "pipeline/bt/bt_class.h"

#include <string.h>

static uint8_t integer_type(bt_field_class_type type)
{
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		return FDAR_TYPE_UNSIGNED;
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		return FDAR_TYPE_SIGNED;
	return FDAR_TYPE_NONE;
}

static uint8_t type_of(const bt_field_class *class)
{
	bt_field_class_type type = bt_field_class_get_type(class);

	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_STRING))
		return FDAR_TYPE_STRING;
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY)) {
		type = bt_field_class_get_type(
			bt_field_class_array_borrow_element_field_class_const(class));
		return integer_type(type) == FDAR_TYPE_UNSIGNED ? FDAR_TYPE_BYTES : FDAR_TYPE_NONE;
	}
	return integer_type(type);
}

static void find_slot(struct fdar_bt_class *record, enum fdar_bt_scope scope,
		      const bt_field_class *structure, const struct fdar_event_field *row)
{
	struct fdar_bt_slot *slot = &record->slots[row->role];
	uint64_t count = structure ? bt_field_class_structure_get_member_count(structure) : 0;

	for (uint64_t i = 0; i < count && i <= UINT16_MAX; i++) {
		const bt_field_class_structure_member *member =
			bt_field_class_structure_borrow_member_by_index_const(structure, i);
		uint8_t type;

		if (strcmp(bt_field_class_structure_member_get_name(member), row->name) != 0)
			continue;
		type = type_of(bt_field_class_structure_member_borrow_field_class_const(member));
		if (fdar_event_role_takes(row->role, type)) {
			slot->type = type;
			slot->scope = (uint8_t)scope;
			slot->index = (uint16_t)i;
		}
		return;
	}
}

static void find_contexts(struct fdar_bt_class *record)
{
	const bt_stream_class *stream_class =
		bt_event_class_borrow_stream_class_const(record->event_class);
	const bt_field_class *common =
		bt_stream_class_borrow_event_common_context_field_class_const(stream_class);
	const bt_field_class *specific =
		bt_event_class_borrow_specific_context_field_class_const(record->event_class);

	for (const struct fdar_event_field *row = fdar_event_map_contexts; row->name; row++) {
		if (record->slots[row->role].type != FDAR_TYPE_NONE)
			continue;
		find_slot(record, FDAR_BT_COMMON_CONTEXT, common, row);
		if (record->slots[row->role].type == FDAR_TYPE_NONE)
			find_slot(record, FDAR_BT_SPECIFIC_CONTEXT, specific, row);
	}
}

static void find_event(struct fdar_bt_class *record, const char *name,
		       const struct fdar_event_maps *maps)
{
	const bt_field_class *payload =
		bt_event_class_borrow_payload_field_class_const(record->event_class);

	const struct fdar_event_map *row = fdar_event_map_find_in(maps, name);

	if (!row)
		return;
	record->kind = row->kind;
	record->module = row->module;
	for (int i = 0; i < FDAR_EVENT_MAP_FIELDS && row->fields[i].name; i++)
		find_slot(record, FDAR_BT_PAYLOAD, payload, &row->fields[i]);
	if (fdar_event_map_tells_thread(row))
		record->slots[FDAR_ROLE_THREAD_NAME].type = FDAR_TYPE_NONE;
}

/* LTTng's per-process traces say the process once, for the whole trace. */
static uint32_t environment_pid(const bt_trace *trace)
{
	const bt_value *value =
		bt_trace_borrow_environment_entry_value_by_name_const(trace, "vpid");

	if (!value || !bt_value_is_signed_integer(value))
		return 0;
	return (uint32_t)bt_value_integer_signed_get(value);
}

static uint32_t environment_host(const bt_trace *trace, const bt_clock_class *clock,
				 struct fdar_texts *texts)
{
	const bt_value *value =
		bt_trace_borrow_environment_entry_value_by_name_const(trace, "hostname");
	const char *name = value && bt_value_is_string(value) ? bt_value_string_get(value) : NULL;
	const struct fdar_home_told told = { .hostname = name,
					     .clock = clock ? bt_clock_class_get_uuid(clock) : NULL,
					     .uuid = bt_trace_get_uuid(trace),
					     .alone = environment_pid(trace) != 0 };
	g_autofree char *host = fdar_home_host(&told);

	return fdar_texts_id(texts, host);
}

struct fdar_bt_class *fdar_bt_class_new(const bt_event *event, struct fdar_texts *texts,
					const struct fdar_event_maps *maps)
{
	struct fdar_bt_class *record = g_new0(struct fdar_bt_class, 1);
	const bt_trace *trace = bt_stream_borrow_trace_const(bt_event_borrow_stream_const(event));
	const bt_clock_class *clock;
	const char *name;

	record->event_class = bt_event_borrow_class_const(event);
	bt_event_class_get_ref(record->event_class);
	clock = bt_stream_class_borrow_default_clock_class_const(
		bt_event_class_borrow_stream_class_const(record->event_class));
	record->has_clock = clock != NULL;
	record->default_pid = environment_pid(trace);
	record->host = environment_host(trace, clock, texts);
	name = bt_event_class_get_name(record->event_class);
	record->event_name = fdar_texts_id(texts, name);
	find_contexts(record);
	if (name)
		find_event(record, name, maps);
	return record;
}

void fdar_bt_class_free(struct fdar_bt_class *record)
{
	if (!record)
		return;
	bt_event_class_put_ref(record->event_class);
	g_free(record);
}

const bt_field *fdar_bt_slot_field(const struct fdar_bt_slot *slot, const bt_event *event)
{
	const bt_field *structure = NULL;

	if (slot->type == FDAR_TYPE_NONE)
		return NULL;
	switch (slot->scope) {
	case FDAR_BT_PAYLOAD:
		structure = bt_event_borrow_payload_field_const(event);
		break;
	case FDAR_BT_COMMON_CONTEXT:
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
