/* Makes the seeds of the capture corpus: small captures of every format and link type, with some
 * of each odd thing. seed_captures DIRECTORY */
#include "tests/unit/kit/packets.h"

#include <stdio.h>

static const char *directory;

static void save(const char *name, GByteArray *file)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GError) error = NULL;

	if (!g_file_set_contents(path, (const char *)file->data, (gssize)file->len, &error))
		g_error("%s", error->message);
	g_byte_array_unref(file);
}

static GByteArray *with_header(const char *header, gsize size, GByteArray *packet)
{
	GByteArray *frame = g_byte_array_new();

	g_byte_array_append(frame, (const uint8_t *)header, (guint)size);
	g_byte_array_append(frame, packet->data, packet->len);
	g_byte_array_unref(packet);
	return frame;
}

static GByteArray *segment(unsigned flags, uint32_t seq, const char *payload)
{
	return ip("10.0.0.1", "10.0.0.2", 6,
		  tcp("10.0.0.1", 4000, "10.0.0.2", 80, seq, 9, flags, "\x22\x04\x01\x02", 4,
		      payload, (unsigned)strlen(payload)));
}

static void exchange(GByteArray *file, const struct file_style *style)
{
	const char *a = "2001:db8::1", *b = "2001:db8::2";

	file_add(file, style, 1000000000, tcp_frame(a, 4000, b, 80, 10, 0, SYN, "early"));
	file_add(file, style, 1000001000, tcp_frame(b, 80, a, 4000, 20, 16, SYN | ACK, NULL));
	file_add(file, style, 1000002000, tcp_frame(a, 4000, b, 80, 20, 21, ACK, "ahead"));
	file_add(file, style, 900000000, tcp_frame(a, 4000, b, 80, 16, 21, ACK | FIN, "late"));
	file_add(file, style, 1000004000, udp_frame(a, 4000, b, 53, "question"));
	file_add(file, style, 1000005000, tcp_frame(b, 80, a, 4000, 21, 20, RST | ACK, NULL));
}

static void save_formats(void)
{
	for (unsigned i = 0; i < 8; i++) {
		struct file_style style = { .swapped = (i & 1) != 0,
					    .nanoseconds = (i & 2) != 0,
					    .pcapng = (i & 4) != 0,
					    .link = 1 };
		GByteArray *file = file_new(&style);
		g_autofree char *name = g_strdup_printf("format-%u", i);

		exchange(file, &style);
		save(name, file);
	}
}

static void save_links(void)
{
	static const struct {
		unsigned link;
		const char *header;
		gsize size;
	} links[] = {
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x88\xa8\0\1\x81\0\0\2\x08\0", 22 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x88\x64\x11\0\0\1\0\x30\0\x21", 22 },
		{ 113, "\0\0\0\1\0\6\0\0\0\0\0\0\0\0\x08\0", 16 },
		{ 276, "\x08\0\0\0\0\0\0\1\0\1\0\6\0\0\0\0\0\0\0\0", 20 },
		{ 101, "", 0 },
		{ 0, "\2\0\0\0", 4 },
		{ 108, "\0\0\0\2", 4 },
		{ 9, "\xff\3\0\x21", 4 },
		{ 51, "\x11\0\0\1\0\x30\0\x21", 8 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		struct file_style style = { .link = links[i].link };
		GByteArray *file = file_new(&style);
		g_autofree char *name = g_strdup_printf("link-%zu", i);

		file_add(file, &style, 5,
			 with_header(links[i].header, links[i].size, segment(SYN, 1, "")));
		file_add(file, &style, 6,
			 with_header(links[i].header, links[i].size, segment(ACK, 2, "data")));
		save(name, file);
	}
}

static void save_fragments(void)
{
	struct file_style style = { .link = 101 };
	GByteArray *file = file_new(&style);
	GByteArray *whole = udp("10.0.0.1", 4000, "10.0.0.2", 53, "0123456789abcdef", 16);

	for (unsigned begin = 0; begin < whole->len; begin += 8) {
		unsigned more = begin + 8 < whole->len ? 0x2000 : 0;

		file_add(file, &style, begin,
			 ip_part("10.0.0.1", "10.0.0.2", 17, 7, begin / 8 | more,
				 whole->data + begin, 8));
	}
	g_byte_array_unref(whole);
	save("fragments", file);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	directory = argv[1];
	save_formats();
	save_links();
	save_fragments();
	return 0;
}
