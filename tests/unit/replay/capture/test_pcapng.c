/* pcapng as others write it: interfaces that differ, sections of both byte orders, clocks, blocks that
 * are passed over, damage; several files as one capture; filters; times beyond 2038. */
#include "tests/unit/kit/pcapng.h"

#include <zstd.h>

#define SECOND ((uint64_t)1000000000)

/* A block that nobody looks into. */
static void other_block(GByteArray *file, const struct file_style *style, uint32_t type)
{
	put_native32(file, style, type);
	put_native32(file, style, 20);
	put_native32(file, style, 0xdeadbeef);
	put_native32(file, style, 0);
	put_native32(file, style, 20);
}

static GByteArray *question(void)
{
	return udp_frame("10.0.0.1", 4000, "10.0.0.2", 53, "question");
}

static GByteArray *raw_question(void)
{
	return ip("10.0.0.1", "10.0.0.2", 17, udp("10.0.0.1", 4000, "10.0.0.2", 53, "question", 8));
}

struct got {
	uint64_t epoch_ns;
	int link;
	uint32_t interface;
};

/* Reads all, which must be as expected; the end must be whole unless damaged. */
static void expect(const char *path, const struct got *expected, size_t count, gboolean damaged)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_capture) capture = fdar_capture_open(path, &error);
	struct fdar_packet one;

	g_assert_no_error(error);
	for (size_t i = 0; i < count; i++) {
		g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 1);
		g_assert_cmpuint(one.epoch_ns, ==, expected[i].epoch_ns);
		g_assert_cmpint(one.link, ==, expected[i].link);
		g_assert_cmpuint(one.interface, ==, expected[i].interface);
	}
	g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 0);
	g_assert_cmpint(fdar_capture_damage(capture) != NULL, ==, damaged);
}

static void check(GByteArray *file, const struct got *expected, size_t count, gboolean damaged)
{
	char *path = file_save(file->data, file->len);

	expect(path, expected, count, damaged);
	file_remove(path);
	g_byte_array_unref(file);
}

/* Link types, snap lengths and clocks by interface, in sections of either byte order. */
static void test_interfaces(void)
{
	for (unsigned swapped = 0; swapped < 2; swapped++) {
		const struct file_style style = { .swapped = swapped != 0 };
		const struct file_style other = { .swapped = !swapped };
		const struct got expected[] = {
			{ 100 * SECOND, 1, 0 },
			{ 100 * SECOND + 1, 12, 1 },
			{ 100 * SECOND + SECOND / 4, 1, 2 },
			{ 101 * SECOND, 1, 4 },
		};
		GByteArray *file = g_byte_array_new();

		ng_section(file, &style);
		ng_interface(file, &style, 1, 262144, 6, 0);
		ng_interface(file, &style, 101, 96, 9, 60);    /* nanoseconds, a minute off */
		ng_interface(file, &style, 1, 0, 0x80 | 2, 0); /* quarters of a second */
		ng_interface(file, &style, 147, 65535, 6, 0);  /* never used */
		ng_packet(file, &style, 0, 100 * 1000000, question());
		other_block(file, &style, 0xbad);
		ng_packet(file, &style, 1, 40 * SECOND + 1, raw_question());
		ng_packet(file, &style, 2, 401, question());
		ng_section(file, &other);
		other_block(file, &other, 5);
		ng_interface(file, &other, 1, 100, 3, -100);
		ng_packet(file, &other, 0, 201000, question());
		check(file, expected, G_N_ELEMENTS(expected), FALSE);
	}
}

/* What came before the damage is there. */
static void test_damage(void)
{
	const struct file_style style = { 0 };
	const struct got expected[] = { { 100 * SECOND, 1, 0 } };

	for (unsigned kind = 0; kind < 4; kind++) {
		GByteArray *file = g_byte_array_new();

		ng_section(file, &style);
		ng_interface(file, &style, 1, 262144, 6, 0);
		ng_packet(file, &style, 0, 100 * 1000000, question());
		if (kind == 0) { /* an interface that nobody described */
			ng_packet(file, &style, 1, 100 * 1000000, question());
		} else if (kind == 1) { /* lengths that disagree */
			ng_packet(file, &style, 0, 100 * 1000000, question());
			file->data[file->len - 4] ^= 4;
		} else if (kind == 2) { /* more bytes than the block has */
			ng_packet(file, &style, 0, 100 * 1000000, question());
			file->data[28 + 44 + 84 + 20] += 4;
		} else { /* no end */
			other_block(file, &style, 0xbad);
			file->data[28 + 44 + 84 + 5] = 1;
		}
		check(file, expected, 1, TRUE);
	}
}

static GByteArray *classic(uint64_t first_ns, uint64_t step_ns, unsigned count)
{
	const struct file_style style = { .nanoseconds = TRUE, .link = 1 };
	GByteArray *file = file_new(&style);

	for (unsigned i = 0; i < count; i++)
		file_add(file, &style, first_ns + i * step_ns, question());
	return file;
}

/* Several files, in the order of time; each has its interfaces. */
static void test_files(void)
{
	g_autoptr(GByteArray) first = classic(100 * SECOND, 2 * SECOND, 3);
	g_autoptr(GByteArray) second = classic(101 * SECOND, 2 * SECOND, 2);
	char *paths[] = { file_save(first->data, first->len),
			  file_save(second->data, second->len) };
	const char *const more[] = { paths[1], NULL };
	const struct fdar_capture_options options = { .more = more };
	g_autoptr(GError) error = NULL;
	fdar_capture *capture = fdar_capture_open_with(paths[0], &options, &error);
	struct fdar_packet one;

	g_assert_no_error(error);
	for (unsigned i = 0; i < 5; i++) {
		g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 1);
		g_assert_cmpuint(one.epoch_ns, ==, (100 + i) * SECOND);
		g_assert_cmpuint(one.interface, ==, i % 2);
		g_assert_cmpuint(one.number, ==, i + 1);
	}
	g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 0);
	g_assert_cmpuint(fdar_capture_late(capture), ==, 0);
	fdar_capture_close(capture);
	file_remove(paths[0]);
	file_remove(paths[1]);
}

static void test_filter(void)
{
	const struct file_style style = { 0 };
	struct fdar_capture_options options = { .filter = "udp dst port 53" };
	GByteArray *file = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	fdar_capture *capture;
	struct fdar_packet one;
	char *path;

	ng_section(file, &style);
	ng_interface(file, &style, 1, 262144, 6, 0);
	ng_interface(file, &style, 101, 262144, 6, 0);
	ng_packet(file, &style, 0, 100 * 1000000, udp_frame("10.0.0.1", 4000, "10.0.0.2", 54, "x"));
	ng_packet(file, &style, 0, 101 * 1000000, question());
	ng_packet(file, &style, 1, 102 * 1000000, raw_question());
	path = file_save(file->data, file->len);
	capture = fdar_capture_open_with(path, &options, &error);
	g_assert_no_error(error);
	g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 1);
	g_assert_cmpuint(one.number, ==, 2);
	g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 1);
	g_assert_cmpuint(one.number, ==, 3);
	g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 0);
	fdar_capture_close(capture);
	options.filter = "no such thing";
	g_assert_null(fdar_capture_open_with(path, &options, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT);
	file_remove(path);
	g_byte_array_unref(file);
}

/* The question behind a family in the byte order of whoever captured it. */
static GByteArray *loop_question(uint32_t family)
{
	GByteArray *frame = g_byte_array_new();
	g_autoptr(GByteArray) question = raw_question();

	put32(frame, family);
	g_byte_array_append(frame, question->data, question->len);
	return frame;
}

/* What stands in front of a packet is no reason not to find it: families as other systems number them,
 * and framings that libpcap has no filter for. */
static void test_filter_loop(void)
{
	const struct file_style style = { 0 };
	struct fdar_capture_options options = { .filter = "udp dst port 53" };
	GByteArray *file = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	fdar_capture *capture;
	struct fdar_packet one;
	char *path;

	ng_section(file, &style);
	ng_interface(file, &style, 0, 262144, 6, 0);
	ng_interface(file, &style, 108, 262144, 6, 0);
	ng_interface(file, &style, 50, 262144, 6, 0);
	ng_packet(file, &style, 0, 100 * 1000000, loop_question(0x02000000));
	ng_packet(file, &style, 0, 101 * 1000000, loop_question(2));
	ng_packet(file, &style, 1, 102 * 1000000, loop_question(2));
	/* PPP in HDLC, here in Cisco's framing. */
	ng_packet(file, &style, 2, 103 * 1000000, loop_question(0x0f000800));
	path = file_save(file->data, file->len);
	capture = fdar_capture_open_with(path, &options, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < 4; i++)
		g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 1);
	g_assert_cmpint(fdar_capture_read(capture, &one, &error), ==, 0);
	fdar_capture_close(capture);
	file_remove(path);
	g_byte_array_unref(file);
}

static void test_beyond_2038(void)
{
	const uint64_t then = (uint64_t)2208988800 * SECOND; /* 2040 */
	const struct got expected[] = { { then, 1, 0 }, { then + SECOND, 1, 0 } };

	check(classic(then, SECOND, 2), expected, 2, FALSE);
}

/* A skippable frame first, as parallel packers write it. */
static void test_skippable(void)
{
	static const uint8_t skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4 };
	const struct got expected[] = { { 100 * SECOND, 1, 0 }, { 101 * SECOND, 1, 0 } };
	g_autoptr(GByteArray) plain = classic(100 * SECOND, SECOND, 2);
	GByteArray *packed = g_byte_array_new();
	size_t size;

	g_byte_array_append(packed, skippable, sizeof(skippable));
	g_byte_array_set_size(packed, (guint)(packed->len + ZSTD_compressBound(plain->len)));
	size = ZSTD_compress(packed->data + sizeof(skippable), packed->len - sizeof(skippable),
			     plain->data, plain->len, 3);
	g_assert_false(ZSTD_isError(size));
	g_byte_array_set_size(packed, (guint)(sizeof(skippable) + size));
	check(packed, expected, 2, FALSE);
}

/* Late by less than a second: sorted in. By more: the clock was set, and nothing moves. */
static void test_late(void)
{
	static const uint64_t times[] = { 100, 300, 500, 200, 400, 450, 3000, 900, 1000 };
	static const uint64_t sorted[] = { 100, 200, 300, 400, 450, 500, 3000, 900, 1000 };
	const struct file_style style = { .nanoseconds = TRUE, .link = 1 };
	struct got expected[G_N_ELEMENTS(times)];
	GByteArray *file = file_new(&style);

	for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
		/* What is late is another sender's. */
		unsigned sport = i >= 3 && i < 6 ? 4001 : 4000;

		file_add(file, &style, 50 * SECOND + times[i] * 1000000,
			 udp_frame("10.0.0.1", sport, "10.0.0.2", 53, "question"));
		expected[i] = (struct got){ 50 * SECOND + sorted[i] * 1000000, 1, 0 };
	}
	check(file, expected, G_N_ELEMENTS(times), FALSE);
}

/* The same sender's packets stay in the order in which they were written: its clock was set. */
static void test_set_back(void)
{
	static const uint64_t times[] = { 100, 300, 500, 200, 400, 600 };
	const struct file_style style = { .nanoseconds = TRUE, .link = 1 };
	struct got expected[G_N_ELEMENTS(times)];
	GByteArray *file = file_new(&style);

	for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
		file_add(file, &style, 50 * SECOND + times[i] * 1000000, question());
		expected[i] = (struct got){ 50 * SECOND + times[i] * 1000000, 1, 0 };
	}
	check(file, expected, G_N_ELEMENTS(times), FALSE);
}

static void test_secrets(void)
{
	const struct file_style style = { 0 };
	static const char keys[] = "CLIENT_RANDOM 00 11\n";
	GByteArray *file = g_byte_array_new();
	fdar_capture *capture;
	struct fdar_packet one;
	char *path;

	ng_section(file, &style);
	ng_interface(file, &style, 1, 262144, 6, 0);
	put_native32(file, &style, 10);
	put_native32(file, &style, 20 + 20);
	put_native32(file, &style, 0x544c534b);
	put_native32(file, &style, 20);
	g_byte_array_append(file, (const uint8_t *)keys, 20);
	put_native32(file, &style, 20 + 20);
	ng_packet(file, &style, 0, 100 * 1000000, question());
	path = file_save(file->data, file->len);
	capture = fdar_capture_open(path, NULL);
	g_assert_cmpint(fdar_capture_read(capture, &one, NULL), ==, 1);
	g_assert_nonnull(strstr(fdar_capture_secrets(capture), "CLIENT_RANDOM 00 11\n"));
	fdar_capture_close(capture);
	file_remove(path);
	g_byte_array_unref(file);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pcapng/interfaces", test_interfaces);
	g_test_add_func("/pcapng/damage", test_damage);
	g_test_add_func("/pcapng/files", test_files);
	g_test_add_func("/pcapng/filter", test_filter);
	g_test_add_func("/pcapng/filter-loop", test_filter_loop);
	g_test_add_func("/pcapng/beyond-2038", test_beyond_2038);
	g_test_add_func("/pcapng/skippable", test_skippable);
	g_test_add_func("/pcapng/late", test_late);
	g_test_add_func("/pcapng/set-back", test_set_back);
	g_test_add_func("/pcapng/secrets", test_secrets);
	return g_test_run();
}
