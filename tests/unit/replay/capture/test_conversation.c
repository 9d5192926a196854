/* Conversations as packets: what two sides said comes out as our own reader of captures sees it. */
#include <glib/gstdio.h>
#include <pcap/pcap.h>
#include <string.h>

#include "replay/capture/conversation.h"

struct made {
	char *dir, *path;
	struct fdar_pcap_writer *writer;
	uint64_t last_ns;
};

static void make(struct made *made)
{
	made->dir = g_dir_make_tmp("flowdar-conversation-XXXXXX", NULL);
	made->path = g_build_filename(made->dir, "a.pcap", NULL);
	made->writer = fdar_pcap_writer_new(made->path, DLT_RAW, TRUE, NULL);
	made->last_ns = 0;
	g_assert_nonnull(made->writer);
}

/* The packets, of which each has captured and whole length. */
static uint8_t *finish(struct made *made, gsize *length)
{
	char *bytes;

	g_assert_true(fdar_pcap_writer_finish(made->writer, NULL));
	fdar_pcap_writer_free(made->writer);
	g_assert_true(g_file_get_contents(made->path, &bytes, length, NULL));
	g_unlink(made->path);
	g_rmdir(made->dir);
	g_free(made->path);
	g_free(made->dir);
	return (uint8_t *)bytes;
}

static uint32_t u32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* "captured/whole" of each packet. */
static char *lengths(const uint8_t *bytes, gsize length)
{
	GString *out = g_string_new(NULL);

	for (gsize at = FDAR_PCAP_HEADER_BYTES; at < length;) {
		g_assert_cmpuint(length - at, >=, FDAR_PCAP_RECORD_BYTES);
		g_string_append_printf(out, "%u/%u ", u32(bytes + at + 8), u32(bytes + at + 12));
		at += FDAR_PCAP_RECORD_BYTES + u32(bytes + at + 8);
		g_assert_cmpuint(at, <=, length);
	}
	return g_string_free(out, FALSE);
}

static void test_tcp(void)
{
	struct fdar_conversation c;
	struct made made;
	g_autofree uint8_t *bytes = NULL;
	g_autofree char *text = NULL;
	gsize length;

	make(&made);
	fdar_conversation_init(&c, "127.0.0.1:40000", 1, 8080, FALSE);
	g_assert_true(fdar_conversation_open(&c, made.writer, 1000, &made.last_ns));
	g_assert_true(fdar_conversation_say(&c, made.writer, 2000, TRUE, (const uint8_t *)"GET", 3,
					    3, &made.last_ns));
	/* Of more than one packet, the first bytes are there. */
	g_assert_true(fdar_conversation_say(&c, made.writer, 1500, FALSE, (const uint8_t *)"ok", 2,
					    70000, &made.last_ns));
	g_assert_true(fdar_conversation_close(&c, made.writer, 3000, &made.last_ns));
	bytes = finish(&made, &length);
	text = lengths(bytes, length);
	g_assert_cmpstr(text, ==, "40/40 40/40 40/40 43/43 42/65040 40/5040 40/40 40/40 40/40 ");
	g_assert_cmpuint(c.client.sequence, ==, 5); /* SYN, three bytes, FIN */
	g_assert_cmpuint(c.server.sequence, ==, 70002);
	g_assert_cmpuint(made.last_ns, ==, 3000);
	/* Time does not go back: the answer's packet has that of the question. */
	g_assert_cmpuint(u32(bytes + FDAR_PCAP_HEADER_BYTES + 4 * (16 + 40) + 3 + 4), ==, 2000);
}

static void test_peers(void)
{
	static const uint8_t other[4] = { 192, 0, 2, 1 };
	struct fdar_conversation c;

	fdar_conversation_init(&c, "10.1.2.3:99", 1, 80, FALSE);
	g_assert_false(c.v6);
	g_assert_cmpuint(c.client.port, ==, 99);
	g_assert_cmpint(memcmp(c.server.address, other, 4), ==, 0);
	fdar_conversation_init(&c, "[::1]:99", 1, 80, FALSE);
	g_assert_true(c.v6);
	g_assert_cmpint(memcmp(c.server.address, c.client.address, 16), ==, 0);
	for (const char *const *odd =
		     (const char *const[]){ "", ":", "[", "[]:1", "]:1", "unix", "1.2.3:4",
					    "[1.2.3.4]:5", "1.2.3.4:70000", "::1:5", NULL };
	     *odd; odd++) {
		fdar_conversation_init(&c, *odd, 5, 80, FALSE);
		g_assert_false(c.v6);
		g_assert_cmpuint(c.client.port, ==, 1029);
		g_assert_cmpuint(c.client.address[0], ==, 192);
	}
}

static void test_datagrams(void)
{
	struct fdar_conversation c;
	struct made made;
	g_autofree uint8_t *bytes = NULL;
	g_autofree char *text = NULL;
	gsize length;

	make(&made);
	fdar_conversation_init(&c, "[2001:db8::9]:53000", 1, 53, TRUE);
	g_assert_true(fdar_conversation_open(&c, made.writer, 1000, &made.last_ns));
	g_assert_true(fdar_conversation_say(&c, made.writer, 2000, TRUE, (const uint8_t *)"q", 1, 1,
					    &made.last_ns));
	g_assert_true(fdar_conversation_close(&c, made.writer, 3000, &made.last_ns));
	bytes = finish(&made, &length);
	text = lengths(bytes, length);
	g_assert_cmpstr(text, ==, "49/49 ");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conversation/tcp", test_tcp);
	g_test_add_func("/conversation/peers", test_peers);
	g_test_add_func("/conversation/datagrams", test_datagrams);
	return g_test_run();
}
