/* Sessions written anew: the same bytes at the same times; redacted: nothing of them, and their structure. */
#include "tests/unit/kit/packets.h"

#include <glib/gstdio.h>

#include "replay/rewrite/amplify.h"
#include "replay/rewrite/anew.h"
#include "replay/rewrite/redact.h"

#define MS     ((uint64_t)1000000)
#define CLIENT "10.1.2.3"
#define SERVER "10.9.8.7"

/* ---- redacting ---- */

static char *redacted(const char *text, uint64_t seed)
{
	struct fdar_redact *redact = fdar_redact_new(&seed);
	char *bytes = g_strdup(text);

	fdar_redact_bytes(redact, (uint8_t *)bytes, strlen(text));
	fdar_redact_free(redact);
	return bytes;
}

/* 'a' is any lower case letter, 'A' upper, '0' any digit; all else is itself. */
static gboolean looks_like(const char *text, const char *pattern)
{
	for (; *text && *pattern; text++, pattern++)
		if (*pattern == 'a'   ? !g_ascii_islower(*text)
		    : *pattern == 'A' ? !g_ascii_isupper(*text)
		    : *pattern == '0' ? !g_ascii_isdigit(*text)
				      : *text != *pattern)
			return FALSE;
	return !*text && !*pattern;
}

static void test_structure(void)
{
	static const struct {
		const char *text, *pattern;
	} cases[] = {
		/* What stays stands as itself where it is none of a, A and 0. */
		{ "joe@shop.example", "aaa@aaaa.aaaaaaa" },
		{ "Joe_19 x", "Aaa_00 x" },
		{ "$7\r\nSECRETS\r\n", "$7\r\nAAAAAAA\r\n" },
		{ "1f\r\nzzz", "1f\r\naaa" },
		{ "caf\xc3\xa9", "aaa\x80\x80" },
		{ "k%C3%A9", "a%78%78" },
		{ "HTTP/1.1 404 Nobody\r\nContent-Length: 12\r\nX-Age: 12\r\n",
		  NULL /* looked at below */ },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = redacted(cases[i].text, 1);

		g_assert_cmpuint(strlen(text), ==, strlen(cases[i].text));
		if (cases[i].pattern && !looks_like(text, cases[i].pattern))
			g_error("\"%s\" became \"%s\"", cases[i].text, text);
		if (!cases[i].pattern) {
			g_assert_true(g_str_has_prefix(text, "HTTP/1.1 404 "));
			g_assert_nonnull(strstr(text, "\r\nContent-Length: 12\r\nX-Age: "));
			g_assert_null(strstr(text, "Nobody"));
		}
	}
}

static void test_consistent(void)
{
	g_autofree char *one = redacted("token=abcdefgh&x=abcdefgh ABCDEFGH", 1);
	g_autofree char *same = redacted("abcdefgh", 1), *other = redacted("abcdefgh", 2);
	struct fdar_redact *nobodys[2] = { fdar_redact_new(NULL), fdar_redact_new(NULL) };
	char words[2][17] = { "abcdefghijklmnop", "abcdefghijklmnop" };

	g_assert_cmpint(strncmp(one + 6, same, 8), ==, 0);
	g_assert_cmpint(strncmp(one + 17, same, 8), ==, 0);
	g_assert_cmpstr(same, !=, "abcdefgh");
	g_assert_cmpstr(same, !=, other);
	for (unsigned i = 0; i < 2; i++) {
		fdar_redact_bytes(nobodys[i], (uint8_t *)words[i], 16);
		fdar_redact_free(nobodys[i]);
	}
	g_assert_cmpstr(words[0], !=, words[1]);
}

static void test_mysql(void)
{
	static const uint8_t before[] = "\x0b\0\0\0\003SELECT abc";
	uint8_t bytes[sizeof(before)];
	const uint64_t seed = 3;
	struct fdar_redact *redact = fdar_redact_new(&seed);

	memcpy(bytes, before, sizeof(before));
	fdar_redact_bytes(redact, bytes, sizeof(before) - 1);
	fdar_redact_free(redact);
	g_assert_cmpint(memcmp(bytes, before, 5), ==, 0);
	g_assert_cmpint(memcmp(bytes + 12, "abc", 3), !=, 0);
}

/* ---- anew ---- */

struct scene {
	struct file_style style;
	GByteArray *file;
	uint64_t now_ns;
	uint32_t seq[2];
};

static void packet(struct scene *scene, gboolean from_server, unsigned flags, const char *payload)
{
	uint32_t *seq = &scene->seq[from_server], ack = scene->seq[!from_server];
	GByteArray *frame =
		from_server ? tcp_frame(SERVER, 80, CLIENT, 4000, *seq, ack, flags, payload)
			    : tcp_frame(CLIENT, 4000, SERVER, 80, *seq, ack, flags, payload);

	file_add(scene->file, &scene->style, scene->now_ns, frame);
	scene->now_ns += MS;
	*seq += payload ? (uint32_t)strlen(payload) : 0;
	*seq += flags & (SYN | FIN) ? 1 : 0;
}

/* A word lies over the border of two pieces; the answer's middle is missing. */
static char *make_capture(void)
{
	struct scene scene = { .style = { .link = 1 }, .now_ns = 5000000 * MS };
	char *path;

	scene.file = file_new(&scene.style);
	packet(&scene, FALSE, SYN, NULL);
	packet(&scene, TRUE, SYN | ACK, NULL);
	packet(&scene, FALSE, ACK, NULL);
	packet(&scene, FALSE, ACK, "GET /private HTTP/1.1\r\nCookie: sec");
	packet(&scene, FALSE, PSH | ACK, "ret\r\n\r\n");
	packet(&scene, TRUE, ACK, "HTTP/1.1 200 OK\r\n");
	scene.seq[1] += 1000;
	packet(&scene, TRUE, PSH | ACK, "secret");
	packet(&scene, FALSE, FIN | ACK, NULL);
	packet(&scene, TRUE, FIN | ACK, NULL);
	packet(&scene, FALSE, ACK, NULL);
	file_add(scene.file, &scene.style, scene.now_ns,
		 ether(ip(CLIENT, "10.9.8.8", 17,
			  udp(CLIENT, 5000, "10.9.8.8", 53, "private", 7))));
	path = file_save(scene.file->data, scene.file->len);
	g_byte_array_unref(scene.file);
	return path;
}

static struct fdar_sessions *load(const char *path)
{
	GError *error = NULL;
	struct fdar_sessions *sessions = fdar_sessions_load(path, NULL, &error);

	g_assert_no_error(error);
	return sessions;
}

/* The sessions are equal but for their payload: pieces, times, ends. */
static void compare(const struct fdar_sessions *a, const struct fdar_sessions *b, gboolean bytes)
{
	g_assert_cmpuint(fdar_sessions_count(a), ==, fdar_sessions_count(b));
	for (size_t i = 0; i < fdar_sessions_count(a); i++) {
		const struct fdar_session *x = fdar_sessions_get(a, i),
					  *y = fdar_sessions_get(b, i);
		const struct fdar_piece *old = fdar_sessions_pieces(a, x),
					*new = fdar_sessions_pieces(b, y);

		g_assert_cmpuint(x->began, ==, y->began);
		g_assert_cmpuint(x->ended, ==, y->ended);
		g_assert_cmpuint(x->ended_by, ==, y->ended_by);
		g_assert_cmpuint(x->odd, ==, y->odd);
		g_assert_cmpuint(x->pieces, ==, y->pieces);
		g_assert_cmpuint(x->server.port, ==, y->server.port);
		g_assert_cmpuint(x->synack_us, ==, y->synack_us);
		g_assert_cmpuint(x->ack_us, ==, y->ack_us);
		g_assert_cmpuint(x->end_ns - x->start_ns, ==, y->end_ns - y->start_ns);
		for (uint64_t k = 0; k < x->pieces; k++) {
			g_assert_cmpuint(old[k].kind, ==, new[k].kind);
			g_assert_cmpuint(old[k].way, ==, new[k].way);
			g_assert_cmpuint(old[k].length, ==, new[k].length);
			g_assert_cmpuint(old[k].time_ns - x->start_ns, ==,
					 new[k].time_ns - y->start_ns);
			if (bytes && old[k].kind == FDAR_PIECE_DATA)
				g_assert_cmpint(memcmp(fdar_sessions_payload(a, &old[k]),
						       fdar_sessions_payload(b, &new[k]),
						       old[k].length),
						==, 0);
		}
	}
}

static gboolean has(const char *path, const void *bytes, size_t size)
{
	g_autofree char *text = NULL;
	gsize length;

	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	return memmem(text, length, bytes, size) != NULL;
}

static void test_anew(void)
{
	char *input = make_capture(), *output = file_save("", 0);
	GError *error = NULL;
	struct fdar_sessions *before = load(input), *after;
	const struct fdar_anew_how how = { .segment = FDAR_ANEW_SEGMENT };

	g_assert_true(fdar_anew_write(before, &how, output, &error));
	g_assert_no_error(error);
	after = load(output);
	compare(before, after, TRUE);
	/* Its handshake took a packet's time, and another. */
	g_assert_cmpuint(fdar_sessions_get(after, 0)->synack_us, ==, 1000);
	g_assert_cmpuint(fdar_sessions_get(after, 0)->ack_us, ==, 2000);
	g_assert_cmpuint(fdar_sessions_get(after, 0)->epoch_ns, ==,
			 fdar_sessions_get(before, 0)->epoch_ns);
	fdar_sessions_free(before);
	fdar_sessions_free(after);
	file_remove(input);
	file_remove(output);
}

static void test_amplified(void)
{
	static const uint8_t client[] = { 10, 1, 2, 3 }, server[] = { 10, 9, 8, 7 };
	char *input = make_capture(), *output = file_save("", 0);
	const uint64_t seed = 1;
	struct fdar_amplify_options options = { .clones = 1, .repeat = 1, .speed = 1.0 };
	struct fdar_amplified result = { 0 };
	struct fdar_sessions *before = load(input), *after;
	GError *error = NULL;

	options.redact = fdar_redact_new(&seed);
	g_assert_true(fdar_amplify_run(input, output, &options, &result, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(result.totals.packets, ==, 11);
	after = load(output);
	compare(before, after, FALSE);
	g_assert_true(has(input, "private", 7));
	g_assert_false(has(output, "private", 7));
	g_assert_false(has(output, "secret", 6));
	g_assert_false(has(output, "ret\r\n", 5));
	g_assert_false(has(output, client, sizeof(client)));
	g_assert_false(has(output, server, sizeof(server)));
	g_assert_true(has(output, "HTTP/1.1\r\nCookie: ", 18));
	g_assert_true(has(output, "HTTP/1.1 200 OK\r\n", 17));
	fdar_redact_free(options.redact);
	fdar_amplified_clear(&result);
	fdar_sessions_free(before);
	fdar_sessions_free(after);
	file_remove(input);
	file_remove(output);
}

/* ---- rewritten ---- */

/* A token of an answer, a length in front of it, and a second request behind both. */
static char *make_login(void)
{
	struct scene scene = { .style = { .link = 1 }, .now_ns = 5000000 * MS };
	char *path;

	scene.file = file_new(&scene.style);
	packet(&scene, FALSE, SYN, NULL);
	packet(&scene, TRUE, SYN | ACK, NULL);
	packet(&scene, FALSE, ACK, NULL);
	packet(&scene, FALSE, PSH | ACK, "GET / HTTP/1.1\r\n\r\n");
	packet(&scene, TRUE, PSH | ACK, "HTTP/1.1 204 No\r\nToken: tok7\r\n\r\n");
	packet(&scene, FALSE, ACK, "POST / HTTP/1.1\r\nContent-Length: 15\r\n\r\nuser=j");
	packet(&scene, FALSE, PSH | ACK, "oe;t=tok7");
	packet(&scene, TRUE, PSH | ACK, "HTTP/1.1 204 No\r\n\r\n");
	packet(&scene, FALSE, PSH | ACK, "GET /joe HTTP/1.1\r\n\r\n");
	packet(&scene, FALSE, FIN | ACK, NULL);
	packet(&scene, TRUE, FIN | ACK, NULL);
	packet(&scene, FALSE, ACK, NULL);
	path = file_save(scene.file->data, scene.file->len);
	g_byte_array_unref(scene.file);
	return path;
}

/* All that a client said; its pieces' acknowledgements are as far as the captured ones'. */
static char *client_said(const struct fdar_sessions *sessions, size_t index)
{
	const struct fdar_session *session = fdar_sessions_get(sessions, index);
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	GString *text = g_string_new(NULL);

	g_assert_cmpuint(session->odd, ==, 0);
	g_assert_cmpint(session->ended, ==, FDAR_ENDED_FIN);
	for (uint64_t i = 0; i < session->pieces; i++) {
		if (pieces[i].kind != FDAR_PIECE_DATA)
			continue;
		if (pieces[i].way == FDAR_FROM_CLIENT)
			g_string_append_len(text,
					    (const char *)fdar_sessions_payload(sessions,
										&pieces[i]),
					    pieces[i].length);
		else /* every answer was to all that had been said */
			g_assert_cmpuint(pieces[i].acked, ==, text->len);
	}
	return g_string_free(text, FALSE);
}

/* What a clone says with its user's name. */
static char *rewritten(const char *name)
{
	return g_strdup_printf("GET / HTTP/1.1\r\n\r\n"
			       "POST / HTTP/1.1\r\nContent-Length: %zu\r\n\r\nuser=%s;t=<tok7>"
			       "GET /%s HTTP/1.1\r\n\r\n",
			       strlen(name) + 14, name, name);
}

static void test_rewritten(void)
{
	static const char text[] =
		"[token]\nanswer=Token: (.*)\\r\nvalue=<{value}>\n"
		"[user]\nrequest=user=(\\w+)\nvalue={value}-number-{clone}-{round}\n"
		"[page]\nrequest=^GET /(\\w+)\nvalue={value}-number-{clone}-{round}\n";
	char *input = make_login(), *output = file_save("", 0), *again = file_save("", 0);
	struct fdar_amplify_options options = { .clones = 3, .repeat = 2, .speed = 1.0 };
	struct fdar_amplified result = { 0 };
	GError *error = NULL;
	g_autoptr(fdar_edit_rules) rules =
		fdar_edit_rules_parse(text, sizeof(text) - 1, "rules", &error);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *one = NULL, *other = NULL;
	struct fdar_sessions *sessions;
	gsize size, size_again;

	g_assert_no_error(error);
	options.rewrite = rules;
	g_assert_true(fdar_amplify_run(input, output, &options, &result, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(result.rewritten.replaced, ==, 3 * 6);
	g_assert_cmpuint(result.rewritten.messages, ==, 2 * 6);
	g_assert_cmpuint(result.rewritten.refused, ==, 0);
	sessions = load(output);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, 6);
	for (size_t i = 0; i < 6; i++)
		g_hash_table_add(seen, client_said(sessions, i));
	for (unsigned i = 0; i < 6; i++) {
		g_autofree char *name = g_strdup_printf("joe-number-%u-%u", i % 3, i / 3);
		g_autofree char *expected = rewritten(name);

		g_assert_true(g_hash_table_contains(seen, expected));
	}
	fdar_amplified_clear(&result);
	g_assert_true(fdar_amplify_run(input, again, &options, &result, &error));
	g_assert_true(g_file_get_contents(output, &one, &size, NULL));
	g_assert_true(g_file_get_contents(again, &other, &size_again, NULL));
	g_assert_cmpuint(size, ==, size_again);
	g_assert_cmpint(memcmp(one, other, size), ==, 0);
	fdar_amplified_clear(&result);
	fdar_sessions_free(sessions);
	file_remove(input);
	file_remove(output);
	file_remove(again);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/redact/structure", test_structure);
	g_test_add_func("/redact/consistent", test_consistent);
	g_test_add_func("/redact/mysql", test_mysql);
	g_test_add_func("/anew/same", test_anew);
	g_test_add_func("/anew/redacted", test_amplified);
	g_test_add_func("/anew/rewritten", test_rewritten);
	return g_test_run();
}
