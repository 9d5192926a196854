#include "cli/record/record_options.h"

#include <stddef.h>
#include <string.h>

#include "instrument/wire/control.h"
#include "pipeline/samples/sampler.h"

#define BYTES_MAX   4096
#define DEPTH_MAX   65536
#define BUDGET_PPM  50000u
#define ATTACH_MAX  1024
#define PPM_PERCENT 10000

/* clang-format off: lines as they are shown */
static const struct fdar_usage_group groups[] = {
	{ "output", "Recording" },
	{ "detail", "What is recorded" },
	{ "functions", "Which functions (--detail function or all)" },
	{ "duration", "When it ends" },
	{ "play", "Traffic" },
	{ "memory", "Memory and losses" },
	{ "snapshot", "Flight recorder" },
	{ "quiet", "Other options" },
	{ NULL, NULL },
};

static const struct fdar_usage_values values[] = {
	{ "detail", "session io function all", FALSE },
	{ "functions", "auto", TRUE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "bytes", 1, BYTES_MAX, FALSE },
	{ "depth", 1, DEPTH_MAX, FALSE },
	{ "subbuf-count", 2, 65536, FALSE },
	{ NULL, 0, 0, FALSE },
};

const struct fdar_usage fdar_record_usage = {
	.ranges = ranges,
	.values = values,
	.command = "record",
	.synopsis = "-o DIR [OPTIONS] -- COMMAND [ARGUMENT ...]",
	.groups = groups,
	.description =
		"Runs a server with flowdar's libraries in it and records which sessions it\n"
		"serves, in which threads and functions, and where it waits. The recording\n"
		"ends when the server does: by itself, at Ctrl-C (the server gets SIGTERM), or\n"
		"after --duration. Play traffic at it meanwhile, from another terminal, or with\n"
		"--play: then the recording ends with the capture.\n"
		"\n"
		"How much is recorded is the --detail; each one has what the ones before have:\n"
		"  session   begin and end of sessions and requests, hand-offs between threads,\n"
		"            threads, notes\n"
		"  io        waits (for descriptors, locks, conditions, time), reads and writes\n"
		"  function  every call of a function that was compiled with `flowdar cc` or\n"
		"            -finstrument-functions (the default)\n"
		"  all       everything else of provider flowdar, too\n"
		"A server needs no change for waits, reads and writes. Sessions come from\n"
		"flowdar.h or `flowdar patch`, or with --io from the connections it accepts.\n"
		"\n"
		"Events go to memory first, then compressed to DIR; the server never waits for\n"
		"the disk. What finds no room is lost, counted and told; with --lossless the\n"
		"server waits instead.\n"
		"\n"
		"--sample needs no rebuild: stacks of the server as it is, taken by the kernel's\n"
		"clock (root or CAP_PERFMON), by session where --io or marks tell of sessions.\n"
		"`analyze --by sample` and `diff` say which functions; bytes of stacks are not "
		"kept.\n"
		"Page faults and migrations to another processor are counted by session, too\n"
		"(`analyze --by session`), unless --no-counts is given.\n"
		"\n"
		"--functions takes globs of names with commas between them, C++ as in the\n"
		"source (srv::parse, without arguments); bin:GLOB is a\n"
		"binary or library, file:GLOB a source file, thread:GLOB a thread's name, ! in\n"
		"front leaves out; the last that fits decides. --functions auto begins with\n"
		"everything, and switches off what costs most and says least until recording\n"
		"calls takes no more than --budget of the server's processor time.\n"
		"\n"
		"Exit status: 0 when the recording is good, however the server ended (its own\n"
		"status is in DIR/recording.json); 130 when it was ended by Ctrl-C, and good;\n"
		"1 when there is none, or --lossless lost an event all the same (a process that\n"
		"is killed takes along its last calls); 2 for options that are wrong or do not\n"
		"fit together.\n",
	.examples =
		"  flowdar record -o base --play usual.pcap -- ./server --port 8080\n"
		"  flowdar record -o base -- ./httpd -X -f httpd.conf\n"
		"  flowdar record -o io --io --duration 30s -- nginx -g 'daemon off;'\n"
		"  flowdar record -o where --io --sample -- nginx -g 'daemon off;'\n"
		"  flowdar record -o calls --functions 'ap_*,!ap_str*' --min-duration 2us -- "
		"./httpd -X\n"
		"  flowdar record -o cheap --functions auto --budget 3% -- ./redis-server\n"
		"  flowdar record -o whole --lossless --memory 512M --user www-data -- ./server\n"
		"  flowdar record -o running --attach 1234 --duration 10s\n"
		"  flowdar record -o flight --snapshot --trigger 'session>2s' -- ./server\n",
};

#define TEXT(member)   G_OPTION_ARG_STRING, (gpointer)offsetof(struct fdar_record_texts, member)
#define FLAG(member)   G_OPTION_ARG_NONE, (gpointer)offsetof(struct fdar_record_texts, member)
#define NUMBER(member) G_OPTION_ARG_INT64, (gpointer)offsetof(struct fdar_record_texts, member)

static const GOptionEntry table[] = {
	{ "output", 'o', 0, G_OPTION_ARG_FILENAME,
	  (gpointer)offsetof(struct fdar_record_texts, output),
	  "Record into this directory; it must not exist, or be empty", "DIR" },
	{ "user", 'u', 0, TEXT(user),
	  "Run the server as this user (for root; setpriv and the like cannot be traced)", "NAME" },
	{ "attach", 'p', 0, TEXT(attach),
	  "Record servers that run already with flowdar's libraries in them, and their children; "
	  "they go on when it ends",
	  "PID[,PID...]" },
	{ "detail", 'd', 0, TEXT(detail), "session, io, function (the default) or all", "DETAIL" },
	{ "io", 0, 0, FLAG(io),
	  "Accepted connections are sessions: nothing has to be rebuilt; --detail io unless told "
	  "otherwise",
	  NULL },
	{ "bytes", 0, 0, NUMBER(bytes),
	  "Keep the first N bytes of what is read and written on descriptors, up to 4096", "N" },
	{ "plain-marks", 0, 0, FLAG(plain_marks),
	  "Each mark is an event of its own, as babeltrace2 and others read them in the trace; it "
	  "costs the server several times as much",
	  NULL },
	{ "tls-keys", 0, 0, FLAG(tls_keys),
	  "Keep the secrets of the server's TLS connections in DIR/tls.keys, for replay, split and "
	  "amplify --tls-keys: whoever has that file can read the connections",
	  NULL },
	{ "sample", 0, 0, TEXT(sample),
	  "Look N times a second where each processor is, and keep the stacks of the server's "
	  "threads; 99 is the default. Needs no rebuild; with --io or marks for the sessions. "
	  "Where the kernel forbids it, the server does it by timers of its own",
	  "N" },
	{ "no-counts", 0, 0, FLAG(no_counts),
	  "With --sample: do not count page faults and migrations of sessions", NULL },
	{ "functions", 'f', 0, TEXT(functions),
	  "Record calls of these functions only, e.g. 'ap_*,!apr_palloc*', or: auto", "RULES" },
	{ "budget", 0, 0, TEXT(budget),
	  "With --functions auto: how much of the server's time recording may take; 5% is the "
	  "default",
	  "PERCENT" },
	{ "min-duration", 0, 0, TEXT(min_duration),
	  "Calls shorter than this are only counted, e.g. 2us", "TIME" },
	{ "depth", 0, 0, NUMBER(depth), "Calls nested deeper than N are left out", "N" },
	{ "duration", 't', 0, TEXT(duration), "Stop the server after this time, e.g. 30s", "TIME" },
	{ "max-size", 0, 0, TEXT(max_size),
	  "Stop when the recording has this size on disk, e.g. 2G", "SIZE" },
	{ "grace", 0, 0, TEXT(grace),
	  "From SIGTERM to SIGKILL when the server is stopped; 5s is the default", "TIME" },
	{ "play", 0, 0, G_OPTION_ARG_FILENAME, (gpointer)offsetof(struct fdar_record_texts, play),
	  "Play this capture (flowdar replay) as soon as the server listens, then stop it; what "
	  "was "
	  "played is kept in the recording",
	  "CAPTURE" },
	{ "to", 0, 0, TEXT(to), "Play at this address instead of the port it listens on",
	  "HOST:PORT" },
	{ "label", 'l', 0, TEXT(label), "What the sessions played are called", "LABEL" },
	{ "clones", 'n', 0, TEXT(clones), "Play every session N times, from an address each", "N" },
	{ "sources", 0, 0, TEXT(sources), "Addresses that clients get (flowdar replay)", "PREFIX" },
	{ "client-pace", 0, 0, FLAG(client_pace),
	  "Clients read no faster than captured (flowdar replay)", NULL },
	{ "wait-for", 0, 0, TEXT(wait_for),
	  "How long the server may take until it listens; 10s is the default", "TIME" },
	{ "memory", 'm', 0, TEXT(memory),
	  "Keep to this much memory, buffers and all; 256M is the default, 512M with --lossless",
	  "SIZE" },
	{ "lossless", 0, 0, FLAG(lossless),
	  "Make the server wait when there is no room for an event", NULL },
	{ "crash-safe", 0, 0, FLAG(crash_safe),
	  "Keep LTTng's buffers in files in memory: what is in them is recovered if its daemons "
	  "die",
	  NULL },
	{ "subbuf-size", 0, 0, TEXT(size),
	  "Size of a buffer of function events, a power of two; 1M is the default, 4M with "
	  "--lossless",
	  "SIZE" },
	{ "subbuf-count", 0, 0, NUMBER(count),
	  "How many of them for each CPU, a power of two; 8 is the default", "N" },
	{ "snapshot", 0, 0, FLAG(snapshot),
	  "Keep the last events in memory (half of --memory) and write them to DIR/1, DIR/2, ... "
	  "at SIGUSR1, at a --trigger, and at the end",
	  NULL },
	{ "trigger", 0, 0, TEXT(trigger),
	  "With --snapshot: write one when a session lasts longer, e.g. 'session>2s'",
	  "CONDITION" },
	{ "quiet", 'q', 0, FLAG(quiet), "Say nothing but warnings and errors", NULL },
	G_OPTION_ENTRY_NULL,
};
/* clang-format on */

gboolean fdar_record_texts_parse(struct fdar_record_texts *texts, int *argc, char ***argv,
				 int *code)
{
	static char sample_default[] = "--sample=99";
	g_autofree GOptionEntry *entries = NULL;

	fdar_options_optional(*argc, *argv, sample_default);
	texts->depth = texts->bytes = texts->count = -1;
	entries = fdar_options_bind(table, sizeof(table), texts);
	return fdar_options_parse(&fdar_record_usage, entries, argc, argv, code);
}

void fdar_record_texts_clear(struct fdar_record_texts *texts)
{
	char *const all[] = { texts->output,   texts->detail,  texts->functions,    texts->budget,
			      texts->duration, texts->attach,  texts->min_duration, texts->grace,
			      texts->memory,   texts->size,    texts->max_size,     texts->trigger,
			      texts->user,     texts->play,    texts->to,           texts->label,
			      texts->clones,   texts->sources, texts->wait_for,     texts->sample };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
}

static gboolean bad(GError **error, const char *option, const char *text, const char *expected)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: \"%s\": expected %s",
		    option, text, expected);
	return FALSE;
}

static gboolean wrong(GError **error, const char *message)
{
	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
	return FALSE;
}

/* ---- one option each ---- */

/* Options that are a time or a size, all alike. */
struct quantity {
	const char *option;
	gboolean (*parse)(const char *text, guint64 *value);
	gboolean zero_is_wrong;
	const char *expected;
	size_t text, value;
};

#define QUANTITY(option, parse, zero_is_wrong, expected, text, value)                             \
	{                                                                                         \
		option, parse, zero_is_wrong, expected, offsetof(struct fdar_record_texts, text), \
			offsetof(struct fdar_record_options, value)                               \
	}

static const struct quantity quantities[] = {
	QUANTITY("--duration", fdar_parse_duration, TRUE, "a time like 30s or 5m", duration,
		 duration_ns),
	QUANTITY("--grace", fdar_parse_duration, FALSE, "a time like 5s", grace, grace_ns),
	QUANTITY("--min-duration", fdar_parse_fine_duration, TRUE, "a time with its unit, like 2us",
		 min_duration, settings.minimum_ns),
	QUANTITY("--memory", fdar_parse_size, TRUE, "a size like 256M", memory,
		 tracing.memory_bytes),
	QUANTITY("--max-size", fdar_parse_size, TRUE, "a size like 2G", max_size, max_bytes),
	QUANTITY("--subbuf-size", fdar_parse_size, TRUE, "a size like 1M", size,
		 tracing.subbuffer_bytes),
};

static gboolean read_quantities(const struct fdar_record_texts *texts,
				struct fdar_record_options *options, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
		const struct quantity *row = &quantities[i];
		const char *text = *(char *const *)((const char *)texts + row->text);
		uint64_t *value = (uint64_t *)((char *)options + row->value);
		guint64 number = 0;

		if (!text)
			continue;
		if (!row->parse(text, &number))
			return bad(error, row->option, text, row->expected);
		if (row->zero_is_wrong && !number)
			return bad(error, row->option, text, row->expected);
		*value = number;
	}
	return TRUE;
}

static void read_numbers(const struct fdar_record_texts *texts, struct fdar_record_options *options)
{
	options->settings.depth_max = (uint32_t)MAX(texts->depth, 0);
	options->settings.io_bytes = (uint32_t)MAX(texts->bytes, 0);
	options->tracing.subbuffer_count = (unsigned)MAX(texts->count, 0);
}

static gboolean read_sample(const struct fdar_record_texts *texts,
			    struct fdar_record_options *options, GError **error)
{
	guint64 hz = 0;

	if (texts->no_counts && !texts->sample)
		return wrong(error, "--no-counts needs --sample");
	options->uncounted = texts->no_counts;
	if (!texts->sample)
		return TRUE;
	if (!g_ascii_string_to_unsigned(texts->sample, 10, 1, FDAR_SAMPLER_HZ_MAX, &hz, NULL))
		return bad(error, "--sample", texts->sample, "samples a second, from 1 to 999");
	options->sample_hz = (unsigned)hz;
	return TRUE;
}

/* --io and --bytes ask for a detail that has them, unless one is given. */
static gboolean read_detail(const struct fdar_record_texts *texts,
			    struct fdar_record_options *options, GError **error)
{
	gboolean functions = texts->functions || texts->min_duration || texts->depth != -1;

	options->tracing.detail = texts->io && !functions ? FDAR_DETAIL_IO : FDAR_DETAIL_FUNCTION;
	options->settings.io_sessions = texts->io;
	if (!texts->detail || fdar_detail_parse(texts->detail, &options->tracing.detail))
		return TRUE;
	return bad(error, "--detail", texts->detail, "session, io, function or all");
}

static gboolean read_percent(const char *text, uint32_t *ppm)
{
	g_autofree char *number = g_strdup(text);
	char *end = NULL;
	double percent;

	if (g_str_has_suffix(number, "%"))
		number[strlen(number) - 1] = '\0';
	/* Neither a sign nor words like "nan": g_ascii_strtod takes them. */
	if (!g_ascii_isdigit(number[0]))
		return FALSE;
	percent = g_ascii_strtod(number, &end);
	if (*end || !(percent >= 0.01 && percent <= 100))
		return FALSE;
	*ppm = (uint32_t)(percent * PPM_PERCENT + 0.5);
	return TRUE;
}

static gboolean has_auto(char **rules)
{
	gboolean found = FALSE;
	guint kept = 0;

	for (guint i = 0; rules[i]; i++) {
		if (strcmp(rules[i], "auto") == 0) {
			found = TRUE;
			g_free(rules[i]);
		} else {
			rules[kept++] = rules[i];
		}
	}
	rules[kept] = NULL;
	return found;
}

static gboolean read_functions(const struct fdar_record_texts *texts,
			       struct fdar_record_choice *choice, GError **error)
{
	struct fdar_control_settings *settings = &choice->options.settings;
	gboolean automatic = FALSE;

	if (texts->functions) {
		choice->rules = fdar_control_rules_parse(texts->functions, error);
		if (!choice->rules) {
			g_prefix_error(error, "--functions: ");
			return FALSE;
		}
		automatic = has_auto(choice->rules);
		if (choice->rules[0])
			settings->functions = (const char *const *)choice->rules;
	}
	if (automatic)
		settings->budget_ppm = BUDGET_PPM;
	if (texts->budget && !automatic)
		return wrong(error, "--budget goes with --functions auto");
	if (texts->budget && !read_percent(texts->budget, &settings->budget_ppm))
		return bad(error, "--budget", texts->budget, "a share of the time like 5%");
	return TRUE;
}

static gboolean read_attach(const struct fdar_record_texts *texts,
			    struct fdar_record_choice *choice, GError **error)
{
	g_auto(GStrv) items = texts->attach ? g_strsplit(texts->attach, ",", ATTACH_MAX) : NULL;

	if (!items)
		return TRUE;
	choice->pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	for (char **item = items; *item; item++) {
		guint64 number = 0;
		pid_t pid;

		if (!g_ascii_string_to_unsigned(g_strstrip(*item), 10, 1, G_MAXINT32, &number,
						NULL))
			break;
		pid = (pid_t)number;
		g_array_append_val(choice->pids, pid);
	}
	if (!choice->pids->len || choice->pids->len != g_strv_length(items))
		return bad(error, "--attach", texts->attach, "process ids like 1234 or 1234,1235");
	choice->options.attach = (const pid_t *)(const void *)choice->pids->data;
	choice->options.attach_count = choice->pids->len;
	return TRUE;
}

static gboolean read_trigger(const struct fdar_record_texts *texts,
			     struct fdar_record_options *options, GError **error)
{
	static const char prefix[] = "session>";
	const char *text = texts->trigger;

	if (!text)
		return TRUE;
	if (!texts->snapshot)
		return wrong(error, "--trigger goes with --snapshot");
	if (g_str_has_prefix(text, prefix) &&
	    fdar_parse_duration(text + strlen(prefix), &options->trigger_ns) && options->trigger_ns)
		return TRUE;
	return bad(error, "--trigger", text, "a condition like 'session>2s'");
}

/* ---- all of them ---- */

gboolean fdar_record_choose(const struct fdar_record_texts *texts, char *const *command,
			    struct fdar_record_choice *choice, GError **error)
{
	struct fdar_record_options *options = &choice->options;

	options->output = texts->output;
	options->user = texts->user;
	options->command = command[0] ? command : NULL;
	options->tracing.lossless = texts->lossless;
	options->tracing.crash_safe = texts->crash_safe;
	options->tracing.snapshot = texts->snapshot;
	options->tls_keys = texts->tls_keys;
	/* What is wrong by itself is told before anything that is missing. */
	read_numbers(texts, options);
	if (!read_quantities(texts, options, error) || !read_sample(texts, options, error) ||
	    !read_detail(texts, options, error) || !read_functions(texts, choice, error) ||
	    !read_attach(texts, choice, error) || !read_trigger(texts, options, error))
		return FALSE;
	/* A sample is whose its thread's marks say at its time: they must not come late. */
	options->tracing.marks_packed = options->sample_hz == 0 && !texts->plain_marks;
	if (!texts->output)
		return wrong(error, "-o: the directory to record into is missing");
	if (!command[0] && !texts->attach)
		return wrong(error,
			     "record what? give the server's command after --, or --attach PID");
	return fdar_record_options_check(options, error);
}

void fdar_record_choice_clear(struct fdar_record_choice *choice)
{
	g_strfreev(choice->rules);
	g_clear_pointer(&choice->pids, g_array_unref);
}
