/* Who serves, by the evidence of a whole capture; sessions seen twice; packets that came late. */
#include "tests/unit/kit/packets.h"

#include "replay/sessions/session.h"

#define MS ((uint64_t)1000000)

struct scene {
	struct file_style style;
	GByteArray *file;
	uint64_t now_ns;
};

static void begin(struct scene *scene)
{
	*scene = (struct scene){ .style = { .link = 1 }, .now_ns = 5000000 * MS };
	scene->file = file_new(&scene->style);
}

static void add(struct scene *scene, GByteArray *frame)
{
	file_add(scene->file, &scene->style, scene->now_ns, frame);
	scene->now_ns += MS;
}

static fdar_sessions *load(struct scene *scene, const uint16_t *ports)
{
	char *path = file_save(scene->file->data, scene->file->len);
	struct fdar_load_options options = { .server_ports = ports };
	g_autoptr(GError) error = NULL;
	fdar_sessions *sessions = fdar_sessions_load(path, &options, &error);

	g_assert_no_error(error);
	file_remove(path);
	g_clear_pointer(&scene->file, g_byte_array_unref);
	return sessions;
}

/* The session's server port, its first client piece, and whether its sides are a guess. */
static void expect(const fdar_sessions *sessions, size_t index, unsigned port, const char *first,
		   gboolean guessed)
{
	const struct fdar_session *session = fdar_sessions_get(sessions, index);
	const struct fdar_piece *piece = fdar_sessions_pieces(sessions, session);

	g_assert_cmpuint(session->server.port, ==, port);
	g_assert_cmpint((session->odd & FDAR_ODD_GUESSED_SIDES) != 0, ==, guessed);
	for (uint64_t i = 0; i < session->pieces; i++, piece++) {
		if (piece->way != FDAR_FROM_CLIENT || piece->kind != FDAR_PIECE_DATA)
			continue;
		assert_bytes(fdar_sessions_payload(sessions, piece), piece->length, first);
		return;
	}
	g_assert_not_reached();
}

/* A request and its answer of a connection that began before the capture. */
static void mid_stream(struct scene *scene, const char *client, unsigned cport, unsigned sport)
{
	add(scene, tcp_frame(client, cport, "10.0.0.2", sport, 100, 500, ACK | PSH, "ask"));
	add(scene, tcp_frame("10.0.0.2", sport, client, cport, 500, 103, ACK | PSH, "answer"));
	add(scene, tcp_frame(client, cport, "10.0.0.2", sport, 103, 506, ACK, NULL));
}

static void test_tcp(void)
{
	static const uint16_t named[] = { 61616, 0 };
	struct scene scene;
	g_autoptr(fdar_sessions) peers = NULL, syn = NULL, service = NULL, by_name = NULL;

	/* Several peers. */
	begin(&scene);
	mid_stream(&scene, "10.0.0.9", 33000, 61616);
	mid_stream(&scene, "10.0.0.10", 34000, 61616);
	peers = load(&scene, NULL);
	expect(peers, 0, 61616, "ask", TRUE);
	expect(peers, 1, 61616, "ask", TRUE);
	/* A SYN of another session, which comes later. */
	begin(&scene);
	mid_stream(&scene, "10.0.0.9", 33000, 61616);
	add(&scene, tcp_frame("10.0.0.1", 33001, "10.0.0.2", 61616, 1, 0, SYN, NULL));
	syn = load(&scene, NULL);
	expect(syn, 0, 61616, "ask", FALSE);
	/* A service's port, against the lower one. */
	begin(&scene);
	mid_stream(&scene, "10.0.0.9", 2500, 27017);
	service = load(&scene, NULL);
	expect(service, 0, 27017, "ask", TRUE);
	/* What the user says. */
	begin(&scene);
	mid_stream(&scene, "10.0.0.9", 33000, 61616);
	by_name = load(&scene, named);
	expect(by_name, 0, 61616, "ask", FALSE);
}

static void test_udp(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) answer = NULL, plain = NULL, peers = NULL, tftp = NULL;

	begin(&scene); /* the answer is the first that was captured */
	add(&scene, udp_frame("10.0.0.2", 5060, "10.0.0.1", 40000, "answer"));
	add(&scene, udp_frame("10.0.0.1", 40000, "10.0.0.2", 5060, "ask"));
	answer = load(&scene, NULL);
	expect(answer, 0, 5060, "ask", TRUE);
	begin(&scene);
	add(&scene, udp_frame("10.0.0.1", 40000, "10.0.0.2", 53, "ask"));
	plain = load(&scene, NULL);
	expect(plain, 0, 53, "ask", FALSE);
	begin(&scene); /* who has many peers serves */
	for (unsigned i = 0; i < 3; i++) {
		add(&scene, udp_frame("10.0.0.2", 5055, "10.0.0.1", 30000 + i, "answer"));
		add(&scene, udp_frame("10.0.0.1", 30000 + i, "10.0.0.2", 5055, "ask"));
	}
	peers = load(&scene, NULL);
	for (unsigned i = 0; i < 3; i++)
		expect(peers, i, 5055, "ask", TRUE);
	begin(&scene); /* TFTP: the data comes from a port of its own */
	add(&scene, udp_frame("10.0.0.1", 40000, "10.0.0.2", 69, "read"));
	add(&scene, udp_frame("10.0.0.2", 35000, "10.0.0.1", 40000, "data"));
	add(&scene, udp_frame("10.0.0.1", 40000, "10.0.0.2", 35000, "more"));
	tftp = load(&scene, NULL);
	expect(tftp, 1, 35000, "more", TRUE);
}

/* A datagram with an IP identification and time to live of its own. */
static GByteArray *datagram(const char *src, unsigned sport, const char *dst, unsigned dport,
			    const char *payload, unsigned id, unsigned hops)
{
	GByteArray *segment = udp(src, sport, dst, dport, payload, (unsigned)strlen(payload));
	GByteArray *packet = ip_part(src, dst, 17, id, 0, segment->data, segment->len);

	packet->data[8] = (uint8_t)hops;
	set16(packet, 10, 0);
	set16(packet, 10, 0xffff ^ slow_sum(0, packet->data, 20));
	g_byte_array_unref(segment);
	return ether(packet);
}

static void test_doubles(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;
	const struct fdar_session *session;

	begin(&scene);
	for (unsigned i = 0; i < 3; i++) { /* what each of three interfaces saw */
		add(&scene, datagram("10.0.0.1", 40000, "10.0.0.2", 53, "first", 7, 64));
		add(&scene, datagram("10.0.0.1", 40000, "10.0.0.2", 53, "second", 8, 64));
	}
	/* Asked again: another identification. And without one: nothing tells. */
	add(&scene, datagram("10.0.0.1", 40000, "10.0.0.2", 53, "second", 9, 64));
	add(&scene, datagram("10.0.0.1", 40001, "10.0.0.2", 53, "third", 0, 64));
	add(&scene, datagram("10.0.0.1", 40001, "10.0.0.2", 53, "third", 0, 64));
	/* But behind a router. */
	add(&scene, datagram("10.0.0.1", 40002, "10.0.0.2", 53, "fourth", 0, 64));
	add(&scene, datagram("10.0.0.1", 40002, "10.0.0.2", 53, "fourth", 0, 63));
	sessions = load(&scene, NULL);
	session = fdar_sessions_get(sessions, 0);
	g_assert_cmpuint(session->pieces, ==, 3);
	g_assert_cmpuint(session->doubles, ==, 4);
	g_assert_true(session->odd & FDAR_ODD_DOUBLES);
	g_assert_cmpuint(fdar_sessions_get(sessions, 1)->pieces, ==, 2);
	g_assert_cmpuint(fdar_sessions_get(sessions, 2)->pieces, ==, 1);
	g_assert_cmpuint(fdar_sessions_totals(sessions)->doubles, ==, 5);
}

/* A segment with an IP identification of its own. */
static void segment(struct scene *scene, gboolean from_server, uint32_t seq, uint32_t ack,
		    unsigned flags, const char *payload, unsigned id, unsigned times)
{
	const char *src = from_server ? "10.0.0.2" : "10.0.0.1";
	const char *dst = from_server ? "10.0.0.1" : "10.0.0.2";
	GByteArray *bytes =
		tcp(src, from_server ? 80 : 4000, dst, from_server ? 4000 : 80, seq, ack, flags,
		    NULL, 0, payload, payload ? (unsigned)strlen(payload) : 0);

	while (times--)
		add(scene, ether(ip_part(src, dst, 6, id, 0, bytes->data, bytes->len)));
	g_byte_array_unref(bytes);
}

/* A mirror port that copies every segment, in front of a real retransmission. */
static void doubled(struct scene *scene)
{
	begin(scene);
	segment(scene, FALSE, 100, 0, SYN, NULL, 1, 2);
	segment(scene, TRUE, 500, 101, SYN | ACK, NULL, 11, 2);
	segment(scene, FALSE, 101, 501, ACK, NULL, 2, 2);
	segment(scene, FALSE, 101, 501, ACK | PSH, "ask", 3, 2);
	segment(scene, TRUE, 501, 104, ACK | PSH, "answer", 12, 2);
}

static void test_tcp_doubles(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) copies = NULL, again = NULL, others = NULL;
	const struct fdar_session *session;

	doubled(&scene);
	copies = load(&scene, NULL);
	session = fdar_sessions_get(copies, 0);
	g_assert_cmpuint(fdar_sessions_count(copies), ==, 1);
	g_assert_cmpuint(session->odd, ==, FDAR_ODD_DOUBLES);
	g_assert_cmpuint(session->doubles, ==, 5);
	g_assert_cmpuint(session->pieces, ==, 2);
	g_assert_cmpuint(fdar_sessions_totals(copies)->doubles, ==, 5);
	/* Sent again: the identification is another. */
	doubled(&scene);
	segment(&scene, FALSE, 101, 501, ACK | PSH, "ask", 4, 1);
	again = load(&scene, NULL);
	session = fdar_sessions_get(again, 0);
	g_assert_cmpuint(session->odd, ==, FDAR_ODD_DOUBLES | FDAR_ODD_RETRANSMITS);
	g_assert_cmpuint(session->doubles, ==, 5);
	/* The same header, with other bytes behind it. */
	doubled(&scene);
	segment(&scene, FALSE, 101, 501, ACK | PSH, "arm", 3, 1);
	others = load(&scene, NULL);
	session = fdar_sessions_get(others, 0);
	g_assert_true(session->odd & FDAR_ODD_DIFFERS);
}

static void handshake(struct scene *scene, const char *client, unsigned cport, const char *server,
		      unsigned sport, uint32_t isn)
{
	add(scene, tcp_frame(client, cport, server, sport, isn, 0, SYN, NULL));
	add(scene, tcp_frame(server, sport, client, cport, isn + 77, isn + 1, SYN | ACK, NULL));
	add(scene, tcp_frame(client, cport, server, sport, isn + 1, isn + 78, ACK, "ask"));
}

static void test_views(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;

	begin(&scene);
	handshake(&scene, "10.9.9.9", 40000, "10.0.0.2", 8080, 123456);
	handshake(&scene, "10.9.9.9", 40000, "172.17.0.2", 80, 123456);
	handshake(&scene, "10.9.9.9", 40001, "10.0.0.2", 8080, 123456); /* only numbered alike */
	sessions = load(&scene, NULL);
	g_assert_false(fdar_sessions_get(sessions, 0)->odd & FDAR_ODD_VIEW);
	g_assert_true(fdar_sessions_get(sessions, 1)->odd & FDAR_ODD_VIEW);
	g_assert_cmpuint(fdar_sessions_get(sessions, 1)->view_of, ==, 0);
	g_assert_false(fdar_sessions_get(sessions, 2)->odd & FDAR_ODD_VIEW);
}

/* Both ends translated: the same numbers, one router farther, and as many bytes. */
static void test_views_both_ends(void)
{
	static const struct {
		unsigned hops;
		const char *payload;
		gboolean view;
	} cases[] = { { 63, "ask", TRUE }, { 64, "ask", FALSE }, { 63, "asks", FALSE } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scene scene;
		g_autoptr(fdar_sessions) sessions = NULL;
		GByteArray *syn;

		begin(&scene);
		handshake(&scene, "10.9.9.9", 40000, "10.0.0.2", 30080, 123456);
		syn = tcp_frame("10.0.0.2", 61000, "172.17.0.2", 80, 123456, 0, SYN, NULL);
		syn->data[14 + 8] = (uint8_t)cases[i].hops; /* checksums are not looked at */
		add(&scene, syn);
		add(&scene, tcp_frame("172.17.0.2", 80, "10.0.0.2", 61000, 123533, 123457,
				      SYN | ACK, NULL));
		add(&scene, tcp_frame("10.0.0.2", 61000, "172.17.0.2", 80, 123457, 123534, ACK,
				      cases[i].payload));
		sessions = load(&scene, NULL);
		g_assert_cmpuint(fdar_sessions_count(sessions), ==, 2);
		g_assert_cmpint((fdar_sessions_get(sessions, 1)->odd & FDAR_ODD_VIEW) != 0, ==,
				cases[i].view);
	}
}

/* Tagged frames with the same addresses and ports in two VLANs are two connections, unless their
 * numbers say that it is one: another tag on its way back, or the same packet seen twice. */
static GByteArray *tagged(unsigned vlan, GByteArray *frame)
{
	GByteArray *all = g_byte_array_new();

	g_byte_array_append(all, frame->data, 12);
	put16(all, 0x8100);
	put16(all, vlan);
	g_byte_array_append(all, frame->data + 12, frame->len - 12);
	g_byte_array_unref(frame);
	return all;
}

static void test_vlans(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) two = NULL, one = NULL;

	begin(&scene);
	for (unsigned vlan = 10; vlan <= 20; vlan += 10)
		add(&scene, tagged(vlan, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80,
						   vlan * 1000000, 0, SYN, NULL)));
	for (unsigned vlan = 10; vlan <= 20; vlan += 10)
		add(&scene,
		    tagged(vlan, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, vlan * 1000000 + 1, 1,
					   ACK, vlan == 10 ? "ten" : "twenty")));
	two = load(&scene, NULL);
	g_assert_cmpuint(fdar_sessions_count(two), ==, 2);
	expect(two, 0, 80, "ten", FALSE);
	expect(two, 1, 80, "twenty", FALSE);
	begin(&scene);
	add(&scene, tagged(10, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 100, 0, SYN, NULL)));
	add(&scene,
	    tagged(20, tcp_frame("10.0.0.2", 80, "10.0.0.1", 40000, 500, 101, SYN | ACK, NULL)));
	add(&scene, tagged(10, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 101, 501, ACK, "x")));
	add(&scene, tagged(30, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 101, 501, ACK, "x")));
	one = load(&scene, NULL);
	g_assert_cmpuint(fdar_sessions_count(one), ==, 1);
	g_assert_cmpuint(fdar_sessions_get(one, 0)->way[0].bytes, ==, 1);
}

/* Written block by block: first all of the client, then all of the server. */
static void test_late(void)
{
	struct scene scene;
	g_autoptr(fdar_sessions) sessions = NULL;
	const struct fdar_piece *pieces;

	begin(&scene);
	for (unsigned i = 0; i < 10; i++)
		file_add(scene.file, &scene.style, scene.now_ns + (2 * i) * 40 * MS,
			 udp_frame("10.0.0.1", 40000, "10.0.0.2", 53, "ask"));
	for (unsigned i = 0; i < 10; i++)
		file_add(scene.file, &scene.style, scene.now_ns + (2 * i + 1) * 40 * MS,
			 udp_frame("10.0.0.2", 53, "10.0.0.1", 40000, "answer"));
	sessions = load(&scene, NULL);
	pieces = fdar_sessions_pieces(sessions, fdar_sessions_get(sessions, 0));
	g_assert_cmpuint(fdar_sessions_get(sessions, 0)->pieces, ==, 20);
	for (unsigned i = 0; i < 20; i++) {
		g_assert_cmpuint(pieces[i].way, ==, i % 2);
		g_assert_cmpuint(pieces[i].time_ns, ==, i * 40 * MS);
	}
	g_assert_cmpuint(fdar_sessions_totals(sessions)->clock_back, ==, 9);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sides/tcp", test_tcp);
	g_test_add_func("/sides/udp", test_udp);
	g_test_add_func("/sides/doubles", test_doubles);
	g_test_add_func("/sides/tcp-doubles", test_tcp_doubles);
	g_test_add_func("/sides/views", test_views);
	g_test_add_func("/sides/views-both-ends", test_views_both_ends);
	g_test_add_func("/sides/vlans", test_vlans);
	g_test_add_func("/sides/late", test_late);
	return g_test_run();
}
