/* Bytes: how much is left of a cut session is what an excerpt writes of it, also where a cut leaves bytes where they are. */
#include "tests/unit/kit/packets.h"

#include <glib/gstdio.h>

#include "cli/reduce/bytes.h"

#define MS ((uint64_t)1000000)

static void add(GByteArray *file, uint64_t *now_ns, GByteArray *frame)
{
	const struct file_style style = { .link = 1 };

	file_add(file, &style, *now_ns, frame);
	*now_ns += MS;
}

/* The client says the first two, one behind the other, the server "go on", and the client the third; NULL: nothing. */
static char *save(const char *const said[3])
{
	const struct file_style style = { .link = 1 };
	GByteArray *file = file_new(&style);
	uint64_t now_ns = 5000000 * MS;
	uint32_t seq = 100, ack = 500;
	char *path;

	add(file, &now_ns, tcp_frame("10.0.0.1", 4001, "10.0.0.9", 80, 99, 0, SYN, NULL));
	add(file, &now_ns, tcp_frame("10.0.0.9", 80, "10.0.0.1", 4001, 499, 100, SYN | ACK, NULL));
	for (unsigned i = 0; i < 3; i++) {
		if (i == 2) {
			add(file, &now_ns,
			    tcp_frame("10.0.0.9", 80, "10.0.0.1", 4001, ack, seq, ACK, "go on"));
			ack += 5;
		}
		if (!said[i])
			continue;
		add(file, &now_ns,
		    tcp_frame("10.0.0.1", 4001, "10.0.0.9", 80, seq, ack, ACK, said[i]));
		seq += (uint32_t)strlen(said[i]);
	}
	add(file, &now_ns, tcp_frame("10.0.0.1", 4001, "10.0.0.9", 80, seq, ack, ACK | FIN, NULL));
	add(file, &now_ns,
	    tcp_frame("10.0.0.9", 80, "10.0.0.1", 4001, ack, seq + 1, ACK | FIN, NULL));
	path = file_save(file->data, file->len);
	g_byte_array_unref(file);
	return path;
}

static uint64_t written(const struct fdar_excerpt *excerpt, const struct fdar_excerpt_part *part)
{
	g_autoptr(GError) error = NULL;
	char *path = file_save("", 0);
	struct fdar_sessions *sessions;
	uint64_t bytes;

	g_assert_true(fdar_excerpt_write(excerpt, part, 1, path, &error));
	g_assert_no_error(error);
	sessions = fdar_sessions_load(path, NULL, &error);
	g_assert_no_error(error);
	bytes = fdar_sessions_get(sessions, 0)->way[FDAR_FROM_CLIENT].bytes;
	fdar_sessions_free(sessions);
	file_remove(path);
	return bytes;
}

static void test_kept(void)
{
	static const char head[] = "POST /a HTTP/1.1\r\nContent-Length: 12\r\n\r\n";
	const struct {
		const char *said[3];
		struct fdar_cut_range range;
		uint8_t exchanges[2];
		gboolean can_go;
		uint64_t kept;
	} rows[] = {
		{ { "GET /a", "bc HTTP/1.1\r\n\r\n", NULL }, { 5, 8 }, { 1, 1 }, TRUE, 18 },
		{ { "first", NULL, "second" }, { 6, 8 }, { 0, 1 }, TRUE, 4 },
		/* A length that has a digit less. */
		{ { head, "first second", NULL }, { 40, 46 }, { 1, 1 }, TRUE, 45 },
		/* The length was said before the server was heard. */
		{ { head, NULL, "first second" }, { 40, 46 }, { 1, 1 }, TRUE, 52 },
		{ { head, NULL, "first second" }, { 40, 46 }, { 0, 1 }, TRUE, 6 },
		/* Lengths that nobody mends. */
		{ { "PRI * HTTP/2.0\r\n\r\n", "SM\r\n\r\n", NULL },
		  { 2, 20 },
		  { 1, 1 },
		  FALSE,
		  24 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct fdar_load_options options = { .max_gap_ns = 0 };
		char *path = save(rows[i].said);
		g_autoptr(GError) error = NULL;
		struct fdar_excerpt *excerpt = fdar_excerpt_open(path, &options, &error);
		const struct fdar_cut cut = { &rows[i].range, 1 };
		struct fdar_excerpt_part part = { 0, rows[i].exchanges, NULL };

		g_assert_no_error(error);
		g_assert_cmpint(fdar_bytes_can_go(excerpt, &part), ==, rows[i].can_go);
		g_assert_cmpuint(fdar_bytes_kept(excerpt, &part), ==, written(excerpt, &part));
		part.cut = &cut;
		g_assert_cmpuint(fdar_bytes_kept(excerpt, &part), ==, rows[i].kept);
		g_assert_cmpuint(written(excerpt, &part), ==, rows[i].kept);
		fdar_excerpt_free(excerpt);
		file_remove(path);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bytes/kept", test_kept);
	return g_test_run();
}
