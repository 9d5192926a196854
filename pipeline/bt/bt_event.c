#include "pipeline/bt/bt_event.h"

#include <string.h>

#include "base/sum.h"
#include "instrument/wire/events.h"
#include "pipeline/bt/bt_class.h"
#include "pipeline/events/event_state.h"

struct fdar_bt_events {
	struct fdar_decoder_env *env;
	GHashTable *classes;              /* bt_event_class * -> struct fdar_bt_class * */
	const struct fdar_bt_class *last; /* of classes: most events have that of the one before */
	struct fdar_event_state *state;
	gboolean timed; /* an event with a time was seen */
};

struct fdar_bt_events *fdar_bt_events_new(struct fdar_decoder_env *env)
{
	struct fdar_bt_events *events = g_new0(struct fdar_bt_events, 1);

	events->env = env;
	events->classes =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)fdar_bt_class_free);
	events->state = fdar_event_state_new(env->texts);
	return events;
}

void fdar_bt_events_free(struct fdar_bt_events *events)
{
	if (!events)
		return;
	g_hash_table_destroy(events->classes);
	fdar_event_state_free(events->state);
	g_free(events);
}

static const struct fdar_bt_class *class_of(struct fdar_bt_events *events, const bt_event *event)
{
	const bt_event_class *event_class = bt_event_borrow_class_const(event);
	struct fdar_bt_class *record;

	if (events->last && events->last->event_class == event_class)
		return events->last;
	record = g_hash_table_lookup(events->classes, event_class);
	if (!record) {
		record = fdar_bt_class_new(event, events->env->texts, events->env->maps);
		g_hash_table_insert(events->classes, (void *)event_class, record);
		fdar_decoder_met(events->env->names, record->kind, record->event_name);
	}
	events->last = record;
	return record;
}

/* ---- values ---- */

static uint64_t integer(const struct fdar_bt_class *record, enum fdar_event_role role,
			const bt_event *event, uint64_t missing)
{
	const struct fdar_bt_slot *slot = &record->slots[role];
	const bt_field *field = fdar_bt_slot_field(slot, event);

	if (!field)
		return missing;
	if (slot->type == FDAR_TYPE_UNSIGNED)
		return bt_field_integer_unsigned_get_value(field);
	return (uint64_t)bt_field_integer_signed_get_value(field);
}

/* libbabeltrace2 uses its fields again and again, and an empty text does not end what was there
 * before (seen with 2.0.4): only the length tells. */
static const char *string_value(const bt_field *field)
{
	return bt_field_string_get_length(field) ? bt_field_string_get_value(field) : "";
}

static const char *string(const struct fdar_bt_class *record, enum fdar_event_role role,
			  const bt_event *event)
{
	const bt_field *field = fdar_bt_slot_field(&record->slots[role], event);

	return field ? string_value(field) : NULL;
}

static char *copy_bytes(struct fdar_arena *arena, const bt_field *array, uint32_t *length)
{
	uint64_t count = MIN(bt_field_array_get_length(array), FDAR_EVENT_DATA_MAX);
	char *copy = fdar_arena_alloc(arena, count);

	for (uint64_t i = 0; i < count; i++) {
		const bt_field *element =
			bt_field_array_borrow_element_field_by_index_const(array, i);

		copy[i] = (char)bt_field_integer_unsigned_get_value(element);
	}
	*length = (uint32_t)count;
	return copy;
}

static void set_data(const struct fdar_bt_class *record, const bt_event *event,
		     struct fdar_arena *arena, struct fdar_event *out)
{
	const struct fdar_bt_slot *slot = &record->slots[FDAR_ROLE_DATA];
	const bt_field *field = fdar_bt_slot_field(slot, event);

	out->data = "";
	if (field && slot->type == FDAR_TYPE_STRING)
		out->data =
			fdar_event_copy_text(arena, string_value(field), SIZE_MAX, &out->data_len);
	else if (field)
		out->data = copy_bytes(arena, field, &out->data_len);
}

/* ---- messages ---- */

/* Times before 1970 are moved, all alike: events come in time order, so the first one says by how much;
 * in whole seconds, for who shows times of the day. */
static uint64_t move(struct fdar_bt_events *events, int64_t ns)
{
	const uint64_t second = UINT64_C(1000000000);
	uint64_t *shift_ns = &events->env->shift_ns;

	if (!events->timed && ns < 0 && !*shift_ns)
		*shift_ns = ((uint64_t)-ns + second - 1) / second * second;
	events->timed = TRUE;
	ns = ns < 0 && (uint64_t)-ns > *shift_ns ? 0 : (int64_t)((uint64_t)ns + *shift_ns);
	return (uint64_t)ns;
}

/* A time that does not fit is none. */
static uint64_t time_of(struct fdar_bt_events *events, const struct fdar_bt_class *record,
			const bt_message *message)
{
	int64_t ns;

	if (record->has_clock) {
		if (bt_clock_snapshot_get_ns_from_origin(
			    bt_message_event_borrow_default_clock_snapshot_const(message), &ns) ==
		    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK)
			return move(events, ns);
		bt_current_thread_clear_error();
	}
	events->env->untimed++;
	return 0;
}

/* Which of those that somebody wanted the event has. */
static uint8_t fields_of(const struct fdar_bt_class *record)
{
	uint32_t has = 0;

	for (uint32_t role = 0; role < FDAR_ROLES; role++)
		has |= record->slots[role].type == FDAR_TYPE_NONE ? 0 : 1u << role;
	return (uint8_t)(has & FDAR_ROLES_WANTED);
}

static void fill(const struct fdar_bt_class *record, struct fdar_bt_events *events,
		 const bt_event *event, struct fdar_arena *arena, struct fdar_event *out)
{
	out->kind = record->kind;
	out->addr = integer(record, FDAR_ROLE_ADDR, event, 0);
	out->addr2 = integer(record, FDAR_ROLE_ADDR2, event, 0);
	out->pid = (uint32_t)integer(record, FDAR_ROLE_PID, event, record->default_pid);
	out->tid = (uint32_t)integer(record, FDAR_ROLE_TID, event, 0);
	out->home = fdar_homes_add(events->env->homes, record->host,
				   (uint32_t)integer(record, FDAR_ROLE_PID_NS, event, 0));
	out->fd = fdar_event_fd(integer(record, FDAR_ROLE_FD, event, (uint64_t)-1));
	out->wait = fdar_event_wait(integer(record, FDAR_ROLE_WAIT, event, FDAR_WAIT_OTHER));
	out->name = fdar_texts_id(events->env->texts, string(record, FDAR_ROLE_NAME, event));
	set_data(record, event, arena, out);
	if (record->kind == FDAR_EVENT_OTHER) {
		out->name = record->event_name;
		out->named.has = fields_of(record);
	} else if (record->kind == FDAR_EVENT_MODULE)
		out->module.event_name = (int32_t)record->event_name;
}

static void translate_event(struct fdar_bt_events *events, const bt_message *message,
			    struct fdar_arena *arena, GArray *out)
{
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const struct fdar_bt_class *record = class_of(events, event);
	const char *thread = string(record, FDAR_ROLE_THREAD_NAME, event);
	struct fdar_event made = { .time_ns = time_of(events, record, message) }, told;

	fill(record, events, event, arena, &made);
	if (fdar_event_state_name_thread(events->state, &made, thread, &told))
		g_array_append_val(out, told);
	if (record->module != FDAR_MODULE_NONE &&
	    !fdar_event_state_finish_module(events->state, record->module, arena, &made)) {
		made.kind = FDAR_EVENT_OTHER;
		made.name = record->event_name;
		made.fd = -1;
	}
	g_array_append_val(out, made);
}

void fdar_bt_events_translate(struct fdar_bt_events *events, const bt_message *message,
			      struct fdar_arena *arena, GArray *out)
{
	uint64_t count;

	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		translate_event(events, message, arena, out);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		if (bt_message_discarded_events_get_count(message, &count) ==
		    BT_PROPERTY_AVAILABILITY_AVAILABLE)
			events->env->discarded = fdar_sum(events->env->discarded, count);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		if (bt_message_discarded_packets_get_count(message, &count) ==
		    BT_PROPERTY_AVAILABILITY_AVAILABLE)
			events->env->packets_lost = fdar_sum(events->env->packets_lost, count);
		break;
	default:
		break;
	}
}
