/* Copies of captures of several link types, which become Ethernet, and of a tunnel's datagrams that came in fragments. */
#include "tests/unit/kit/pcapng.h"

#include <pcap/pcap.h>

#include "replay/rewrite/amplify.h"

#define CLIENT "10.0.0.1"
#define SERVER "10.0.0.2"
#define MS     ((uint64_t)1000000)

/* A packet of the session, which asks with a long request: takes nothing. */
static GByteArray *make(unsigned number)
{
	static const char *const requests[] = { NULL, NULL, NULL, "ask", NULL };
	gboolean server = number == 1 || number == 4;
	const char *src = server ? SERVER : CLIENT, *dst = server ? CLIENT : SERVER;
	const char *text = requests[number];
	unsigned flags = number == 0 ? SYN : number == 1 ? SYN | ACK : ACK | PSH;

	return ip(src, dst, 6,
		  tcp(src, server ? 80 : 40000, dst, server ? 40000 : 80,
		      (server ? 500u : 100u) + (number > 1 ? 1u : 0u),
		      number ? (server ? 101 : 501) : 0, flags, NULL, 0,
		      number == 4 ? "a long answer, of more than one fragment" : text,
		      number == 4 ? 40
		      : text      ? 3
				  : 0));
}

/* How many identifications the first fragments have, of either version, in Ethernet. */
static guint identifications(const char *path)
{
	g_autoptr(fdar_capture) capture = fdar_capture_open(path, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	struct fdar_packet packet;

	while (fdar_capture_read(capture, &packet, NULL) == 1) {
		const uint8_t *header = packet.bytes + 14;
		gboolean six = header[0] >> 4 == 6;

		if (six ? header[6] == 44 && get16(header + 42) == 1 : get16(header + 6) == 0x2000)
			g_hash_table_add(seen, GUINT_TO_POINTER(get16(header + (six ? 46 : 4))));
	}
	return g_hash_table_size(seen);
}

/* Amplifies the file threefold, all at once; all sessions of the result are whole, and each copy of a datagram in
 * fragments has an identification of its own. */
static void check(GByteArray *file, guint fragmented)
{
	struct fdar_amplify_options options = {
		.clones = 3, .repeat = 1, .speed = 1.0, .phase = FDAR_PHASE_NONE
	};
	char *input = file_save(file->data, file->len), *output = file_save("", 0);
	struct fdar_amplified result;
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_sessions) sessions = NULL;

	g_assert_true(fdar_amplify_run(input, output, &options, &result, &error));
	g_assert_no_error(error);
	fdar_amplified_clear(&result);
	sessions = fdar_sessions_load(output, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct fdar_session *session = fdar_sessions_get(sessions, i);

		g_assert_cmpuint(session->client.addr[0], ==, 16);
		g_assert_cmpuint(session->way[FDAR_FROM_CLIENT].bytes, ==, 3);
		g_assert_cmpuint(session->way[FDAR_FROM_SERVER].bytes, ==, 40);
	}
	g_assert_cmpuint(identifications(output), ==, 3 * fragmented);
	file_remove(input);
	file_remove(output);
	g_byte_array_unref(file);
}

/* The packet behind so many bytes of a link layer, which end with its ether type where there are any. */
static GByteArray *behind(GByteArray *packet, unsigned size)
{
	GByteArray *all = g_byte_array_new();

	put_zeros(all, size);
	if (size)
		set16(all, size - 2, 0x0800);
	g_byte_array_append(all, packet->data, packet->len);
	g_byte_array_unref(packet);
	return all;
}

static void test_links(void)
{
	static const struct {
		unsigned link, header;
	} links[] = { { DLT_EN10MB, 14 }, { 101, 0 }, { DLT_LINUX_SLL, 16 } };

	/* Whichever comes first. */
	for (unsigned first = 0; first < 3; first++) {
		struct file_style style = { 0 };
		GByteArray *file = g_byte_array_new();

		ng_section(file, &style);
		for (unsigned i = 0; i < 3; i++)
			ng_interface(file, &style, links[(first + i) % 3].link, 65535, 9, 0);
		for (unsigned i = 0; i < 5; i++)
			ng_packet(file, &style, i % 3, i * MS,
				  behind(make(i), links[(first + i) % 3].header));
		check(file, 0);
	}
}

/* Adds the packet in VXLAN, in two fragments that its headers are all in the first of. */
static void add_fragments(GByteArray *file, const struct file_style *style, unsigned number,
			  gboolean six)
{
	static const uint8_t head[] = { 8, 0, 0, 0, 0, 0, 42, 0 };
	const char *src = six ? "fd00::1" : "192.0.2.1", *dst = six ? "fd00::2" : "192.0.2.2";
	GByteArray *frame = ether(make(number)), *all = g_byte_array_new(), *whole;
	unsigned id = 70 + number;

	g_byte_array_append(all, head, sizeof(head));
	g_byte_array_append(all, frame->data, frame->len);
	whole = udp(src, 50000, dst, 4789, all->data, all->len);
	for (unsigned begin = 0; begin < whole->len; begin += 88) {
		unsigned end = MIN(begin + 88, whole->len), more = end < whole->len;
		GByteArray *part = g_byte_array_new();

		if (six) {
			put16(part, 17 << 8);
			put16(part, begin | more);
			put32(part, id);
		}
		g_byte_array_append(part, whole->data + begin, end - begin);
		file_add(file, style, 10 * MS * number + 10000 * begin,
			 ether(ip_part(src, dst, six ? 44 : 17, id, begin / 8 | (more ? 0x2000 : 0),
				       part->data, part->len)));
		g_byte_array_unref(part);
	}
	g_byte_array_unref(whole);
	g_byte_array_unref(frame);
	g_byte_array_unref(all);
}

/* Their outer addresses stay, so that nothing but the identification tells copies apart. */
static void test_fragments(void)
{
	for (unsigned six = 0; six < 2; six++) {
		struct file_style style = { .link = DLT_EN10MB };
		GByteArray *file = file_new(&style);

		for (unsigned i = 0; i < 5; i++)
			add_fragments(file, &style, i, six != 0);
		check(file, 1);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/amplify-mixed/links", test_links);
	g_test_add_func("/amplify-mixed/fragments", test_fragments);
	return g_test_run();
}
