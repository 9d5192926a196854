/* Sessions loaded from captures: pieces and payload in order, messages, what is odd, what is wrong. */
#include "tests/unit/kit/packets.h"

#include <gio/gio.h>

#include "replay/sessions/session.h"
#include "replay/capture/spool.h"

#define MS     ((uint64_t)1000000)
#define SECOND (1000 * MS)
#define CLIENT "10.0.0.1"
#define SERVER "10.0.0.2"

/* A capture in the making: one client and server, numbers count from the SYN's. */
struct scene {
	struct file_style style;
	GByteArray *file;
	uint64_t now_ns;
	unsigned port; /* the client's */
};

static void scene_begin(struct scene *scene)
{
	*scene = (struct scene){ .style = { .link = 1 }, .now_ns = 5000 * SECOND, .port = 40000 };
	scene->file = file_new(&scene->style);
}

static void add(struct scene *scene, GByteArray *frame)
{
	file_add(scene->file, &scene->style, scene->now_ns, frame);
	scene->now_ns += MS;
}

static void from_client(struct scene *scene, unsigned flags, uint32_t seq, uint32_t ack,
			const char *payload)
{
	add(scene,
	    tcp_frame(CLIENT, scene->port, SERVER, 80, 1000 + seq, 5000 + ack, flags, payload));
}

static void from_server(struct scene *scene, unsigned flags, uint32_t seq, uint32_t ack,
			const char *payload)
{
	add(scene,
	    tcp_frame(SERVER, 80, CLIENT, scene->port, 5000 + seq, 1000 + ack, flags, payload));
}

static void handshake(struct scene *scene)
{
	from_client(scene, SYN, 0, 0, NULL);
	from_server(scene, SYN | ACK, 0, 1, NULL);
	from_client(scene, ACK, 1, 1, NULL);
}

/* Loads what the scene has, all but the last bytes, and ends it. */
static fdar_sessions *load_cut(struct scene *scene, guint cut,
			       const struct fdar_load_options *options, GError **error)
{
	char *path = file_save(scene->file->data, scene->file->len - cut);
	fdar_sessions *sessions = fdar_sessions_load(path, options, error);

	file_remove(path);
	g_clear_pointer(&scene->file, g_byte_array_unref);
	return sessions;
}

static fdar_sessions *load(struct scene *scene)
{
	g_autoptr(GError) error = NULL;
	fdar_sessions *sessions = load_cut(scene, 0, NULL, &error);

	g_assert_no_error(error);
	return sessions;
}

/* The pieces of a session as a text: C"payload"@ms+acked, S gap 5, C fin. */
static char *describe(const fdar_sessions *sessions, size_t index)
{
	static const char *const kinds[] = { "data", "gap", "fin", "rst" };
	const struct fdar_session *session = fdar_sessions_get(sessions, index);
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	GString *text = g_string_new(NULL);
	uint64_t last_ns = 0;

	for (uint64_t i = 0; i < session->pieces; i++) {
		const struct fdar_piece *piece = &pieces[i];
		char side = piece->way == FDAR_FROM_CLIENT ? 'C' : 'S';

		g_assert_cmpuint(piece->time_ns, >=, last_ns);
		last_ns = piece->time_ns;
		if (i)
			g_string_append_c(text, ' ');
		if (piece->kind == FDAR_PIECE_DATA)
			g_string_append_printf(text, "%c\"%.*s\"@%u+%u", side, (int)piece->length,
					       fdar_sessions_payload(sessions, piece),
					       (unsigned)(piece->time_ns / MS),
					       (unsigned)piece->acked);
		else if (piece->kind == FDAR_PIECE_GAP)
			g_string_append_printf(text, "%c gap %u", side, piece->length);
		else
			g_string_append_printf(text, "%c %s", side, kinds[piece->kind]);
	}
	return g_string_free(text, FALSE);
}

static void expect_pieces(const fdar_sessions *sessions, size_t index, const char *expected)
{
	g_autofree char *got = describe(sessions, index);

	g_assert_cmpstr(got, ==, expected);
}

static void test_interleaved(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;

	scene_begin(&scene);
	handshake(&scene);
	scene.port++;
	handshake(&scene);
	from_client(&scene, ACK | PSH, 1, 1, "two");
	scene.port--;
	from_client(&scene, ACK | PSH, 1, 1, "one");
	from_server(&scene, ACK | PSH, 1, 4, "answer");
	from_client(&scene, ACK | PSH, 4, 7, "more");
	from_client(&scene, ACK | FIN, 8, 7, NULL);
	scene.port++;
	from_server(&scene, RST | ACK, 1, 4, NULL);
	sessions = load(&scene);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 2);
	expect_pieces(sessions, 0, "C\"one\"@7+0 S\"answer\"@8+3 C\"more\"@9+6 C fin");
	expect_pieces(sessions, 1, "C\"two\"@6+0 S rst");
	g_assert_null(fdar_sessions_damage(sessions));
	g_assert_cmpuint(fdar_sessions_duration_ns(sessions), ==, 11 * MS);
	g_assert_cmpuint(fdar_sessions_get(sessions, 1)->packet, ==, 4);
	g_assert_cmpuint(fdar_sessions_get(sessions, 1)->epoch_ns, ==, 5000 * SECOND + 3 * MS);
	g_assert_cmpuint(fdar_sessions_get(sessions, 0)->way[FDAR_FROM_CLIENT].messages, ==, 2);
}

/* Copies of delivered bytes are compared with the spool, also when they are many pieces old, and
 * when they begin and end within pieces. */
static void check_differs(const char *again, uint32_t seq, gboolean differs)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;
	const struct fdar_session *session;

	scene_begin(&scene);
	handshake(&scene);
	for (uint32_t i = 0; i < 30; i++) {
		from_client(&scene, ACK, 1 + 4 * i, 1, "abcd");
		from_server(&scene, ACK, 1 + 2 * i, 1, "xy");
	}
	from_client(&scene, ACK, 1 + seq, 1, again);
	sessions = load(&scene);
	session = fdar_sessions_get(sessions, 0);
	g_assert_true(session->odd & FDAR_ODD_RETRANSMITS);
	g_assert_cmpint((session->odd & FDAR_ODD_DIFFERS) != 0, ==, differs);
	g_assert_cmpuint(session->way[FDAR_FROM_CLIENT].bytes, ==, 120);
}

static void test_differs(void)
{
	check_differs("abcd", 116, FALSE);
	check_differs("abcX", 116, TRUE);
	check_differs("cdabcdab", 2, FALSE);
	check_differs("cdabcdaX", 2, TRUE);
	check_differs("Xdabcdab", 2, TRUE);
	check_differs("bcdabcda", 57, FALSE);
}

/* A gap of the server is found late, when the client has asked on: it still lies where the client
 * saw its end. */
static void test_late_gap(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;

	scene_begin(&scene);
	handshake(&scene);
	from_client(&scene, ACK, 1, 1, "ask");
	from_server(&scene, ACK, 1, 4, "begin");
	from_server(&scene, ACK, 9, 4, "end");
	from_client(&scene, ACK, 4, 12, "ask");
	from_client(&scene, ACK, 7, 12, "again");
	sessions = load(&scene);
	expect_pieces(sessions, 0,
		      "C\"ask\"@3+0 S\"begin\"@4+3 S gap 3 S\"end\"@5+3 C\"ask\"@6+11 "
		      "C\"again\"@7+11");
	g_assert_cmpuint(fdar_sessions_get(sessions, 0)->way[FDAR_FROM_SERVER].messages, ==, 1);
}

/* More pieces than a chunk of the chain holds, out of order both ways. */
static void test_many_pieces(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;
	const struct fdar_session *session;
	const struct fdar_piece *pieces;

	scene_begin(&scene);
	handshake(&scene);
	for (uint32_t i = 0; i < 1000; i += 2) {
		g_autofree char *even = g_strdup_printf("%05u", i);
		g_autofree char *odd = g_strdup_printf("%05u", i + 1);

		from_client(&scene, ACK, 1 + 5 * (i + 1), 1, odd);
		from_client(&scene, ACK, 1 + 5 * i, 1, even);
	}
	sessions = load(&scene);
	session = fdar_sessions_get(sessions, 0);
	pieces = fdar_sessions_pieces(sessions, session);
	g_assert_cmpuint(session->pieces, ==, 1000);
	for (uint64_t i = 0; i < session->pieces; i++) {
		g_autofree char *expected = g_strdup_printf("%05u", (unsigned)i);

		assert_bytes(fdar_sessions_payload(sessions, &pieces[i]), pieces[i].length,
			     expected);
	}
}

static void test_damage(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;
	g_autoptr(GError) error = NULL;

	scene_begin(&scene);
	handshake(&scene);
	from_client(&scene, ACK, 1, 1, "seen");
	from_client(&scene, ACK, 5, 1, "cut off");
	sessions = load_cut(&scene, 3, NULL, &error);
	g_assert_no_error(error);
	expect_pieces(sessions, 0, "C\"seen\"@3+0");
	g_assert_nonnull(strstr(fdar_sessions_damage(sessions), "damaged in packet 5 at offset "));
}

static void test_nothing(void)
{
	struct scene scene;
	g_autoptr(GError) error = NULL;

	scene_begin(&scene);
	g_assert_null(load_cut(&scene, 0, NULL, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_EMPTY);
	g_clear_error(&error);
	scene_begin(&scene);
	add(&scene, ether(ip(CLIENT, SERVER, 1, udp(CLIENT, 1, SERVER, 2, "ping", 4))));
	g_assert_null(load_cut(&scene, 0, NULL, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_EMPTY);
	g_assert_nonnull(strstr(error->message, "no TCP or UDP packet in it (1 packets: 0 not IP, "
						"1 of other protocols, 0 malformed"));
	g_clear_error(&error);
	scene_begin(&scene);
	set16(scene.file, 20, 0);
	scene.file->data[20] = 189; /* a link type of USB */
	handshake(&scene);
	g_assert_null(load_cut(&scene, 0, NULL, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT);
	g_assert_nonnull(
		strstr(error->message, " of link type 189 (USB with Linux header); expected "));
}

static gboolean never(uint64_t read_bytes, uint64_t size_bytes, void *user)
{
	(void)user;
	g_assert_cmpuint(read_bytes, <=, size_bytes);
	return FALSE;
}

static void datagram(struct scene *scene, unsigned port, uint8_t type, unsigned size)
{
	uint8_t bytes[256] = { type };

	g_assert_cmpuint(size, <=, sizeof(bytes));
	memset(bytes + 4, 'x', sizeof(bytes) - 4);
	add(scene, ether(ip(CLIENT, SERVER, 17, udp(CLIENT, 4000, SERVER, port, bytes, size))));
}

/* Data counts behind a handshake, or at the usual port; what only looks like it does not. */
static void test_wireguard(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;

	scene_begin(&scene);
	datagram(&scene, 7000, 4, 96);
	datagram(&scene, 7000, 1, 148);
	datagram(&scene, 7000, 4, 96);
	datagram(&scene, 7000, 4, 97);
	datagram(&scene, 7000, 5, 96);
	datagram(&scene, 51820, 4, 32);
	datagram(&scene, 53, 1, 147);
	sessions = load(&scene);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 3);
	g_assert_cmpuint(fdar_sessions_totals(sessions)->in_sessions, ==, 7);
	g_assert_cmpuint(fdar_sessions_totals(sessions)->wireguard, ==, 3);
}

static void test_stopped(void)
{
	struct scene scene;
	struct fdar_load_options options = { .progress = never };
	g_autoptr(GError) error = NULL;
	g_autofree char *payload = g_strnfill(1400, 'x');

	scene_begin(&scene);
	for (uint32_t i = 0; i < 2000; i++)
		from_client(&scene, ACK, 1 + 1400 * i, 1, payload);
	g_assert_null(load_cut(&scene, 0, &options, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Decrypting may take longer than reading did, which a few packets are done with before anybody is asked. */
static void test_stopped_decrypting(void)
{
	struct scene scene;
	struct fdar_load_options options = { .progress = never };
	g_autoptr(GError) error = NULL;

	scene_begin(&scene);
	handshake(&scene);
	from_client(&scene, ACK | PSH, 1, 1, "hello");
	g_assert_null(load_cut(&scene, 0, &options, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_cmpstr(error->message, ==, "decrypting was stopped");
}

static void test_no_spool(void)
{
	struct scene scene;
	g_autoptr(GError) error = NULL;
	g_autofree char *saved = g_strdup(g_getenv("TMPDIR"));
	char *path;

	scene_begin(&scene);
	handshake(&scene);
	path = file_save(scene.file->data, scene.file->len);
	g_setenv("TMPDIR", "/nowhere/at/all", TRUE);
	g_assert_null(fdar_sessions_load(path, NULL, &error));
	if (saved)
		g_setenv("TMPDIR", saved, TRUE);
	else
		g_unsetenv("TMPDIR");
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT);
	g_assert_nonnull(strstr(error->message, "/nowhere/at/all"));
	file_remove(path);
	g_byte_array_unref(scene.file);
}

/* What was appended is read back from file and buffer alike, and stays within its bounds. */
static void test_spool(void)
{
	g_autoptr(GError) error = NULL;
	struct fdar_spool *spool = fdar_spool_new(&error);
	uint8_t block[10007], back[10007];
	const uint8_t *mapped;

	g_assert_no_error(error);
	for (unsigned i = 0; i < 100; i++) {
		memset(block, (int)i, sizeof(block));
		g_assert_cmpuint(fdar_spool_append(spool, block, sizeof(block)), ==,
				 i * sizeof(block));
	}
	for (unsigned i = 0; i < 100; i++) {
		memset(block, (int)i, sizeof(block));
		g_assert_true(fdar_spool_read(spool, i * sizeof(block), back, sizeof(back)));
		g_assert_true(memcmp(block, back, sizeof(back)) == 0);
	}
	g_assert_false(fdar_spool_read(spool, 99 * sizeof(block) + 1, back, sizeof(back)));
	g_assert_false(fdar_spool_read(spool, UINT64_MAX, back, 1));
	g_assert_true(fdar_spool_map(spool, &mapped, &error));
	g_assert_cmpuint(mapped[57 * sizeof(block) + 5], ==, 57);
	fdar_spool_free(spool);
}

/* The hello of a client, without extensions, in a record of its own. */
static GByteArray *client_hello(void)
{
	static const uint8_t head[] = { 22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3 };
	static const uint8_t tail[] = { 0, 0, 2, 0x13, 1, 1, 0 };
	GByteArray *hello = g_byte_array_new();

	g_byte_array_append(hello, head, sizeof(head));
	put_zeros(hello, 32);
	g_byte_array_append(hello, tail, sizeof(tail));
	return hello;
}

/* Mail that turns to TLS is TLS; what only looks like the header of a record is not. */
static void test_tls_later(void)
{
	for (unsigned i = 0; i < 2; i++) {
		g_autoptr(GByteArray) hello = client_hello();
		g_autoptr(fdar_sessions) sessions = NULL;
		const struct fdar_session_tls *tls;
		struct scene scene;

		/* A message that ends before its record is none. */
		hello->data[8] = i ? 40 : 41;
		scene_begin(&scene);
		handshake(&scene);
		from_server(&scene, ACK | PSH, 1, 1, "220 mail\r\n");
		from_client(&scene, ACK | PSH, 1, 11, "STARTTLS\r\n");
		from_server(&scene, ACK | PSH, 11, 11, "220 go\r\n");
		add(&scene, ether(ip(CLIENT, SERVER, 6,
				     tcp(CLIENT, scene.port, SERVER, 80, 1011, 5019, ACK | PSH,
					 NULL, 0, hello->data, hello->len))));
		sessions = load(&scene);
		tls = fdar_sessions_tls(sessions, fdar_sessions_get(sessions, 0));
		if (i) {
			g_assert_null(tls);
			continue;
		}
		g_assert_nonnull(tls);
		g_assert_true(tls->later);
		g_assert_false(tls->decrypted);
		g_assert_cmpuint(fdar_sessions_get(sessions, 0)->way[0].bytes, ==, 10 + 50);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sessions/interleaved", test_interleaved);
	g_test_add_func("/sessions/differs", test_differs);
	g_test_add_func("/sessions/late-gap", test_late_gap);
	g_test_add_func("/sessions/many-pieces", test_many_pieces);
	g_test_add_func("/sessions/damage", test_damage);
	g_test_add_func("/sessions/nothing", test_nothing);
	g_test_add_func("/sessions/wireguard", test_wireguard);
	g_test_add_func("/sessions/stopped", test_stopped);
	g_test_add_func("/sessions/stopped-decrypting", test_stopped_decrypting);
	g_test_add_func("/sessions/no-spool", test_no_spool);
	g_test_add_func("/spool", test_spool);
	g_test_add_func("/sessions/tls-later", test_tls_later);
	return g_test_run();
}
