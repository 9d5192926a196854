#include "pipeline/events/event_state.h"

#include <string.h>

#include "instrument/wire/events.h"

#define THREADS_MAX (1u << 20) /* after that the names are forgotten, and said again */
#define MODULES_MAX (1u << 16) /* modules that wait for their build id */

/* A module that was announced: its build id comes in an event of its own, soon after. */
struct module {
	uint64_t pid;
	uint64_t base;
	uint64_t bytes;
	uint32_t path;
};

struct fdar_event_state {
	struct fdar_texts *texts;
	GHashTable *threads; /* pid << 32 | tid, of a home -> text id of its name, NAME_GIVEN */
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

struct fdar_event_state *fdar_event_state_new(struct fdar_texts *texts)
{
	struct fdar_event_state *state = g_new0(struct fdar_event_state, 1);

	state->texts = texts;
	state->threads = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	state->modules = g_hash_table_new_full(module_hash, module_equal, g_free, NULL);
	return state;
}

void fdar_event_state_free(struct fdar_event_state *state)
{
	if (!state)
		return;
	g_hash_table_destroy(state->threads);
	g_hash_table_destroy(state->modules);
	g_free(state);
}

/* ---- values ---- */

int32_t fdar_event_fd(uint64_t value)
{
	return value <= INT32_MAX ? (int32_t)value : -1;
}

uint8_t fdar_event_wait(uint64_t value)
{
	return (uint8_t)(value < FDAR_WAIT_KINDS ? value : FDAR_WAIT_OTHER);
}

/* Nothing that fdar_text_clean would change; what texts are as a rule. */
static gboolean is_clean(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e)
			return FALSE;
	}
	return length <= FDAR_TEXTS_MAX_LENGTH;
}

const char *fdar_event_copy_text(struct fdar_arena *arena, const char *text, size_t length,
				 uint32_t *copied)
{
	size_t used = strnlen(text, MIN(length, FDAR_EVENT_DATA_MAX));
	g_autofree char *clean = is_clean(text, used) ? NULL : fdar_text_clean(text, used);
	char *copy;

	if (clean)
		used = strlen(clean);
	copy = fdar_arena_alloc(arena, used);
	memcpy(copy, clean ? clean : text, used);
	*copied = (uint32_t)used;
	return copy;
}

static char *copy_hex(struct fdar_arena *arena, const char *bytes, uint32_t count, uint32_t *length)
{
	static const char digits[] = "0123456789abcdef";
	char *copy = fdar_arena_alloc(arena, (size_t)count * 2);

	for (uint32_t i = 0; i < count; i++) {
		copy[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		copy[2 * i + 1] = digits[bytes[i] & 0xf];
	}
	*length = count * 2;
	return copy;
}

/* ---- modules and threads ---- */

static uint64_t process_key(const struct fdar_event *event)
{
	return (uint64_t)event->home << 32 | event->pid;
}

static void remember_module(struct fdar_event_state *state, const struct fdar_event *out)
{
	struct module *module = g_new(struct module, 1);

	if (g_hash_table_size(state->modules) >= MODULES_MAX)
		g_hash_table_remove_all(state->modules);
	*module = (struct module){ process_key(out), out->addr, out->addr2, out->name };
	g_hash_table_replace(state->modules, module, module);
}

gboolean fdar_event_state_finish_module(struct fdar_event_state *state, enum fdar_event_module kind,
					struct fdar_arena *arena, struct fdar_event *out)
{
	struct module key = { .pid = process_key(out), .base = out->addr };
	const struct module *module;

	switch (kind) {
	case FDAR_MODULE_LISTED:
		out->wait = FDAR_MODULE_SAID_LISTED;
		remember_module(state, out);
		return TRUE;
	case FDAR_MODULE_LOADED:
		remember_module(state, out);
		return TRUE;
	case FDAR_MODULE_BUILD_ID:
		module = g_hash_table_lookup(state->modules, &key);
		if (!module)
			return FALSE;
		out->addr2 = module->bytes;
		out->name = module->path;
		/* A build id is 20 bytes as a rule; 64 is more than any linker makes. */
		out->data = copy_hex(arena, out->data, MIN(out->data_len, 64), &out->data_len);
		g_hash_table_remove(state->modules, &key);
		return TRUE;
	default:
		out->wait = kind == FDAR_MODULE_CLOSED ? FDAR_MODULE_SAID_CLOSED
						       : FDAR_MODULE_SAID_UNLOADED;
		g_hash_table_remove(state->modules, &key);
		out->addr2 = 0;
		return TRUE;
	}
}

/* A text id fits 32 bits: above them whether the thread said the name itself. */
#define NAME_GIVEN (UINT64_C(1) << 32)

gboolean fdar_event_state_name_thread(struct fdar_event_state *state,
				      const struct fdar_event *event, const char *name,
				      struct fdar_event *told)
{
	uint64_t key = ((uint64_t)event->pid << 32 | event->tid) ^
		       (uint64_t)event->home * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t known = (uintptr_t)g_hash_table_lookup(state->threads, &key);
	uint64_t given = event->kind == FDAR_EVENT_THREAD_BEGIN && event->data_len ? NAME_GIVEN : 0;
	uint32_t id;

	if (given)
		name = event->data;
	if (event->kind == FDAR_EVENT_THREAD_END && known & NAME_GIVEN) {
		/* Another thread may have its number next, and may say nothing. */
		g_hash_table_replace(state->threads, g_memdup2(&key, sizeof(key)),
				     (gpointer)(uintptr_t)(uint32_t)known);
		return FALSE;
	}
	if (!name || (known & NAME_GIVEN && !given))
		return FALSE;
	id = fdar_texts_id(state->texts, name);
	if (!id || (id | given) == known)
		return FALSE;
	if (g_hash_table_size(state->threads) >= THREADS_MAX)
		g_hash_table_remove_all(state->threads);
	g_hash_table_replace(state->threads, g_memdup2(&key, sizeof(key)),
			     (gpointer)(uintptr_t)(id | given));
	if (id == (uint32_t)known)
		return FALSE;
	*told = (struct fdar_event){ .time_ns = event->time_ns,
				     .data = "",
				     .name = id,
				     .pid = event->pid,
				     .tid = event->tid,
				     .home = event->home,
				     .fd = -1,
				     .kind = FDAR_EVENT_THREAD_NAME };
	return TRUE;
}
