/* Amplifying: copies that are the same sessions again, of other clients, with right checksums. */
#include "tests/unit/kit/packets.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#include "replay/rewrite/amplify.h"
#include "replay/rewrite/merge.h"
#include "replay/rewrite/pool.h"
#include "replay/sessions/session.h"

#define MS     ((uint64_t)1000000)
#define SECOND (1000 * MS)

struct scene {
	struct file_style style;
	GByteArray *file;
	uint64_t now_ns;
};

static void scene_begin(struct scene *scene)
{
	*scene = (struct scene){ .style = { .link = 1 }, .now_ns = 5000 * SECOND };
	scene->file = file_new(&scene->style);
}

static void add(struct scene *scene, GByteArray *frame)
{
	file_add(scene->file, &scene->style, scene->now_ns, frame);
	scene->now_ns += 10 * MS;
}

static void exchange(struct scene *scene, const char *client, unsigned cport, const char *server,
		     unsigned sport)
{
	static const uint8_t sack[] = { 1, 1, 5, 10, 0, 0, 0x13, 0x8c, 0, 0, 0x13, 0x90 };

	add(scene, tcp_frame(client, cport, server, sport, 0xffffff00, 0, SYN, NULL));
	add(scene, tcp_frame(server, sport, client, cport, 4999, 0xffffff01, SYN | ACK, NULL));
	add(scene, tcp_frame(client, cport, server, sport, 0xffffff01, 5000, ACK | PSH, "request"));
	add(scene, tcp_frame(server, sport, client, cport, 5000, 0xffffff08, ACK, "ans"));
	add(scene, tcp_frame(server, sport, client, cport, 5004, 0xffffff08, ACK, "er!"));
	/* With SACK: 5004 to 5008 is there. */
	add(scene,
	    ether(ip(client, server, 6,
		     tcp(client, cport, server, sport, 0xffffff08, 5003, ACK, sack, 12, NULL, 0))));
	add(scene, tcp_frame(server, sport, client, cport, 5003, 0xffffff08, ACK | PSH, "w"));
	add(scene, tcp_frame(client, cport, server, sport, 0xffffff08, 5007, ACK | FIN, NULL));
	add(scene, tcp_frame(server, sport, client, cport, 5007, 0xffffff09, ACK | FIN, NULL));
}

static struct fdar_amplify_options defaults(void)
{
	return (struct fdar_amplify_options){ .clones = 1, .repeat = 1, .speed = 1.0 };
}

static char *amplify(const char *input, const struct fdar_amplify_options *options,
		     struct fdar_amplified *result)
{
	char *output = file_save("", 0);
	g_autoptr(GError) error = NULL;

	g_assert_true(fdar_amplify_run(input, output, options, result, &error));
	g_assert_no_error(error);
	fdar_amplified_clear(result);
	return output;
}

/* Amplifies what the scene has, and ends it. */
static char *amplify_scene(struct scene *scene, const struct fdar_amplify_options *options,
			   struct fdar_amplified *result)
{
	char *input = file_save(scene->file->data, scene->file->len);
	char *output = amplify(input, options, result);

	file_remove(input);
	g_byte_array_unref(scene->file);
	return output;
}

/* Every checksum of a packet in Ethernet, by the slow way; fragments have only the header's. */
static void check_sums(const struct fdar_packet *packet)
{
	const uint8_t *header = packet->bytes + 14;
	gboolean v6 = header[0] >> 4 == 6;
	guint length = v6 ? 40 + get16(header + 4) : get16(header + 2);
	guint skip = v6 ? 40 : 20;
	unsigned protocol = header[v6 ? 6 : 9];
	unsigned sum;

	if (!v6)
		g_assert_cmphex(slow_sum(0, header, 20), ==, 0xffff);
	if ((!v6 && (get16(header + 6) & 0x3fff)) || protocol == 44)
		return;
	if (protocol == 17 && !v6 && get16(header + skip + 6) == 0)
		return;
	sum = slow_sum(0, header + (v6 ? 8 : 12), v6 ? 32 : 8);
	sum += protocol + length - skip;
	sum = (sum & 0xffff) + (sum >> 16);
	g_assert_cmphex(slow_sum(sum, header + skip, length - skip), ==, 0xffff);
}

static unsigned check_file(const char *path, uint64_t *first_ns, uint64_t *last_ns)
{
	g_autoptr(fdar_capture) capture = fdar_capture_open(path, NULL);
	struct fdar_packet packet;
	unsigned count = 0;

	*first_ns = *last_ns = 0;
	while (fdar_capture_read(capture, &packet, NULL) == 1) {
		check_sums(&packet);
		if (count++ == 0)
			*first_ns = packet.epoch_ns;
		g_assert_cmpuint(packet.epoch_ns, >=, *last_ns);
		*last_ns = packet.epoch_ns;
	}
	g_assert_null(fdar_capture_damage(capture));
	return count;
}

/* All payload of one way of a session. */
static char *stream(const fdar_sessions *sessions, const struct fdar_session *session, unsigned way)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	GString *text = g_string_new(NULL);

	for (uint64_t i = 0; i < session->pieces; i++)
		if (pieces[i].kind == FDAR_PIECE_DATA && pieces[i].way == way)
			g_string_append_len(text,
					    (const char *)fdar_sessions_payload(sessions,
										&pieces[i]),
					    pieces[i].length);
	return g_string_free(text, FALSE);
}

/* No two sessions that have the same client address and port are alive at once. */
static void check_alone(const fdar_sessions *sessions)
{
	size_t count = fdar_sessions_count(sessions);

	for (size_t i = 0; i < count; i++) {
		const struct fdar_session *a = fdar_sessions_get(sessions, i);

		for (size_t j = i + 1; j < count; j++) {
			const struct fdar_session *b = fdar_sessions_get(sessions, j);

			if (fdar_endpoint_equal(&a->client, &b->client))
				g_assert_true(b->start_ns > a->end_ns || a->start_ns > b->end_ns);
		}
	}
}

static fdar_sessions *load(const char *path)
{
	g_autoptr(GError) error = NULL;
	fdar_sessions *sessions = fdar_sessions_load(path, NULL, &error);

	g_assert_no_error(error);
	return sessions;
}

static void test_copies(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	uint64_t first_ns, last_ns;
	char *output;
	fdar_sessions *sessions;

	scene_begin(&scene);
	exchange(&scene, "10.0.0.1", 40000, "10.0.0.2", 80);
	exchange(&scene, "2001:db8::1", 40000, "2001:db8::2", 80);
	add(&scene, udp_frame("10.0.0.1", 40000, "10.0.0.2", 53, "question"));
	add(&scene, ether(ip("10.0.0.1", "10.0.0.2", 1, udp("10.0.0.1", 1, "10.0.0.2", 2, "", 0))));
	options.clones = 7;
	options.repeat = 3;
	output = amplify_scene(&scene, &options, &result);
	g_assert_cmpuint(result.packets, ==, 21 * 19);
	g_assert_cmpuint(result.sessions, ==, 21 * 3);
	g_assert_cmpuint(result.clients, ==, 21 * 2);
	g_assert_cmpuint(result.totals.other_protocol, ==, 1);
	g_assert_cmpuint(check_file(output, &first_ns, &last_ns), ==, 21 * 19);
	g_assert_cmpuint(first_ns, ==, 5000 * SECOND);
	g_assert_cmpuint(last_ns - first_ns, ==, result.duration_ns);
	sessions = load(output);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 21 * 3);
	check_alone(sessions);
	for (size_t i = 0; i < fdar_sessions_count(sessions); i++) {
		const struct fdar_session *session = fdar_sessions_get(sessions, i);
		g_autofree char *sent = stream(sessions, session, FDAR_FROM_CLIENT);
		g_autofree char *received = stream(sessions, session, FDAR_FROM_SERVER);

		g_assert_cmpuint(session->odd & ~(uint32_t)(FDAR_ODD_WRAPPED | FDAR_ODD_REORDERED),
				 ==, 0);
		g_assert_cmpint(session->client.addr[0], ==,
				session->client.family == FDAR_FAMILY_IPV4 ? 16 : 0x20);
		if (session->transport == FDAR_UDP) {
			g_assert_cmpstr(sent, ==, "question");
			continue;
		}
		g_assert_cmpstr(sent, ==, "request");
		g_assert_cmpstr(received, ==, "answer!");
		g_assert_cmpint(session->ended, ==, FDAR_ENDED_FIN);
		g_assert_cmpuint(session->server.port, ==, 80);
	}
	fdar_sessions_free(sessions);
	file_remove(output);
}

/* SACK blocks move with the numbers they are about. */
static void test_sack(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	char *output;
	fdar_capture *capture;
	struct fdar_packet packet;
	uint32_t top = 0;

	scene_begin(&scene);
	exchange(&scene, "10.0.0.1", 40000, "10.0.0.2", 80);
	options.seed = 42;
	output = amplify_scene(&scene, &options, &result);
	capture = fdar_capture_open(output, NULL);
	while (fdar_capture_read(capture, &packet, NULL) == 1) {
		const uint8_t *segment = packet.bytes + 34;
		uint32_t number;

		memcpy(&number, segment + 4, 4);
		if (packet.number == 5) /* the server's second part, 4 long: "er!" at 5004 */
			top = GUINT32_FROM_BE(number);
		if (packet.number != 6)
			continue;
		memcpy(&number, segment + 24, 4);
		g_assert_cmpuint(GUINT32_FROM_BE(number), ==, top);
		g_assert_cmpuint(top, !=, 5004);
		memcpy(&number, segment + 28, 4);
		g_assert_cmpuint(GUINT32_FROM_BE(number), ==, top + 4);
	}
	fdar_capture_close(capture);
	file_remove(output);
}

/* Whatever the capture's checksums were (an offloading card's, none), the copies' are right. */
static void test_wrong_sums(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	GByteArray *frame;
	uint64_t first_ns, last_ns;
	char *output;

	scene_begin(&scene);
	frame = tcp_frame("10.0.0.1", 1, "10.0.0.2", 2, 100, 200, ACK, "odd");
	set16(frame, 14 + 10, 0);
	set16(frame, 34 + 16, 0x1234);
	add(&scene, frame);
	frame = udp_frame("10.0.0.1", 1, "10.0.0.2", 2, "none");
	set16(frame, 34 + 6, 0);
	add(&scene, frame);
	frame = udp_frame("2001:db8::1", 1, "2001:db8::2", 2, "none");
	set16(frame, 54 + 6, 0);
	add(&scene, frame);
	options.clones = 50;
	output = amplify_scene(&scene, &options, &result);
	g_assert_cmpuint(check_file(output, &first_ns, &last_ns), ==, 150);
	file_remove(output);
}

/* A packet cut by the snap length keeps its checksum right for the bytes that are not there. */
static void test_cut(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	GByteArray *whole = tcp_frame("10.0.0.1", 1, "10.0.0.2", 2, 100, 200, ACK, "payload here");
	g_autoptr(GByteArray) patched = g_byte_array_new();
	char *output;
	fdar_capture *capture;
	struct fdar_packet packet;

	scene_begin(&scene);
	file_add_cut(scene.file, &scene.style, scene.now_ns, whole, 14 + 40 + 3);
	output = amplify_scene(&scene, &options, &result);
	capture = fdar_capture_open(output, NULL);
	g_assert_cmpint(fdar_capture_read(capture, &packet, NULL), ==, 1);
	g_assert_cmpuint(packet.captured, ==, 57);
	g_assert_cmpuint(packet.length, ==, whole->len);
	g_byte_array_append(patched, packet.bytes, 57);
	g_byte_array_append(patched, whole->data + 57, whole->len - 57);
	packet = as_packet(patched, 1, 0);
	check_sums(&packet);
	fdar_capture_close(capture);
	file_remove(output);
	g_byte_array_unref(whole);
}

static GByteArray *fragment(const GByteArray *whole, unsigned begin, unsigned end)
{
	unsigned more = end < whole->len ? 0x2000 : 0;

	return ether(ip_part("10.0.0.1", "10.0.0.2", 6, 77, begin / 8 | more, whole->data + begin,
			     end - begin));
}

/* A TCP header in three fragments, its checksum far from its ports. */
static void test_fragments(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	GByteArray *whole =
		tcp("10.0.0.1", 40000, "10.0.0.2", 80, 1, 1, ACK, NULL, 0, "in pieces", 9);
	char *output;
	fdar_capture *capture;
	struct fdar_packet packet;
	GByteArray *joined = g_byte_array_new();
	unsigned sum;
	uint8_t source[4];

	scene_begin(&scene);
	add(&scene, fragment(whole, 8, 16));
	add(&scene, fragment(whole, 0, 8));
	add(&scene, fragment(whole, 16, whole->len));
	output = amplify_scene(&scene, &options, &result);
	g_assert_cmpuint(result.packets, ==, 3);
	g_byte_array_set_size(joined, whole->len);
	capture = fdar_capture_open(output, NULL);
	while (fdar_capture_read(capture, &packet, NULL) == 1) {
		unsigned at = (get16(packet.bytes + 14 + 6) & 0x1fff) * 8;

		check_sums(&packet);
		memcpy(source, packet.bytes + 14 + 12, 4);
		g_assert_cmpuint(source[0], ==, 16);
		memcpy(joined->data + at, packet.bytes + 34, packet.length - 34);
	}
	sum = slow_sum(0, source, 4);
	sum = slow_sum(sum, (const uint8_t *)"\x0a\x00\x00\x02", 4);
	sum += 6 + joined->len;
	g_assert_cmphex(slow_sum(sum, joined->data, joined->len), ==, 0xffff);
	g_assert_cmpuint(get16(joined->data), ==, 1024);
	fdar_capture_close(capture);
	file_remove(output);
	g_byte_array_unref(joined);
	g_byte_array_unref(whole);
}

/* Fragments of a tunnel's packets that came in fragments: copies are without them, and what else there is, is whole. */
static void test_nested_fragments(void)
{
	struct fdar_amplify_options options = defaults();
	GByteArray *whole = udp("10.0.0.9", 40000, "10.0.0.2", 53, "0123456789abcdef", 16);
	struct fdar_amplified result;
	struct scene scene;

	scene_begin(&scene);
	for (unsigned begin = 0; begin < 24; begin += 8) {
		GByteArray *inner =
			ip_part("10.0.0.9", "10.0.0.2", 17, 78,
				begin / 8 | (begin < 16 ? 0x2000u : 0), whole->data + begin, 8);

		add(&scene, ether(ip_part("172.16.0.1", "172.16.0.2", 4, 100 + begin, 0x2000,
					  inner->data, 16)));
		add(&scene, ether(ip_part("172.16.0.1", "172.16.0.2", 4, 100 + begin, 2,
					  inner->data + 16, inner->len - 16)));
		g_byte_array_unref(inner);
	}
	exchange(&scene, "10.0.0.1", 40000, "10.0.0.2", 80);
	file_remove(amplify_scene(&scene, &options, &result));
	g_assert_cmpuint(result.nested, ==, 6);
	g_assert_cmpuint(result.packets, ==, result.totals.in_sessions - 6);
	g_assert_cmpuint(result.packets, >, 5);
	g_byte_array_unref(whole);
}

/* One of a datagram's two fragments, in a tunnel's packet; split: which comes in two fragments itself. */
static void add_tunnelled(struct scene *scene, const GByteArray *whole, unsigned begin,
			  unsigned end, gboolean split)
{
	unsigned more = end < whole->len ? 0x2000 : 0;
	GByteArray *inner = ip_part("10.0.0.9", "10.0.0.2", 17, 78, begin / 8 | more,
				    whole->data + begin, end - begin);
	unsigned first = split ? 16 : inner->len;

	add(scene, ether(ip_part("172.16.0.1", "172.16.0.2", 4, 100 + begin, split ? 0x2000 : 0,
				 inner->data, first)));
	if (split)
		add(scene, ether(ip_part("172.16.0.1", "172.16.0.2", 4, 100 + begin, 2,
					 inner->data + 16, inner->len - 16)));
	g_byte_array_unref(inner);
}

/* Whichever of the fragments came in fragments. */
static void test_nested_second(void)
{
	struct fdar_amplify_options options = defaults();
	GByteArray *whole = udp("10.0.0.9", 40000, "10.0.0.2", 53, "01234567", 8);

	for (unsigned split = 0; split < 2; split++) {
		struct fdar_amplified result;
		struct scene scene;

		scene_begin(&scene);
		add_tunnelled(&scene, whole, 0, 8, split == 0);
		add_tunnelled(&scene, whole, 8, 16, split == 1);
		exchange(&scene, "10.0.0.1", 40000, "10.0.0.2", 80);
		file_remove(amplify_scene(&scene, &options, &result));
		g_assert_cmpuint(result.nested, ==, 3);
		g_assert_cmpuint(result.packets, ==, result.totals.in_sessions - 3);
	}
	g_byte_array_unref(whole);
}

/* Seen at a tunnel's end: a fragment within it, the other without. Both have the client's new address. */
static void test_fragments_in_and_out(void)
{
	struct fdar_amplify_options options = defaults();
	GByteArray *whole = udp("10.0.0.9", 40000, "10.0.0.2", 53, "01234567", 8);
	struct fdar_amplified result;
	struct fdar_packet packet;
	fdar_capture *capture;
	struct scene scene;
	char *output;

	scene_begin(&scene);
	add_tunnelled(&scene, whole, 0, 8, FALSE);
	add(&scene, ether(ip_part("10.0.0.9", "10.0.0.2", 17, 78, 1, whole->data + 8, 8)));
	output = amplify_scene(&scene, &options, &result);
	g_assert_cmpuint(result.packets, ==, 2);
	capture = fdar_capture_open(output, NULL);
	while (fdar_capture_read(capture, &packet, NULL) == 1) {
		unsigned ip = packet.bytes[14 + 9] == 4 ? 34 : 14;

		g_assert_cmpuint(packet.bytes[ip + 12], ==, 16);
	}
	fdar_capture_close(capture);
	file_remove(output);
	g_byte_array_unref(whole);
}

/* A late SYN turns the sides around: what came before belongs to the right client, too. */
static void test_turned(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	uint64_t first_ns, last_ns;
	char *output;
	fdar_capture *capture;
	struct fdar_packet packet;

	scene_begin(&scene);
	add(&scene, tcp_frame("10.0.0.1", 70, "10.0.0.2", 8080, 101, 201, ACK, "request"));
	add(&scene, tcp_frame("10.0.0.1", 70, "10.0.0.2", 8080, 100, 0, SYN, NULL));
	add(&scene, tcp_frame("10.0.0.2", 8080, "10.0.0.1", 70, 200, 101, SYN | ACK, NULL));
	options.clones = 3;
	output = amplify_scene(&scene, &options, &result);
	g_assert_cmpuint(check_file(output, &first_ns, &last_ns), ==, 9);
	capture = fdar_capture_open(output, NULL);
	while (fdar_capture_read(capture, &packet, NULL) == 1) {
		gboolean answer = packet.bytes[34 + 13] == (SYN | ACK);

		g_assert_cmpuint(packet.bytes[14 + (answer ? 16 : 12)], ==, 16);
		g_assert_cmpuint(packet.bytes[14 + (answer ? 12 : 16)], ==, 10);
		g_assert_cmpuint(get16(packet.bytes + 34 + (answer ? 0 : 2)), ==, 8080);
		g_assert_cmpuint(get16(packet.bytes + 34 + (answer ? 2 : 0)), ==, 1024);
	}
	fdar_capture_close(capture);
	file_remove(output);
}

/* A client with several sessions at once stays one host with several ports. */
static void test_identity(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	fdar_sessions *sessions;
	GHashTable *hosts = g_hash_table_new(g_int_hash, g_int_equal);
	char *output;

	scene_begin(&scene);
	for (unsigned i = 0; i < 4; i++)
		exchange(&scene, i < 3 ? "10.0.0.1" : "10.0.0.3", 40000 + i, "10.0.0.2", 80);
	options.clones = 5;
	output = amplify_scene(&scene, &options, &result);
	sessions = load(output);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 20);
	for (size_t i = 0; i < 20; i++)
		g_hash_table_add(hosts, (gpointer)fdar_sessions_get(sessions, i)->client.addr);
	g_assert_cmpuint(g_hash_table_size(hosts), ==, 10);
	check_alone(sessions);
	g_hash_table_unref(hosts);
	fdar_sessions_free(sessions);
	file_remove(output);
}

static char *run_twice(struct scene *scene, const struct fdar_amplify_options *options,
		       gboolean *same, struct fdar_amplify_options *other)
{
	char *input = file_save(scene->file->data, scene->file->len);
	struct fdar_amplified result;
	char *one = amplify(input, options, &result), *two = amplify(input, other, &result);
	g_autofree char *first = NULL, *second = NULL;
	gsize first_size, second_size;

	g_assert_true(g_file_get_contents(one, &first, &first_size, NULL));
	g_assert_true(g_file_get_contents(two, &second, &second_size, NULL));
	*same = first_size == second_size && memcmp(first, second, first_size) == 0;
	file_remove(input);
	file_remove(two);
	return one;
}

static void test_seed(void)
{
	struct fdar_amplify_options options = defaults(), other;
	struct scene scene;
	gboolean same;

	scene_begin(&scene);
	exchange(&scene, "10.0.0.1", 40000, "10.0.0.2", 80);
	options.clones = 20;
	options.repeat = 2;
	options.phase = FDAR_PHASE_RANDOM;
	options.seed = 7;
	other = options;
	file_remove(run_twice(&scene, &options, &same, &other));
	g_assert_true(same);
	other.seed = 8;
	file_remove(run_twice(&scene, &options, &same, &other));
	g_assert_false(same);
	g_byte_array_unref(scene.file);
}

/* A pool that is only just large enough: places are taken again, never by two at once. */
static void check_small_pool(enum fdar_phase phase, uint32_t clones, const char *prefix)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	fdar_sessions *sessions;
	char *output;

	scene_begin(&scene);
	for (unsigned i = 0; i < 5; i++)
		exchange(&scene, "10.0.0.1", 40000 + i, "10.0.0.2", 80);
	options.clones = clones;
	options.repeat = 6;
	options.phase = phase;
	g_assert_true(fdar_prefix_parse(prefix, &options.sources[0], NULL));
	output = amplify_scene(&scene, &options, &result);
	sessions = load(output);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 5 * 6 * clones);
	check_alone(sessions);
	fdar_sessions_free(sessions);
	file_remove(output);
}

static void test_small_pool(void)
{
	check_small_pool(FDAR_PHASE_UNIFORM, 2, "16.0.0.0/30");
	check_small_pool(FDAR_PHASE_RANDOM, 2, "16.0.0.0/30");
	check_small_pool(FDAR_PHASE_NONE, 2, "16.0.0.0/30");
	/* A single address, with blocks of ports. */
	check_small_pool(FDAR_PHASE_UNIFORM, 9, "16.0.0.1/32");
	check_small_pool(FDAR_PHASE_RANDOM, 9, "16.0.0.1/32");
	/* The server lies in the range: it is passed over. */
	check_small_pool(FDAR_PHASE_UNIFORM, 4, "10.0.0.0/29");
}

static void test_pool_too_small(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	g_autoptr(GError) error = NULL;
	char *input, *output = file_save("precious", 8);
	g_autofree char *left = NULL;

	scene_begin(&scene);
	exchange(&scene, "10.0.0.1", 40000, "10.0.0.2", 80);
	input = file_save(scene.file->data, scene.file->len);
	options.clones = 70000;
	g_assert_true(fdar_prefix_parse("16.0.0.1", &options.sources[0], NULL));
	g_assert_false(fdar_amplify_run(input, output, &options, &result, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_LIMIT);
	/* What was there before is there still. */
	g_assert_true(g_file_get_contents(output, &left, NULL, NULL));
	g_assert_cmpstr(left, ==, "precious");
	file_remove(input);
	file_remove(output);
	g_byte_array_unref(scene.file);
}

static void test_times(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	uint64_t first_ns, last_ns;
	char *output;

	scene_begin(&scene);
	add(&scene, udp_frame("10.0.0.1", 1, "10.0.0.2", 2, "a"));
	scene.now_ns = 5003 * SECOND;
	add(&scene, udp_frame("10.0.0.1", 1, "10.0.0.2", 2, "b"));
	scene.now_ns = 5000 * SECOND + 3600 * SECOND; /* an hour later: kept as five seconds */
	add(&scene, udp_frame("10.0.0.1", 1, "10.0.0.2", 2, "c"));
	options.speed = 100;
	output = amplify_scene(&scene, &options, &result);
	g_assert_cmpuint(check_file(output, &first_ns, &last_ns), ==, 3);
	g_assert_cmpuint(result.captured_duration_ns, ==, 8 * SECOND);
	g_assert_cmpuint(last_ns - first_ns, ==, 80 * MS);
	g_assert_cmpuint(result.duration_ns, ==, 80 * MS);
	file_remove(output);
}

static void test_too_long(void)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;
	g_autoptr(GError) error = NULL;
	char *input;

	scene_begin(&scene);
	add(&scene, udp_frame("10.0.0.1", 1, "10.0.0.2", 2, "a"));
	scene.now_ns += 360000000 * SECOND;
	add(&scene, udp_frame("10.0.0.1", 1, "10.0.0.2", 2, "b"));
	input = file_save(scene.file->data, scene.file->len);
	options.max_gap_ns = UINT64_MAX;
	options.repeat = 1000;
	g_assert_false(fdar_amplify_run(input, "/dev/null", &options, &result, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_LIMIT);
	file_remove(input);
	g_byte_array_unref(scene.file);
}

/* How long the output of 11 clones of 100 ms is. */
static uint64_t length_ns(enum fdar_phase phase)
{
	struct fdar_amplify_options options = defaults();
	struct fdar_amplified result;
	struct scene scene;

	scene_begin(&scene);
	for (unsigned i = 0; i < 11; i++)
		add(&scene, udp_frame("10.0.0.1", 1, "10.0.0.2", 2, "x"));
	options.clones = 11;
	options.phase = phase;
	file_remove(amplify_scene(&scene, &options, &result));
	return result.duration_ns;
}

static void test_phases(void)
{
	/* The period is 100 ms and an eleventh: the last clone starts ten of them later. */
	g_assert_cmpuint(length_ns(FDAR_PHASE_UNIFORM), ==,
			 100 * MS + 109090909 * (uint64_t)10 / 11);
	g_assert_cmpuint(length_ns(FDAR_PHASE_NONE), ==, 100 * MS);
	g_assert_cmpuint(length_ns(FDAR_PHASE_RANDOM), >, 100 * MS);
	g_assert_cmpuint(length_ns(FDAR_PHASE_RANDOM), <, 210 * MS);
}

static void test_merge(void)
{
	for (uint32_t streams = 1; streams < 40; streams++) {
		g_autofree uint64_t *times = g_new(uint64_t, streams);
		g_autofree unsigned *left = g_new(unsigned, streams);
		uint64_t last = 0, last_stream = 0, total = 0;
		struct fdar_merge merge;

		for (uint32_t i = 0; i < streams; i++) {
			times[i] = (uint64_t)rand() % 50;
			left[i] = 20;
		}
		fdar_merge_init(&merge, times, streams);
		while (merge.winner.time != FDAR_MERGE_DONE) {
			uint64_t i = merge.winner.stream;

			g_assert_cmpuint(merge.winner.time, ==, times[i]);
			g_assert_true(times[i] > last ||
				      (times[i] == last && (i >= last_stream || total == 0)));
			last = times[i];
			last_stream = i;
			total++;
			times[i] += (uint64_t)rand() % 30;
			/* A stream may have several items at a time: lower ones may come back. */
			if (times[i] == last)
				last_stream = 0;
			fdar_merge_next(&merge, --left[i] ? times[i] : FDAR_MERGE_DONE);
		}
		g_assert_cmpuint(total, ==, 20 * streams);
		fdar_merge_clear(&merge);
	}
}

/* The frame in VXLAN over UDP, with a checksum; takes the frame. */
static GByteArray *in_vxlan(const char *src, const char *dst, GByteArray *frame)
{
	static const uint8_t head[] = { 8, 0, 0, 0, 0, 0, 42, 0 };
	g_autoptr(GByteArray) all = g_byte_array_new();

	g_byte_array_append(all, head, sizeof(head));
	g_byte_array_append(all, frame->data, frame->len);
	g_byte_array_unref(frame);
	return ether(ip(src, dst, 17, udp(src, 50000, dst, 4789, all->data, all->len)));
}

/* The packet in GRE with a checksum; takes it. odd: behind a PPP header of one byte. */
static GByteArray *in_gre(const char *src, const char *dst, GByteArray *packet, gboolean odd)
{
	GByteArray *all = g_byte_array_new();

	put16(all, 0x8000);
	put16(all, odd ? 0x880b : 0x0800);
	put32(all, 0);
	if (odd)
		put8(all, 0x21);
	g_byte_array_append(all, packet->data, packet->len);
	set16(all, 4, 0xffff ^ slow_sum(0, all->data, all->len));
	g_byte_array_unref(packet);
	return ether(ip(src, dst, 47, all));
}

/* A packet of either side, of a connection with SYN, SYN+ACK and a request. */
static GByteArray *inner(unsigned number)
{
	const char *a = "10.0.0.1", *b = "10.0.0.2";

	if (number == 0)
		return ip(a, b, 6, tcp(a, 40000, b, 80, 100, 0, SYN, NULL, 0, NULL, 0));
	if (number == 1)
		return ip(b, a, 6, tcp(b, 80, a, 40000, 500, 101, SYN | ACK, NULL, 0, NULL, 0));
	return ip(a, b, 6, tcp(a, 40000, b, 80, 101, 501, ACK, NULL, 0, "ask", 3));
}

static void check_inner(const struct fdar_packet *packet, uint32_t at)
{
	struct fdar_packet innermost = *packet;

	innermost.bytes += at - 14;
	check_sums(&innermost);
	g_assert_cmpuint(packet->bytes[at + (packet->bytes[at + 16] == 16 ? 16 : 12)], ==, 16);
}

/* The innermost packet gets the new address; all checksums around it follow. */
static void test_tunnels(void)
{
	struct fdar_amplify_options options = defaults();

	options.clones = 3;
	for (unsigned kind = 0; kind < 3; kind++) {
		static const uint32_t places[] = { 14 + 20 + 8 + 8 + 14, 14 + 20 + 8, 14 + 20 + 9 };
		struct fdar_amplified result;
		struct scene scene;
		struct fdar_packet packet;
		fdar_capture *capture;
		char *output;

		scene_begin(&scene);
		for (unsigned i = 0; i < 3; i++) {
			const char *src = i == 1 ? "192.0.2.2" : "192.0.2.1";
			const char *dst = i == 1 ? "192.0.2.1" : "192.0.2.2";

			add(&scene, kind == 0 ? in_vxlan(src, dst, ether(inner(i)))
					      : in_gre(src, dst, inner(i), kind == 2));
		}
		output = amplify_scene(&scene, &options, &result);
		g_assert_cmpuint(result.packets, ==, 9);
		g_assert_cmpuint(result.captured_sessions, ==, 1);
		capture = fdar_capture_open(output, NULL);
		while (fdar_capture_read(capture, &packet, NULL) == 1) {
			const uint8_t *outer = packet.bytes + 14;

			g_assert_cmpuint(outer[12], ==, 192);
			if (kind == 0)
				check_sums(&packet);
			else
				g_assert_cmphex(slow_sum(0, outer + 20, get16(outer + 2) - 20), ==,
						0xffff);
			check_inner(&packet, places[kind]);
		}
		fdar_capture_close(capture);
		file_remove(output);
	}
}

/* A source route: the checksum is of where it leads, and the header's own of the options too. */
static void test_source_route(void)
{
	struct fdar_amplify_options options = defaults();
	static const uint8_t route[] = { 131, 7, 4, 10, 0, 0, 2, 0 };
	GByteArray *segment = tcp("10.0.0.1", 40000, "10.0.0.2", 80, 100, 0, SYN, NULL, 0, NULL, 0);
	GByteArray *plain = ip("10.0.0.1", "10.0.0.9", 6, segment);
	GByteArray *packet = g_byte_array_new();
	struct fdar_amplified result;
	struct scene scene;
	struct fdar_packet got;
	fdar_capture *capture;
	char *output;

	g_byte_array_append(packet, plain->data, 20);
	g_byte_array_append(packet, route, sizeof(route));
	g_byte_array_append(packet, plain->data + 20, plain->len - 20);
	g_byte_array_unref(plain);
	packet->data[0] = 0x47;
	set16(packet, 2, packet->len);
	set16(packet, 10, 0);
	set16(packet, 10, 0xffff ^ slow_sum(0, packet->data, 28));
	scene_begin(&scene);
	add(&scene, ether(packet));
	output = amplify_scene(&scene, &options, &result);
	capture = fdar_capture_open(output, NULL);
	g_assert_cmpint(fdar_capture_read(capture, &got, NULL), ==, 1);
	g_assert_cmpuint(got.bytes[14 + 12], ==, 16);
	g_assert_cmphex(slow_sum(0, got.bytes + 14, 28), ==, 0xffff);
	{
		g_autofree char *src = g_strdup_printf("%u.%u.%u.%u", got.bytes[26], got.bytes[27],
						       got.bytes[28], got.bytes[29]);

		g_assert_cmphex(segment_sum(src, "10.0.0.2", 6, got.bytes + 42, 20), ==, 0);
	}
	fdar_capture_close(capture);
	file_remove(output);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	srand(1);
	g_test_add_func("/amplify/copies", test_copies);
	g_test_add_func("/amplify/sack", test_sack);
	g_test_add_func("/amplify/wrong-sums", test_wrong_sums);
	g_test_add_func("/amplify/cut", test_cut);
	g_test_add_func("/amplify/fragments", test_fragments);
	g_test_add_func("/amplify/nested-fragments", test_nested_fragments);
	g_test_add_func("/amplify/nested-second", test_nested_second);
	g_test_add_func("/amplify/fragments-in-and-out", test_fragments_in_and_out);
	g_test_add_func("/amplify/tunnels", test_tunnels);
	g_test_add_func("/amplify/source-route", test_source_route);
	g_test_add_func("/amplify/turned", test_turned);
	g_test_add_func("/amplify/identity", test_identity);
	g_test_add_func("/amplify/seed", test_seed);
	g_test_add_func("/amplify/small-pool", test_small_pool);
	g_test_add_func("/amplify/pool-too-small", test_pool_too_small);
	g_test_add_func("/amplify/times", test_times);
	g_test_add_func("/amplify/too-long", test_too_long);
	g_test_add_func("/amplify/phases", test_phases);
	g_test_add_func("/merge", test_merge);
	return g_test_run();
}
