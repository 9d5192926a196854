/* flowdar amplify: a capture made more intense, as a file. */
#include <gio/gio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/amount.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/reading.h"
#include "cli/kit/table.h"
#include "cli/replay/capture_options.h"
#include "cli/replay/left_out.h"
#include "replay/rewrite/amplify.h"

#define COPIES_MAX 10000000

/* What a row for programs tells, besides what was left out. */
#define FIGURES 9

static const struct fdar_usage_values values[] = {
	{ "phase", "uniform random none", FALSE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "clones", 1, COPIES_MAX, FALSE },
	{ "repeat", 1, COPIES_MAX, FALSE },
	{ "speed", 0, 1e9, TRUE },
	{ "seed", 0, FDAR_ANY_NUMBER, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.values = values,
	.command = "amplify",
	.synopsis = "CAPTURE... -o OUT.pcap [OPTIONS]",
	.description =
		"Writes a capture with many copies of the sessions of another, mixed in time. In "
		"every copy\n"
		"each client is another host, with an address and ports of its own that no other "
		"has at the\n"
		"time; servers, payload and gaps stay. Sequence numbers fit, and all checksums are "
		"right.\n"
		"--clones copies run side by side, and --repeat such rounds follow each other; "
		"--speed\n"
		"divides all times. The same capture, options and seed give the same bytes.\n"
		"\n"
		"--tls-keys writes what is in TLS in plain, and --redact what may be passed on: "
		"addresses,\n"
		"names and values are replaced, the same by the same; lengths, structure and times "
		"stay. --rewrite replaces in every copy what clients say, by rules, and mends "
		"lengths.\n"
		"All three write sessions anew, a segment for each captured piece, without "
		"retransmissions.\n",
	.examples =
		"  flowdar amplify attack.pcap -o more.pcap --clones 100\n"
		"  flowdar amplify day.pcap.zst -o more.pcap --clones 50 --repeat 10 --speed 100\n"
		"  flowdar amplify attack.pcap -o shareable.pcap --redact\n"
		"  flowdar amplify login.pcap -o users.pcap --clones 500 --rewrite users.rules\n"
		"  flowdar amplify one.pcap -o - --clones 1000 --phase random --seed 7 | tcpdump "
		"-r -\n",
};

struct texts {
	char *output, *phase, *max_gap, *idle, *format, *rewrite;
	char **sources;
	gint64 clones, repeat, seed;
	double speed;
	gboolean redact;
	struct fdar_redact *redactor;
	struct fdar_edit_rules *rules;
	struct fdar_capture_texts capture;
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->output);
	g_free(texts->phase);
	g_free(texts->max_gap);
	g_free(texts->idle);
	g_free(texts->format);
	g_strfreev(texts->sources);
	g_free(texts->rewrite);
	fdar_redact_free(texts->redactor);
	fdar_edit_rules_free(texts->rules);
	fdar_capture_texts_clear(&texts->capture);
}

static gboolean parse_phase(const char *text, enum fdar_phase *phase)
{
	static const char *const names[] = { [FDAR_PHASE_UNIFORM] = "uniform",
					     [FDAR_PHASE_RANDOM] = "random",
					     [FDAR_PHASE_NONE] = "none" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*phase = (enum fdar_phase)i;
			return TRUE;
		}
	return FALSE;
}

/* Any number of prefixes, at most one of each family. */
static int parse_sources(char **texts, struct fdar_prefix sources[2])
{
	for (; texts && *texts; texts++) {
		struct fdar_prefix prefix;
		GError *error = NULL;
		gboolean v6;

		if (!fdar_prefix_parse(*texts, &prefix, &error)) {
			int code = fdar_usage_error(&usage, "--sources: %s", error->message);

			g_error_free(error);
			return code;
		}
		v6 = prefix.base.family == FDAR_FAMILY_IPV6;
		if (sources[v6].base.family)
			return fdar_usage_error(&usage, "--sources: one prefix of IPv%d is enough",
						v6 ? 6 : 4);
		sources[v6] = prefix;
	}
	return FDAR_EXIT_OK;
}

static int parse_times(const struct texts *texts, struct fdar_amplify_options *options)
{
	if (texts->max_gap &&
	    (!fdar_parse_duration(texts->max_gap, &options->max_gap_ns) || !options->max_gap_ns))
		return fdar_usage_error(&usage, "--max-gap: \"%s\" is not a time like 5s",
					texts->max_gap);
	if (texts->idle &&
	    (!fdar_parse_duration(texts->idle, &options->udp_idle_ns) || !options->udp_idle_ns))
		return fdar_usage_error(&usage, "--udp-idle: \"%s\" is not a time like 60s",
					texts->idle);
	options->speed = texts->speed;
	return FDAR_EXIT_OK;
}

static int parse(struct texts *texts, int argc, char **argv, struct fdar_amplify_options *options,
		 enum fdar_format *format)
{
	g_autoptr(GError) error = NULL;
	int code;

	/* What is wrong by itself is told before anything that is missing. */
	if (!fdar_format_parse(texts->format, format))
		return fdar_usage_error(&usage, "--format is table, json or csv");
	code = parse_times(texts, options);
	code = code ? code : parse_sources(texts->sources, options->sources);
	if (code)
		return code;
	if (!fdar_capture_options_read(&texts->capture, argc, argv, &options->capture,
				       &options->server_ports, &error))
		return fdar_usage_error(&usage, "%s", error->message);
	if (!texts->output)
		return fdar_usage_error(&usage, "-o OUT.pcap is missing");
	if (*format != FDAR_FORMAT_TABLE && strcmp(texts->output, "-") == 0)
		return fdar_usage_error(&usage,
					"--format %s needs the standard output: give -o a file",
					texts->format);
	if (!fdar_capture_check_output(&texts->capture, texts->output, &error))
		return fdar_usage_error(&usage, "%s", error->message);
	if (texts->phase)
		parse_phase(texts->phase, &options->phase);
	options->clones = (guint32)texts->clones;
	options->repeat = (guint32)texts->repeat;
	options->seed = (guint64)texts->seed;
	options->tls_keys = fdar_capture_options_keys(&texts->capture, &error);
	if (error)
		return fdar_failure(&usage, g_steal_pointer(&error));
	/* A key that can be told again is for whoever asks for it. */
	if (texts->redact)
		texts->redactor = fdar_redact_new(texts->seed ? &options->seed : NULL);
	options->redact = texts->redactor;
	if (texts->rewrite && !(texts->rules = fdar_edit_rules_load(texts->rewrite, &error)))
		return fdar_usage_error(&usage, "--rewrite: %s", error->message);
	options->rewrite = texts->rules;
	return FDAR_EXIT_OK;
}

/* On stderr: the capture itself may go to standard output. */
static void print_summary(const struct fdar_amplified *result, const char *output)
{
	g_autofree char *packets = fdar_format_count(result->packets);
	g_autofree char *sessions = fdar_plural(result->sessions, "session", NULL);
	g_autofree char *clients = fdar_plural(result->clients, "client", NULL);
	g_autofree char *bytes = fdar_format_bytes(result->bytes);
	g_autofree char *duration = fdar_format_duration((double)result->duration_ns);

	fprintf(stderr, "%s: %s packets, %s of %s in %s, %s\n",
		strcmp(output, "-") == 0 ? "standard output" : output, packets, sessions, clients,
		duration, bytes);
	if (result->decrypted)
		fprintf(stderr, "%u of %u captured sessions were in TLS, and are in plain now\n",
			result->decrypted, result->captured_sessions);
	fdar_left_out_print(stderr, &result->totals, NULL);
}

/* One row, for programs: what was written, what was read, and what of that was left out. */
static void print_row(const struct fdar_amplified *result, enum fdar_format format)
{
	struct fdar_left_out left[FDAR_LEFT_OUT_KINDS];
	struct {
		const char *key;
		guint64 number;
	} cells[FIGURES] = {
		{ "packets", result->packets },
		{ "bytes", result->bytes },
		{ "sessions", result->sessions },
		{ "clients", result->clients },
		{ "duration_ns", result->duration_ns },
		{ "captured_packets", result->totals.packets },
		{ "captured_in_sessions", result->totals.in_sessions },
		{ "captured_doubled", result->totals.doubles },
		{ "captured_views", result->totals.views },
	};
	struct fdar_column columns[FIGURES + FDAR_LEFT_OUT_KINDS];
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	struct fdar_table *table = fdar_table_new("amplify", columns, G_N_ELEMENTS(columns));

	fdar_capture_left_out(&result->totals, left);
	fdar_table_row(table);
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		const struct fdar_left_out *kind = i < FIGURES ? NULL : &left[i - FIGURES];
		char *key =
			kind ? g_strdup_printf("left_out_%s", kind->key) : g_strdup(cells[i].key);
		g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT,
							kind ? kind->packets : cells[i].number);

		g_ptr_array_add(keys, key);
		columns[i] = (struct fdar_column){ key, key, TRUE, FALSE };
		fdar_table_cell(table, i, text, NULL);
	}
	fdar_table_print(table, format, stdout);
	fdar_table_free(table);
}

static void report(const struct fdar_amplified *result, const char *output,
		   const struct fdar_amplify_options *options, enum fdar_format format)
{
	g_autofree char *rewritten =
		options->rewrite ? fdar_edit_counts_text(&result->rewritten) : NULL;

	if (result->damage)
		fdar_warning(&usage, "%s; copies are of what came before it", result->damage);
	if (result->nested)
		fdar_warning(&usage,
			     "%" G_GUINT64_FORMAT
			     " packets are fragments of fragments, which are not "
			     "rewritten: copies are without them",
			     result->nested);
	if (format == FDAR_FORMAT_TABLE)
		print_summary(result, output);
	else
		print_row(result, format);
	if (rewritten)
		fprintf(stderr, "rewritten: %s\n", rewritten);
}

static int run(const char *path, const char *output, const struct fdar_amplify_options *options,
	       struct fdar_reading *reading, enum fdar_format format)
{
	struct fdar_amplified result = { 0 };
	g_autofree char *what = g_strdup_printf("reading %s", path);
	GError *error = NULL;
	int code = FDAR_EXIT_OK;
	gboolean fine;

	reading->what = what;
	reading->stop = fdar_interrupt_catch();
	fine = fdar_amplify_run(path, output, options, &result, &error);
	fdar_reading_clear(reading);
	if (fine) {
		report(&result, output, options, format);
		fdar_amplified_clear(&result);
		return code;
	}
	code = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? FDAR_EXIT_INTERRUPTED
									: FDAR_EXIT_FAILED;
	fdar_failure(&usage, error);
	return code;
}

int fdar_cmd_amplify(int argc, char **argv)
{
	struct texts texts = { .clones = 1, .repeat = 1, .speed = 1.0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &texts.output,
		  "the capture to write, - is standard output", "FILE" },
		{ "clones", 0, 0, G_OPTION_ARG_INT64, &texts.clones, "copies side by side (1)",
		  "N" },
		{ "repeat", 0, 0, G_OPTION_ARG_INT64, &texts.repeat,
		  "rounds of copies, one after the other (1)", "M" },
		{ "speed", 0, 0, G_OPTION_ARG_DOUBLE, &texts.speed, "times are divided by X (1)",
		  "X" },
		{ "sources", 0, 0, G_OPTION_ARG_STRING_ARRAY, &texts.sources,
		  "where clients' addresses are taken from (16.0.0.0/8 and 2001:db8:16::/64)",
		  "PREFIX" },
		{ "phase", 0, 0, G_OPTION_ARG_STRING, &texts.phase,
		  "when clones start: uniform (default), random, or none for all at once",
		  "PHASE" },
		{ "seed", 0, 0, G_OPTION_ARG_INT64, &texts.seed,
		  "another seed gives other random phases and sequence numbers (0); with --redact "
		  "other words, the same in each run (else nobody's)",
		  "S" },
		{ "tls-keys", 0, 0, G_OPTION_ARG_FILENAME, &texts.capture.keys,
		  FDAR_CAPTURE_KEYS_HELP ", and written in plain", "FILE" },
		{ "redact", 0, 0, G_OPTION_ARG_NONE, &texts.redact,
		  "replace addresses, names and values, to pass the capture on", NULL },
		{ "rewrite", 0, 0, G_OPTION_ARG_FILENAME, &texts.rewrite,
		  "replace what clients say in each copy by the rules in FILE, as in replay; "
		  "lengths are mended",
		  "FILE" },
		{ "max-gap", 0, 0, G_OPTION_ARG_STRING, &texts.max_gap,
		  "silence of the whole capture that is kept at most (5s)", "TIME" },
		{ "filter", 0, 0, G_OPTION_ARG_STRING, &texts.capture.filter,
		  FDAR_CAPTURE_FILTER_HELP, "EXPRESSION" },
		{ "server", 0, 0, G_OPTION_ARG_STRING_ARRAY, &texts.capture.servers,
		  FDAR_CAPTURE_SERVER_HELP, "PORT" },
		{ "udp-idle", 0, 0, G_OPTION_ARG_STRING, &texts.idle,
		  "a UDP flow that is silent for longer has ended (60s)", "TIME" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &texts.format,
		  "of the summary: table (on standard error), json or csv", "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	struct fdar_reading reading = { 0 };
	struct fdar_amplify_options options = { .reading = fdar_reading_progress,
						.writing = fdar_reading_packets,
						.user = &reading };
	enum fdar_format format = FDAR_FORMAT_TABLE;
	int code;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		texts_clear(&texts);
		return code;
	}
	code = parse(&texts, argc, argv, &options, &format);
	if (!code)
		code = run(argv[1], texts.output, &options, &reading, format);
	texts_clear(&texts);
	return code;
}
