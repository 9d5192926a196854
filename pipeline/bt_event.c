#include "pipeline/bt_event.h"

#include <string.h>

#include "instrument/events.h"
#include "pipeline/bt_class.h"

#define THREADS_MAX (1u << 20) /* after that the names are forgotten, and said again */
#define MODULES_MAX (1u << 16) /* modules that wait for their build id */

/* A module that was announced: its build id comes in an event of its own, soon after. */
struct module {
	uint64_t pid;
	uint64_t base;
	uint64_t bytes;
	uint32_t path;
};

struct fd_bt_events {
	struct fd_decoder_env *env;
	GHashTable *classes; /* bt_event_class * -> struct fd_bt_class * */
	const struct fd_bt_class
		*last;       /* of classes: most events have the class of the one before */
	GHashTable *threads; /* pid << 32 | tid -> text id of its name */
	GHashTable *modules; /* struct module, by pid and base */
};

static guint module_hash(gconstpointer key)
{
	const struct module *module = key;
	uint64_t mixed = (module->base ^ (module->pid << 48)) * UINT64_C(0x9e3779b97f4a7c15);

	return (guint)(mixed >> 32);
}

static gboolean module_equal(gconstpointer a, gconstpointer b)
{
	const struct module *left = a, *right = b;

	return left->pid == right->pid && left->base == right->base;
}

struct fd_bt_events *fd_bt_events_new(struct fd_decoder_env *env)
{
	struct fd_bt_events *events = g_new0(struct fd_bt_events, 1);

	events->env = env;
	events->classes = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)fd_bt_class_free);
	events->threads = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	events->modules = g_hash_table_new_full(module_hash, module_equal, g_free, NULL);
	return events;
}

void fd_bt_events_free(struct fd_bt_events *events)
{
	if (!events)
		return;
	g_hash_table_destroy(events->classes);
	g_hash_table_destroy(events->threads);
	g_hash_table_destroy(events->modules);
	g_free(events);
}

static const struct fd_bt_class *class_of(struct fd_bt_events *events, const bt_event *event)
{
	const bt_event_class *event_class = bt_event_borrow_class_const(event);
	struct fd_bt_class *record;

	if (events->last && events->last->event_class == event_class)
		return events->last;
	record = g_hash_table_lookup(events->classes, event_class);
	if (!record) {
		record = fd_bt_class_new(event, events->env->texts);
		g_hash_table_insert(events->classes, (void *)event_class, record);
	}
	events->last = record;
	return record;
}

/* ---- values ---- */

static uint64_t integer(const struct fd_bt_class *record, enum fd_bt_role role,
			const bt_event *event, uint64_t missing)
{
	const struct fd_bt_slot *slot = &record->slots[role];
	const bt_field *field = fd_bt_slot_field(slot, event);

	if (!field)
		return missing;
	if (slot->type == FD_BT_UNSIGNED)
		return bt_field_integer_unsigned_get_value(field);
	return (uint64_t)bt_field_integer_signed_get_value(field);
}

static const char *string(const struct fd_bt_class *record, enum fd_bt_role role,
			  const bt_event *event)
{
	const bt_field *field = fd_bt_slot_field(&record->slots[role], event);

	return field ? bt_field_string_get_value(field) : NULL;
}

static char *copy_text(struct fd_arena *arena, const char *text, uint32_t *length)
{
	size_t used = strnlen(text, FD_BT_DATA_MAX);
	g_autofree char *clean = fd_text_clean(text, used);
	char *copy;

	used = strlen(clean);
	copy = fd_arena_alloc(arena, used);
	memcpy(copy, clean, used);
	*length = (uint32_t)used;
	return copy;
}

static char *copy_bytes(struct fd_arena *arena, const bt_field *array, uint32_t *length)
{
	uint64_t count = MIN(bt_field_array_get_length(array), FD_BT_DATA_MAX);
	char *copy = fd_arena_alloc(arena, count);

	for (uint64_t i = 0; i < count; i++) {
		const bt_field *element =
			bt_field_array_borrow_element_field_by_index_const(array, i);

		copy[i] = (char)bt_field_integer_unsigned_get_value(element);
	}
	*length = (uint32_t)count;
	return copy;
}

static char *copy_hex(struct fd_arena *arena, const char *bytes, uint32_t count, uint32_t *length)
{
	static const char digits[] = "0123456789abcdef";
	char *copy = fd_arena_alloc(arena, (size_t)count * 2);

	for (uint32_t i = 0; i < count; i++) {
		copy[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		copy[2 * i + 1] = digits[bytes[i] & 0xf];
	}
	*length = count * 2;
	return copy;
}

static void set_data(const struct fd_bt_class *record, const bt_event *event,
		     struct fd_arena *arena, struct fd_event *out)
{
	const struct fd_bt_slot *slot = &record->slots[FD_BT_DATA];
	const bt_field *field = fd_bt_slot_field(slot, event);

	out->data = "";
	if (field && slot->type == FD_BT_STRING)
		out->data = copy_text(arena, bt_field_string_get_value(field), &out->data_len);
	else if (field)
		out->data = copy_bytes(arena, field, &out->data_len);
}

/* ---- modules and threads ---- */

static void remember_module(struct fd_bt_events *events, const struct fd_event *out)
{
	struct module *module = g_new(struct module, 1);

	if (g_hash_table_size(events->modules) >= MODULES_MAX)
		g_hash_table_remove_all(events->modules);
	*module = (struct module){ out->pid, out->addr, out->addr2, out->name };
	g_hash_table_replace(events->modules, module, module);
}

/* Completes a module event; FALSE when there is nothing to tell. */
static gboolean finish_module(struct fd_bt_events *events, const struct fd_bt_class *record,
			      struct fd_arena *arena, struct fd_event *out)
{
	struct module key = { .pid = out->pid, .base = out->addr };
	const struct module *module;

	switch (record->module) {
	case FD_BT_MODULE_LOADED:
		remember_module(events, out);
		return TRUE;
	case FD_BT_MODULE_BUILD_ID:
		module = g_hash_table_lookup(events->modules, &key);
		if (!module)
			return FALSE;
		out->addr2 = module->bytes;
		out->name = module->path;
		/* A build id is 20 bytes as a rule; 64 is more than any linker makes. */
		out->data = copy_hex(arena, out->data, MIN(out->data_len, 64), &out->data_len);
		g_hash_table_remove(events->modules, &key);
		return TRUE;
	default:
		g_hash_table_remove(events->modules, &key);
		out->addr2 = 0;
		return TRUE;
	}
}

static void tell_thread_name(struct fd_bt_events *events, const struct fd_event *event,
			     const char *name, GArray *out)
{
	uint64_t key = (uint64_t)event->pid << 32 | event->tid;
	uint32_t known = GPOINTER_TO_UINT(g_hash_table_lookup(events->threads, &key));
	struct fd_event told;
	uint32_t id;

	if (known && strcmp(fd_texts_get(events->env->texts, known), name) == 0)
		return;
	id = fd_texts_id(events->env->texts, name);
	if (!id || id == known)
		return;
	if (g_hash_table_size(events->threads) >= THREADS_MAX)
		g_hash_table_remove_all(events->threads);
	g_hash_table_replace(events->threads, g_memdup2(&key, sizeof(key)), GUINT_TO_POINTER(id));
	told = (struct fd_event){ .time_ns = event->time_ns,
				  .data = "",
				  .name = id,
				  .pid = event->pid,
				  .tid = event->tid,
				  .fd = -1,
				  .kind = FD_EVENT_THREAD_NAME };
	g_array_append_val(out, told);
}

/* ---- messages ---- */

static uint64_t time_of(const struct fd_bt_class *record, const bt_message *message)
{
	int64_t ns;

	if (!record->has_clock)
		return 0;
	/* A time that does not fit, or before 1970, is nonsense that the trace says: 0 is no time.
	 */
	if (bt_clock_snapshot_get_ns_from_origin(
		    bt_message_event_borrow_default_clock_snapshot_const(message), &ns) !=
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK) {
		bt_current_thread_clear_error();
		return 0;
	}
	return ns > 0 ? (uint64_t)ns : 0;
}

static void fill(const struct fd_bt_class *record, struct fd_bt_events *events,
		 const bt_event *event, struct fd_arena *arena, struct fd_event *out)
{
	uint64_t fd = integer(record, FD_BT_FD, event, (uint64_t)-1);
	uint64_t wait = integer(record, FD_BT_WAIT, event, FD_WAIT_OTHER);

	out->kind = record->kind;
	out->addr = integer(record, FD_BT_ADDR, event, 0);
	out->addr2 = integer(record, FD_BT_ADDR2, event, 0);
	out->pid = (uint32_t)integer(record, FD_BT_PID, event, record->default_pid);
	out->tid = (uint32_t)integer(record, FD_BT_TID, event, 0);
	out->fd = fd <= INT32_MAX ? (int32_t)fd : -1;
	out->wait = (uint8_t)(wait < FD_WAIT_KINDS ? wait : FD_WAIT_OTHER);
	out->name = fd_texts_id(events->env->texts, string(record, FD_BT_NAME, event));
	set_data(record, event, arena, out);
	if (record->kind == FD_EVENT_OTHER)
		out->name = record->event_name;
}

static void translate_event(struct fd_bt_events *events, const bt_message *message,
			    struct fd_arena *arena, GArray *out)
{
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const struct fd_bt_class *record = class_of(events, event);
	const char *thread = string(record, FD_BT_THREAD_NAME, event);
	struct fd_event made = { .time_ns = time_of(record, message) };

	fill(record, events, event, arena, &made);
	if (thread)
		tell_thread_name(events, &made, thread, out);
	if (record->module != FD_BT_MODULE_NONE && !finish_module(events, record, arena, &made)) {
		made.kind = FD_EVENT_OTHER;
		made.name = record->event_name;
	}
	g_array_append_val(out, made);
}

void fd_bt_events_translate(struct fd_bt_events *events, const bt_message *message,
			    struct fd_arena *arena, GArray *out)
{
	uint64_t count;

	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		translate_event(events, message, arena, out);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		if (bt_message_discarded_events_get_count(message, &count) ==
		    BT_PROPERTY_AVAILABILITY_AVAILABLE)
			events->env->discarded += count;
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		if (bt_message_discarded_packets_get_count(message, &count) ==
		    BT_PROPERTY_AVAILABILITY_AVAILABLE)
			events->env->packets_lost += count;
		break;
	default:
		break;
	}
}
