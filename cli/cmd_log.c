/* flowdar log: what threads did, call by call, folded. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "analyze/story/story_read.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/print.h"
#include "cli/kit/table.h"
#include "cli/log/log_print.h"

static const struct fdar_usage usage = {
	.command = "log",
	.synopsis = "TRACE [OPTIONS]",
	.description =
		"Prints what threads did, call by call, indented by how deep: -> an entry, <- its "
		"exit with the time\n"
		"that it took, | a note. Waits show their descriptor and result.\n"
		"\n"
		"What repeats is folded: equal calls in a row become one line with a count (x12) "
		"and their mean,\n"
		"shortest and longest time; turns of up to 16 calls stand between { and }; a "
		"function that only calls\n"
		"itself is one line, so many deep, and functions that only call each other one "
		"each. A call that\n"
		"took much longer than those before it stays out.\n"
		"--unfolded prints each call. Counts are exact either way.\n"
		"\n"
		"The log comes while the trace is read, thread by thread as calls become final; "
		"times are seconds\n"
		"since the trace's first event. SESSION is a client's address, with or without "
		"port, or a session's\n"
		"key (0x...): the first such session.\n",
	.examples = "  flowdar log bad --hide-below 100us | less -S\n"
		    "  flowdar log bad --session 127.1.0.7 --bytes\n"
		    "  flowdar log bad --thread 4711 --unfolded | grep -c malloc\n"
		    "  flowdar log bad --format json | jq '.items[] | select(.kind == \"call\") | "
		    ".name'\n",
};

struct texts {
	char *session;
	char *format;
	char *thread;
	gboolean bytes;
	gboolean unfolded;
	char *hide_below;
	char *rules;
	char *symbols;
};

struct printing {
	struct fdar_log_print print;
	const volatile int *stop;
};

static gboolean go_on(void *user)
{
	const struct printing *printing = user;

	return !*printing->stop && !ferror(printing->print.out);
}

/* 0, or the code to return. */
static int request_of(const struct texts *texts, struct fdar_log_options *options,
		      enum fdar_format *format)
{
	char *end = NULL;

	if (!fdar_format_parse(texts->format, format) || *format == FDAR_FORMAT_CSV)
		return fdar_usage_error(&usage, "--format %s: expected table or json",
					texts->format);
	*options = (struct fdar_log_options){ .unfolded = texts->unfolded,
					      .one_session = texts->session != NULL,
					      .one_thread = texts->thread != NULL };
	if (!texts->session)
		return FDAR_EXIT_OK;
	if (!g_str_has_prefix(texts->session, "0x")) {
		options->peer = texts->session;
		return FDAR_EXIT_OK;
	}
	options->key = g_ascii_strtoull(texts->session, &end, 16);
	if (*end || end == texts->session + 2)
		return fdar_usage_error(&usage,
					"--session %s: expected an address or a key (0x...)",
					texts->session);
	return FDAR_EXIT_OK;
}

static int hide_of(const struct texts *texts, enum fdar_format format, guint64 *hide_ns)
{
	if (texts->hide_below && format != FDAR_FORMAT_TABLE)
		return fdar_usage_error(&usage,
					"--hide-below: in JSON all is there, with its time");
	if (texts->hide_below && !fdar_parse_fine_duration(texts->hide_below, hide_ns))
		return fdar_usage_error(&usage, "--hide-below: \"%s\": expected a time, e.g. 20us",
					texts->hide_below);
	return FDAR_EXIT_OK;
}

static gboolean not_stopped(guint64 events, void *user)
{
	const volatile int *stop = user;

	(void)events;
	return !*stop;
}

/* The trace is read up to where the thread is first heard of. */
static int find_thread(const char *path, const char *wanted, struct fdar_log_options *options)
{
	const volatile int *stop = fdar_interrupt_catch();
	GError *error = NULL;

	if (!wanted ||
	    fdar_story_find_thread(path, wanted, not_stopped, (void *)stop, &options->tid, &error))
		return FDAR_EXIT_OK;
	fdar_failure(&usage, error);
	return *stop ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
}

static void begin_json(const char *path)
{
	g_autofree char *trace = fdar_json_text(path);

	printf("{\n  \"format\": 1,\n  \"trace\": %s,\n  \"items\": [", trace);
}

static void end_json(const struct fdar_log_print *print)
{
	printf("%s],\n  \"own_calls\": %" G_GUINT64_FORMAT ",\n  \"own_ns\": %" G_GUINT64_FORMAT
	       "\n}\n",
	       print->begun ? "\n  " : "", print->names.own_calls, print->names.own_ns);
}

static void tell_own(const struct fdar_log_names *names)
{
	g_autofree char *took = fdar_format_duration((double)names->own_ns);

	if (names->own_calls)
		fdar_warning(&usage,
			     "%" G_GUINT64_FORMAT
			     " calls of flowdar's own functions in the server are left out: %s; "
			     "analyze --own lists them",
			     names->own_calls, took);
}

static int print_log(const char *path, const struct texts *texts,
		     const struct fdar_log_options *options, enum fdar_format format,
		     guint64 hide_ns)
{
	gboolean json = format == FDAR_FORMAT_JSON;
	struct printing printing = {
		.print = { .out = stdout, .bytes = texts->bytes, .hide_ns = hide_ns },
		.stop = fdar_interrupt_catch()
	};
	struct fdar_log_input input = { .path = path,
					.listing = texts->symbols,
					.rules = texts->rules,
					.options = options,
					.visitor =
						json ? &fdar_log_print_json : &fdar_log_print_text,
					.user = &printing.print,
					.go_on = go_on };
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;
	gboolean fine;

	printing.print.line = g_string_new(NULL);
	if (json)
		begin_json(path);
	fine = fdar_log_read(&input, &printing.print.names, warnings, &error);
	if (json)
		end_json(&printing.print);
	else
		tell_own(&printing.print.names);
	g_string_free(printing.print.line, TRUE);
	for (guint i = 0; i < warnings->len; i++)
		fdar_warning(&usage, "%s", (const char *)g_ptr_array_index(warnings, i));
	if (fine)
		return FDAR_EXIT_OK;
	if (*printing.stop && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		fdar_failure(&usage, error);
		return FDAR_EXIT_INTERRUPTED;
	}
	return fdar_failure(&usage, error);
}

int fdar_cmd_log(int argc, char **argv)
{
	struct texts texts = { 0 };
	const GOptionEntry entries[] = {
		{ "session", 's', 0, G_OPTION_ARG_STRING, &texts.session,
		  "Only what was done for this session (see above)", "SESSION" },
		{ "thread", 0, 0, G_OPTION_ARG_STRING, &texts.thread,
		  "Only the thread with this name or number (as in the log)", "THREAD" },
		{ "bytes", 0, 0, G_OPTION_ARG_NONE, &texts.bytes,
		  "What was recorded of buffers, in hex and text", NULL },
		{ "unfolded", 0, 0, G_OPTION_ARG_NONE, &texts.unfolded, "Each call for itself",
		  NULL },
		{ "hide-below", 0, 0, G_OPTION_ARG_STRING, &texts.hide_below,
		  "Only count calls that took less, e.g. 20us", "TIME" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &texts.format, "table (default) or json",
		  "FORMAT" },
		FDAR_OPTION_RULES(&texts.rules),
		FDAR_OPTION_SYMBOLS(&texts.symbols),
		G_OPTION_ENTRY_NULL,
	};
	struct fdar_log_options options;
	enum fdar_format format;
	guint64 hide_ns = 0;
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		code = request_of(&texts, &options, &format);
		if (code == FDAR_EXIT_OK)
			code = hide_of(&texts, format, &hide_ns);
		if (code == FDAR_EXIT_OK)
			code = fdar_usage_one_recording(&usage, argc, argv, NULL);
		if (code == FDAR_EXIT_OK)
			code = find_thread(argv[1], texts.thread, &options);
		if (code == FDAR_EXIT_OK)
			code = print_log(argv[1], &texts, &options, format, hide_ns);
	}
	g_free(texts.session);
	g_free(texts.thread);
	g_free(texts.format);
	g_free(texts.hide_below);
	g_free(texts.rules);
	g_free(texts.symbols);
	return code;
}
