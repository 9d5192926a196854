#include "replay/play/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/target.h"

/* Lines are collected and written in one go when there are this many bytes. */
#define FLUSH_BYTES (64u << 10)

struct fdar_journal {
	char *path;
	char *recording; /* until it is told; NULL: of none */
	FILE *file;
	const struct fdar_journal_input *inputs;
	GString *lines;
	GByteArray *told; /* by input: whether a line had the capture's size and sum */
	int failed;       /* errno of the first failure */
};

struct fdar_journal *fdar_journal_open(const char *path, const struct fdar_journal_input *inputs,
				       GError **error)
{
	/* What was asked of the server is its user's own. */
	int fd = fdar_target_create(path, O_TRUNC, error);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	struct fdar_journal *journal;

	if (!file)
		return NULL;
	setvbuf(file, NULL, _IONBF, 0);
	journal = g_new0(struct fdar_journal, 1);
	journal->path = g_strdup(path);
	journal->file = file;
	journal->inputs = inputs;
	journal->told = g_byte_array_new();
	journal->lines = g_string_sized_new(FLUSH_BYTES + 4096);
	return journal;
}

void fdar_journal_tell_recording(struct fdar_journal *journal, const char *name)
{
	g_free(journal->recording);
	journal->recording = g_strdup(name);
}

static void flush(struct fdar_journal *journal)
{
	errno = 0;
	if (fwrite(journal->lines->str, 1, journal->lines->len, journal->file) !=
		    journal->lines->len &&
	    !journal->failed)
		journal->failed = errno ? errno : EIO;
	g_string_truncate(journal->lines, 0);
}

/* "key":"value" with what JSON demands escaped; bytes that are no UTF-8 are replaced. */
static void add_text(GString *line, const char *key, const char *value)
{
	g_autofree char *valid = g_utf8_make_valid(value, -1);

	g_string_append_printf(line, ",\"%s\":\"", key);
	for (const char *at = valid; *at; at++) {
		if (*at == '"' || *at == '\\')
			g_string_append_c(line, '\\');
		if ((unsigned char)*at < 0x20)
			g_string_append_printf(line, "\\u%04x", (unsigned)*at);
		else
			g_string_append_c(line, *at);
	}
	g_string_append_c(line, '"');
}

static void add_number(GString *line, const char *key, uint64_t value)
{
	g_string_append_printf(line, ",\"%s\":%" PRIu64, key, value);
}

static void add_endpoint(GString *line, const char *key, const struct fdar_endpoint *endpoint)
{
	char text[FDAR_ENDPOINT_TEXT_MAX];

	if (endpoint->family != FDAR_FAMILY_NONE)
		add_text(line, key, fdar_endpoint_text(endpoint, text));
}

static void add_exchanges(GString *line, const struct fdar_outcome *outcome)
{
	g_string_append(line, ",\"exchanges\":[");
	for (uint32_t i = 0; i < outcome->exchanges_kept; i++) {
		const struct fdar_exchange *exchange = &outcome->exchanges[i];

		g_string_append_printf(line, "%s{\"due_ns\":%" PRIu64 ",\"sent_ns\":%" PRIu64,
				       i ? "," : "", exchange->due_ns, exchange->sent_ns);
		if (exchange->first_ns)
			g_string_append_printf(line,
					       ",\"first_ns\":%" PRIu64 ",\"last_ns\":%" PRIu64,
					       exchange->first_ns, exchange->last_ns);
		if (exchange->held_ns)
			g_string_append_printf(line, ",\"held_ns\":%" PRIu64, exchange->held_ns);
		g_string_append_c(line, '}');
	}
	g_string_append_c(line, ']');
}

static void add_played(GString *line, const struct fdar_outcome *outcome, uint64_t started_unix_ns)
{
	add_endpoint(line, "client", &outcome->client);
	add_endpoint(line, "server", &outcome->server);
	add_number(line, "started_unix_ns", started_unix_ns + outcome->start_ns);
	add_number(line, "due_ns", outcome->due_ns);
	add_number(line, "start_ns", outcome->start_ns);
	add_number(line, "end_ns", outcome->end_ns);
	add_number(line, "lag_ns", outcome->lag_ns);
	if (outcome->connect_ns)
		add_number(line, "connect_ns", outcome->connect_ns);
	if (outcome->handshake_ns)
		add_number(line, "handshake_ns", outcome->handshake_ns);
	if (outcome->first_byte_ns)
		add_number(line, "first_byte_ns", outcome->first_byte_ns);
	add_number(line, "sent_bytes", outcome->sent_bytes);
	add_number(line, "received_bytes", outcome->received_bytes);
	add_number(line, "expected_bytes", outcome->expected_bytes);
	g_string_append_printf(line, ",\"exact\":%s", outcome->exact ? "true" : "false");
	add_number(line, "exchanges_total", outcome->exchanges_total);
	add_exchanges(line, outcome);
}

/* Which bytes were played, in the first line of each input only: it is 64 digits. */
static void add_capture(struct fdar_journal *journal, uint32_t input)
{
	static const guint8 not_yet;

	add_text(journal->lines, "capture", journal->inputs[input].capture);
	while (journal->told->len <= input)
		g_byte_array_append(journal->told, &not_yet, 1);
	if (!journal->told->data[input] && journal->inputs[input].sha256) {
		add_number(journal->lines, "capture_bytes", journal->inputs[input].bytes);
		add_text(journal->lines, "capture_sha256", journal->inputs[input].sha256);
	}
	journal->told->data[input] = TRUE;
}

void fdar_journal_write(struct fdar_journal *journal, const struct fdar_outcome *outcome,
			uint64_t started_unix_ns)
{
	const struct fdar_journal_input *input = &journal->inputs[outcome->input];
	const struct fdar_session *session = outcome->script->session;
	GString *line = journal->lines;

	g_string_append_printf(line, "{\"session\":%" PRIu32, session->id);
	if (journal->recording)
		add_text(line, "recording", journal->recording);
	g_clear_pointer(&journal->recording, g_free);
	add_text(line, "label", input->label);
	add_capture(journal, outcome->input);
	add_number(line, "clone", outcome->clone);
	add_number(line, "round", outcome->round);
	if (outcome->copies != 1)
		add_number(line, "copies", outcome->copies);
	add_text(line, "transport", session->transport == FDAR_TCP ? "tcp" : "udp");
	add_endpoint(line, "captured_client", &session->client);
	add_endpoint(line, "captured_server", &session->server);
	add_text(line, "verdict", fdar_result_text(outcome->verdict));
	if (outcome->reason)
		add_text(line, "reason", outcome->reason);
	if (outcome->server.family != FDAR_FAMILY_NONE)
		add_played(line, outcome, started_unix_ns);
	g_string_append(line, "}\n");
	if (line->len >= FLUSH_BYTES)
		flush(journal);
}

void fdar_journal_flush(struct fdar_journal *journal)
{
	if (journal && journal->lines->len)
		flush(journal);
}

gboolean fdar_journal_close(struct fdar_journal *journal, GError **error)
{
	int failed;

	if (!journal)
		return TRUE;
	flush(journal);
	if (fclose(journal->file) != 0 && !journal->failed)
		journal->failed = errno;
	failed = journal->failed;
	if (failed)
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(failed), "%s: %s",
			    journal->path, g_strerror(failed));
	g_string_free(journal->lines, TRUE);
	g_byte_array_unref(journal->told);
	g_free(journal->recording);
	g_free(journal->path);
	g_free(journal);
	return !failed;
}
