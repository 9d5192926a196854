#include "fake_provider.h"

#include <errno.h>
#include <glib.h>

#include <flowdar/flowdar.h>

static int all_on;
static GString *log_text, *taken;

static void add(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void add(const char *format, ...)
{
	va_list arguments;

	if (!log_text)
		log_text = g_string_new(NULL);
	if (log_text->len > 0)
		g_string_append_c(log_text, ' ');
	va_start(arguments, format);
	g_string_append_vprintf(log_text, format, arguments);
	va_end(arguments);
}

void fake_provider_set(bool on)
{
	all_on = on;
}

const char *fake_provider_taken(void)
{
	if (!taken)
		taken = g_string_new(NULL);
	g_string_assign(taken, log_text ? log_text->str : "");
	if (log_text)
		g_string_set_size(log_text, 0);
	return taken->str;
}

static void session_begin(uint64_t key, const char *peer, const void *address, int fd)
{
	add("begin(%" G_GINT64_MODIFIER "x,%s,%s,%d)", key, peer ? peer : "-",
	    address ? "address" : "-", fd);
}

#define KEYED(name)                                          \
	static void name(uint64_t key)                       \
	{                                                    \
		add(#name "(%" G_GINT64_MODIFIER "x)", key); \
	}
KEYED(session_resume)
KEYED(session_suspend)
KEYED(session_end)

static void handoff_put(uint64_t object, const char *queue)
{
	add("put(%" G_GINT64_MODIFIER "x,%s)", object, queue);
}

static void handoff_take(uint64_t object, const char *queue)
{
	add("take(%" G_GINT64_MODIFIER "x,%s)", object, queue);
}

static void bytes(const char *label, const void *data, uint64_t total, uint64_t most)
{
	add("bytes(%s,%c,%u,%u)", label, *(const char *)data, (unsigned)total, (unsigned)most);
}

static void note(const char *key, const char *value)
{
	add("note(%s,%s)", key, value);
}

static void wait_begin(const char *what, unsigned kind, int fd)
{
	add("wait(%s,%u,%d)", what, kind, fd);
}

static void wait_end(int64_t result)
{
	add("waited(%d)", (int)result);
}

static void scope_enter(const char *name)
{
	add(">%s", name);
}

static void scope_exit(const char *name)
{
	add("<%s", name);
}

#define OFFER(name) .name = { .on = &all_on, .write = name }

extern const struct flowdar_provider_ flowdar_provider_v1;
const struct flowdar_provider_ flowdar_provider_v1 = {
	/* As an older library would be: it does not have the last two. */
	.struct_bytes = offsetof(struct flowdar_provider_, func_entry),
	OFFER(session_begin),
	OFFER(session_resume),
	OFFER(session_suspend),
	OFFER(session_end),
	OFFER(handoff_put),
	OFFER(handoff_take),
	OFFER(bytes),
	OFFER(note),
	OFFER(wait_begin),
	OFFER(wait_end),
	OFFER(scope_enter),
	OFFER(scope_exit),
};
