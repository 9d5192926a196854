/* Marks among calls: each kind, texts, batches of any size, and what is malformed. */
#include <string.h>

#include "instrument/wire/events.h"
#include "pipeline/events/calls.h"
#include "tests/unit/kit/calls_script.h"

#define NOW UINT64_C(1000000)

struct fixture {
	struct fdar_texts *texts;
	struct fdar_calls *calls;
	struct calls_script script;
	GString *told;
};

static void set_up(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->texts = fdar_texts_new();
	f->calls = fdar_calls_new(f->texts);
	f->told = g_string_new(NULL);
	calls_script_begin(&f->script, 0, 1000);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	(void)data;
	g_string_free(f->told, TRUE);
	calls_script_clear(&f->script);
	fdar_calls_free(f->calls);
	fdar_texts_free(f->texts);
}

static void tell_one(struct fixture *f, const struct fdar_event *event)
{
	g_assert_cmpuint(event->pid, ==, 7);
	g_assert_cmpuint(event->tid, ==, 8);
	g_string_append_printf(f->told, "%s", fdar_event_kind_name(event->kind));
	if (event->addr)
		g_string_append_printf(f->told, " %" G_GINT64_FORMAT, (gint64)event->addr);
	if (event->addr2)
		g_string_append_printf(f->told, " of %" G_GINT64_FORMAT, (gint64)event->addr2);
	if (event->name)
		g_string_append_printf(f->told, " %s", fdar_texts_get(f->texts, event->name));
	if (event->data_len)
		g_string_append_printf(f->told, " '%s' %u", event->data, event->data_len);
	if (event->wait)
		g_string_append_printf(f->told, " kind %u", event->wait);
	if (event->fd != -1)
		g_string_append_printf(f->told, " fd %d", event->fd);
	g_string_append_printf(f->told, " @%" G_GUINT64_FORMAT "; ", event->time_ns - NOW + 1000);
}

/* What the script is as a first event of that kind, capacity at a time. */
static const char *tell(struct fixture *f, enum fdar_event_kind kind, size_t capacity)
{
	g_autofree char *copy = g_memdup2(f->script.bytes->data, f->script.bytes->len);
	struct fdar_event batch[16], event = { .time_ns = NOW,
					       .data = copy,
					       .data_len = f->script.bytes->len,
					       .pid = 7,
					       .tid = 8,
					       .kind = (uint8_t)kind };
	size_t n;

	fdar_calls_free(f->calls);
	f->calls = fdar_calls_new(f->texts);
	g_string_truncate(f->told, 0);
	fdar_calls_begin(f->calls, &event);
	do {
		fdar_calls_forget_texts(f->calls);
		n = fdar_calls_take(f->calls, batch, capacity);
		for (size_t i = 0; i < n; i++)
			tell_one(f, &batch[i]);
	} while (n == capacity);
	return f->told->str;
}

/* A request as a server with one thread makes it. */
static void write_request(struct calls_script *script)
{
	calls_script_mark(script, 1, FDAR_CALLS_RESUME);
	calls_script_signed(script, 500);
	calls_script_enter(script, 1, 4096);
	calls_script_mark(script, 1, FDAR_CALLS_REQUEST_BEGIN);
	calls_script_signed(script, 0);
	calls_script_text(script, "GET /");
	calls_script_mark(script, 1, FDAR_CALLS_IO);
	calls_script_number(script, FDAR_IO_READ);
	calls_script_signed(script, 9);
	calls_script_signed(script, -11);
	calls_script_call(script, 1, 4100, 10);
	calls_script_mark(script, 100, FDAR_CALLS_REQUEST_END);
	calls_script_signed(script, 0);
	calls_script_signed(script, 404);
	calls_script_exit(script, 1);
	calls_script_mark(script, 1, FDAR_CALLS_SUSPEND);
	calls_script_signed(script, -400);
	calls_script_mark(script, 1, FDAR_CALLS_WAIT_BEGIN);
	calls_script_number(script, FDAR_WAIT_POLL);
	calls_script_signed(script, 3);
	calls_script_text(script, "epoll_wait");
	calls_script_mark(script, 1, FDAR_CALLS_WAIT_END);
	calls_script_signed(script, -4);
}

static void test_kinds(struct fixture *f, gconstpointer data)
{
	(void)data;
	write_request(&f->script);
	for (size_t capacity = 1; capacity <= 16; capacity++)
		g_assert_cmpstr(tell(f, FDAR_EVENT_RAW_PACKED, capacity), ==,
				"session_resume 500 @1; func_entry 4096 @2; "
				"request_begin 500 'GET /' 5 @3; io -11 of 1 fd 9 @4; "
				"func_entry 4100 @5; func_exit 4100 @15; "
				"request_end 500 of 404 @115; func_exit 4096 @116; "
				"session_suspend 100 @117; wait_begin epoll_wait kind 2 fd 3 @118; "
				"wait_end -4 @119; ");
	g_assert_cmpuint(fdar_calls_broken(f->calls), ==, 0);
}

/* Calls events never had marks: there a LOST of none is what it says. */
static void test_calls_have_none(struct fixture *f, gconstpointer data)
{
	(void)data;
	calls_script_count(&f->script, FDAR_CALLS_LOST, 1, FDAR_CALLS_MARK);
	calls_script_call(&f->script, 1, 4100, 10);
	g_assert_cmpstr(tell(f, FDAR_EVENT_RAW_CALLS, 16), ==,
			"func_lost @1; func_entry 4100 @2; func_exit 4100 @12; ");
}

/* Cut anywhere it gives what is before, then at most one loss. */
static void test_cut(struct fixture *f, gconstpointer data)
{
	g_autofree char *whole = NULL;
	uint64_t broken = 0;
	guint length;

	(void)data;
	write_request(&f->script);
	whole = g_strdup(tell(f, FDAR_EVENT_RAW_PACKED, 16));
	length = f->script.bytes->len;
	for (guint cut = 3; cut < length; cut++) {
		char *lost;

		g_byte_array_set_size(f->script.bytes, cut);
		tell(f, FDAR_EVENT_RAW_PACKED, 16);
		lost = strstr(f->told->str, "func_lost 1");
		g_assert_cmpuint(lost != NULL, ==, fdar_calls_broken(f->calls));
		broken += fdar_calls_broken(f->calls);
		if (lost)
			g_string_truncate(f->told, (gsize)(lost - f->told->str));
		g_assert_true(g_str_has_prefix(whole, f->told->str));
		calls_script_begin(&f->script, 0, 1000);
		write_request(&f->script);
	}
	g_assert_cmpuint(broken, >, length / 2);
}

static void assert_malformed(struct fixture *f)
{
	g_assert_cmpstr(tell(f, FDAR_EVENT_RAW_PACKED, 16), ==, "func_lost 1 @1; ");
	g_assert_cmpuint(fdar_calls_broken(f->calls), ==, 1);
	calls_script_begin(&f->script, 0, 1000);
}

static void test_malformed(struct fixture *f, gconstpointer data)
{
	(void)data;
	calls_script_mark(&f->script, 1, FDAR_CALLS_NO_MARK);
	assert_malformed(f);
	calls_script_mark(&f->script, 1, FDAR_CALLS_MARKS);
	assert_malformed(f);
	/* A text that is longer than what is there, and than any may be. */
	calls_script_mark(&f->script, 1, FDAR_CALLS_REQUEST_BEGIN);
	calls_script_signed(&f->script, 1);
	calls_script_number(&f->script, 200);
	assert_malformed(f);
	calls_script_mark(&f->script, 1, FDAR_CALLS_REQUEST_BEGIN);
	calls_script_signed(&f->script, 1);
	calls_script_number(&f->script, UINT64_MAX);
	assert_malformed(f);
	/* A descriptor that is none. */
	calls_script_mark(&f->script, 1, FDAR_CALLS_IO);
	calls_script_number(&f->script, FDAR_IO_READ);
	calls_script_signed(&f->script, INT64_MIN);
	calls_script_signed(&f->script, 0);
	assert_malformed(f);
}

/* Texts of clients may be anything, and are made fit to be shown. */
static void test_hostile_text(struct fixture *f, gconstpointer data)
{
	(void)data;
	calls_script_mark(&f->script, 1, FDAR_CALLS_REQUEST_BEGIN);
	calls_script_signed(&f->script, 1);
	calls_script_text(&f->script, "a\x1b[31m\xff");
	tell(f, FDAR_EVENT_RAW_PACKED, 16);
	g_assert_null(strchr(f->told->str, '\x1b'));
	g_assert_true(g_utf8_validate(f->told->str, -1, NULL));
}

#define ADD(name, test) g_test_add(name, struct fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/calls_mark/kinds", test_kinds);
	ADD("/calls_mark/calls-have-none", test_calls_have_none);
	ADD("/calls_mark/cut", test_cut);
	ADD("/calls_mark/malformed", test_malformed);
	ADD("/calls_mark/hostile-text", test_hostile_text);
	return g_test_run();
}
