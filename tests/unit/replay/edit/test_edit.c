/* Rewriting: rules that are read, values that are known from answers, lengths that follow. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "replay/edit/edit.h"
#include "replay/edit/changes.h"
#include "replay/edit/frames.h"
#include "replay/edit/rules.h"
#include "replay/edit/template.h"

static struct fdar_edit_rules *rules_of(const char *text)
{
	GError *error = NULL;
	struct fdar_edit_rules *rules =
		fdar_edit_rules_parse(text, strlen(text), "some.rules", &error);

	g_assert_no_error(error);
	return rules;
}

static void test_rules(void)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{ "", "is empty" },
		{ "nonsense", "some.rules" },
		{ "# nothing\n", "0 rules" },
		{ "[a]\nvalue=x\n", "[a]: expected answer, request, or both" },
		{ "[a]\nrequest=x\n", "[a]: request: expected a value" },
		{ "[a]\nanswer=(x)(y)\n", "[a]: answer: expected one group at most" },
		{ "[a]\nanswer=(x\n", "[a]: answer: " },
		{ "[a]\nanswer=x\nvalue={nobody}\n", "\"{nobody}\": expected a field" },
		{ "[a]\nanswer=x\nvalue={random:0}\n", "\"{random:0}\"" },
		{ "[a]\nanswer=x\nvalue={random:9999}\n", "\"{random:9999}\"" },
		{ "[a]\nanswer=x\nvalue={clone:2}\n", "\"{clone:2}\"" },
		{ "[a]\nanswer=x\nvalue=a{b\n", "expected a field" },
		{ "[a]\nanswer=x\nmend=perhaps\n", "[a]: mend: expected yes or no" },
		{ "[a]\nanswer=x\ncolour=red\n", "[a]: \"colour\": expected answer" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(fdar_edit_rules_parse(cases[i].text, strlen(cases[i].text),
						    "some.rules", &error));
		g_assert_nonnull(strstr(error->message, cases[i].wrong));
		g_assert_true(g_str_has_prefix(error->message, "some.rules"));
	}
	g_autoptr(fdar_edit_rules) rules =
		rules_of("[host]\nrequest=^Host: (.*)\\r$\nvalue=x{{}\n[sid]\nanswer=sid=(\\w+)\n");

	g_assert_cmpuint(rules->count, ==, 2);
	g_assert_cmpstr(fdar_edit_rules_listening(rules)->name, ==, "sid");
}

static void test_templates(void)
{
	static const uint8_t value[] = "old";
	struct fdar_template_facts facts = { .clone = 3,
					     .round = 1,
					     .session = 7,
					     .client = 12,
					     .count = 2,
					     .random = 99,
					     .unix_s = 784111777,
					     .value = value,
					     .value_size = 3 };
	g_autoptr(GByteArray) out = g_byte_array_new(), again = g_byte_array_new();

	fdar_template_fill("{clone}.{round}.{session}.{client}.{count} {{{value}} {date} {date:%F} "
			   "{unix} ",
			   &facts, out);
	g_byte_array_append(out, (const uint8_t *)"", 1);
	g_assert_cmpstr((const char *)out->data, ==,
			"3.1.7.12.2 {old} Sun, 06 Nov 1994 08:49:37 GMT 1994-11-06 784111777 ");
	g_byte_array_set_size(out, 0);
	fdar_template_fill("{random:20}{hex:8}{digits:4}", &facts, out);
	fdar_template_fill("{random:20}{hex:8}{digits:4}", &facts, again);
	g_assert_cmpuint(out->len, ==, again->len);
	g_assert_cmpint(memcmp(out->data, again->data, out->len), ==, 0);
	g_assert_cmpuint(out->len, ==, 32);
	for (guint i = 0; i < 32; i++)
		g_assert_true(i < 20   ? g_ascii_isalnum((char)out->data[i])
			      : i < 28 ? g_ascii_isxdigit((char)out->data[i])
				       : g_ascii_isdigit((char)out->data[i]));
	facts.random++;
	g_byte_array_set_size(again, 0);
	fdar_template_fill("{random:20}", &facts, again);
	g_assert_cmpint(memcmp(out->data, again->data, 20), !=, 0);
}

/* ---- lengths ---- */

/* Replaces the first "old" of a message, cut into pieces, and gives what comes out. */
static char *mend(const char *message, size_t size, const char *new, size_t *refused, size_t *out)
{
	struct fdar_frames frames = { 0 };
	g_autoptr(GArray) changes = fdar_edit_changes_new();
	const char *at = memmem(message, size, "old", 3);
	size_t from = (size_t)(at - message), end = 0;
	GString *text = g_string_new(NULL);

	g_assert_nonnull(at);
	fdar_edit_change_add(changes, from, from + 3, new, strlen(new), TRUE);
	*refused = fdar_frames_mend(&frames, (const uint8_t *)message, size, changes);
	for (guint i = 0; i < changes->len; i++) {
		const struct fdar_edit_change *one =
			&g_array_index(changes, struct fdar_edit_change, i);

		g_assert_cmpuint(one->from, >=, end);
		g_string_append_len(text, message + end, (gssize)(one->from - end));
		g_string_append_len(text, (const char *)one->bytes, (gssize)one->size);
		end = one->to;
	}
	g_string_append_len(text, message + end, (gssize)(size - end));
	*out = text->len;
	return g_string_free(text, FALSE);
}

static void test_frames(void)
{
	static const struct {
		const char *before, *new, *after;
		size_t refused;
	} cases[] = {
		/* HTTP: by length, in a header, in chunks, behind another request. */
		{ "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\naoldb", "longer than that",
		  "POST / HTTP/1.1\r\nContent-Length: 18\r\n\r\nalonger than thatb", 0 },
		{ "POST /old HTTP/1.1\r\ncontent-length:2\r\n\r\nab", "x",
		  "POST /x HTTP/1.1\r\ncontent-length:2\r\n\r\nab", 0 },
		{ "GET / HTTP/1.1\r\n\r\nPUT / HTTP/1.0\r\nContent-Length: 3\r\n\r\noldGET / "
		  "HTTP/1.1\r\n\r\n",
		  "",
		  "GET / HTTP/1.1\r\n\r\nPUT / HTTP/1.0\r\nContent-Length: 0\r\n\r\nGET / "
		  "HTTP/1.1\r\n\r\n",
		  0 },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n3\r\nabc\r\n9;x=y\r\n123old456\r\n0\r\n\r\n",
		  "0123456789",
		  "POST / HTTP/1.1\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n3\r\nabc\r\n10;x=y\r\n1230123456789456\r\n0\r\n\r\n",
		  0 },
		/* Its end, where the length is, was never captured. */
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n12old", "longer",
		  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n12old", 1 },
		{ "*2\r\n$3\r\nGET\r\n$5\r\nxoldx\r\n", "something",
		  "*2\r\n$3\r\nGET\r\n$11\r\nxsomethingx\r\n", 0 },
		{ "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$3\r\nold\r\n", "a",
		  "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n", 0 },
		/* Cut off: its length cannot be seen. */
		{ "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$99\r\nold", "longer",
		  "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$99\r\nold", 1 },
		{ "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$99\r\nold", "new",
		  "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$99\r\nnew", 0 },
		/* No protocol that has lengths. */
		{ "USER old\r\n", "somebody", "USER somebody\r\n", 0 },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nold", "x", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nold",
		  1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t refused, size;
		g_autofree char *after = mend(cases[i].before, strlen(cases[i].before),
					      cases[i].new, &refused, &size);

		g_assert_cmpstr(after, ==, cases[i].after);
		g_assert_cmpuint(refused, ==, cases[i].refused);
	}
}

static void test_mysql(void)
{
	static const char before[] = "\x0b\0\0\0\003SELECT old\x01\0\0\0\001";
	static const char after[] = "\x0f\0\0\0\003SELECT newest?\x01\0\0\0\001";
	static const char other[] = "\x0c\0\0\0\003SELECT old\x01\0\0\0\001";
	size_t refused, size;
	char *got = mend(before, sizeof(before) - 1, "newest?", &refused, &size);

	g_assert_cmpuint(size, ==, sizeof(after) - 1);
	g_assert_cmpint(memcmp(got, after, size), ==, 0);
	g_free(got);
	/* Its packets do not end where the message does: it is something else. */
	got = mend(other, sizeof(other) - 1, "newest?", &refused, &size);
	g_assert_cmpint(got[0], ==, 0x0c);
	g_free(got);
}

/* A body whose length has gone out with the message before stays as long as it was. */
static void test_continued(void)
{
	static const char head[] =
		"PUT / HTTP/1.1\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n";
	static const char body[] = "ab old";
	struct fdar_frames frames = { 0 };
	g_autoptr(GArray) changes = fdar_edit_changes_new();

	fdar_frames_mend(&frames, (const uint8_t *)head, strlen(head), changes);
	g_assert_cmpuint(frames.body_left, ==, 6);
	fdar_edit_change_add(changes, 3, 6, "longer", 6, TRUE);
	g_assert_cmpuint(fdar_frames_mend(&frames, (const uint8_t *)body, strlen(body), changes),
			 ==, 1);
	g_assert_cmpuint(changes->len, ==, 0);
	g_assert_cmpuint(frames.body_left, ==, 0);
	frames.body_left = 6;
	fdar_edit_change_add(changes, 3, 6, "new", 3, TRUE);
	g_assert_cmpuint(fdar_frames_mend(&frames, (const uint8_t *)body, strlen(body), changes),
			 ==, 0);
	g_assert_cmpuint(changes->len, ==, 1);
}

/* ---- sessions ---- */

/* A message in two pieces; gives it as it leaves, with a bar where the first piece ends. */
static char *say(struct fdar_edit_session *session, const char *first, const char *second)
{
	struct fdar_edit_piece pieces[2] = { { (const uint8_t *)first, strlen(first), 0 },
					     { (const uint8_t *)second, strlen(second), 0 } };
	size_t size;
	const uint8_t *bytes = fdar_edit_message(session, pieces, 2, 0, &size);
	GString *text = g_string_new(NULL);

	g_assert_cmpuint(pieces[1].to, ==, size);
	g_string_append_len(text, (const char *)bytes, (gssize)pieces[0].to);
	g_string_append_c(text, '|');
	g_string_append_len(text, (const char *)bytes + pieces[0].to,
			    (gssize)(size - pieces[0].to));
	return g_string_free(text, FALSE);
}

static void answers(struct fdar_edit_session *session, const char *captured, const char *now)
{
	fdar_edit_captured(session, (const uint8_t *)captured, strlen(captured));
	/* As it comes, in two parts. */
	fdar_edit_heard(session, (const uint8_t *)now, strlen(now) / 2);
	fdar_edit_heard(session, (const uint8_t *)now + strlen(now) / 2,
			strlen(now) - strlen(now) / 2);
}

static void expect(char *got, const char *wanted)
{
	g_assert_cmpstr(got, ==, wanted);
	g_free(got);
}

static void test_answers(void)
{
	g_autoptr(fdar_edit_rules) rules = rules_of("[sid]\nanswer=sid=(\\w+)\n");
	struct fdar_edit *edit = fdar_edit_new(rules, 1);
	struct fdar_edit_who who = { .client = 5 }, other = { .client = 6 };
	struct fdar_edit_session *session = fdar_edit_begin(edit, &who), *next;

	expect(say(session, "login", " sid=111"), "login| sid=111");
	answers(session, "sid=111 sid=222", "sid=ab sid=longer");
	/* Both values, in order; not within a longer word; over the border of two pieces. */
	expect(say(session, "a=111 b=2", "22 c=1112 d_222\n"), "a=ab b=longer| c=1112 d_222\n");
	/* Other connections of this client know it, and of no other. */
	next = fdar_edit_begin(edit, &who);
	expect(say(next, "111", ""), "ab|");
	fdar_edit_end(next);
	next = fdar_edit_begin(edit, &other);
	expect(say(next, "111", ""), "111|");
	fdar_edit_end(next);
	/* The value is issued anew. */
	answers(session, "sid=111", "sid=cd");
	expect(say(session, "111", "."), "cd|.");
	g_assert_cmpuint(fdar_edit_counts(edit)->unknown, ==, 0);
	answers(session, "sid=333", "none");
	expect(say(session, "333", "."), "333|.");
	g_assert_cmpuint(fdar_edit_counts(edit)->unknown, ==, 1);
	g_assert_cmpuint(fdar_edit_counts(edit)->replaced, ==, 4);
	g_assert_cmpuint(fdar_edit_counts(edit)->messages, ==, 3);
	fdar_edit_end(session);
	fdar_edit_free(edit);
}

static void test_requests(void)
{
	g_autoptr(fdar_edit_rules) rules =
		rules_of("[host]\nrequest=^Host: (.*)\\r$\nvalue=new.example\n"
			 "[user]\nrequest=user=(\\w+)\nvalue={value}-{clone}-{digits:6}\n"
			 "[token]\nanswer=token: (\\w+)\nrequest=token=(\\w+)\n");
	struct fdar_edit *edit = fdar_edit_new(rules, 1);
	struct fdar_edit_who who = { .client = 5, .clone = 2 };
	struct fdar_edit_session *session = fdar_edit_begin(edit, &who);
	g_autofree char *first = NULL, *again = NULL;

	answers(session, "token: abc", "token: xyz");
	expect(say(session, "GET /?token=abc&t=abc HTTP/1.1\r\nHost: old\r\n", "\r\n"),
	       "GET /?token=xyz&t=abc HTTP/1.1\r\nHost: new.example\r\n|\r\n");
	expect(say(session, "token=zzz", ""), "token=zzz|");
	g_assert_cmpuint(fdar_edit_counts(edit)->unmatched, ==, 1);
	/* The same name is the same again, in every run of the seed; of another clone it is another. */
	first = say(session, "user=joe", " user=joe");
	g_assert_true(g_str_has_prefix(first, "user=joe-2-"));
	g_assert_cmpint(strncmp(first, strchr(first, '|') + 2, 17), ==, 0);
	fdar_edit_end(session);
	fdar_edit_free(edit);
	edit = fdar_edit_new(rules, 1);
	session = fdar_edit_begin(edit, &who);
	again = say(session, "user=joe", " user=joe");
	g_assert_cmpstr(first, ==, again);
	fdar_edit_end(session);
	who.clone = 3;
	who.client = 6;
	session = fdar_edit_begin(edit, &who);
	g_free(g_steal_pointer(&again));
	again = say(session, "user=joe", "");
	g_assert_cmpint(strncmp(again + 11, first + 11, 6), !=, 0);
	fdar_edit_end(session);
	fdar_edit_free(edit);
}

/* A rule whose group is empty puts its value in front of what another replaces, or behind the last byte. */
static void test_empty(void)
{
	g_autoptr(fdar_edit_rules) rules =
		rules_of("[a]\nrequest=id=(\\d+)\nvalue=7\n[b]\nrequest=id=()\nvalue=x\n");
	struct fdar_edit *edit = fdar_edit_new(rules, 1);
	struct fdar_edit_session *session = fdar_edit_begin(edit, &(struct fdar_edit_who){ 0 });

	expect(say(session, "GET /?id=12", "3&id=4 "), "GET /?id=x7|&id=x7 ");
	expect(say(session, "GET /", "?id="), "GET /|?id=x");
	fdar_edit_end(session);
	fdar_edit_free(edit);
}

/* NULs, bytes above 127 and empty pieces are bytes like others. */
static void test_binary(void)
{
	static const uint8_t before[] = "\0\xff key=1 \0", after[] = "\0\xff key=22 \0";
	g_autoptr(fdar_edit_rules) rules = rules_of("[k]\nrequest=key=(\\d)\nvalue=22\n");
	struct fdar_edit *edit = fdar_edit_new(rules, 1);
	struct fdar_edit_session *session = fdar_edit_begin(edit, &(struct fdar_edit_who){ 0 });
	struct fdar_edit_piece pieces[3] = { { before, 0, 0 },
					     { before, sizeof(before) - 1, 0 },
					     { before, 0, 0 } };
	size_t size;
	const uint8_t *bytes = fdar_edit_message(session, pieces, 3, 0, &size);

	g_assert_cmpuint(size, ==, sizeof(after) - 1);
	g_assert_cmpint(memcmp(bytes, after, size), ==, 0);
	g_assert_cmpuint(pieces[0].to, ==, 0);
	g_assert_cmpuint(pieces[1].to, ==, size);
	g_assert_cmpuint(pieces[2].to, ==, size);
	fdar_edit_end(session);
	fdar_edit_free(edit);
}

/* A pipe is not waited at. */
static void test_no_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-edit-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "rules", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	g_assert_null(fdar_edit_rules_load(path, &error));
	g_assert_nonnull(strstr(error->message, "not a file; expected a file of rules"));
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/edit/rules", test_rules);
	g_test_add_func("/edit/no-file", test_no_file);
	g_test_add_func("/edit/templates", test_templates);
	g_test_add_func("/edit/frames", test_frames);
	g_test_add_func("/edit/mysql", test_mysql);
	g_test_add_func("/edit/continued", test_continued);
	g_test_add_func("/edit/answers", test_answers);
	g_test_add_func("/edit/requests", test_requests);
	g_test_add_func("/edit/empty", test_empty);
	g_test_add_func("/edit/binary", test_binary);
	return g_test_run();
}
