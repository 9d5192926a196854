/* What CTF 2 has and CTF 1.8 has not, value by value, and what is refused of it and how. What both have is
 * compared with libbabeltrace2 in test_ctf_equality.c. Metadata is written with ' for " and @ for the
 * separator of fragments. */
#include <glib/gstdio.h>
#include <string.h>

#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/metadata/ctf_metadata.h"
#include "pipeline/source/source.h"

#define U8               "{'type':'fixed-length-unsigned-integer','length':8,'byte-order':'little-endian'}"
#define S8               "{'type':'fixed-length-signed-integer','length':8,'byte-order':'little-endian'}"
#define ULEB             "{'type':'variable-length-unsigned-integer'}"
#define SLEB             "{'type':'variable-length-signed-integer'}"
#define TEXT             "{'type':'null-terminated-string'}"
#define BEGIN            "@{'type':'preamble','version':2}\n@{'type':'trace-class'}\n"
#define IN(members)      "{'type':'structure','member-classes':[" members "]}"
#define HAS(name, class) "{'name':'" name "','field-class':" class "}"
#define EVENT(name, members) \
	"@{'type':'event-record-class','name':'" name "','payload-field-class':" IN(members) "}\n"
#define PLAIN BEGIN "@{'type':'data-stream-class'}\n"
#define ENTRY "flowdar:func_entry"

static char *quoted(const char *metadata)
{
	char *text = g_strdup(metadata);

	g_strdelimit(text, "'", '"');
	return g_strdelimit(text, "@", FDAR_CTF2_SEPARATOR);
}

/* ---- reading a trace of one file ---- */

struct trace {
	char *dir;
	struct fdar_source *source;
	struct fdar_event events[16];
	gssize count;
};

static void write_file(const char *dir, const char *name, const void *bytes, gsize length)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
}

static void open_trace(struct trace *trace, const char *metadata, const void *bytes, gsize length)
{
	g_autofree char *text = quoted(metadata);
	g_autoptr(GError) error = NULL;

	trace->dir = g_dir_make_tmp("flowdar-test-ctf2-XXXXXX", NULL);
	write_file(trace->dir, "metadata", text, strlen(text));
	write_file(trace->dir, "stream", bytes, length);
	trace->source = fdar_source_open(trace->dir, &error);
	g_assert_no_error(error);
	trace->count =
		fdar_source_read(trace->source, trace->events, G_N_ELEMENTS(trace->events), &error);
	g_assert_no_error(error);
}

static void close_trace(struct trace *trace)
{
	static const char *const names[] = { "metadata", "stream" };

	fdar_source_close(trace->source);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(trace->dir, names[i], NULL);

		g_unlink(path);
	}
	g_rmdir(trace->dir);
	g_free(trace->dir);
}

#define OPEN(trace, metadata, ...)                                 \
	do {                                                       \
		static const uint8_t bytes[] = { __VA_ARGS__ };    \
		open_trace(trace, metadata, bytes, sizeof(bytes)); \
	} while (0)

static void assert_undamaged(struct trace *trace)
{
	struct fdar_source_summary summary;
	struct fdar_event more[4];

	g_assert_cmpint(fdar_source_read(trace->source, more, G_N_ELEMENTS(more), NULL), ==, 0);
	fdar_source_get_summary(trace->source, &summary);
	g_assert_cmpstr(summary.damage, ==, NULL);
}

/* ---- numbers ---- */

/* As in the examples of LEB128's own standard (DWARF 5, 7.6). */
static void test_leb128(void)
{
	static const struct {
		uint64_t addr;
		int64_t site;
	} right[] = { { 2, 2 },        { 127, -2 },         { 128, 127 },
		      { 12857, -127 }, { UINT64_MAX, 128 }, { 0, INT64_MIN } };
	struct trace trace;

	OPEN(&trace, PLAIN EVENT(ENTRY, HAS("addr", ULEB) "," HAS("call_site", SLEB)),
	     /**/ 2, 2,                                                        //
	     0x7f, 0x7e,                                                       //
	     0x80, 1, 0xff, 0,                                                 //
	     0xb9, 0x64, 0x81, 0x7f,                                           //
	     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0x80, 1, //
	     0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f);
	g_assert_cmpint(trace.count, ==, G_N_ELEMENTS(right));
	for (guint i = 0; i < G_N_ELEMENTS(right); i++) {
		g_assert_cmphex(trace.events[i].addr, ==, right[i].addr);
		g_assert_cmpint((int64_t)trace.events[i].addr2, ==, right[i].site);
	}
	assert_undamaged(&trace);
	close_trace(&trace);
}

static void test_leb128_damage(void)
{
	struct fdar_source_summary summary;
	struct trace trace;
	struct fdar_event more;

	/* Eleven bytes, and 65 bits. */
	OPEN(&trace, PLAIN EVENT(ENTRY, HAS("addr", ULEB)), 7, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	     0x80, 0x80, 0x80, 0x80, 0);
	g_assert_cmpint(trace.count, ==, 1);
	g_assert_cmpint(fdar_source_read(trace.source, &more, 1, NULL), ==, 0);
	fdar_source_get_summary(trace.source, &summary);
	g_assert_nonnull(strstr(summary.damage, "byte 1"));
	close_trace(&trace);
	OPEN(&trace, PLAIN EVENT(ENTRY, HAS("addr", ULEB)), 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	     0xff, 0xff, 0xff, 2);
	g_assert_cmpint(trace.count, ==, 1);
	close_trace(&trace);
}

/* A header of such numbers: the clock goes on by so many sevens of bits. */
static void test_header(void)
{
	struct trace trace;

	OPEN(&trace,
	     BEGIN "@{'type':'clock-class','id':'c','frequency':1000,'offset-from-origin':"
		   "{'seconds':3}}\n"
		   "@{'type':'data-stream-class','default-clock-class-id':'c',"
		   "'event-record-header-field-class':" //
	     IN(HAS("x", "{'type':'variable-length-unsigned-integer','roles':"
			 "['event-record-class-id']}") //
		"," HAS("id", "{'type':'variable-length-unsigned-integer','roles':"
			      "['default-clock-timestamp']}")) "}\n"
							       "@{'type':'event-record-class','id':"
							       "300,'name':'" ENTRY
							       "','payload-field-class':" IN(
								       HAS("addr", U8)) "}",
	     /**/ 0xac, 2, 5, 1,   // 5
	     0xac, 2, 4, 2,        // 4 + 128
	     0xac, 2, 0x83, 4, 3); // 3 + 512, of 14 bits
	g_assert_cmpint(trace.count, ==, 3);
	g_assert_cmpuint(trace.events[0].time_ns, ==, 3005000000);
	g_assert_cmpuint(trace.events[1].time_ns, ==, 3132000000);
	g_assert_cmpuint(trace.events[2].time_ns, ==, 3515000000);
	g_assert_cmpuint(trace.events[2].addr, ==, 3);
	assert_undamaged(&trace);
	close_trace(&trace);
}

#define BITS(length, bytes, bits)                                                          \
	"{'type':'fixed-length-unsigned-integer','length':" length ",'byte-order':'" bytes \
	"-endian','bit-order':'" bits "'}"

static void test_bit_order(void)
{
	struct trace trace;

	/* 0x01 0x02 each time: as they are, and the other way round. */
	OPEN(&trace,
	     PLAIN EVENT(ENTRY, HAS("addr", BITS("16", "little", "first-to-last")) "," HAS(
					"call_site", BITS("16", "little", "last-to-first"))),
	     1, 2, 1, 2);
	g_assert_cmphex(trace.events[0].addr, ==, 0x0201);
	g_assert_cmphex(trace.events[0].addr2, ==, 0x8040);
	close_trace(&trace);
	OPEN(&trace,
	     PLAIN EVENT(ENTRY, HAS("addr", BITS("12", "big", "last-to-first")) "," HAS(
					"call_site", BITS("12", "big", "first-to-last"))),
	     0x12, 0x38, 0x12);
	g_assert_cmphex(trace.events[0].addr, ==, 0x123);
	g_assert_cmphex(trace.events[0].addr2, ==, 0x481);
	close_trace(&trace);
}

/* ---- texts ---- */

#define IN_CODE(type, encoding) "{'type':'" type "','encoding':'" encoding "'}"

static void test_encodings(void)
{
	struct trace trace;

	OPEN(&trace,
	     PLAIN EVENT("flowdar:note",
			 HAS("key", IN_CODE("null-terminated-string", "utf-16le")) //
			 "," HAS("value", "{'type':'static-length-string','length':20,"
					  "'encoding':'utf-32be'}")),
	     /**/ 'h', 0, 0xe9, 0, 0x3d, 0xd8, 0x00, 0xde, 0, 0, // h, e with an accent, a smile
	     0, 0, 0, 'a', 0, 1, 0xf6, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'x',
	     /**/ 0x00, 0xdc, 'b', 0, 0x00, 0xd8, 'c', 0, 0, 0, // halves of pairs
	     0, 0, 0xd8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	g_assert_cmpint(trace.count, ==, 2);
	g_assert_cmpstr(fdar_source_text(trace.source, trace.events[0].name), ==,
			"h\xc3\xa9\xf0\x9f\x98\x80");
	g_assert_cmpstr(trace.events[0].data, ==, "a\xf0\x9f\x98\x80\xef\xbf\xbd");
	g_assert_cmpstr(fdar_source_text(trace.source, trace.events[1].name), ==,
			"\xef\xbf\xbd"
			"b"
			"\xef\xbf\xbd"
			"c");
	g_assert_cmpstr(trace.events[1].data, ==, "\xef\xbf\xbd");
	assert_undamaged(&trace);
	close_trace(&trace);
}

static void test_blob(void)
{
	struct trace trace;

	OPEN(&trace,
	     PLAIN EVENT("flowdar:bytes",
			 HAS("total",
			     U8) "," HAS("data",
					 "{'type':'dynamic-length-blob','length-field-location':"
					 "{'origin':'event-record-payload','path':['total']}}") //
			 "," HAS("label", "{'type':'dynamic-length-string',"
					  "'length-field-location':{'path':['total']}}")),
	     3, 1, 0, 0xff, 'a', 'b', 'c', 0);
	g_assert_cmpint(trace.count, ==, 2);
	g_assert_cmpuint(trace.events[0].data_len, ==, 3);
	g_assert_cmpint(memcmp(trace.events[0].data, "\x01\x00\xff", 3), ==, 0);
	g_assert_cmpstr(fdar_source_text(trace.source, trace.events[0].name), ==, "abc");
	g_assert_cmpuint(trace.events[1].data_len, ==, 0);
	assert_undamaged(&trace);
	close_trace(&trace);
}

/* ---- what may be missing, and choices ---- */

#define OPTIONAL(tag, more)                                                      \
	"{'type':'optional','selector-field-location':{'path':['" tag "']}" more \
	",'field-class':" TEXT "}"

static void test_optional(void)
{
	struct trace trace;

	OPEN(&trace,
	     PLAIN EVENT(ENTRY, HAS("is", "{'type':'fixed-length-boolean','length':8,"
					  "'byte-order':'big-endian'}") //
			 "," HAS("a", OPTIONAL("is", "")) "," HAS("n", S8) "," HAS(
				 "b", OPTIONAL("n", ",'selector-field-ranges':[[-3,-2],[5,5]]")) //
			 "," HAS("addr", U8)),
	     /**/ 0, 0, 11,            //
	     4, 'x', 0, 0, 12,         //
	     0, 0xfd, 'y', 'z', 0, 13, //
	     0x80, 0, 5, 0, 14,        //
	     0, 0xfc, 15);
	g_assert_cmpint(trace.count, ==, 5);
	for (guint i = 0; i < 5; i++)
		g_assert_cmpuint(trace.events[i].addr, ==, 11 + i);
	assert_undamaged(&trace);
	close_trace(&trace);
}

#define OPTION(ranges, class) "{'selector-field-ranges':[" ranges "],'field-class':" class "}"
#define VARIANT(origin, tag, options)                                         \
	"{'type':'variant','selector-field-location':{" origin "'path':[" tag \
	"]},'options':[" options "]}"
#define BLOB(path) "{'type':'dynamic-length-blob','length-field-location':{" path "}}"

/* The length is one of several fields, of which there is one at a time (CTF2-SPEC-2.0, examples 90 and
 * 91); the innermost variant is in another one. */
static void test_variants(void)
{
	struct trace trace;

	OPEN(&trace,
	     PLAIN EVENT(
		     "flowdar:bytes",
		     HAS("t", U8) "," HAS(
			     "v",
			     VARIANT("'origin':'event-record-payload',", "'t'",
				     OPTION("[0,0]", IN(HAS("n", U8))) "," OPTION("[1,9],[20,20]", IN(HAS("n", ULEB) "," HAS("own", BLOB("'path':['n']")))) "," OPTION(
					     "[10,10]",
					     IN(HAS("m", U8) "," HAS(
						     "n",
						     VARIANT("", "'m'",
							     OPTION("[7,7]", U8) "," OPTION(
								     "[8,8]",
								     ULEB))))))) "," HAS("data",
											 BLOB("'pat"
											      "h':["
											      "'v',"
											      "'n'"
											      "]")) "," HAS("total",
													    U8)),
	     /**/ 0, 2, 'a', 'b', 1,                 //
	     20, 0x83, 0, 9, 9, 9, 'a', 'b', 'c', 2, //
	     10, 7, 1, 'a', 3,                       //
	     10, 8, 0x84, 0, 'a', 'b', 'c', 'd', 4,  //
	     11);
	g_assert_cmpint(trace.count, ==, 4);
	for (guint i = 0; i < 4; i++) {
		static const guint lengths[] = { 2, 3, 1, 4 };

		g_assert_cmpuint(trace.events[i].addr, ==, i + 1);
		g_assert_cmpuint(trace.events[i].data_len, ==, lengths[i]);
		g_assert_cmpint(memcmp(trace.events[i].data, "abcd", lengths[i]), ==, 0);
	}
	close_trace(&trace);
}

#define ARRAY(length, element) \
	"{'type':'static-length-array','length':" length ",'element-field-class':" element "}"
#define MANY(path, element)                                                     \
	"{'type':'dynamic-length-array','length-field-location':{'path':[" path \
	"]},'element-field-class':" element "}"

/* Elements of any length, even none; a length in the same element, and one further out. */
static void test_arrays(void)
{
	struct trace trace;

	OPEN(&trace,
	     PLAIN EVENT(
		     ENTRY,
		     HAS("n", U8) "," HAS(
			     "a",
			     ARRAY("2",
				   IN(HAS("n", ULEB) "," HAS(
					   "in",
					   IN(HAS("b", MANY("null,'n'",
							    SLEB)))) "," HAS("c",
									     MANY("null,'n'",
										  ARRAY("0",
											U8))))))  //
		     "," HAS("d", MANY("'n'", OPTIONAL("n", ",'selector-field-ranges':[[2,2]]"))) //
		     "," HAS("e", ARRAY("1000000000000", IN(""))) "," HAS("addr", U8)),
	     /**/ 1, 1, 0x80, 1, 2, 5, 6, 77, //
	     2, 0, 1, 9, 'x', 0, 0, 78);
	g_assert_cmpint(trace.count, ==, 2);
	g_assert_cmpuint(trace.events[0].addr, ==, 77);
	g_assert_cmpuint(trace.events[1].addr, ==, 78);
	assert_undamaged(&trace);
	close_trace(&trace);
}

/* ---- who is who ---- */

/* Names mean nothing in packets and headers, and one underscore in front is a part of a name. */
static void test_roles(void)
{
	struct trace trace;

	OPEN(&trace,
	     BEGIN "@{'type':'data-stream-class','id':3,'packet-context-field-class':" //
	     IN(HAS("content_size",
		    U8) "," HAS("x", "{'type':'fixed-length-unsigned-integer','length':"
				     "8,'byte-order':"
				     "'little-endian','roles':['packet-content-length']"
				     "}")) "}\n"
					   "@{'type':'event-record-class','data-stream-"
					   "class-id':3,'name':'" ENTRY
					   "','payload-field-class':" IN(HAS("_addr", U8) "," HAS(
						   "addr", U8) "," HAS("__call_site", U8)) "}\n",
	     /**/ 1, 40, 1, 2, 3, 99, 99);
	g_assert_cmpint(trace.count, ==, 1);
	g_assert_cmpuint(trace.events[0].addr, ==, 2);
	g_assert_cmpuint(trace.events[0].addr2, ==, 0);
	close_trace(&trace);
}

/* ---- the text ---- */

static struct fdar_ctf_plan *compile(const char *metadata, GError **error)
{
	g_autofree char *text = quoted(metadata);

	return fdar_ctf_plan_new(text, strlen(text), error);
}

static void test_understood(void)
{
	static const char *const texts[] = {
		"@{'type':'preamble','version':2}",
		"@@ "
		"\n@{'type':'preamble','version':2,'extensions':{'a':{}},'attributes':{'a':1}}@\n",
		BEGIN "@{'type':'field-class-alias','name':'a','field-class':" U8 "}"
		      "@{'type':'field-class-alias','name':'b','field-class':'a'}"
		      "@{'type':'data-stream-class'}" EVENT("e", HAS("f", "'b'")),
		PLAIN EVENT("e", HAS("f", "{'type':'fixed-length-bit-array','length':1000,"
					  "'byte-order':'big-endian','alignment':0}")),
		PLAIN EVENT("e", HAS("f", "{'type':'fixed-length-bit-map','length':9,'flags':{'a':"
					  "[[1,3]]},'byte-order':'big-endian'}")),
		PLAIN EVENT("e",
			    HAS("f", "{'type':'fixed-length-floating-point-number','length':16,"
				     "'byte-order':'little-endian'}")),
		PLAIN EVENT("e",
			    HAS("t", U8) "," HAS(
				    "v",
				    VARIANT("", "'t'",
					    OPTION("[18446744073709551615,18446744073709551615]",
						   U8)))),
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		struct fdar_ctf_plan *plan = compile(texts[i], &error);

		g_assert_no_error(error);
		fdar_ctf_plan_free(plan);
	}
}

#define BAD(metadata, message)    \
	{                         \
		metadata, message \
	}

/* What is wrong is named with its byte; what is not understood is named as such. */
static void test_refused(void)
{
	static const struct {
		const char *metadata, *message;
	} bad[] = {
		BAD("@", "byte 0: expected a preamble"),
		BAD("@{", "byte 0: expected"),
		BAD("@[]", "an object as the fragment"),
		BAD("@{'type':'trace-class'}", "the preamble first"),
		BAD("@{'type':'preamble','version':3}", "2 as the \"version\""),
		BAD("@{'type':'preamble','version':2,'extensions':{'my.tracer':{'piano':3}}}",
		    "CTF 2 with the extension piano of my.tracer"),
		BAD("@{'type':'preamble','version':2,'uuid':[1,2]}", "16 numbers as \"uuid\""),
		BAD(BEGIN "@{'type':'trace-class'}", "byte 57: expected one trace class"),
		BAD(BEGIN "@{'type':'drum'}", "CTF 2 with a fragment of the type \"drum\""),
		BAD(BEGIN "@{'type':'clock-class','id':'c'}", "an id and a frequency"),
		BAD(BEGIN "@{'type':'data-stream-class','default-clock-class-id':'c'}",
		    "the id of a clock"),
		BAD(BEGIN EVENT("e", ""), "a stream class given before"),
		BAD(PLAIN EVENT("e", "") EVENT("e", ""), "ids of their own"),
		BAD(PLAIN EVENT("e", HAS("f", "'x'")), "the name of a field class"),
		BAD(PLAIN EVENT("e", HAS("f", "{'type':'guess'}")),
		    "CTF 2 with a field class of the type \"guess\""),
		BAD(PLAIN EVENT("e", HAS("f", "{'type':'fixed-length-unsigned-integer',"
					      "'length':65,'byte-order':'little-endian'}")),
		    "CTF 2 with an integer of 65 bits"),
		BAD(PLAIN EVENT("e", HAS("f", "{'type':'fixed-length-unsigned-integer',"
					      "'length':8}")),
		    "as \"byte-order\""),
		BAD(PLAIN EVENT("e", HAS("f", IN_CODE("null-terminated-string", "ebcdic"))),
		    "CTF 2 with a text in the encoding \"ebcdic\""),
		BAD(PLAIN EVENT("e", HAS("f", BLOB("'path':['n']"))), "not there"),
		BAD(PLAIN EVENT("e", HAS("f", BLOB("'path':['n']")) "," HAS("n", U8)), "later"),
		BAD(PLAIN EVENT("e", HAS("n", S8) "," HAS("f", BLOB("'path':['n']"))),
		    "cannot be a length"),
		BAD(PLAIN EVENT("e", HAS("n", U8) "," HAS("f", BLOB("'path':[null,'n']"))),
		    "not there"),
		BAD(PLAIN EVENT("e", HAS("n", U8) "," HAS("f", OPTIONAL("n", ""))),
		    "length or tag"),
		BAD(PLAIN EVENT("e", HAS("n", U8) "," HAS("n", U8)), "a name of its own"),
		BAD(PLAIN EVENT("e", HAS("f", "{'type':'fixed-length-unsigned-integer','length':8,"
					      "'byte-order':'little-endian','roles':['king']}")),
		    "CTF 2 with the role \"king\""),
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(compile(bad[i].metadata, &error));
		g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, bad[i].message));
		g_assert_null(strchr(error->message, '\n'));
	}
}

#define PART(name, length, align, role)                                            \
	"{'name':'" name                                                           \
	"','field-class':{'type':'fixed-length-unsigned-integer','length':" length \
	",'alignment':" align ",'byte-order':'little-endian','roles':['" role "']}}"
#define ID   "event-record-class-id"
#define TIME "default-clock-timestamp"

/* LTTng's two headers are read by the loop that is made for them, as with CTF 1.8. */
static void test_fast(void)
{
	static const struct {
		const char *id, *brief, *last, *more;
		guint bits;
	} headers[] = {
		{ PART("id", "5", "1", ID), PART("timestamp", "27", "1", TIME), "30", "31", 5 },
		{ PART("id", "16", "8", ID), PART("timestamp", "32", "8", TIME), "65534", "65535",
		  16 },
		{ PART("id", "5", "1", ID), PART("timestamp", "27", "1", TIME), "29", "31", 0 },
		{ PART("id", "5", "1", TIME), PART("timestamp", "27", "1", TIME), "30", "31", 0 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = g_strdup_printf(
			BEGIN
			"@{'type':'clock-class','id':'c','frequency':1000000000}\n"
			"@{'type':'data-stream-class','default-clock-class-id':'c',"
			"'event-record-header-field-class':{'type':'structure',"
			"'minimum-alignment':8,'member-classes':[%s,{'name':'v','field-class':"
			"{'type':'variant','selector-field-location':{'origin':"
			"'event-record-header','path':['id']},'options':["
			"{'name':'compact','selector-field-ranges':[[0,%s]],'field-class':" IN(
				"%s") "},{'name':'extended','selector-field-ranges':[[%s,%s]],'"
				      "field-class':" IN(PART("id", "32", "8",
							      ID) "," PART("timestamp", "64", "8",
									   TIME)) "}]}}]}}",
			headers[i].id, headers[i].last, headers[i].brief, headers[i].more,
			headers[i].more);
		struct fdar_ctf_plan *plan = compile(text, &error);
		const struct fdar_ctf_stream_plan *stream;

		g_assert_no_error(error);
		stream = g_ptr_array_index(plan->streams, 0);
		g_assert_cmpuint(stream->fast_bits, ==, headers[i].bits);
		fdar_ctf_plan_free(plan);
	}
}

/* What to do is said with what is not understood. */
static void test_advice(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(
		compile("@{'type':'preamble','version':2,'extensions':{'a':{'b':3}}}", &error));
	g_assert_nonnull(strstr(error->message, "--trace-format=ctf-1.8"));
}

static void test_deep(void)
{
	g_autoptr(GString) text = g_string_new(BEGIN "@{'type':'data-stream-class',"
						     "'event-record-header-field-class':");
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 100000; i++)
		g_string_append(text, "{'type':'static-length-array','length':1,"
				      "'element-field-class':");
	g_assert_null(compile(text->str, &error));
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctf2/leb128", test_leb128);
	g_test_add_func("/ctf2/leb128-damage", test_leb128_damage);
	g_test_add_func("/ctf2/header", test_header);
	g_test_add_func("/ctf2/bit-order", test_bit_order);
	g_test_add_func("/ctf2/encodings", test_encodings);
	g_test_add_func("/ctf2/blob", test_blob);
	g_test_add_func("/ctf2/optional", test_optional);
	g_test_add_func("/ctf2/variants", test_variants);
	g_test_add_func("/ctf2/arrays", test_arrays);
	g_test_add_func("/ctf2/roles", test_roles);
	g_test_add_func("/ctf2/understood", test_understood);
	g_test_add_func("/ctf2/refused", test_refused);
	g_test_add_func("/ctf2/fast", test_fast);
	g_test_add_func("/ctf2/advice", test_advice);
	g_test_add_func("/ctf2/deep", test_deep);
	return g_test_run();
}
