/* flowdar analyze: whose time it was. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cli/analyze/analyze_samples.h"
#include "cli/analyze/analyze_syscalls.h"
#include "cli/analyze/analyze_tables.h"
#include "cli/analyze/analyze_threads.h"
#include "cli/kit/cells.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/save.h"
#include "cli/kit/profile_ahead.h"
#include "cli/kit/profile_input.h"

#define LIMIT_DEFAULT 20

static const struct fdar_usage_values values[] = {
	{ "by", "function path component session request client label sample syscall thread host",
	  FALSE },
	{ "sort", "own total calls median p99 name time open running waiting start", TRUE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "limit", 0, FDAR_ANY_NUMBER, FALSE },
	{ "jobs", 1, FDAR_JOBS_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.values = values,
	.command = "analyze",
	.synopsis = "TRACE... [OPTIONS]",
	.description =
		"Says whose time it was: takes a recording, or any LTTng trace, apart into client "
		"sessions and\n"
		"lists what their time went into. TRACE is the directory that flowdar record "
		"leaves, "
		"or a\n"
		"directory with a CTF trace.\n"
		"\n"
		"--by function  each function's own time, running or in a wait, on all call paths\n"
		"--by path      the same for each call path, with the time of all below it\n"
		"               (both by --sort own, total, calls, median, p99 or name)\n"
		"--by session   the sessions: how long they were open and what took their time\n"
		"               (by --sort time, open, running, waiting, calls or start)\n"
		"--by request   what was asked for, where the server tells requests: how often, "
		"and "
		"how long\n"
		"               it took (by --sort own, total, calls, median, p99 or name; total: "
		"open for)\n"
		"--by client    the same of sessions, by their client's address; --by label: by "
		"label\n"
		"--by component what ran and waited in each binary (by --sort own, calls or name)\n"
		"--by sample    where the processor was, of recordings with samples (record "
		"--sample): "
		"each function\n"
		"               by itself and with what it calls (by --sort own, total or name)\n"
		"--by syscall   system calls and waits of sessions, as strace -c counts them, of "
		"recordings\n"
		"               with --io: calls, errors, bytes and time in waits (by --sort "
		"waiting, calls or\n"
		"               name); with --session those of one client\n"
		"--by thread    what each thread took, and what of that was for sessions; --by "
		"host: of all\n"
		"               threads of each host (by --sort own, calls or name)\n"
		"\n"
		"--unit request takes requests for sessions: better where clients make many on one "
		"connection.\n"
		"\n"
		"Several recordings are taken together. --save writes what they come to as a "
		"profile, a small file\n"
		"that analyze, diff and merge take in the place of recordings. A profile is also "
		"kept beside each\n"
		"recording, and used as long as that has not changed (--no-cache: not).\n"
		"\n"
		"Time that belongs to no session (event loops, waiting for work) is listed by "
		"--server. Labels\n"
		"come from the recording's replay.jsonl, or from --label-from.\n",
	.examples = "  flowdar analyze attack.rec\n"
		    "  flowdar analyze attack.rec --by session --sort time --limit 5\n"
		    "  flowdar analyze attack.rec --by path --sort total --format json\n"
		    "  flowdar analyze usual.rec --by request --sort p99\n"
		    "  flowdar analyze usual.rec --server\n"
		    "  flowdar analyze usual.rec --by syscall --sort calls\n"
		    "  flowdar analyze monday.rec tuesday.rec --save week.profile\n",
};

struct texts {
	char *label_from;
	char *label;
	char *client;
	char *by;
	char *sort;
	char *unit;
	char *format;
	int limit;
	gboolean server;
	gboolean no_cache;
	int jobs;
	char *rules;
	char *save;
	gboolean own;
	char *symbols;
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->label_from);
	g_free(texts->label);
	g_free(texts->client);
	g_free(texts->by);
	g_free(texts->sort);
	g_free(texts->unit);
	g_free(texts->rules);
	g_free(texts->format);
	g_free(texts->save);
	g_free(texts->symbols);
}

/* Makes sense of the options; gives 0, or the code to return. */
static int request_of(const struct texts *texts, int argc, struct fdar_analyze_request *request)
{
	*request = (struct fdar_analyze_request){ .label = texts->label,
						  .client = texts->client,
						  .server = texts->server,
						  .own = texts->own };
	if (!fdar_analyze_by_parse(texts->by, &request->by))
		return fdar_usage_error(&usage,
					"--by %s: expected function, path, component, session, "
					"request, client, label, sample, syscall, thread or "
					"host",
					texts->by);
	if (!fdar_analyze_sort_parse(texts->sort, request->by, &request->sort))
		return fdar_usage_error(&usage, "--sort %s: expected %s", texts->sort,
					fdar_analyze_sort_names(request->by));
	if (!fdar_unit_parse(texts->unit, &request->unit))
		return fdar_usage_error(&usage, "--unit %s: expected session or request",
					texts->unit);
	if (request->by == FDAR_BY_REQUEST)
		request->unit = FDAR_UNIT_REQUEST;
	if (!fdar_format_parse(texts->format, &request->format))
		return fdar_usage_error(&usage, "--format %s: expected table, json or csv",
					texts->format);
	if (texts->save && request->by == FDAR_BY_SAMPLE)
		return fdar_usage_error(&usage, "--save: a profile has no samples");
	if (texts->save && request->by == FDAR_BY_SYSCALL)
		return fdar_usage_error(&usage, "--save: a profile has no system calls");
	if (texts->save && request->by >= FDAR_BY_THREAD)
		return fdar_usage_error(&usage, "--save: a profile has no threads");
	if ((texts->label || texts->server) && request->by >= FDAR_BY_THREAD)
		return fdar_usage_error(&usage,
					"%s: threads work for all, and the table says how "
					"much of it was for sessions",
					texts->label ? "--label" : "--server");
	if (texts->client && request->by != FDAR_BY_SYSCALL)
		return fdar_usage_error(&usage, "--session: only with --by syscall");
	if (texts->server && (texts->label || texts->client || request->by == FDAR_BY_SESSION ||
			      request->by == FDAR_BY_REQUEST))
		return fdar_usage_error(&usage, "--server: has no sessions and no labels");
	request->limit = (guint)texts->limit;
	if (argc < 2)
		return fdar_usage_error(&usage, "which recording?");
	return 0;
}

/* What it was of, in a line. The caller frees it. */
static char *name_of(char **paths)
{
	guint count = g_strv_length(paths);

	return count == 1 ? g_strdup(paths[0]) : g_strdup_printf("%u recordings", count);
}

/* Takes the error. */
static int failed(GError *error)
{
	gboolean stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

	fdar_failure(&usage, error);
	return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
}

static int analyze(char **paths, const struct texts *texts, struct fdar_analyze_request *request,
		   struct fdar_profile_about *about)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) sessions = fdar_analyze_sessions_new();
	g_autoptr(GHashTable) requests = fdar_analyze_requests_new();
	g_autofree char *name = name_of(paths);
	struct fdar_analyze_sessions wanted = { request, sessions };
	struct fdar_analyze_requests wanted_requests = { request, requests };
	struct fdar_profile_input input = { .usage = &usage,
					    .label_from = texts->label_from,
					    .listing = texts->symbols,
					    .unit = request->unit,
					    .tells_doubts = request->format == FDAR_FORMAT_TABLE,
					    .no_cache = texts->no_cache,
					    .rules = texts->rules,
					    .about = about,
					    .stop = fdar_interrupt_catch() };

	fdar_profile_input_warn_twice(&usage, paths);
	if (request->by == FDAR_BY_SAMPLE)
		return fdar_analyze_samples(&input, paths, request, stdout, &error)
			       ? FDAR_EXIT_OK
			       : failed(g_steal_pointer(&error));
	if (request->by == FDAR_BY_SYSCALL)
		return fdar_analyze_syscalls(&input, paths, request, stdout, &error)
			       ? FDAR_EXIT_OK
			       : failed(g_steal_pointer(&error));
	if (request->by >= FDAR_BY_THREAD)
		return fdar_analyze_threads(&input, paths, request, stdout, &error)
			       ? FDAR_EXIT_OK
			       : failed(g_steal_pointer(&error));
	if (request->by == FDAR_BY_SESSION) {
		input.session = fdar_analyze_session_keep;
		input.session_user = &wanted;
	} else if (request->by == FDAR_BY_REQUEST || request->by == FDAR_BY_CLIENT) {
		input.session = fdar_analyze_request_keep;
		input.session_user = &wanted_requests;
	}
	g_autoptr(fdar_profile) profile =
		fdar_profile_ahead_read_all(&input, paths, (unsigned)texts->jobs, &error);
	if (!profile)
		return failed(g_steal_pointer(&error));
	if (!fdar_analyze_choose(request, profile, &error))
		return fdar_failure(&usage, g_steal_pointer(&error));
	if (texts->save && !fdar_profile_save(profile, about, texts->save, &error))
		return fdar_failure(&usage, g_steal_pointer(&error));
	fdar_analyze_print(request, name, sessions, requests, stdout);
	fdar_analyze_request_clear(request);
	return FDAR_EXIT_OK;
}

int fdar_cmd_analyze(int argc, char **argv)
{
	struct texts texts = { .limit = LIMIT_DEFAULT };
	const GOptionEntry entries[] = {
		{ "by", 0, 0, G_OPTION_ARG_STRING, &texts.by,
		  "What a row is: function (default), path, component, session, request, client, "
		  "label, sample, syscall, thread or host",
		  "WHAT" },
		{ "sort", 0, 0, G_OPTION_ARG_STRING, &texts.sort, "The order of rows (see above)",
		  "KEY" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &texts.unit,
		  "What counts as a session: session (default) or request", "UNIT" },
		{ "limit", 'n', 0, G_OPTION_ARG_INT, &texts.limit,
		  "How many rows (default 20; 0: all)", "N" },
		{ "label", 0, 0, G_OPTION_ARG_STRING, &texts.label,
		  "Only the sessions with this label", "LABEL" },
		{ "session", 's', 0, G_OPTION_ARG_STRING, &texts.client,
		  "With --by syscall: only the sessions of this client, by address with or "
		  "without port",
		  "CLIENT" },
		{ "label-from", 0, 0, G_OPTION_ARG_FILENAME, &texts.label_from,
		  "Labels by client address: the replay.jsonl of flowdar replay", "FILE" },
		{ "server", 0, 0, G_OPTION_ARG_NONE, &texts.server,
		  "What belongs to no session instead", NULL },
		{ "save", 0, 0, G_OPTION_ARG_FILENAME, &texts.save,
		  "Write the profile to a file, too", "FILE" },
		FDAR_OPTION_RULES(&texts.rules),
		{ "no-cache", 0, 0, G_OPTION_ARG_NONE, &texts.no_cache,
		  "Read the recording again, and keep nothing beside it", NULL },
		{ "jobs", 0, 0, G_OPTION_ARG_INT, &texts.jobs,
		  "How many recordings are read at a time (default: as many as processors); a "
		  "single "
		  "one is read in three threads from 2 on (default: in one)",
		  "N" },
		FDAR_OPTION_SYMBOLS(&texts.symbols),
		{ "own", 0, 0, G_OPTION_ARG_NONE, &texts.own,
		  "List flowdar's own functions in the server, too", NULL },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &texts.format,
		  "table (default), json or csv", "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	struct fdar_analyze_request request = { 0 };
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		struct fdar_profile_about about;

		code = request_of(&texts, argc, &request);
		fdar_profile_about_init(&about);
		if (!code)
			code = fdar_save_check_file(&usage, texts.save,
						    (const char *const *)argv + 1);
		if (!code)
			code = analyze(&argv[1], &texts, &request, &about);
		fdar_profile_about_clear(&about);
	}
	texts_clear(&texts);
	return code;
}
