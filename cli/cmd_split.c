/* flowdar split: a capture taken apart into one pcap a session. */
#include <gio/gio.h>
#include <stdio.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/print.h"
#include "cli/kit/reading.h"
#include "cli/kit/table.h"
#include "cli/replay/left_out.h"
#include "cli/replay/capture_options.h"
#include "replay/split/split.h"
#include "replay/split/trex.h"

#define REJECTED_SHOWN 8

static const struct fdar_usage usage = {
	.command = "split",
	.synopsis = "CAPTURE... -o DIR [OPTIONS]",
	.description = "Takes a capture (pcap or pcapng, also compressed; - is standard input) "
		       "apart into sessions:\n"
		       "TCP connections, and UDP flows until they are idle. DIR gets a pcap for "
		       "each, named by\n"
		       "order, transport, client and server; sessions.json, which tells of each "
		       "how it began and\n"
		       "ended, what went each way and what is odd about it; and trex.yaml, a "
		       "profile for T-Rex\n"
		       "with one template for all sessions of equal payload. A session that T-Rex "
		       "would refuse is\n"
		       "listed with the reason instead. DIR must be new or empty. Several "
		       "captures (rotated files,\n"
		       "taps) are read as one, in the order of time.\n",
	.examples = "  flowdar split day.pcap -o sessions/\n"
		    "  flowdar split web.pcap0 web.pcap1 --filter 'port 443' -o sessions/\n"
		    "  flowdar split day.pcapng.zst -o sessions/ --format csv > sessions.csv\n"
		    "  tcpdump -w - -c 10000 | flowdar split - -o sessions/\n",
};

enum column {
	ID,
	START,
	DURATION,
	CLIENT,
	SERVER,
	TRANSPORT,
	SENT,
	RECEIVED,
	REQUESTS,
	ANSWERS,
	BEGAN,
	ENDED,
	ODD,
	TREX,
	FILE_NAME
};

static const struct fdar_column columns[] = {
	[ID] = { "#", "id", TRUE, FALSE },
	[START] = { "start", "start_epoch_ns", TRUE, FDAR_FIT_DROP(6) },
	[DURATION] = { "duration", "duration_ns", TRUE, FALSE },
	[CLIENT] = { "client", "client", FALSE, FALSE },
	[SERVER] = { "server", "server", FALSE, FALSE },
	[TRANSPORT] = { "kind", "transport", FALSE, FDAR_FIT_DROP(3) },
	[SENT] = { "from client", "client_bytes", TRUE, FALSE },
	[RECEIVED] = { "from server", "server_bytes", TRUE, FALSE },
	[REQUESTS] = { "messages", "client_messages", TRUE, FDAR_FIT_DROP(5) },
	[ANSWERS] = { "answers", "server_messages", TRUE, FDAR_FIT_DROP(5) },
	[BEGAN] = { "began", "began", FALSE, FDAR_FIT_DROP(4) },
	[ENDED] = { "ended", "ended", FALSE, FDAR_FIT_DROP(2) },
	[ODD] = { "odd", "odd", FALSE, FDAR_FIT_CUT },
	[TREX] = { "T-Rex", "trex", FALSE, FDAR_FIT_DROP(7) },
	[FILE_NAME] = { "file", "file", FALSE, FDAR_FIT_TAIL | FDAR_FIT_DROP(1) },
};

static void set_count(struct fdar_table *table, enum column column, guint64 count)
{
	g_autofree char *people = fdar_format_count(count);
	g_autofree char *machine = g_strdup_printf("%" G_GUINT64_FORMAT, count);

	fdar_table_cell(table, column, people, machine);
}

static void set_times(struct fdar_table *table, const struct fdar_session *session,
		      guint64 first_ns)
{
	guint64 duration_ns = session->end_ns - session->start_ns;
	g_autofree char *start = g_strdup_printf("%" G_GUINT64_FORMAT, session->epoch_ns);
	g_autofree char *since =
		g_strdup_printf("%.6f", ((double)session->epoch_ns - (double)first_ns) / 1e9);
	g_autofree char *duration = fdar_format_duration((double)duration_ns);
	g_autofree char *duration_machine = g_strdup_printf("%" G_GUINT64_FORMAT, duration_ns);

	fdar_table_cell(table, START, since, start);
	fdar_table_cell(table, DURATION, duration, duration_machine);
}

/* "template 3", or why not. */
static char *trex_text(const struct fdar_split_session *one)
{
	GString *text;

	if (!one->broken)
		return g_strdup_printf("template %u", one->template);
	text = g_string_new(NULL);
	for (unsigned i = 0; i < FDAR_TREX_RULES; i++)
		if (one->broken & 1u << i)
			g_string_append_printf(text, "%s%s", text->len ? "; " : "",
					       fdar_trex_rule_text(1u << i));
	return g_string_free(text, FALSE);
}

/* What is odd, and whether it is TLS. */
static char *odd_text(const struct fdar_split_session *one)
{
	g_autofree char *odd = fdar_odd_list(one->session.odd);
	g_autofree char *tls = one->tls ? fdar_tls_info_text(&one->tls->info) : NULL;

	if (!tls)
		return g_steal_pointer(&odd);
	return g_strdup_printf("%s%s%s%s%s%s", tls, one->tls->upgrade ? " behind " : "",
			       one->tls->upgrade ? one->tls->upgrade : "",
			       one->tls->info.opened ? ", decrypted" : "", odd[0] ? ", " : "", odd);
}

static void add_row(struct fdar_table *table, const struct fdar_split_session *one,
		    guint64 first_ns, gboolean people)
{
	const struct fdar_session *session = &one->session;
	char text[FDAR_ENDPOINT_TEXT_MAX];
	g_autofree char *id = g_strdup_printf("%u", session->id);
	g_autofree char *odd = odd_text(one);
	g_autofree char *trex = trex_text(one);
	g_autofree char *template = g_strdup_printf("%u", one->template);

	fdar_table_row(table);
	fdar_table_cell(table, ID, id, NULL);
	set_times(table, session, first_ns);
	fdar_table_cell(table, CLIENT, fdar_endpoint_text(&session->client, text), NULL);
	fdar_table_cell(table, SERVER, fdar_endpoint_text(&session->server, text), NULL);
	fdar_table_cell(table, TRANSPORT, session->transport == FDAR_TCP ? "tcp" : "udp", NULL);
	set_count(table, SENT, session->way[FDAR_FROM_CLIENT].bytes);
	set_count(table, RECEIVED, session->way[FDAR_FROM_SERVER].bytes);
	set_count(table, REQUESTS, session->way[FDAR_FROM_CLIENT].messages);
	set_count(table, ANSWERS, session->way[FDAR_FROM_SERVER].messages);
	fdar_table_cell(table, BEGAN, fdar_began_text(session->began), NULL);
	fdar_table_cell(table, ENDED, fdar_ended_text(session->ended, session->ended_by), NULL);
	fdar_table_cell(table, ODD, odd, NULL);
	fdar_table_cell(table, TREX, one->broken ? "no" : template, trex);
	if (!people)
		fdar_table_cell(table, FILE_NAME, one->file, NULL);
}

static void print_table(const struct fdar_split *split, enum fdar_format format)
{
	/* For people the file, which the number and the ends give away, would only be in the way. */
	gboolean people = format == FDAR_FORMAT_TABLE;
	struct fdar_table *table =
		fdar_table_new("sessions", columns, people ? FILE_NAME : G_N_ELEMENTS(columns));
	guint64 first_ns =
		g_array_index(split->sessions, struct fdar_split_session, 0).session.epoch_ns;

	for (guint i = 0; i < split->sessions->len; i++)
		add_row(table, &g_array_index(split->sessions, struct fdar_split_session, i),
			first_ns, people);
	fdar_table_print(table, format, stdout);
	fdar_table_free(table);
}

/* Which sessions break a rule, the first few by number. */
static void print_rejected(const struct fdar_split *split, guint32 rule)
{
	GString *ids = g_string_new(NULL);
	guint count = 0;

	for (guint i = 0; i < split->sessions->len; i++) {
		const struct fdar_split_session *one =
			&g_array_index(split->sessions, struct fdar_split_session, i);

		if (one->broken & rule && count++ < REJECTED_SHOWN)
			g_string_append_printf(ids, " #%u", one->session.id);
	}
	if (count)
		fdar_print_line("    %s: %u (%s%s)", fdar_trex_rule_text(rule), count, ids->str + 1,
				count > REJECTED_SHOWN ? " ..." : "");
	g_string_free(ids, TRUE);
}

static void print_summary(const struct fdar_split *split, const char *directory)
{
	g_autofree char *sessions = fdar_format_count(split->sessions->len);
	g_autofree char *packets = fdar_format_count(split->totals.in_sessions);
	g_autofree char *rejected = fdar_format_count(split->rejected);

	putchar('\n');
	fdar_print_line("sessions: %s, of %s packets, in %s", sessions, packets, directory);
	fdar_left_out_print(stdout, &split->totals, NULL);
	if (split->templates)
		fdar_print_line(
			"  templates in trex.yaml: %u; sessions that T-Rex would refuse: %s",
			split->templates, rejected);
	else
		fdar_print_line("  no trex.yaml: T-Rex would refuse every session");
	for (unsigned i = 0; i < FDAR_TREX_RULES; i++)
		print_rejected(split, 1u << i);
}

/* sessions.json as it was written: one format for both. */
static gboolean print_json(const char *directory, GError **error)
{
	g_autofree char *path = g_build_filename(directory, "sessions.json", NULL);
	g_autofree char *text = NULL;
	gsize size;

	if (!g_file_get_contents(path, &text, &size, error))
		return FALSE;
	fwrite(text, 1, size, stdout);
	return TRUE;
}

/* What the command line says. */
struct request {
	char *directory, *format_text, *idle;
	struct fdar_capture_texts texts;
	enum fdar_format format;
	struct fdar_split_options options;
};

static void request_clear(struct request *request)
{
	g_free(request->directory);
	g_free(request->format_text);
	g_free(request->idle);
	fdar_capture_texts_clear(&request->texts);
}

static int request_read(struct request *request, int argc, char **argv)
{
	struct fdar_split_options *options = &request->options;
	g_autoptr(GError) error = NULL;

	if (!fdar_format_parse(request->format_text, &request->format))
		return fdar_usage_error(&usage, "--format is table, json or csv");
	if (request->idle &&
	    (!fdar_parse_duration(request->idle, &options->udp_idle_ns) || !options->udp_idle_ns))
		return fdar_usage_error(&usage, "--udp-idle: \"%s\" is not a time like 60s",
					request->idle);
	/* What is wrong by itself was told before what is missing. */
	if (!fdar_capture_options_read(&request->texts, argc, argv, &options->capture,
				       &options->server_ports, &error))
		return fdar_usage_error(&usage, "%s", error->message);
	if (!request->directory)
		return fdar_usage_error(&usage, "-o DIR is missing");
	return FDAR_EXIT_OK;
}

static int run(struct request *request, const char *path)
{
	g_autofree char *what = g_strdup_printf("splitting %s", path);
	struct fdar_reading reading = { .what = what, .stop = fdar_interrupt_catch() };
	g_autoptr(fdar_split) split = NULL;
	GError *error = NULL;

	request->options.tls_keys = fdar_capture_options_keys(&request->texts, &error);
	if (error)
		return fdar_failure(&usage, error);
	request->options.progress = fdar_reading_progress;
	request->options.user = &reading;
	split = fdar_split_run(path, request->directory, &request->options, &error);
	fdar_reading_clear(&reading);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		fdar_failure(&usage, error);
		return FDAR_EXIT_INTERRUPTED;
	}
	if (!split)
		return fdar_failure(&usage, error);
	if (split->damage)
		fdar_warning(&usage, "%s; what came before it is there", split->damage);
	if (request->format == FDAR_FORMAT_JSON)
		return print_json(request->directory, &error) ? FDAR_EXIT_OK
							      : fdar_failure(&usage, error);
	print_table(split, request->format);
	if (request->format == FDAR_FORMAT_TABLE)
		print_summary(split, request->directory);
	return FDAR_EXIT_OK;
}

int fdar_cmd_split(int argc, char **argv)
{
	struct request request = { 0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &request.directory,
		  "the directory to make", "DIR" },
		{ "filter", 0, 0, G_OPTION_ARG_STRING, &request.texts.filter,
		  FDAR_CAPTURE_FILTER_HELP, "EXPRESSION" },
		{ "server", 0, 0, G_OPTION_ARG_STRING_ARRAY, &request.texts.servers,
		  FDAR_CAPTURE_SERVER_HELP, "PORT" },
		{ "tls-keys", 0, 0, G_OPTION_ARG_FILENAME, &request.texts.keys,
		  FDAR_CAPTURE_KEYS_HELP, "FILE" },
		{ "udp-idle", 0, 0, G_OPTION_ARG_STRING, &request.idle,
		  "a UDP flow that is silent for longer has ended (60s)", "TIME" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &request.format_text,
		  "of the list: table, json (what is in sessions.json) or csv", "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	int code;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		request_clear(&request);
		return code;
	}
	code = request_read(&request, argc, argv);
	if (code == FDAR_EXIT_OK)
		code = run(&request, argv[1]);
	request_clear(&request);
	return code;
}
