/* Time lines for others: what each format has, and what strange names do in it. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "viz/export/export_spans.h"
#include "viz/export/proto.h"

#define HOSTILE "</script>\"\\\n\t\x01\xe2\x80\xae\xff;'&<b>"

/* A parent whose child ends with it, and one call next to them; a hand-off from nowhere to nowhere. */
static struct fdar_span spans[] = {
	{ .start_ns = 1000,
	  .end_ns = 9000,
	  .id = 1,
	  .function = 0,
	  .thread = 0,
	  .parent = FDAR_SPANS_NONE },
	{ .start_ns = 2000, .end_ns = 9000, .id = 2, .function = 1, .thread = 0, .parent = 0 },
	{ .start_ns = 9000,
	  .end_ns = 9500,
	  .id = 3,
	  .function = 1,
	  .thread = 0,
	  .session = FDAR_SPANS_NONE,
	  .parent = FDAR_SPANS_NONE },
	{ .start_ns = 9600,
	  .end_ns = 9700,
	  .id = 4,
	  .function = 1,
	  .thread = 1,
	  .parent = FDAR_SPANS_NONE },
};
static struct fdar_span_function functions[] = { { "outer", "server", 0 },
						 { HOSTILE, HOSTILE, 0 } };
static struct fdar_span_thread threads[] = { { 1, 1, HOSTILE, 1 }, { 1, 2, "", 1 } };
static struct fdar_span_session sessions[] = { { .id = 1,
						 .begin_ns = 1500,
						 .end_ns = 9800,
						 .peer = HOSTILE,
						 .what = HOSTILE,
						 .connection = FDAR_SPANS_NONE } };
static struct fdar_span_handoff handoffs[] = { { 9550, 9590, HOSTILE, 0, 1, 0 } };

static const struct fdar_spans all = {
	.spans = spans,
	.count = G_N_ELEMENTS(spans),
	.functions = functions,
	.function_count = G_N_ELEMENTS(functions),
	.threads = threads,
	.thread_count = G_N_ELEMENTS(threads),
	.sessions = sessions,
	.session_count = G_N_ELEMENTS(sessions),
	.handoffs = handoffs,
	.handoff_count = G_N_ELEMENTS(handoffs),
	.program = HOSTILE,
	.begin_ns = 1000,
	.end_ns = 9800,
};

/* No control character, no override, valid; and JSON. */
static JsonObject *parse(JsonParser *parser, const GString *text)
{
	g_assert_true(g_utf8_validate(text->str, (gssize)text->len, NULL));
	g_assert_null(strstr(text->str, "\xe2\x80\xae"));
	for (gsize i = 0; i < text->len; i++)
		g_assert_true(text->str[i] == '\n' || (unsigned char)text->str[i] >= 0x20);
	g_assert_true(json_parser_load_from_data(parser, text->str, (gssize)text->len, NULL));
	return json_node_get_object(json_parser_get_root(parser));
}

static const char *text_of(JsonObject *object, const char *member)
{
	return json_object_get_string_member(object, member);
}

static void test_chrome(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	GString *text = fdar_export_chrome(&all);
	JsonArray *events = json_object_get_array_member(parse(parser, text), "traceEvents");
	guint calls = 0, ends = 0;

	for (guint i = 0; i < json_array_get_length(events); i++) {
		JsonObject *event = json_array_get_object_element(events, i);

		if (*text_of(event, "ph") == 'X' && strcmp(text_of(event, "cat"), "hand-off") != 0)
			calls++;
		else if (*text_of(event, "ph") == 'X')
			ends++; /* nothing was open there: made, so that arrows have something to hold */
	}
	g_assert_cmpuint(calls, ==, 4);
	g_assert_cmpuint(ends, ==, 2);
	/* The inner one ends before the outer one, and that before the next: a little, whatever is added. */
	g_assert_nonnull(strstr(text->str, "\"ts\":0.000,\"dur\":7.999996"));
	g_assert_nonnull(strstr(text->str, "\"ts\":1.000,\"dur\":6.999992"));
	g_assert_nonnull(strstr(text->str, "\"ts\":8.000,\"dur\":0.500}"));
	g_string_free(text, TRUE);
}

static void test_otlp(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	GString *text = fdar_export_otlp(&all);
	guint spans_in_it = 0;

	parse(parser, text);
	for (const char *at = text->str; (at = strstr(at, "\"kind\":")); at++)
		spans_in_it++;
	g_assert_cmpuint(spans_in_it, ==, 4); /* the session, and its three calls */
	g_assert_nonnull(strstr(text->str, "\"links\":[{"));
	/* The root begins with the call that found its session, before that was known of. */
	g_assert_nonnull(strstr(text->str, "\"kind\":2,\"startTimeUnixNano\":\"1000\","
					   "\"endTimeUnixNano\":\"9800\""));
	g_string_free(text, TRUE);
}

/* Of packets: all lengths fit, texts are valid. protoc reads it in tests/e2e/export_lines.sh. */
static void test_perfetto(void)
{
	g_autoptr(GByteArray) bytes = fdar_export_perfetto(&all);
	guint packets = 0;

	for (guint at = 0; at < bytes->len; packets++) {
		guint64 length = 0;

		g_assert_cmphex(bytes->data[at], ==, 0x0a);
		at++;
		for (unsigned shift = 0;; shift += 7) {
			length |= (guint64)(bytes->data[at] & 0x7f) << shift;
			if (!(bytes->data[at++] & 0x80))
				break;
		}
		g_assert_cmpuint(length, <=, bytes->len - at);
		at += (guint)length;
	}
	/* names; process, 2 threads; sessions, session, 2 tracks below; 7 slices, the session; hand-off */
	g_assert_cmpuint(packets, ==, 1 + 3 + 4 + 14 + 2 + 2);
	g_assert_null(memmem(bytes->data, bytes->len, "\xff;", 2));
}

static void test_proto(void)
{
	static const guint8 expected[] = { 0x08, 0x96, 0x01, 0x12, 0x02, 'h', 'i', 0x19,
					   8,    7,    6,    5,    4,    3,   2,   1 };
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	fdar_proto_number(bytes, 1, 150);
	fdar_proto_text(bytes, 2, "hi");
	fdar_proto_fixed64(bytes, 3, G_GUINT64_CONSTANT(0x0102030405060708));
	g_assert_cmpuint(bytes->len, ==, sizeof(expected));
	g_assert_cmpint(memcmp(bytes->data, expected, sizeof(expected)), ==, 0);
}

/* Nothing in it is no reason to write something that cannot be read. */
static void test_empty(void)
{
	static const struct fdar_spans none = { .program = "program" };
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GByteArray) bytes = fdar_export_perfetto(&none);
	GString *chrome = fdar_export_chrome(&none), *otlp = fdar_export_otlp(&none);

	parse(parser, chrome);
	parse(parser, otlp);
	g_assert_cmpuint(bytes->len, >, 0);
	g_string_free(chrome, TRUE);
	g_string_free(otlp, TRUE);
}

/* Processes whose id another one has, too, have numbers above all ids (whose.h), which are none of 31 bits. */
static void test_second_lives(void)
{
	static struct fdar_span_thread lives[] = { { 7, 7, "", 7 }, { 0x80000000u, 7, "", 7 } };
	struct fdar_spans two = all;
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GHashTable) pids = g_hash_table_new(NULL, NULL);
	GString *text;
	JsonArray *events;
	guint names = 0;

	two.threads = lives;
	two.program = "server";
	text = fdar_export_chrome(&two);
	events = json_object_get_array_member(parse(parser, text), "traceEvents");
	for (guint i = 0; i < json_array_get_length(events); i++) {
		JsonObject *event = json_array_get_object_element(events, i);
		gint64 pid = json_object_get_int_member(event, "pid");

		g_assert_cmpint(pid, >, 0);
		g_assert_cmpint(pid, <=, INT32_MAX);
		g_hash_table_add(pids, GINT_TO_POINTER(pid));
		if (strcmp(text_of(event, "name"), "process_name") == 0)
			g_assert_cmpstr(text_of(json_object_get_object_member(event, "args"),
						"name"),
					==, names++ ? "server (process 7)" : "server");
	}
	g_assert_cmpuint(names, ==, 2);
	g_assert_cmpuint(g_hash_table_size(pids), ==, 2);
	g_assert_true(g_hash_table_contains(pids, GINT_TO_POINTER(7)));
	g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/export_spans/chrome", test_chrome);
	g_test_add_func("/export_spans/otlp", test_otlp);
	g_test_add_func("/export_spans/perfetto", test_perfetto);
	g_test_add_func("/export_spans/proto", test_proto);
	g_test_add_func("/export_spans/empty", test_empty);
	g_test_add_func("/export-spans/second-lives", test_second_lives);
	return g_test_run();
}
