/* The journal: lines of JSON that a parser reads back, whatever is in the names. */
#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "replay/play/journal.h"

static struct fdar_endpoint loopback(uint16_t port)
{
	struct fdar_endpoint endpoint = { .addr = { 127, 0, 0, 1 }, .port = port };

	endpoint.family = FDAR_FAMILY_IPV4;
	return endpoint;
}

static JsonObject *line_of(JsonParser *parser, const char *line)
{
	g_autoptr(GError) error = NULL;

	json_parser_load_from_data(parser, line, -1, &error);
	g_assert_no_error(error);
	return json_node_get_object(json_parser_get_root(parser));
}

static void check_played(const char *line)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *object = line_of(parser, line);
	JsonArray *exchanges = json_object_get_array_member(object, "exchanges");

	g_assert_cmpint(json_object_get_int_member(object, "session"), ==, 7);
	g_assert_cmpstr(json_object_get_string_member(object, "label"), ==,
			"at\"tack\\ \x01\xef\xbf\xbd");
	g_assert_cmpstr(json_object_get_string_member(object, "client"), ==, "127.0.0.1:1234");
	g_assert_cmpstr(json_object_get_string_member(object, "verdict"), ==, "ok");
	g_assert_cmpint(json_object_get_int_member(object, "started_unix_ns"), ==, 1005);
	g_assert_false(json_object_has_member(object, "copies"));
	g_assert_cmpstr(json_object_get_string_member(object, "recording"), ==, "its-name");
	g_assert_cmpstr(json_object_get_string_member(object, "capture_sha256"), ==, "0af");
	g_assert_cmpint(json_object_get_int_member(object, "capture_bytes"), ==, 1234);
	g_assert_cmpint(json_array_get_length(exchanges), ==, 2);
	g_assert_cmpint(json_object_get_int_member(json_array_get_object_element(exchanges, 0),
						   "last_ns"),
			==, 4);
	g_assert_false(
		json_object_has_member(json_array_get_object_element(exchanges, 1), "last_ns"));
}

static void check_skipped(const char *line)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *object = line_of(parser, line);

	g_assert_cmpstr(json_object_get_string_member(object, "verdict"), ==, "not replayable");
	g_assert_cmpstr(json_object_get_string_member(object, "reason"), ==, "why not");
	g_assert_cmpint(json_object_get_int_member(object, "copies"), ==, 12);
	g_assert_false(json_object_has_member(object, "client"));
	g_assert_false(json_object_has_member(object, "recording"));
	/* Only the first line of a capture says which bytes it was. */
	g_assert_cmpstr(json_object_get_string_member(object, "capture"), ==, "a.pcap");
	g_assert_false(json_object_has_member(object, "capture_sha256"));
}

static void test_lines(void)
{
	const struct fdar_journal_input input = {
		.label = "at\"tack\\ \x01\xff", .capture = "a.pcap", .sha256 = "0af", .bytes = 1234
	};
	struct fdar_session session = { .id = 7, .transport = FDAR_TCP };
	struct fdar_script script = { .session = &session };
	struct fdar_exchange exchanges[] = { { 1, 2, 3, 4, 1 }, { 5, 6, 0, 0, 0 } };
	struct fdar_outcome outcome = { .script = &script,
					.copies = 1,
					.verdict = FDAR_RESULT_OK,
					.start_ns = 5,
					.exchanges = exchanges,
					.exchanges_kept = 2,
					.exchanges_total = 2 };
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "flowdar-journal-XXXXXX", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) error = NULL;
	struct fdar_journal *journal;

	close(g_mkstemp(path));
	session.client = loopback(99);
	session.server = loopback(80);
	outcome.client = loopback(1234);
	outcome.server = loopback(8080);
	journal = fdar_journal_open(path, &input, &error);
	g_assert_no_error(error);
	fdar_journal_tell_recording(journal, "its-name");
	fdar_journal_write(journal, &outcome, 1000);
	memset(&outcome.server, 0, sizeof(outcome.server));
	outcome.verdict = FDAR_RESULT_UNPLAYABLE;
	outcome.reason = "why not";
	outcome.copies = 12;
	fdar_journal_write(journal, &outcome, 1000);
	g_assert_true(fdar_journal_close(journal, &error));
	g_assert_true(g_file_get_contents(path, &text, NULL, &error));
	lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 3);
	check_played(lines[0]);
	check_skipped(lines[1]);
	g_unlink(path);
}

static void test_full_disk(void)
{
	const struct fdar_journal_input input = { .label = "a", .capture = "b" };
	struct fdar_session session = { .id = 1, .transport = FDAR_TCP };
	struct fdar_script script = { .session = &session };
	struct fdar_outcome outcome = { .script = &script, .copies = 1 };
	g_autoptr(GError) error = NULL;
	struct fdar_journal *journal = fdar_journal_open("/dev/full", &input, &error);

	g_assert_no_error(error);
	fdar_journal_write(journal, &outcome, 0);
	g_assert_false(fdar_journal_close(journal, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
	g_clear_error(&error);
	g_assert_null(fdar_journal_open("/no/such/place", &input, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/journal/lines", test_lines);
	g_test_add_func("/journal/full-disk", test_full_disk);
	return g_test_run();
}
