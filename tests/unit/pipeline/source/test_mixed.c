/* Several traces of which some cannot be read, or not by our decoder: what is good is read, in the order of
 * time, and what is not is named. */
#include <string.h>

#include "pipeline/source/source.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define EVENTS 6u

static const char uuid_text[] = "2a6422d0-6cee-11e0-8c08-cb07d7b3a564";
static const uint8_t uuid[16] = { 0x2a, 0x64, 0x22, 0xd0, 0x6c, 0xee, 0x11, 0xe0,
				  0x8c, 0x08, 0xcb, 0x07, 0xd7, 0xb3, 0xa5, 0x64 };

/* Writes length bytes over those of the file that are like from, wherever they are. */
static void replace(const char *folder, const char *name, const void *from, const void *to,
		    gsize length)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *bytes = NULL;
	gsize size;

	g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	for (char *at = bytes; (at = memmem(at, size - (gsize)(at - bytes), from, length));
	     at += length)
		memcpy(at, to, length);
	g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
}

static void set_metadata(const char *folder, const char *text, gssize length)
{
	g_autofree char *path = g_build_filename(folder, "metadata", NULL);

	g_assert_true(g_file_set_contents(path, text, length, NULL));
}

static char *metadata_of(const char *folder)
{
	g_autofree char *path = g_build_filename(folder, "metadata", NULL);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

/* A trace of its own, of a process pid whose events are at 10, 20, ... and so many more. */
static char *add_trace(const char *dir, const char *name, int32_t pid)
{
	g_autofree char *folder = g_build_filename(dir, name, NULL);
	struct tiny_trace *trace = tiny_trace_new(folder);
	uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");
	char text[sizeof(uuid_text)];
	uint8_t bytes[sizeof(uuid)];

	for (guint i = 0; i < EVENTS; i++) {
		tiny_trace_event(trace, entry, 10 * i + 10 + (uint64_t)pid, pid, pid, "t");
		tiny_trace_u64(trace, i);
	}
	tiny_trace_close(trace);
	memcpy(text, uuid_text, sizeof(text));
	memcpy(bytes, uuid, sizeof(bytes));
	text[35] = (char)('0' + pid);
	bytes[15] = (uint8_t)(0x60 + pid);
	replace(folder, "metadata", uuid_text, text, strlen(text));
	replace(folder, "stream_0", uuid, bytes, sizeof(bytes));
	return g_steal_pointer(&folder);
}

/* Says that a kernel wrote it, which our decoder leaves to others. */
static void make_kernels(const char *folder)
{
	g_autofree char *text = metadata_of(folder);
	g_autofree char *more = g_strconcat(text, "env { domain = \"kernel\"; };\n", NULL);

	set_metadata(folder, more, -1);
}

struct reading {
	guint of[10]; /* events, by pid */
	char *damage; /* NULL: none */
	GError *error;
};

static struct reading read_dir(const char *dir)
{
	struct reading reading = { .damage = NULL };
	g_autoptr(fdar_source) source = fdar_source_open(dir, &reading.error);
	struct fdar_source_summary summary;
	struct fdar_event batch[4];
	uint64_t last_ns = 0;
	gssize n = 0;

	while (source &&
	       (n = fdar_source_read(source, batch, G_N_ELEMENTS(batch), &reading.error)) > 0) {
		for (gssize i = 0; i < n; i++) {
			g_assert_cmpuint(batch[i].time_ns, >=, last_ns);
			last_ns = batch[i].time_ns;
			if (batch[i].kind == FDAR_EVENT_FUNC_ENTRY)
				reading.of[batch[i].pid]++;
		}
	}
	if (source) {
		fdar_source_get_summary(source, &summary);
		reading.damage = g_strdup(summary.damage);
	}
	return reading;
}

static void reading_clear(struct reading *reading)
{
	g_free(reading->damage);
	g_clear_error(&reading->error);
}

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-mixed-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

/* One of four, as of processes of their own, was never written. */
static void test_empty(void)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	g_autofree char *dir = scratch();
	struct reading reading;

	for (int i = 0; i < 4; i++) {
		g_autofree char *folder = add_trace(dir, names[i], i + 1);

		if (i == 1)
			set_metadata(folder, "", 0);
	}
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.of[1] + reading.of[3] + reading.of[4], ==, 3 * EVENTS);
	g_assert_cmpuint(reading.of[2], ==, 0);
	g_assert_nonnull(strstr(reading.damage, "/b/metadata: byte 0: expected metadata"));
	reading_clear(&reading);
	remove_tree(dir);
}

/* Traces without a UUID are traces of their own, and what is no metadata is named as our reader says it. */
static void test_no_uuid(void)
{
	static const char *const names[] = { "a", "b", "c" };
	g_autofree char *dir = scratch();
	struct reading reading;

	for (int i = 0; i < 3; i++) {
		g_autofree char *folder = add_trace(dir, names[i], i + 1);
		g_autofree char *text = metadata_of(folder);
		char *field = strstr(text, "uuid = \"");

		g_assert_nonnull(field);
		memset(field, ' ', (gsize)(strchr(field, ';') + 1 - field));
		set_metadata(folder, i == 1 ? "no metadata" : text, -1);
	}
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.of[1], ==, EVENTS);
	g_assert_cmpuint(reading.of[2], ==, 0);
	g_assert_cmpuint(reading.of[3], ==, EVENTS);
	g_assert_nonnull(strstr(reading.damage, "/b/metadata: byte 0: expected metadata of CTF"));
	reading_clear(&reading);
	remove_tree(dir);
}

/* It was, but in another part of the same trace. */
static void test_sister(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *two = add_trace(dir, "2", 1);
	struct reading reading;

	g_free(add_trace(dir, "1", 1));
	set_metadata(two, "", 0);
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpstr(reading.damage, ==, NULL);
	g_assert_cmpuint(reading.of[1], ==,
			 2 * EVENTS); /* of streams without a number: they are two */
	reading_clear(&reading);
	remove_tree(dir);
}

static void test_alone(void)
{
	static const struct {
		const char *text;
		gssize length;
		int code;
	} bad[] = {
		{ "", 0, FDAR_SOURCE_ERROR_DAMAGED },
		{ "nonsense", -1, FDAR_SOURCE_ERROR_FORMAT },
		{ "\x57\x1d\xd1\x75 and no more", -1, FDAR_SOURCE_ERROR_DAMAGED },
		{ "\x1e{\"type\":\"preamble\",\"version\":2,\"extensions\":{\"a\":{\"b\":1}}}", -1,
		  FDAR_SOURCE_ERROR_FORMAT },
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *dir = scratch();
		g_autofree char *folder = add_trace(dir, "a", 1);
		struct reading reading;

		set_metadata(folder, bad[i].text, bad[i].length);
		reading = read_dir(dir);
		g_assert_error(reading.error, FDAR_SOURCE_ERROR, bad[i].code);
		reading_clear(&reading);
		remove_tree(dir);
	}
}

/* What is whole of it serves. */
static void test_cut(void)
{
	g_autofree char *dir = scratch(), *folder = add_trace(dir, "a", 1);
	g_autofree char *text = metadata_of(folder);
	g_autofree char *more = g_strconcat(text, "event { name = \"late\"; id = 9; fie", NULL);
	struct reading reading;

	set_metadata(folder, more, -1);
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.of[1], ==, EVENTS);
	g_assert_nonnull(strstr(reading.damage, "expected the rest of a declaration"));
	reading_clear(&reading);
	/* The same with zeros for what the disk did not get. */
	set_metadata(folder, text, (gssize)strlen(text) + 1);
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.of[1], ==, EVENTS);
	g_assert_nonnull(strstr(reading.damage, "NUL"));
	reading_clear(&reading);
	remove_tree(dir);
}

/* A trace for libbabeltrace2 between two for us. */
static void test_two_decoders(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *two = add_trace(dir, "2", 2);
	struct reading reading;

	g_free(add_trace(dir, "1", 1));
	g_free(add_trace(dir, "3", 3));
	make_kernels(two);
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpstr(reading.damage, ==, NULL);
	for (guint pid = 1; pid <= 3; pid++)
		g_assert_cmpuint(reading.of[pid], ==, EVENTS);
	reading_clear(&reading);
	remove_tree(dir);
}

/* The same, and it is damaged: in its stream, and in its metadata, where only libbabeltrace2 knows. */
static void test_their_damage(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *two = add_trace(dir, "2", 2);
	g_autofree char *stream = g_build_filename(two, "stream_0", NULL);
	struct reading reading;

	g_free(add_trace(dir, "1", 1));
	make_kernels(two);
	g_assert_true(g_file_set_contents(stream, "no packet", -1, NULL));
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.of[1], ==, EVENTS);
	g_assert_nonnull(strstr(reading.damage, two));
	reading_clear(&reading);
	set_metadata(two, "/* CTF 1.8 */ trace { colour = red; };", -1);
	reading = read_dir(dir);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.of[1], ==, EVENTS);
	g_assert_nonnull(strstr(reading.damage, two));
	reading_clear(&reading);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixed/empty", test_empty);
	g_test_add_func("/mixed/no-uuid", test_no_uuid);
	g_test_add_func("/mixed/sister", test_sister);
	g_test_add_func("/mixed/alone", test_alone);
	g_test_add_func("/mixed/cut", test_cut);
	g_test_add_func("/mixed/two-decoders", test_two_decoders);
	g_test_add_func("/mixed/their-damage", test_their_damage);
	return g_test_run();
}
