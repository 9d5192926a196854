/* Captures: both formats, both byte orders, both resolutions, compressed, damaged, and none. */
#include "tests/unit/kit/packets.h"

#include <gio/gio.h>
#include <sys/wait.h>
#include <zstd.h>

#define TIME_NS ((uint64_t)1500000000 * 1000000000 + 123456789)
#define PACKETS 5u

static GByteArray *make_file(const struct file_style *style)
{
	GByteArray *file = file_new(style);

	for (unsigned i = 0; i < PACKETS; i++)
		file_add(file, style, TIME_NS + i * (uint64_t)1000000000,
			 udp_frame("10.0.0.1", 4000 + i, "10.0.0.2", 53, "question"));
	return file;
}

/* Reads all there is of path, checks it against what make_file puts in, gives the packets. */
static unsigned read_all(const char *path, const struct file_style *style, gboolean damaged)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_capture) capture = fdar_capture_open(path, &error);
	struct fdar_packet packet;
	unsigned count = 0;

	g_assert_no_error(error);
	g_assert_cmpint(fdar_capture_link(capture), ==, (int)style->link);
	while (fdar_capture_read(capture, &packet, &error) == 1) {
		uint64_t expected = TIME_NS + count * (uint64_t)1000000000;

		if (!style->nanoseconds)
			expected -= expected % 1000;
		g_assert_cmpuint(packet.epoch_ns, ==, expected);
		g_assert_cmpuint(packet.number, ==, ++count);
		g_assert_cmpuint(packet.captured, ==, 14 + 20 + 8 + 8);
		g_assert_cmpuint(packet.length, ==, packet.captured);
		g_assert_cmpuint(packet.bytes[35], ==, (4000 + count - 1) & 255);
	}
	g_assert_no_error(error);
	g_assert_cmpint(fdar_capture_damage(capture) != NULL, ==, damaged);
	/* The end stays the end. */
	g_assert_cmpint(fdar_capture_read(capture, &packet, &error), ==, 0);
	return count;
}

static void test_formats(void)
{
	for (unsigned i = 0; i < 8; i++) {
		struct file_style style = { .swapped = (i & 1) != 0,
					    .nanoseconds = (i & 2) != 0,
					    .pcapng = (i & 4) != 0,
					    .link = 1 };
		g_autoptr(GByteArray) file = make_file(&style);
		char *path = file_save(file->data, file->len);
		fdar_capture *capture = fdar_capture_open(path, NULL);

		g_assert_cmpuint(read_all(path, &style, FALSE), ==, PACKETS);
		g_assert_cmpint(fdar_capture_microseconds(capture), ==, i < 2);
		fdar_capture_close(capture);
		file_remove(path);
	}
}

static GByteArray *gzip(const GByteArray *plain)
{
	g_autoptr(GZlibCompressor) packer = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6);
	GByteArray *packed = g_byte_array_new();
	gsize used, made;
	g_autoptr(GError) error = NULL;

	g_byte_array_set_size(packed, plain->len + 1000);
	g_assert_cmpint(g_converter_convert(G_CONVERTER(packer), plain->data, plain->len,
					    packed->data, packed->len, G_CONVERTER_INPUT_AT_END,
					    &used, &made, &error),
			==, G_CONVERTER_FINISHED);
	g_byte_array_set_size(packed, (guint)made);
	return packed;
}

static GByteArray *zstd(const GByteArray *plain)
{
	GByteArray *packed = g_byte_array_new();
	size_t size;

	g_byte_array_set_size(packed, (guint)ZSTD_compressBound(plain->len));
	size = ZSTD_compress(packed->data, packed->len, plain->data, plain->len, 3);
	g_assert_false(ZSTD_isError(size));
	g_byte_array_set_size(packed, (guint)size);
	return packed;
}

/* The whole in one piece, and in two members or frames one behind the other. */
static void check_packed(GByteArray *(*pack)(const GByteArray *plain))
{
	struct file_style style = { .link = 1 };
	g_autoptr(GByteArray) file = make_file(&style);
	g_autoptr(GByteArray) whole = pack(file);
	GByteArray front = { file->data, 100 }, back = { file->data + 100, file->len - 100 };
	g_autoptr(GByteArray) first = pack(&front), second = pack(&back);
	char *path = file_save(whole->data, whole->len);

	g_assert_cmpuint(read_all(path, &style, FALSE), ==, PACKETS);
	file_remove(path);
	g_byte_array_append(first, second->data, second->len);
	path = file_save(first->data, first->len);
	g_assert_cmpuint(read_all(path, &style, FALSE), ==, PACKETS);
	file_remove(path);
	/* Cut anywhere: never more packets than there were, and always said so. */
	for (guint size = 5; size < whole->len; size++) {
		g_autoptr(GError) error = NULL;
		fdar_capture *capture;
		struct fdar_packet packet;
		unsigned count = 0;

		path = file_save(whole->data, size);
		capture = fdar_capture_open(path, &error);
		while (capture && fdar_capture_read(capture, &packet, &error) == 1)
			count++;
		g_assert_cmpuint(count, <=, PACKETS);
		g_assert_true(error || fdar_capture_damage(capture));
		fdar_capture_close(capture);
		file_remove(path);
	}
}

static void test_gzip(void)
{
	check_packed(gzip);
}

static void test_zstd(void)
{
	check_packed(zstd);
}

static void test_cut(void)
{
	for (unsigned ng = 0; ng < 2; ng++) {
		struct file_style style = { .link = 1, .pcapng = ng != 0 };
		g_autoptr(GByteArray) file = make_file(&style);
		char *path = file_save(file->data, file->len - 10);
		fdar_capture *capture = fdar_capture_open(path, NULL);
		struct fdar_packet packet;
		g_autofree char *expected = NULL;

		g_assert_cmpuint(read_all(path, &style, TRUE), ==, PACKETS - 1);
		while (fdar_capture_read(capture, &packet, NULL) == 1)
			;
		/* Every record is as long as the next. */
		expected = g_strdup_printf("%s: damaged in packet 5 at offset %u: ", path,
					   ng ? 60 + 4 * (32 + 52) : 24 + 4 * (16 + 50));
		g_assert_true(g_str_has_prefix(fdar_capture_damage(capture), expected));
		fdar_capture_close(capture);
		file_remove(path);
	}
}

static void check_refused(const void *bytes, gsize size, int code, const char *part)
{
	char *path = file_save(bytes, size);
	g_autoptr(GError) error = NULL;
	fdar_capture *capture = fdar_capture_open(path, &error);
	struct fdar_packet packet;

	if (capture)
		g_assert_cmpint(fdar_capture_read(capture, &packet, &error), ==, -1);
	g_assert_error(error, FDAR_CAPTURE_ERROR, code);
	g_assert_nonnull(strstr(error->message, path));
	g_assert_nonnull(strstr(error->message, part));
	g_assert_null(strchr(error->message, '\n'));
	fdar_capture_close(capture);
	file_remove(path);
}

static void test_refused(void)
{
	struct file_style style = { .link = 1 };
	g_autoptr(GByteArray) file = make_file(&style);
	g_autoptr(GByteArray) packed = gzip(file);
	g_autoptr(GError) error = NULL;

	check_refused("", 0, FDAR_CAPTURE_ERROR_EMPTY, "is empty");
	check_refused("x", 1, FDAR_CAPTURE_ERROR_FORMAT, "expected a pcap or pcapng header");
	check_refused("#!/bin/sh\necho this is a script, and longer than any header\n", 60,
		      FDAR_CAPTURE_ERROR_FORMAT, "expected a pcap or pcapng header");
	check_refused("\xfd\x37zXZ\0 and what comes behind it", 24, FDAR_CAPTURE_ERROR_FORMAT,
		      "(xz: unpack it");
	check_refused("snoop\0\0\0 and what comes behind it", 24, FDAR_CAPTURE_ERROR_FORMAT,
		      "editcap -F pcap");
	check_refused(file->data, 20, FDAR_CAPTURE_ERROR_FORMAT,
		      "expected a pcap or pcapng header");
	check_refused(file->data, 30, FDAR_CAPTURE_ERROR_DAMAGED, "packet 1 at offset 24");
	packed->data[30] ^= 0xff;
	packed->data[31] ^= 0xff;
	check_refused(packed->data, 40, FDAR_CAPTURE_ERROR_DAMAGED, "gzip data damaged");
	g_assert_null(fdar_capture_open("/nowhere/at all", &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_MISSING);
	g_clear_error(&error);
	g_assert_null(fdar_capture_open("/", &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_MISSING);
	g_assert_nonnull(strstr(error->message, "is a directory"));
}

/* A pipe gives its bytes in small parts and has no size. */
static void test_pipe(void)
{
	struct file_style style = { .link = 1 };
	g_autoptr(GByteArray) file = make_file(&style);
	int ends[2], saved = dup(STDIN_FILENO);
	pid_t child;

	g_assert_cmpint(pipe(ends), ==, 0);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		for (guint i = 0; i < file->len; i++)
			if (write(ends[1], file->data + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	g_assert_cmpint(dup2(ends[0], STDIN_FILENO), ==, STDIN_FILENO);
	close(ends[0]);
	g_assert_cmpuint(read_all("-", &style, FALSE), ==, PACKETS);
	g_assert_cmpint(dup2(saved, STDIN_FILENO), ==, STDIN_FILENO);
	close(saved);
	g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/capture/formats", test_formats);
	g_test_add_func("/capture/gzip", test_gzip);
	g_test_add_func("/capture/zstd", test_zstd);
	g_test_add_func("/capture/cut", test_cut);
	g_test_add_func("/capture/refused", test_refused);
	g_test_add_func("/capture/pipe", test_pipe);
	return g_test_run();
}
