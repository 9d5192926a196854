/* Excerpts: whole sessions byte for byte, cut ones with what was kept of them and nothing else. */
#include "tests/unit/kit/packets.h"

#include <glib/gstdio.h>

#include "replay/rewrite/excerpt.h"
#include "replay/sessions/session.h"

#define MS ((uint64_t)1000000)

struct scene {
	struct file_style style;
	GByteArray *file;
	uint64_t now_ns;
};

static void add(struct scene *scene, GByteArray *frame)
{
	file_add(scene->file, &scene->style, scene->now_ns, frame);
	scene->now_ns += MS;
}

/* A login and two commands, each with its answer. */
static void session(struct scene *scene, const char *client, const char *server, unsigned port)
{
	add(scene, tcp_frame(client, port, server, 80, 99, 0, SYN, NULL));
	add(scene, tcp_frame(server, 80, client, port, 499, 100, SYN | ACK, NULL));
	add(scene, tcp_frame(server, 80, client, port, 500, 100, ACK, "hello"));
	add(scene, tcp_frame(client, port, server, 80, 100, 505, ACK, "login"));
	add(scene, tcp_frame(server, 80, client, port, 505, 105, ACK, "ok"));
	add(scene, tcp_frame(client, port, server, 80, 105, 507, ACK, "first"));
	add(scene, tcp_frame(server, 80, client, port, 507, 110, ACK, "one"));
	add(scene, tcp_frame(client, port, server, 80, 110, 510, ACK, "sec"));
	add(scene, tcp_frame(client, port, server, 80, 113, 510, ACK, "ond"));
	add(scene, tcp_frame(server, 80, client, port, 510, 116, ACK, "two"));
	add(scene, tcp_frame(client, port, server, 80, 116, 513, ACK | FIN, NULL));
	add(scene, tcp_frame(server, 80, client, port, 513, 117, ACK | FIN, NULL));
}

static char *scene_save(void)
{
	struct scene scene = { .style = { .link = 1 }, .now_ns = 5000000 * MS };
	char *path;

	scene.file = file_new(&scene.style);
	session(&scene, "10.0.0.1", "10.0.0.9", 4001);
	session(&scene, "2001:db8::1", "2001:db8::9", 4002);
	add(&scene, udp_frame("10.0.0.2", 4003, "10.0.0.9", 53, "question"));
	add(&scene, udp_frame("10.0.0.9", 53, "10.0.0.2", 4003, "answer"));
	add(&scene, udp_frame("10.0.0.2", 4003, "10.0.0.9", 53, "more"));
	session(&scene, "10.0.0.3", "10.0.0.9", 4004);
	path = file_save(scene.file->data, scene.file->len);
	g_byte_array_unref(scene.file);
	return path;
}

/* What one way said. */
static char *said(const struct fdar_sessions *sessions, size_t index, enum fdar_way way)
{
	const struct fdar_session *one = fdar_sessions_get(sessions, index);
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, one);
	GString *text = g_string_new(NULL);

	for (uint64_t i = 0; i < one->pieces; i++) {
		g_assert_cmpint(pieces[i].kind, !=, FDAR_PIECE_GAP);
		if (pieces[i].way == way && pieces[i].kind == FDAR_PIECE_DATA)
			g_string_append_len(text,
					    (const char *)fdar_sessions_payload(sessions,
										&pieces[i]),
					    pieces[i].length);
	}
	return g_string_free(text, FALSE);
}

static void assert_said(const struct fdar_sessions *sessions, size_t index, const char *client,
			const char *server)
{
	g_autofree char *sent = said(sessions, index, FDAR_FROM_CLIENT);
	g_autofree char *got = said(sessions, index, FDAR_FROM_SERVER);

	g_assert_cmpstr(sent, ==, client);
	g_assert_cmpstr(got, ==, server);
}

static struct fdar_excerpt *open_scene(const char *path)
{
	const struct fdar_load_options options = { .max_gap_ns = 0 };
	g_autoptr(GError) error = NULL;
	struct fdar_excerpt *excerpt = fdar_excerpt_open(path, &options, &error);

	g_assert_no_error(error);
	return excerpt;
}

static struct fdar_sessions *write_and_load(const struct fdar_excerpt *excerpt,
					    const struct fdar_excerpt_part *parts, size_t count,
					    char **path)
{
	g_autoptr(GError) error = NULL;
	struct fdar_sessions *sessions;

	*path = file_save("", 0);
	g_assert_true(fdar_excerpt_write(excerpt, parts, count, *path, &error));
	g_assert_no_error(error);
	sessions = fdar_sessions_load(*path, NULL, &error);
	g_assert_no_error(error);
	g_assert_null(fdar_sessions_damage(sessions));
	return sessions;
}

/* All of it is the capture again. */
static void test_whole(void)
{
	char *input = scene_save(), *output;
	struct fdar_excerpt *excerpt = open_scene(input);
	const struct fdar_excerpt_part parts[] = {
		{ 0, NULL, NULL }, { 1, NULL, NULL }, { 2, NULL, NULL }, { 3, NULL, NULL }
	};
	struct fdar_sessions *sessions = write_and_load(excerpt, parts, 4, &output);
	g_autofree char *before = NULL, *after = NULL;
	gsize size, again;

	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 4);
	g_assert_true(g_file_get_contents(input, &before, &size, NULL));
	g_assert_true(g_file_get_contents(output, &after, &again, NULL));
	g_assert_cmpuint(size, ==, again);
	/* Packets; the header tells the precision of times, and their fractions are in it. */
	for (gsize at = 24; at < size;) {
		guint32 length;

		memcpy(&length, before + at + 8, 4);
		g_assert_true(memcmp(before + at + 8, after + at + 8, 8) == 0);
		g_assert_true(memcmp(before + at, after + at, 4) == 0);
		g_assert_true(memcmp(before + at + 16, after + at + 16, length) == 0);
		at += 16 + length;
	}
	fdar_sessions_free(sessions);
	fdar_excerpt_free(excerpt);
	file_remove(input);
	file_remove(output);
}

static void test_some(void)
{
	char *input = scene_save(), *output;
	struct fdar_excerpt *excerpt = open_scene(input);
	const struct fdar_excerpt_part parts[] = { { 1, NULL, NULL }, { 3, NULL, NULL } };
	struct fdar_sessions *sessions = write_and_load(excerpt, parts, 2, &output);

	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct fdar_session *kept = fdar_sessions_get(sessions, i);
		const struct fdar_session *was =
			fdar_sessions_get(fdar_excerpt_sessions(excerpt), i ? 3 : 1);

		assert_said(sessions, i, "loginfirstsecond", "hellookonetwo");
		g_assert_cmpuint(kept->epoch_ns, ==, was->epoch_ns);
		g_assert_true(fdar_endpoint_equal(&kept->client, &was->client));
	}
	fdar_sessions_free(sessions);
	fdar_excerpt_free(excerpt);
	file_remove(input);
	file_remove(output);
}

/* Exchanges in the middle, at the end, of IPv6, of UDP; beside a session that is whole. */
static void test_cut(void)
{
	char *input = scene_save(), *output;
	struct fdar_excerpt *excerpt = open_scene(input);
	const uint8_t outer[] = { 1, 0, 1 }, first[] = { 1, 0, 0 }, later[] = { 0, 1 };
	const struct fdar_excerpt_part parts[] = {
		{ 0, outer, NULL }, { 1, first, NULL }, { 2, later, NULL }, { 3, NULL, NULL }
	};
	struct fdar_sessions *sessions = write_and_load(excerpt, parts, 4, &output);

	g_assert_cmpuint(fdar_excerpt_exchanges(excerpt, 0), ==, 3);
	g_assert_cmpuint(fdar_excerpt_exchanges(excerpt, 2), ==, 2);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 4);
	assert_said(sessions, 0, "loginsecond", "hellooktwo");
	assert_said(sessions, 1, "login", "hellook");
	assert_said(sessions, 2, "more", "");
	assert_said(sessions, 3, "loginfirstsecond", "hellookonetwo");
	for (size_t i = 0; i < 4; i++) {
		const struct fdar_session *kept = fdar_sessions_get(sessions, i);
		const struct fdar_session *was =
			fdar_sessions_get(fdar_excerpt_sessions(excerpt), i);

		g_assert_cmpuint(kept->odd, ==, 0);
		g_assert_cmpint(kept->began, ==, was->began);
		g_assert_cmpint(kept->ended, ==, was->ended);
		g_assert_true(fdar_endpoint_equal(&kept->client, &was->client));
		g_assert_true(fdar_endpoint_equal(&kept->server, &was->server));
	}
	/* The client still waited for the answer before: that is what acknowledgements tell. */
	g_assert_cmpuint(fdar_sessions_pieces(sessions, fdar_sessions_get(sessions, 0))[3].acked,
			 ==, strlen("hellook"));
	fdar_sessions_free(sessions);
	fdar_excerpt_free(excerpt);
	file_remove(input);
	file_remove(output);
}

/* Bytes of a login and of the second command, over a border of packets; of a datagram; the rest as it was. */
static void test_bytes(void)
{
	char *input = scene_save(), *output;
	struct fdar_excerpt *excerpt = open_scene(input);
	const uint8_t outer[] = { 1, 0, 1 };
	/* The client says loginfirstsecond, and question, more. */
	const struct fdar_cut_range some[] = { { 0, 1 }, { 6, 8 }, { 11, 14 } },
				    one[] = { { 7, 10 } };
	const struct fdar_cut cut = { some, 3 }, datagram = { one, 1 }, none = { NULL, 0 };
	const struct fdar_excerpt_part parts[] = {
		{ 0, outer, &cut }, { 1, NULL, &cut }, { 2, NULL, &datagram }, { 3, NULL, &none }
	};
	struct fdar_sessions *sessions = write_and_load(excerpt, parts, 4, &output);

	g_assert_true(fdar_excerpt_can_cut(excerpt, 0));
	assert_said(sessions, 0, "oginsnd", "hellooktwo");
	assert_said(sessions, 1, "oginfstsnd", "hellookonetwo");
	assert_said(sessions, 2, "questiore", "answer");
	assert_said(sessions, 3, "loginfirstsecond", "hellookonetwo");
	for (size_t i = 0; i < 4; i++)
		g_assert_cmpuint(fdar_sessions_get(sessions, i)->odd, ==, 0);
	fdar_sessions_free(sessions);
	fdar_excerpt_free(excerpt);
	file_remove(input);
	file_remove(output);
}

/* Lengths in front of what is left out follow, also where all around the border of a header is left out. */
static void test_lengths(void)
{
	static const char post[] =
		"POST /a HTTP/1.1\r\nContent-Length: 12\r\nX: y\r\n\r\nfirst second";
	static const char get[] = "*2\r\n$3\r\nGET\r\n$6\r\nabcdef\r\n";
	const struct {
		const char *said;
		struct fdar_cut_range ranges[2];
		const char *left;
	} rows[] = {
		{ post,
		  { { 38, 44 }, { 46, 52 } },
		  "POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nsecond" },
		{ post,
		  { { 5, 7 }, { 51, 58 } },
		  "POST  HTTP/1.1\r\nContent-Length: 5\r\nX: y\r\n\r\nfirst" },
		{ get, { { 18, 20 }, { 22, 23 } }, "*2\r\n$3\r\nGET\r\n$3\r\nade\r\n" },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct fdar_cut cut = { rows[i].ranges, 2 };
		struct fdar_edit_piece piece = { (const uint8_t *)rows[i].said,
						 strlen(rows[i].said), 0 };
		struct fdar_frames frames = { 0 };
		size_t size;
		g_autofree uint8_t *left = fdar_cut_message(&cut, &frames, 0, &piece, 1, &size);
		g_autofree char *text = g_strndup((const char *)left, size);

		g_assert_cmpstr(text, ==, rows[i].left);
		g_assert_cmpuint(piece.to, ==, size);
	}
}

/* One packet's sums, by the kit's slow one. */
static void check_sums(const uint8_t *frame, unsigned size)
{
	gboolean v6 = frame[14] >> 4 == 6;
	unsigned segment_at = v6 ? 54 : 34, sum;

	sum = slow_sum(0, frame + (v6 ? 22 : 26), v6 ? 32 : 8);
	sum += frame[v6 ? 20 : 23] + size - segment_at;
	g_assert_cmpuint(slow_sum(sum, frame + segment_at, size - segment_at), ==, 0xffff);
	if (!v6)
		g_assert_cmpuint(slow_sum(0, frame + 14, 20), ==, 0xffff);
}

/* Every packet that is made anew has right checksums. */
static void test_checksums(void)
{
	char *input = scene_save(), *output;
	struct fdar_excerpt *excerpt = open_scene(input);
	const uint8_t keep[] = { 1, 1, 0 };
	const struct fdar_excerpt_part parts[] = {
		{ 0, keep, NULL }, { 1, keep, NULL }, { 2, keep + 1, NULL }, { 3, keep, NULL }
	};
	struct fdar_sessions *sessions = write_and_load(excerpt, parts, 4, &output);
	g_autofree char *file = NULL;
	unsigned packets = 0;
	gsize size;

	g_assert_true(g_file_get_contents(output, &file, &size, NULL));
	for (gsize at = 24; at < size; packets++) {
		guint32 length;

		memcpy(&length, file + at + 8, 4);
		check_sums((const uint8_t *)file + at + 16, length);
		at += 16 + length;
	}
	g_assert_cmpuint(packets, >, 20);
	fdar_sessions_free(sessions);
	fdar_excerpt_free(excerpt);
	file_remove(input);
	file_remove(output);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/excerpt/whole", test_whole);
	g_test_add_func("/excerpt/some", test_some);
	g_test_add_func("/excerpt/cut", test_cut);
	g_test_add_func("/excerpt/bytes", test_bytes);
	g_test_add_func("/excerpt/lengths", test_lengths);
	g_test_add_func("/excerpt/checksums", test_checksums);
	return g_test_run();
}
