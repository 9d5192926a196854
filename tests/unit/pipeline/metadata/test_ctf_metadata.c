/* CTF metadata: words, packets of it, what is understood, what is refused, and what it says. */
#include <string.h>

#include "pipeline/metadata/ctf_lexer.h"
#include "pipeline/metadata/ctf_metadata.h"
#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/source/source.h"

/* ---- words ---- */

static void test_words(void)
{
	static const char text[] = "integer{size=0x1f;/* a\n comment */ octal=017UL;// another\n"
				   "a.b := \"caf\\303\\251 \\\"q\\\" \\x41\\n\"; 1 ... -2";
	static const struct {
		int token;
		const char *text;
		uint64_t value;
		unsigned line;
	} expected[] = {
		{ FDAR_CTF_TOKEN_WORD, "integer", 0, 1 },
		{ '{', "", 0, 1 },
		{ FDAR_CTF_TOKEN_WORD, "size", 0, 1 },
		{ '=', "", 0, 1 },
		{ FDAR_CTF_TOKEN_NUMBER, "", 31, 1 },
		{ ';', "", 0, 1 },
		{ FDAR_CTF_TOKEN_WORD, "octal", 0, 2 },
		{ '=', "", 0, 2 },
		{ FDAR_CTF_TOKEN_NUMBER, "", 15, 2 },
		{ ';', "", 0, 2 },
		{ FDAR_CTF_TOKEN_WORD, "a", 0, 3 },
		{ '.', "", 0, 3 },
		{ FDAR_CTF_TOKEN_WORD, "b", 0, 3 },
		{ FDAR_CTF_TOKEN_ASSIGN, "", 0, 3 },
		{ FDAR_CTF_TOKEN_STRING, "caf\xc3\xa9 \"q\" A\n", 0, 3 },
		{ ';', "", 0, 3 },
		{ FDAR_CTF_TOKEN_NUMBER, "", 1, 3 },
		{ FDAR_CTF_TOKEN_DOTS, "", 0, 3 },
		{ '-', "", 0, 3 },
		{ FDAR_CTF_TOKEN_NUMBER, "", 2, 3 },
		{ FDAR_CTF_TOKEN_END, "", 0, 3 },
	};
	struct fdar_ctf_lexer lexer;

	fdar_ctf_lexer_init(&lexer, text, strlen(text));
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_cmpint(lexer.token, ==, expected[i].token);
		g_assert_cmpstr(lexer.text->str, ==, expected[i].text);
		if (lexer.token == FDAR_CTF_TOKEN_NUMBER)
			g_assert_cmpuint(lexer.value, ==, expected[i].value);
		g_assert_cmpuint(lexer.line, ==, expected[i].line);
		fdar_ctf_lexer_next(&lexer);
	}
	fdar_ctf_lexer_clear(&lexer);
}

static void test_no_words(void)
{
	static const char *const texts[] = {
		"'c'",     "\"open",  "\"\\q\"",
		"\"\\0\"", "/* open", "09",
		"1z",      "0x",      "18446744073709551616",
		"#",       "\x80",    "@",
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct fdar_ctf_lexer lexer;

		fdar_ctf_lexer_init(&lexer, texts[i], strlen(texts[i]));
		g_assert_cmpint(lexer.token, ==, FDAR_CTF_TOKEN_ERROR);
		fdar_ctf_lexer_next(&lexer);
		g_assert_cmpint(lexer.token, ==, FDAR_CTF_TOKEN_ERROR);
		fdar_ctf_lexer_clear(&lexer);
	}
}

/* ---- packets ---- */

static void put_word(GByteArray *bytes, guint32 word, gboolean swapped)
{
	if (swapped)
		word = GUINT32_SWAP_LE_BE(word);
	g_byte_array_append(bytes, (const guint8 *)&word, sizeof(word));
}

static void put_packet(GByteArray *bytes, const char *text, guint padding, gboolean swapped)
{
	static const guint8 uuid[16], tail[5] = { 0, 0, 0, 1, 8 };
	guint length = (guint)strlen(text);

	put_word(bytes, 0x75d11d57, swapped);
	g_byte_array_append(bytes, uuid, sizeof(uuid));
	put_word(bytes, 0, swapped);
	put_word(bytes, (37 + length) * 8, swapped);
	put_word(bytes, (37 + length + padding) * 8, swapped);
	g_byte_array_append(bytes, tail, sizeof(tail));
	g_byte_array_append(bytes, (const guint8 *)text, length);
	for (; padding; padding--)
		g_byte_array_append(bytes, (const guint8 *)"~", 1);
}

static void test_packets(void)
{
	for (gboolean swapped = FALSE; swapped <= TRUE; swapped++) {
		g_autoptr(GByteArray) bytes = g_byte_array_new();
		g_autoptr(GError) error = NULL;
		GString *text;

		put_packet(bytes, "trace { ma", 7, swapped);
		put_packet(bytes, "jor = 1;", 0, swapped);
		text = fdar_ctf_metadata_unpack((const char *)bytes->data, bytes->len, "path", NULL,
						&error);
		g_assert_no_error(error);
		g_assert_cmpstr(text->str, ==, "trace { major = 1;");
		g_string_free(text, TRUE);
		for (guint cut = 0; cut < bytes->len; cut++) {
			g_autoptr(GError) damage = NULL;

			text = fdar_ctf_metadata_unpack((const char *)bytes->data, cut, "path",
							NULL, &damage);
			if (text) {
				g_assert_cmpuint(cut, ==, 37 + 10 + 7);
				g_string_free(text, TRUE);
				continue;
			}
			if (cut && cut < 4)
				g_assert_error(damage, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
			else
				g_assert_error(damage, FDAR_SOURCE_ERROR,
					       FDAR_SOURCE_ERROR_DAMAGED);
			g_assert_true(g_str_has_prefix(damage->message, "path: byte "));
		}
	}
}

/* ---- what is understood ---- */

#define TRACE "trace { major = 1; minor = 8; byte_order = le; };\n"
#define TYPE  "typealias integer { size = 8; } := u8;\n"
#define OPEN  TRACE TYPE "event { name = e; fields := struct { "
#define CLOSE " }; };"

static gboolean understands(const char *text, GError **error)
{
	struct fdar_ctf_plan *plan = fdar_ctf_plan_new(text, strlen(text), error);

	fdar_ctf_plan_free(plan);
	return plan != NULL;
}

static void test_understood(void)
{
	static const char *const texts[] = {
		TRACE,
		OPEN CLOSE,
		OPEN
		"u8 a; u8 b[3]; u8 n; u8 s[ n ]; string t; string { encoding = ASCII; } u;" CLOSE,
		OPEN "integer { size = 64; align = 64; signed = true; base = hex; byte_order = be; "
		     "} a;" CLOSE,
		OPEN "floating_point { exp_dig = 8; mant_dig = 24; byte_order = native; } f;" CLOSE,
		OPEN "enum : u8 { A, B = 3, \"C d\" = 4 ... 9, E } e;" CLOSE,
		OPEN "enum : integer { size = 8; signed = 1; } { A = -3, B = -2 ... 5 } e;" CLOSE,
		OPEN "struct { u8 a; struct { u8 b; } align(32) c; } d[4];" CLOSE,
		OPEN "enum : u8 { a, b } t; variant <t> { u8 a; string b; } v;" CLOSE,
		OPEN "typealias u8 := mine; mine a;" CLOSE,
		OPEN "struct { } a[3];" CLOSE,
		OPEN "u8 n; struct { u8 a[0]; } a[n];" CLOSE,
		TRACE TYPE "struct named { u8 a; }; event { id = 3; fields := struct named; };",
		TRACE TYPE
		"event { stream_id = 7; id = 1; };\nstream { id = 7; event.header := struct "
		"{ u8 id; }; };",
		TRACE "typealias integer { size = 64; } := unsigned long;\n"
		      "event { fields := struct { unsigned long a; }; };",
		TRACE "env { a = \"b\"; c = 3; d = -3; };\ncallsite { name = \"x\"; { } };",
		TRACE "stream { event.header := struct { integer { size = 8; } len; };\n"
		      " event.context := struct { integer { size = 8; } "
		      "s[stream.event.header.len]; }; };",
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		if (!understands(texts[i], &error))
			g_test_message("%s: %s", texts[i], error->message);
		g_assert_no_error(error);
	}
}

/* Libbabeltrace2 may read these, or say what is wrong. */
static void test_refused(void)
{
	static const char *const texts[] = {
		"",
		"trace { major = 1; minor = 8; };",
		"trace { major = 2; minor = 0; byte_order = le; };",
		TRACE TRACE,
		TRACE "trace",
		TRACE "stream { id = 1; }; stream { id = 1; };",
		TRACE "event { stream_id = 1; };",
		OPEN "u9 a;" CLOSE,
		OPEN "u8 a; u8 a;" CLOSE,
		OPEN "u8 a" CLOSE,
		OPEN "u8 a[b];" CLOSE,
		OPEN "u8 a[b]; u8 b;" CLOSE,
		OPEN "string b; u8 a[b];" CLOSE,
		OPEN "struct { u8 c; } b; u8 a[b];" CLOSE,
		OPEN "u8 a[2][2];" CLOSE,
		OPEN "integer { align = 8; } a;" CLOSE,
		OPEN "integer { size = 65; } a;" CLOSE,
		OPEN "integer { size = 0; } a;" CLOSE,
		OPEN "integer { size = 8; align = 3; } a;" CLOSE,
		OPEN "integer { size = 8; align = 0; } a;" CLOSE,
		OPEN "integer { size = 8; colour = red; } a;" CLOSE,
		OPEN "integer { size = 8; map = clock.x.value; } a;" CLOSE,
		OPEN "floating_point { exp_dig = 8; mant_dig = 8; } a;" CLOSE,
		OPEN "enum : string { A } a;" CLOSE,
		OPEN "enum : u8 { A = 5 ... 3 } a;" CLOSE,
		OPEN "enum : u8 { A = -1 } a;" CLOSE,
		OPEN "u8 t; variant <t> { u8 a; } v;" CLOSE,
		OPEN "enum : u8 { a } t; variant <t> { u8 a; u8 b; } v;" CLOSE,
		OPEN "enum : u8 { a } t; variant <t> { } v;" CLOSE,
		OPEN "variant { u8 a; } v;" CLOSE,
		OPEN
		"u8 z; integer { size = 3; byte_order = be; } a; integer { size = 3; } b;" CLOSE,
		OPEN
		"u8 z; integer { size = 3; } a; integer { size = 32; align = 1; byte_order = be; } "
		"b;" CLOSE,
		OPEN "u8 a[18446744073709551615]; u8 b[18446744073709551615];" CLOSE,
		TRACE "env { domain = \"kernel\"; };",
		TRACE "env { tracer_name = \"barectf\"; };",
		TRACE "typealias integer { size = 8; } := a; typealias integer { size = 8; } := a;",
		TRACE "clock { name = c; freq = 0; };",
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		if (understands(texts[i], &error))
			g_test_message("understood: %s", texts[i]);
		g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
		g_assert_true(g_str_has_prefix(error->message, "metadata"));
		g_assert_null(strchr(error->message, '\n'));
	}
}

/* Types within types: too deep, or few that make many. */
static void test_bounds(void)
{
	g_autoptr(GString) deep = g_string_new(OPEN), wide = g_string_new(TRACE);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 100000; i++)
		g_string_append(deep, "struct { ");
	g_assert_false(understands(deep->str, &error));
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
	g_clear_error(&error);
	g_string_append(wide, "typealias struct { integer { size = 8; } a; } := t0;\n");
	for (guint i = 0; i < 25; i++)
		g_string_append_printf(wide, "typealias struct { t%u a; t%u b; } := t%u;\n", i, i,
				       i + 1);
	g_string_append(wide, "event { fields := struct { t25 x; }; };");
	g_assert_false(understands(wide->str, &error));
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
}

static void test_said(void)
{
	static const char text[] =
		"trace { major = 1; minor = 8; byte_order = be;\n"
		"  uuid = \"2a6422d0-6cee-11e0-8c08-cb07d7b3a564\"; };\n"
		"env { hostname = \"h\"; tracer_name = \"lttng-ust\"; tracer_major = 2;\n"
		"  tracer_minor = 10; vpid = 4711; };\n"
		"clock { name = \"c\"; freq = 1000; offset_s = 5; offset = 7003; };\n"
		"stream { id = 2; event.header := struct { integer { size = 8; } id;\n"
		"  integer { size = 8; map = clock.c.value; } t; }; };\n"
		"event { id = 9; stream_id = 2; name = \"a:b\"; };\n"
		"event { id = 100000; stream_id = 2; name = \"c:d\"; };\n";
	g_autoptr(GError) error = NULL;
	struct fdar_ctf_plan *plan = fdar_ctf_plan_new(text, strlen(text), &error);
	const struct fdar_ctf_stream_plan *stream;

	g_assert_no_error(error);
	g_assert_true(plan->trace->big_endian && plan->trace->has_uuid);
	g_assert_cmphex(plan->trace->uuid[0], ==, 0x2a);
	g_assert_cmphex(plan->trace->uuid[15], ==, 0x64);
	g_assert_cmpstr(fdar_ctf_trace_env_text(plan->trace, "hostname"), ==, "h");
	g_assert_cmpint(fdar_ctf_trace_env_number(plan->trace, "vpid", 0), ==, 4711);
	g_assert_true(plan->lttng && plan->ends_late);
	stream = fdar_ctf_plan_stream(plan, 2);
	g_assert_nonnull(stream);
	g_assert_cmpuint(stream->time.freq, ==, 1000);
	g_assert_cmpint(stream->time.base_ns, ==, 12003000000);
	g_assert_null(fdar_ctf_plan_stream(plan, 0));
	g_assert_cmpstr(fdar_ctf_plan_class(stream, 9)->name, ==, "a:b");
	g_assert_cmpstr(fdar_ctf_plan_class(stream, 100000)->name, ==, "c:d");
	g_assert_cmpuint(fdar_ctf_plan_class(stream, 9)->event.pid, ==, 4711);
	g_assert_null(fdar_ctf_plan_class(stream, 10));
	g_assert_null(fdar_ctf_plan_class(stream, UINT64_MAX));
	fdar_ctf_plan_free(plan);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctf/metadata/words", test_words);
	g_test_add_func("/ctf/metadata/no-words", test_no_words);
	g_test_add_func("/ctf/metadata/packets", test_packets);
	g_test_add_func("/ctf/metadata/understood", test_understood);
	g_test_add_func("/ctf/metadata/refused", test_refused);
	g_test_add_func("/ctf/metadata/bounds", test_bounds);
	g_test_add_func("/ctf/metadata/said", test_said);
	return g_test_run();
}
