/* Splitting: a file a session, the list of them, and a profile that T-Rex's loader would take. */
#include "tests/unit/kit/packets.h"

#include <json-glib/json-glib.h>

#include "replay/sessions/session.h"
#include "replay/split/split.h"
#include "replay/split/sum.h"
#include "replay/split/trex.h"

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
	scene->now_ns += MS;
}

static void exchange(struct scene *scene, const char *client, unsigned cport, const char *request)
{
	const char *server = strchr(client, ':') ? "2001:db8::2" : "10.0.0.2";
	uint32_t end = 101 + (uint32_t)strlen(request);

	add(scene, tcp_frame(client, cport, server, 80, 100, 0, SYN, NULL));
	add(scene, tcp_frame(server, 80, client, cport, 500, 101, SYN | ACK, NULL));
	add(scene, tcp_frame(client, cport, server, 80, 101, 501, ACK, request));
	add(scene, tcp_frame(server, 80, client, cport, 501, end, ACK, "answer"));
	add(scene, tcp_frame(client, cport, server, 80, end, 507, RST | ACK, NULL));
}

/* A directory that does not exist yet; the caller takes it away with remove_dir. */
static char *new_dir(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *parent = g_dir_make_tmp("flowdar-test-XXXXXX", &error);

	g_assert_no_error(error);
	return g_build_filename(parent, "out", NULL);
}

/* Takes away the directory and its parent, which must hold nothing else. */
static void remove_dir(char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_assert_cmpint(g_unlink(file), ==, 0);
	}
	if (dir) {
		g_dir_close(dir);
		g_assert_cmpint(g_rmdir(path), ==, 0);
	}
	g_assert_cmpint(g_rmdir(parent), ==, 0);
	g_free(path);
}

static fdar_split *split(struct scene *scene, const char *directory)
{
	char *path = file_save(scene->file->data, scene->file->len);
	g_autoptr(GError) error = NULL;
	fdar_split *result = fdar_split_run(path, directory, NULL, &error);

	g_assert_no_error(error);
	file_remove(path);
	g_clear_pointer(&scene->file, g_byte_array_unref);
	return result;
}

static struct fdar_split_session *one(const fdar_split *result, guint index)
{
	g_assert_cmpuint(index, <, result->sessions->len);
	return &g_array_index(result->sessions, struct fdar_split_session, index);
}

static char *contents(const char *directory, const char *file)
{
	g_autofree char *path = g_build_filename(directory, file, NULL);
	g_autoptr(GError) error = NULL;
	char *text;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

/* Each file holds its session's packets with their times, and nothing else. */
static void test_files(void)
{
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	g_autofree char *path = NULL;
	fdar_capture *capture;
	struct fdar_packet packet;

	scene_begin(&scene);
	exchange(&scene, "10.0.0.1", 40000, "first");
	exchange(&scene, "2001:db8::1", 40001, "second");
	add(&scene, udp_frame("10.0.0.1", 40002, "10.0.0.2", 53, "question"));
	result = split(&scene, directory);
	g_assert_cmpuint(result->sessions->len, ==, 3);
	g_assert_cmpstr(one(result, 0)->file, ==, "000000_tcp_10.0.0.1.40000_10.0.0.2.80.pcap");
	g_assert_cmpstr(one(result, 1)->file, ==,
			"000001_tcp_2001-db8--1.40001_2001-db8--2.80.pcap");
	g_assert_cmpstr(one(result, 2)->file, ==, "000002_udp_10.0.0.1.40002_10.0.0.2.53.pcap");
	path = g_build_filename(directory, one(result, 1)->file, NULL);
	capture = fdar_capture_open(path, NULL);
	for (unsigned i = 0; i < 5; i++) {
		g_assert_cmpint(fdar_capture_read(capture, &packet, NULL), ==, 1);
		g_assert_cmpuint(packet.epoch_ns, ==, 5000 * SECOND + (5 + i) * MS);
		g_assert_cmpuint(get16(packet.bytes + 12), ==, 0x86dd);
	}
	g_assert_cmpint(fdar_capture_read(capture, &packet, NULL), ==, 0);
	g_assert_true(fdar_capture_microseconds(capture));
	fdar_capture_close(capture);
	remove_dir(directory);
}

/* Sessions far larger than what is kept in memory, interleaved. */
static void test_large(void)
{
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	g_autofree char *payload = g_strnfill(1400, 'x');

	scene_begin(&scene);
	for (uint32_t i = 0; i < 4000; i++)
		for (unsigned port = 1; port <= 2; port++)
			add(&scene,
			    tcp_frame("10.0.0.1", port, "10.0.0.2", 80, 1400 * i, 1, ACK, payload));
	result = split(&scene, directory);
	for (guint i = 0; i < 2; i++) {
		g_autofree char *path = g_build_filename(directory, one(result, i)->file, NULL);
		g_autoptr(fdar_sessions) sessions = fdar_sessions_load(path, NULL, NULL);

		g_assert_cmpuint(fdar_sessions_count(sessions), ==, 1);
		g_assert_cmpuint(fdar_sessions_get(sessions, 0)->way[1].bytes +
					 fdar_sessions_get(sessions, 0)->way[0].bytes,
				 ==, 4000 * 1400);
	}
	remove_dir(directory);
}

static void test_list(void)
{
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	g_autofree char *text = NULL;
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *root, *session, *way;
	g_autoptr(GError) error = NULL;
	g_autofree char *sha = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "hello", -1);

	scene_begin(&scene);
	exchange(&scene, "10.0.0.1", 40000, "hello");
	result = split(&scene, directory);
	text = contents(directory, "sessions.json");
	json_parser_load_from_data(parser, text, -1, &error);
	g_assert_no_error(error);
	root = json_node_get_object(json_parser_get_root(parser));
	g_assert_cmpint(json_object_get_int_member(root, "packets"), ==, 5);
	session = json_array_get_object_element(json_object_get_array_member(root, "sessions"), 0);
	g_assert_cmpstr(json_object_get_string_member(session, "client"), ==, "10.0.0.1:40000");
	g_assert_cmpstr(json_object_get_string_member(session, "server"), ==, "10.0.0.2:80");
	g_assert_cmpstr(json_object_get_string_member(session, "began"), ==, "handshake");
	g_assert_cmpstr(json_object_get_string_member(session, "ended"), ==, "reset by client");
	g_assert_cmpstr(json_object_get_string_member(session, "start"), ==,
			"1970-01-01T01:23:20.000000000Z");
	g_assert_cmpint(json_object_get_int_member(session, "duration_ns"), ==, 4 * MS);
	way = json_object_get_object_member(session, "from_client");
	g_assert_cmpint(json_object_get_int_member(way, "bytes"), ==, 5);
	g_assert_cmpint(json_object_get_int_member(way, "messages"), ==, 1);
	g_assert_cmpstr(json_object_get_string_member(way, "sha256"), ==, sha);
	remove_dir(directory);
}

/* The value behind "key : " at its n-th occurrence. */
static char *yaml(const char *text, const char *key, unsigned n)
{
	g_autofree char *pattern = g_strdup_printf("%s *: *([^\n]*)\n", key);
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	g_regex_match(regex, text, 0, &match);
	while (n-- > 0 && g_match_info_matches(match))
		g_match_info_next(match, NULL);
	return g_match_info_matches(match) ? g_match_info_fetch(match, 1) : NULL;
}

static void expect_yaml(const char *text, const char *key, unsigned n, const char *value)
{
	g_autofree char *got = yaml(text, key, n);

	g_assert_cmpstr(got, ==, value);
}

/* Equal payload is one template, with the sum of what its sessions come to in a second. */
static void test_profile(void)
{
	static const char *const once[] = { "- duration",     "distribution",  "clients_start",
					    "clients_end",    "servers_start", "servers_end",
					    "dual_port_mask", "tcp_aging",     "udp_aging",
					    "cap_ipg",        "cap_info" };
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	g_autofree char *text = NULL, *name = NULL;

	scene_begin(&scene);
	for (unsigned i = 0; i < 3; i++)
		exchange(&scene, "10.0.0.1", 40000 + i, i == 1 ? "other" : "same");
	scene.now_ns = 5000 * SECOND + 2 * SECOND;
	exchange(&scene, "10.0.0.9", 40000, "same");
	scene.now_ns -= 2 * MS; /* the last packet: 2.002 s after the first */
	add(&scene, tcp_frame("10.0.0.9", 40000, "10.0.0.2", 80, 105, 507, RST | ACK, NULL));
	result = split(&scene, directory);
	g_assert_cmpuint(result->templates, ==, 2);
	g_assert_cmpuint(result->rejected, ==, 1); /* time went back in the last one */
	g_assert_cmpuint(one(result, 3)->broken, ==, FDAR_TREX_BACKWARD);
	g_assert_cmpuint(one(result, 3)->template, ==, FDAR_SPLIT_NO_TEMPLATE);
	g_assert_cmpuint(one(result, 0)->template, ==, one(result, 2)->template);
	g_assert_cmpuint(one(result, 0)->template, !=, one(result, 1)->template);
	text = contents(directory, "trex.yaml");
	for (size_t i = 0; i < G_N_ELEMENTS(once); i++) {
		g_autofree char *value = yaml(text, once[i], 0), *second = yaml(text, once[i], 1);

		g_assert_nonnull(value);
		g_assert_null(second);
	}
	expect_yaml(text, "- duration", 0, "2.004000");
	expect_yaml(text, "cap_ipg", 0, "true");
	expect_yaml(text, "cps", 0, "0.998003992");
	expect_yaml(text, "cps", 1, "0.499001996");
	expect_yaml(text, "cps", 2, NULL);
	expect_yaml(text, "ipg", 2, "10000"); /* the first is cap_ipg's */
	expect_yaml(text, "rtt", 1, "10000");
	expect_yaml(text, "w ", 1, "1");
	name = yaml(text, "- name", 0);
	g_assert_true(g_str_has_prefix(name, "\"/"));
	g_assert_true(g_str_has_suffix(name, "/out/000000_tcp_10.0.0.1.40000_10.0.0.2.80.pcap\""));
	remove_dir(directory);
}

/* Copies that differ are told, whichever came first and wherever the first one is by now. */
static void check_differs(unsigned between, gboolean late, const char *again, gboolean differs)
{
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	uint32_t seq = 105;

	scene_begin(&scene);
	add(&scene, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 100, 0, SYN, NULL));
	if (late) { /* the second half first: it waits */
		add(&scene, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 103, 1, ACK, "cd"));
		add(&scene, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 101, 1, ACK, "ab"));
	} else {
		add(&scene, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 101, 1, ACK, "abcd"));
	}
	for (unsigned i = 0; i < between; i++, seq += 2)
		add(&scene, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, seq, 1, ACK, "xy"));
	add(&scene, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 102, 1, ACK, again));
	result = split(&scene, directory);
	g_assert_cmpint((one(result, 0)->session.odd & FDAR_ODD_DIFFERS) != 0, ==, differs);
	g_assert_true(one(result, 0)->session.odd & FDAR_ODD_RETRANSMITS);
	remove_dir(directory);
}

static void test_differs(void)
{
	for (unsigned late = 0; late < 2; late++)
		for (unsigned between = 0; between < 60; between += 30) {
			check_differs(between, late != 0, "bcd", FALSE);
			check_differs(between, late != 0, "bXd", TRUE);
		}
}

/* Interfaces of different link types: all become Ethernet. */
static void test_mixed_links(void)
{
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	g_autofree char *path = NULL;
	fdar_capture *capture;
	struct fdar_packet packet;

	scene_begin(&scene);
	g_byte_array_unref(scene.file);
	scene.style = (struct file_style){ .pcapng = TRUE, .link = 1 };
	scene.file = file_new(&scene.style);
	add(&scene, tcp_frame("10.0.0.1", 40000, "10.0.0.2", 80, 100, 0, SYN, NULL));
	/* Another section, of raw IP. */
	scene.style.link = 101;
	{
		g_autoptr(GByteArray) more = file_new(&scene.style);

		g_byte_array_append(scene.file, more->data, more->len);
	}
	add(&scene,
	    ip("10.0.0.2", "10.0.0.1", 6,
	       tcp("10.0.0.2", 80, "10.0.0.1", 40000, 500, 101, SYN | ACK, NULL, 0, "", 0)));
	result = split(&scene, directory);
	g_assert_cmpuint(result->sessions->len, ==, 1);
	g_assert_cmpint(one(result, 0)->session.began, ==, FDAR_BEGAN_HALF_OPEN);
	path = g_build_filename(directory, one(result, 0)->file, NULL);
	capture = fdar_capture_open(path, NULL);
	for (unsigned i = 0; i < 2; i++) {
		g_assert_cmpint(fdar_capture_read(capture, &packet, NULL), ==, 1);
		g_assert_cmpuint(packet.captured, ==, 54);
		g_assert_cmpuint(get16(packet.bytes + 12), ==, 0x0800);
	}
	fdar_capture_close(capture);
	remove_dir(directory);
}

static void test_rules(void)
{
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	GByteArray *frame;
	g_autofree char *payload = g_strnfill(9300, 'x');
	guint i = 0;

	scene_begin(&scene);
	add(&scene, tcp_frame("10.0.0.1", 1, "10.0.0.2", 80, 1, 0, SYN, NULL)); /* fine */
	add(&scene, tcp_frame("10.0.0.2", 80, "10.0.0.1", 2, 1, 2, SYN | ACK, NULL));
	frame = udp_frame("10.0.0.1", 3, "10.0.0.2", 80, "cut");
	file_add_cut(scene.file, &scene.style, scene.now_ns, frame, frame->len - 1);
	g_byte_array_unref(frame);
	add(&scene, udp_frame("10.0.0.1", 4, "10.0.0.2", 80, payload));
	frame = udp_frame("10.0.0.1", 5, "10.0.0.2", 80, "dead");
	frame->data[14 + 8] = 0;
	add(&scene, frame);
	add(&scene, udp_frame("2001:db8::1", 6, "2001:db8::2", 80, "minority"));
	for (unsigned n = 0; n < 65000; n++)
		add(&scene, udp_frame("10.0.0.1", 7, "10.0.0.2", 80, ""));
	for (unsigned n = 0; n < 64999; n++)
		add(&scene, udp_frame("10.0.0.1", 8, "10.0.0.2", 80, ""));
	result = split(&scene, directory);
	g_assert_cmpuint(result->sessions->len, ==, 8);
	g_assert_cmpuint(one(result, i++)->broken, ==, 0);
	g_assert_cmpuint(one(result, i++)->broken, ==, FDAR_TREX_SIDES);
	g_assert_cmpuint(one(result, i++)->broken, ==, FDAR_TREX_CUT);
	g_assert_cmpuint(one(result, i++)->broken, ==, FDAR_TREX_JUMBO);
	g_assert_cmpuint(one(result, i++)->broken, ==, FDAR_TREX_TTL);
	g_assert_cmpuint(one(result, i++)->broken, ==, FDAR_TREX_FAMILY);
	g_assert_cmpuint(one(result, i++)->broken, ==, FDAR_TREX_PACKETS);
	g_assert_cmpuint(one(result, i++)->broken, ==, 0);
	for (unsigned bit = 0; bit < FDAR_TREX_RULES; bit++)
		g_assert_nonnull(fdar_trex_rule_text(1u << bit));
	remove_dir(directory);
}

/* One session, which cannot be played: there is no other whose version it could lack. */
static void test_alone(void)
{
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;

	scene_begin(&scene);
	add(&scene, udp_frame("2001:db8::1", 6, "2001:db8::2", 80, "first"));
	scene.now_ns -= 5 * MS;
	add(&scene, udp_frame("2001:db8::1", 6, "2001:db8::2", 80, "second"));
	result = split(&scene, directory);
	g_assert_cmpuint(result->rejected, ==, 1);
	g_assert_cmpuint(one(result, 0)->broken, ==, FDAR_TREX_BACKWARD);
	remove_dir(directory);
}

/* Another link layer becomes Ethernet; all IPv6 is a profile of IPv6. */
static void test_links(void)
{
	static const uint8_t cooked[] = { 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd };
	char *directory = new_dir();
	struct scene scene;
	g_autoptr(fdar_split) result = NULL;
	g_autofree char *path = NULL, *text = NULL;
	GByteArray *frame = g_byte_array_new();
	g_autoptr(GByteArray) packet = ip("2001:db8::1", "2001:db8::2", 17,
					  udp("2001:db8::1", 4000, "2001:db8::2", 53, "hi", 2));
	fdar_capture *capture;
	struct fdar_packet got;

	scene.style = (struct file_style){ .link = 113, .nanoseconds = TRUE };
	scene.now_ns = 123456789;
	scene.file = file_new(&scene.style);
	g_byte_array_append(frame, cooked, sizeof(cooked));
	g_byte_array_append(frame, packet->data, packet->len);
	add(&scene, frame);
	result = split(&scene, directory);
	g_assert_cmpuint(one(result, 0)->broken, ==, 0);
	path = g_build_filename(directory, one(result, 0)->file, NULL);
	capture = fdar_capture_open(path, NULL);
	g_assert_cmpint(fdar_capture_link(capture), ==, 1);
	g_assert_cmpint(fdar_capture_read(capture, &got, NULL), ==, 1);
	g_assert_cmpuint(got.epoch_ns, ==, 123456789);
	g_assert_cmpuint(got.captured, ==, 14 + packet->len);
	g_assert_cmpuint(get16(got.bytes + 12), ==, 0x86dd);
	g_assert_true(memcmp(got.bytes + 14, packet->data, packet->len) == 0);
	fdar_capture_close(capture);
	text = contents(directory, "trex.yaml");
	expect_yaml(text, "src_ipv6", 0, "[0x2001,0x0db8,0x0000,0x0000,0x0000,0x0000]");
	remove_dir(directory);
}

/* Nothing is touched or left when the directory is in use or the capture is none. */
static void test_refused(void)
{
	char *directory = new_dir();
	g_autofree char *file = g_build_filename(directory, "mine", NULL);
	char *path = file_save("no capture at all, I am afraid", 30);
	g_autoptr(GError) error = NULL;
	struct scene scene;

	g_assert_null(fdar_split_run(path, directory, NULL, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT);
	g_clear_error(&error);
	g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
	file_remove(path);

	scene_begin(&scene);
	path = file_save(scene.file->data, scene.file->len);
	g_assert_null(fdar_split_run(path, directory, NULL, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_EMPTY);
	g_clear_error(&error);
	g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
	file_remove(path);

	exchange(&scene, "10.0.0.1", 40000, "x");
	path = file_save(scene.file->data, scene.file->len);
	g_byte_array_unref(scene.file);
	g_assert_cmpint(g_mkdir(directory, 0700), ==, 0);
	g_assert_true(g_file_set_contents(file, "kept", 4, NULL));
	g_assert_null(fdar_split_run(path, directory, NULL, &error));
	g_assert_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT);
	g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
	/* Empty, it is taken. */
	g_assert_cmpint(g_unlink(file), ==, 0);
	g_clear_error(&error);
	fdar_split_free(fdar_split_run(path, directory, NULL, &error));
	g_assert_no_error(error);
	file_remove(path);
	remove_dir(directory);
}

/* FIPS 180-2, appendix B.1; the sum of nothing is its own. */
static void test_sums(void)
{
	static const uint8_t abc[4] = { 0xba, 0x78, 0x16, 0xbf };
	static const uint8_t none[4] = { 0xe3, 0xb0, 0xc4, 0x42 };
	struct fdar_sums *sums = fdar_sums_new(NULL);
	struct fdar_sum *whole = fdar_sum_begin(sums), *parts = fdar_sum_begin(sums);
	uint8_t digest[3][FDAR_SUM_BYTES], empty[FDAR_SUM_BYTES];

	fdar_sum_add(whole, (const uint8_t *)"abc", 3);
	fdar_sum_add(parts, (const uint8_t *)"a", 1);
	fdar_sum_add(parts, (const uint8_t *)"", 0);
	fdar_sum_add(parts, (const uint8_t *)"bc", 2);
	fdar_sum_end(whole, digest[0]);
	fdar_sum_end(parts, digest[1]);
	fdar_sum_end(NULL, digest[2]);
	fdar_sum_end(fdar_sum_begin(sums), empty);
	g_assert_cmpint(memcmp(digest[0], abc, sizeof(abc)), ==, 0);
	g_assert_cmpint(memcmp(digest[0], digest[1], sizeof(digest[0])), ==, 0);
	g_assert_cmpint(memcmp(digest[2], none, sizeof(none)), ==, 0);
	g_assert_cmpint(memcmp(digest[2], empty, sizeof(empty)), ==, 0);
	fdar_sums_free(sums);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/split/files", test_files);
	g_test_add_func("/split/large", test_large);
	g_test_add_func("/split/list", test_list);
	g_test_add_func("/split/profile", test_profile);
	g_test_add_func("/split/rules", test_rules);
	g_test_add_func("/split/differs", test_differs);
	g_test_add_func("/split/mixed-links", test_mixed_links);
	g_test_add_func("/split/alone", test_alone);
	g_test_add_func("/split/links", test_links);
	g_test_add_func("/split/refused", test_refused);
	g_test_add_func("/split/sums", test_sums);
	return g_test_run();
}
