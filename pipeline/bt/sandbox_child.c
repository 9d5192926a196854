#include "pipeline/bt/sandbox_wire.h"

#include <string.h>
#include <unistd.h>

#include "base/file_write.h"

#define LOG_MAX     65536u /* bytes of the log that are looked at */
#define MESSAGE_MAX 400u
#define ALIVE_US    500000 /* between two signs of life */

struct sender {
	int fd;
	struct fdar_decoder_env env;
	uint32_t texts_sent; /* ids below are known to the other side */
	GByteArray *texts;
	GByteArray *data;
	GArray *homes;       /* of struct fdar_home: to be sent */
	uint32_t homes_sent; /* those below are known to the other side */
	gint64 sent_us;      /* when something was sent last */
	struct fdar_event batch[FDAR_SANDBOX_BATCH];
};

static gboolean send_frame(const struct sender *sender, enum fdar_sandbox_frame type, int code,
			   uint32_t events)
{
	struct fdar_sandbox_head head = {
		.type = type,
		.code = code,
		.events = events,
		.text_bytes = sender->texts->len,
		.data_bytes = sender->data->len,
		.homes = sender->homes->len,
		.discarded = sender->env.discarded,
		.packets_lost = sender->env.packets_lost,
		.untimed = sender->env.untimed,
		.shift_ns = sender->env.shift_ns,
	};

	memcpy(head.names, sender->env.names, sizeof(head.names));
	return fdar_file_write_all(sender->fd, &head, sizeof(head)) &&
	       fdar_file_write_all(sender->fd, sender->texts->data, sender->texts->len) &&
	       fdar_file_write_all(sender->fd, sender->homes->data,
				   sender->homes->len * sizeof(struct fdar_home)) &&
	       fdar_file_write_all(sender->fd, sender->batch, events * sizeof(sender->batch[0])) &&
	       fdar_file_write_all(sender->fd, sender->data->data, sender->data->len);
}

/* In the middle of a step of the decoder: what it makes of the batch is not for now. */
static void on_progress(void *user, gboolean long_step)
{
	struct sender *sender = user;
	struct fdar_sandbox_head head = { .type = FDAR_SANDBOX_ALIVE, .code = long_step != FALSE };
	gint64 now_us = g_get_monotonic_time();

	if (!long_step && now_us - sender->sent_us < ALIVE_US)
		return;
	sender->sent_us = now_us;
	head.discarded = sender->env.discarded;
	head.packets_lost = sender->env.packets_lost;
	head.untimed = sender->env.untimed;
	head.shift_ns = sender->env.shift_ns;
	memcpy(head.names, sender->env.names, sizeof(head.names));
	fdar_file_write_all(sender->fd, &head, sizeof(head));
}

static gboolean send_events(struct sender *sender, uint32_t events)
{
	uint32_t count = fdar_texts_count(sender->env.texts);

	g_byte_array_set_size(sender->texts, 0);
	g_byte_array_set_size(sender->data, 0);
	for (; sender->texts_sent < count; sender->texts_sent++) {
		const char *text = fdar_texts_get(sender->env.texts, sender->texts_sent);

		g_byte_array_append(sender->texts, (const guint8 *)text, (guint)strlen(text) + 1);
	}
	g_array_set_size(sender->homes, 0);
	for (; sender->homes_sent < fdar_homes_count(sender->env.homes); sender->homes_sent++) {
		struct fdar_home home =
			fdar_homes_get(sender->env.homes, (uint16_t)sender->homes_sent);

		g_array_append_val(sender->homes, home);
	}
	for (uint32_t i = 0; i < events; i++) {
		struct fdar_event *event = &sender->batch[i];
		uintptr_t offset = sender->data->len;

		if (event->data_len)
			g_byte_array_append(sender->data, (const guint8 *)event->data,
					    event->data_len + 1);
		event->data = (const char *)offset;
	}
	return send_frame(sender, FDAR_SANDBOX_EVENTS, 0, events);
}

static void send_failure(struct sender *sender, const GError *error)
{
	g_byte_array_set_size(sender->texts, 0);
	g_byte_array_set_size(sender->data, 0);
	g_array_set_size(sender->homes, 0);
	g_byte_array_append(sender->data, (const guint8 *)error->message,
			    (guint)strlen(error->message) + 1);
	send_frame(sender, FDAR_SANDBOX_FAILED, error->code, 0);
}

/* Why it did not open: asked again with the log on, for that says more than the error. */
static void explain_failure(const struct fdar_decoder_ops *ops, const GPtrArray *traces, int log,
			    struct sender *sender, GError *error)
{
	g_autofree char *line = NULL;
	const char *colon;
	void *decoder;

	if (ftruncate(log, 0) != 0 || lseek(log, 0, SEEK_SET) != 0)
		return send_failure(sender, error);
	sender->env.explain = TRUE;
	decoder = ops->open(traces, &sender->env, NULL);
	if (decoder)
		ops->close(decoder);
	line = fdar_sandbox_explain(log);
	colon = strstr(error->message, ": ");
	if (line && colon) {
		g_autofree char *message =
			g_strdup_printf("%.*s: %s", (int)(colon - error->message), error->message,
					line);

		g_free(error->message);
		error->message = g_steal_pointer(&message);
	}
	send_failure(sender, error);
}

void fdar_sandbox_serve(const struct fdar_decoder_ops *ops, const GPtrArray *traces,
			const struct fdar_decoder_env *like, int fd, int log)
{
	struct sender *sender = g_new0(struct sender, 1);
	g_autoptr(GError) error = NULL;
	gboolean heard = TRUE;
	void *decoder;
	gssize n = 0;

	/* Its metadata parser takes its level from nowhere else, once, when it is loaded. */
	g_setenv("BABELTRACE_PLUGIN_CTF_METADATA_LOG_LEVEL", "ERROR", TRUE);
	sender->fd = fd;
	sender->texts = g_byte_array_new();
	sender->data = g_byte_array_new();
	sender->env.texts = fdar_texts_new();
	sender->env.homes = fdar_homes_new();
	sender->homes = g_array_new(FALSE, FALSE, sizeof(struct fdar_home));
	sender->homes_sent = fdar_homes_count(sender->env.homes);
	sender->env.shift_ns = like->shift_ns;
	sender->env.progress = on_progress;
	sender->env.progress_user = sender;
	sender->env.maps = like->maps;
	sender->texts_sent = fdar_texts_count(sender->env.texts);
	decoder = ops->open(traces, &sender->env, &error);
	if (!decoder)
		return explain_failure(ops, traces, log, sender, error);
	heard = send_frame(sender, FDAR_SANDBOX_OPENED, 0, 0);
	while (heard && (n = ops->read(decoder, sender->batch, FDAR_SANDBOX_BATCH, &error)) > 0)
		heard = send_events(sender, (uint32_t)n);
	g_byte_array_set_size(sender->texts, 0);
	g_byte_array_set_size(sender->data, 0);
	g_array_set_size(sender->homes, 0);
	if (n < 0)
		send_failure(sender, error);
	else if (heard)
		send_frame(sender, FDAR_SANDBOX_END, 0, 0);
}

/* ---- the log ---- */

/* "11-21 04:41:58.145  96  96 E PLUGIN/X function@file.c:12 [component] What happened: x-addr=0x1"
 * gives "What happened", and the level and the logger. */
static char *log_message(const char *line, char *level, gboolean *of_stream_file)
{
	g_autoptr(GRegex) regex = g_regex_new(
		"^[-0-9]+ [0-9:.]+ +[0-9]+ +[0-9]+ ([WEF]) (PLUGIN\\S*) \\S+@\\S+:[0-9]+ "
		"(?:\\[[^\\]]*\\] )?(.*)$",
		0, 0, NULL);
	g_autoptr(GRegex) junk = g_regex_new(":? *,? *[-a-z0-9]*addr=0x[0-9a-f]+", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *letter = NULL, *logger = NULL, *text = NULL;

	if (!g_regex_match(regex, line, 0, &match))
		return NULL;
	letter = g_match_info_fetch(match, 1);
	logger = g_match_info_fetch(match, 2);
	text = g_match_info_fetch(match, 3);
	*level = letter[0];
	*of_stream_file = strcmp(logger, "PLUGIN/SRC.CTF.FS/DS") == 0;
	return g_regex_replace_literal(junk, text, -1, 0, "", 0, NULL);
}

/* The first error says what is wrong, those after it who asked; only of stream files the warning
 * before it says it. An abort has a line of its own. */
static char *pick_line(char *const *lines)
{
	g_autofree char *warning = NULL;

	for (; *lines; lines++) {
		gboolean of_stream_file = FALSE;
		char level = 0;
		char *message = log_message(*lines, &level, &of_stream_file);
		const char *assertion = strstr(*lines, "Assertion `");

		if (!message && assertion)
			return g_strdup(assertion);
		if (message && level == 'W' && of_stream_file) {
			g_free(warning);
			warning = message;
			continue;
		}
		if (message && level != 'W') {
			if (!warning)
				return message;
			g_free(message);
			return g_steal_pointer(&warning);
		}
		g_free(message);
	}
	return NULL;
}

char *fdar_sandbox_explain(int log)
{
	g_autofree char *text = g_malloc(LOG_MAX + 1), *clean = NULL, *valid = NULL;
	g_auto(GStrv) lines = NULL;
	ssize_t n = pread(log, text, LOG_MAX, 0);
	char *line;

	if (n <= 0)
		return NULL;
	valid = g_utf8_make_valid(text, n);
	lines = g_strsplit(valid, "\n", 0);
	line = pick_line(lines);
	if (!line)
		return NULL;
	clean = fdar_text_clean(line, MESSAGE_MAX);
	g_free(line);
	return g_steal_pointer(&clean);
}
