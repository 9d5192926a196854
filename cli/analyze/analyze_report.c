/* The whole of what flowdar analyze prints. */
#include "analyze/profile/unowned.h"
#include "cli/analyze/analyze_tables.h"

#include "analyze/profile/profile_price.h"
#include "base/amount.h"
#include "cli/kit/cells.h"
#include "instrument/wire/events.h"
#include "pipeline/recording/doubts.h"

static char *events_text(const struct fdar_profile *profile)
{
	g_autofree char *events = fdar_format_count(profile->losses.events);
	g_autofree char *span = fdar_format_duration((double)profile->span_ns);
	g_autofree char *lost = fdar_format_count(profile->losses.discarded);
	g_autofree char *packets = fdar_format_count(profile->losses.packets_lost);
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%s events", events);
	if (profile->losses.calls) {
		g_autofree char *calls = fdar_format_count(profile->losses.calls);

		g_string_append_printf(text, " with %s calls", calls);
	}
	g_string_append_printf(text, " in %s, %s lost", span, lost);
	if (profile->losses.packets_lost)
		g_string_append_printf(text, ", %s packets lost", packets);
	if (profile->losses.damaged)
		g_string_append(text, ", damaged");
	if (fdar_doubts_any(profile->doubts, FDAR_DOUBT_MISSING))
		g_string_append(text, ", more missing");
	return g_string_free(text, FALSE);
}

static const char *unit_of(const struct fdar_analyze_request *request)
{
	return request->unit == FDAR_UNIT_REQUEST ? "request" : "session";
}

static char *sessions_text(const struct fdar_analyze_request *request)
{
	const struct fdar_profile_group *group = request->group;
	g_autofree char *sessions = fdar_plural(group->sessions, unit_of(request), NULL);
	g_autofree char *finished = fdar_format_count(group->finished);
	g_autofree char *unfinished = fdar_format_count(group->unfinished);
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%s: %s finished, %s unfinished", sessions, finished, unfinished);
	if (group->replaced)
		g_string_append_printf(text, ", %" G_GUINT64_FORMAT " replaced", group->replaced);
	if (group->requests && request->unit == FDAR_UNIT_SESSION) {
		g_autofree char *requests = fdar_plural(group->requests, "request", NULL);

		g_string_append_printf(text, "; %s in them", requests);
	}
	return g_string_free(text, FALSE);
}

#define UNOWNED_MIN 0.05 /* of what runs: less is any event loop's */

/* What cannot be known, or is only concluded. */
static void print_origin(const struct fdar_analyze_request *request)
{
	const struct fdar_profile *profile = request->profile;
	g_autofree char *part = NULL, *path = NULL;
	struct fdar_unowned unowned;

	if (profile->io_sessions && request->unit == FDAR_UNIT_SESSION)
		fdar_print_line("sessions are inferred from --io: connections that were accepted; "
				"the server marks none");
	fdar_unowned_find(profile, &unowned);
	path = unowned.path;
	part = fdar_format_percent(unowned.part);
	if (unowned.part >= UNOWNED_MIN)
		fdar_print_line("%s of the running time belongs to no %s%s%s (--server lists it)",
				part, unit_of(request), path ? ": " : "", path ? path : "");
}

/* The names of a path of the server's, the outermost first, as a list of JSON. The caller frees it. */
static char *json_frames(const struct fdar_profile *profile, uint32_t node)
{
	const struct fdar_profile_node *nodes = profile->groups[0].nodes;
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (; node; node = nodes[node].parent)
		g_ptr_array_insert(names, 0,
				   (gpointer)profile->functions[nodes[node].function].name);
	g_ptr_array_add(names, NULL);
	return fdar_json_list((const char *const *)names->pdata);
}

static void print_json_origin(const struct fdar_profile *profile, FILE *out)
{
	g_autofree char *part = NULL, *path = NULL, *frames = NULL;
	struct fdar_unowned unowned;

	fdar_unowned_find(profile, &unowned);
	frames = json_frames(profile, unowned.node);
	part = fdar_json_number(unowned.part);
	path = unowned.path ? fdar_json_text(unowned.path) : g_strdup("null");
	g_free(unowned.path);
	fprintf(out,
		"  \"inferred_sessions\": %" G_GUINT64_FORMAT
		",\n  \"unowned\": { \"running_ns\": %" G_GUINT64_FORMAT
		", \"part\": %s, \"path\": %s, \"frames\": %s },\n",
		profile->io_sessions, unowned.running_ns, part, path, frames);
}

/* An event loop that nobody rebuilt: who came and what was said is known, not whom it worked for. */
static void print_untold(const struct fdar_analyze_request *request)
{
	const struct fdar_profile_group *group = request->group;

	if (fdar_profile_is_inferred(request->profile))
		fdar_print_line(
			"what threads did for a %s is inferred from their reads, writes and "
			"waits: which functions that was, --sample or a rebuild (flowdar cc) "
			"would say",
			unit_of(request));
	if (group->sessions && fdar_histogram_mean(&group->busy_ns) <= 0)
		fdar_print_line("no function, scope or wait is any %s's: known are who came, when, "
				"and what was read and written; "
				"in a server whose threads serve many clients, functions (flowdar "
				"cc) or marks (flowdar patch) say "
				"where their time goes",
				unit_of(request));
}

static void print_times(const struct fdar_analyze_request *request)
{
	const struct fdar_profile_group *group = request->group;
	const struct fdar_histogram *busy = &group->busy_ns;
	g_autofree char *mean = fdar_format_duration(fdar_histogram_mean(busy));
	g_autofree char *median =
		fdar_format_duration(fdar_histogram_quantile(busy, 0.5, busy->count));
	g_autofree char *p99 =
		fdar_format_duration(fdar_histogram_quantile(busy, 0.99, busy->count));
	g_autofree char *running = fdar_format_duration(fdar_histogram_mean(&group->running_ns));
	g_autofree char *open = fdar_format_duration(fdar_histogram_mean(&group->lifetime_ns));

	fdar_print_line("time per %s: mean %s (running %s), median %s, p99 %s; open for %s",
			unit_of(request), mean, running, median, p99, open);
}

/* Calls that left no event of their own. */
static void print_unrecorded(const struct fdar_profile *profile)
{
	const struct fdar_profile_losses *losses = &profile->losses;
	guint off = 0, budget = 0;

	if (losses->skipped_calls) {
		g_autofree char *calls = fdar_format_count(losses->skipped_calls);
		g_autofree char *time = fdar_format_duration((double)losses->skipped_ns);

		fdar_print_line("%s calls too short to be recorded: %s, in the own time of the "
				"functions around them",
				calls, time);
	}
	for (uint32_t i = 0; i < profile->function_count; i++) {
		off += profile->functions[i].off != FALSE;
		budget += profile->functions[i].off &&
			  profile->functions[i].off_reason == FDAR_SWITCH_BUDGET;
	}
	if (off)
		fdar_print_line(
			"%u functions were not recorded all the time (%u of them to keep the "
			"budget): their time is then in that of their callers",
			off, budget);
	if (losses->lost_calls) {
		g_autofree char *lost = fdar_format_count(losses->lost_calls);

		fdar_print_line("%s calls are missing", lost);
	}
}

static void add_repair(GString *text, uint64_t count, const char *what, const char *without)
{
	g_autofree char *amount = fdar_format_count(count);

	if (count)
		g_string_append_printf(text, "%s%s %s%s without %s", text->len ? ", " : "", amount,
				       what, count == 1 ? "" : "s", without);
}

static void print_repairs(const struct fdar_profile_losses *losses)
{
	g_autoptr(GString) text = g_string_new(NULL);

	add_repair(text, losses->repaired, "call", "an exit");
	add_repair(text, losses->stray_exits, "exit", "a call");
	add_repair(text, losses->stray_sessions, "session event", "a session");
	if (text->len)
		fdar_print_line("repaired: %s", text->str);
	if (losses->unwound)
		fdar_print_line(
			"of the calls without an exit, %" G_GUINT64_FORMAT
			" ended otherwise (tail calls, longjmp, exceptions, ends of threads)",
			losses->unwound);
}

/* First of all what speaks against what comes. */
static void print_doubts(const struct fdar_profile *profile)
{
	for (guint i = 0; i < profile->doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(profile->doubts, i);

		fdar_print_line("warning: %s", doubt->text);
	}
}

static void print_json_doubts(const struct fdar_profile *profile, FILE *out)
{
	fputs("  \"doubts\": [", out);
	for (guint i = 0; i < profile->doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(profile->doubts, i);
		g_autofree char *text = fdar_json_text(doubt->text);

		fprintf(out, "%s{ \"kind\": \"%s\", \"text\": %s }", i ? ", " : "",
			fdar_doubt_kind_name(doubt->kind), text);
	}
	fputs("],\n", out);
}

/* What instrumenting the server put into it is none of its functions. */
static void print_own(const struct fdar_analyze_request *request)
{
	const struct fdar_profile_group *group = request->group;
	uint64_t own_ns = fdar_analyze_own_ns(request);
	g_autofree char *time = fdar_format_duration((double)own_ns);
	g_autofree char *part = fdar_format_percent((double)own_ns / MAX((double)group->own_ns, 1));

	if (own_ns && !request->own)
		fdar_print_line("flowdar's own functions in the server took %s (%s) of it; --own "
				"lists them",
				time, part);
}

/* From this part of what ran on it is worth a line. */
#define PRICE_PART 0.05

/* What the recorder's code took: in the times above and below, and who reads them should know. */
static void print_price(const struct fdar_analyze_request *request)
{
	const struct fdar_profile *profile = request->profile;
	const struct fdar_profile_group *group = request->group;
	struct fdar_profile_price price = fdar_profile_price_find(profile);
	double sum_ns = fdar_profile_price_of(profile, group, &price);
	double each_ns = group->sessions ? sum_ns / (double)group->sessions : 0;
	g_autofree char *each = fdar_format_duration(each_ns);
	g_autofree char *call = fdar_format_duration(price.inner_ns + price.outer_ns);

	if (each_ns > 0 &&
	    each_ns >= PRICE_PART * (double)group->running_ns.sum / (double)group->sessions)
		fdar_print_line("about %s of this is the price of recording, %s a call: flowdar "
				"diff takes it out",
				each, call);
}

static void print_summary(const struct fdar_analyze_request *request, const char *path, guint rows)
{
	const struct fdar_profile *profile = request->profile;
	const struct fdar_profile_group *group = request->group;
	g_autofree char *events = events_text(profile);
	gboolean server = group == &profile->groups[0];

	print_doubts(profile);
	if (profile->threads)
		fdar_print_line("%s: %s; %" G_GUINT64_FORMAT " thread%s in %" G_GUINT64_FORMAT
				" process%s",
				path, events, profile->threads, profile->threads == 1 ? "" : "s",
				profile->processes, profile->processes == 1 ? "" : "es");
	else
		fdar_print_line("%s: %s", path, events);
	print_repairs(&profile->losses);
	print_unrecorded(profile);
	if (request->by == FDAR_BY_REQUEST && server) {
		fdar_print_line("no requests in it: the server does not tell them");
	} else if (request->by == FDAR_BY_SESSION && server && profile->threads) {
		fdar_print_line("no sessions in it; --by function and --by path list what its "
				"time went into");
	} else if (!rows && server) {
		fdar_print_line("none of its events is a call, a wait or a session's");
	} else if (server) {
		fdar_print_line(request->server ? "what belongs to no %s:"
						: "no %ss in it: everything is the server's own",
				unit_of(request));
	} else {
		g_autofree char *sessions = sessions_text(request);

		fdar_print_line("%s%s%s%s", sessions, request->label ? " with the label \"" : "",
				request->label ? request->label : "", request->label ? "\"" : "");
		print_times(request);
		print_origin(request);
		print_price(request);
		print_untold(request);
	}
	print_own(request);
	if (rows)
		putchar('\n');
}

/* The functions that were not recorded all the time. */
static void print_json_off(const struct fdar_profile *profile, FILE *out)
{
	gboolean any = FALSE;

	fputs("  \"switched_off\": [", out);
	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];
		g_autofree char *name = NULL, *component = NULL;

		if (!function->off)
			continue;
		name = fdar_json_text(function->name);
		component = fdar_json_text(function->component);
		fprintf(out, "%s{ \"function\": %s, \"component\": %s, \"reason\": \"%s\" }",
			any ? ",\n    " : "\n    ", name, component,
			function->off_reason == FDAR_SWITCH_BUDGET ? "budget" : "user");
		any = TRUE;
	}
	fputs(any ? "\n  ],\n" : "],\n", out);
}

static void print_json_losses(const struct fdar_profile_losses *losses, FILE *out)
{
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {
		{ "calls", losses->calls },
		{ "lost_calls", losses->lost_calls },
		{ "skipped_calls", losses->skipped_calls },
		{ "skipped_ns", losses->skipped_ns },
		{ "unwound_calls", losses->unwound },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
		fprintf(out, "  \"%s\": %" G_GUINT64_FORMAT ",\n", counts[i].name, counts[i].count);
}

static void print_json(const struct fdar_analyze_request *request, const char *path,
		       const struct fdar_table *table, FILE *out)
{
	static const char *const names[] = { "functions", "paths",   "components", "sessions",
					     "requests",  "clients", "labels" };
	const struct fdar_profile *profile = request->profile;
	const struct fdar_profile_group *group = request->group;
	g_autofree char *trace = fdar_json_text(path);
	g_autofree char *label = request->label ? fdar_json_text(request->label) : g_strdup("null");
	g_autofree char *busy = fdar_json_number(fdar_histogram_mean(&group->busy_ns));
	g_autofree char *open = fdar_json_number(fdar_histogram_mean(&group->lifetime_ns));

	fprintf(out,
		"{\n  \"format\": " FDAR_JSON_FORMAT
		",\n  \"trace\": %s,\n  \"label\": %s,\n  \"server\": %s,\n",
		trace, label, group == &profile->groups[0] ? "true" : "false");
	fprintf(out,
		"  \"events\": %" G_GUINT64_FORMAT ",\n  \"discarded_events\": %" G_GUINT64_FORMAT
		",\n  \"lost_packets\": %" G_GUINT64_FORMAT ",\n  \"damaged\": %s,\n",
		profile->losses.events, profile->losses.discarded, profile->losses.packets_lost,
		profile->losses.damaged ? "true" : "false");
	fprintf(out,
		"  \"begin_epoch_ns\": %" G_GUINT64_FORMAT
		",\n  \"end_epoch_ns\": %" G_GUINT64_FORMAT ",\n  \"threads\": %" G_GUINT64_FORMAT
		",\n  \"processes\": %" G_GUINT64_FORMAT ",\n",
		profile->begin_ns, profile->end_ns, profile->threads, profile->processes);
	fprintf(out,
		"  \"session_count\": %" G_GUINT64_FORMAT ",\n  \"finished\": %" G_GUINT64_FORMAT
		",\n  \"unfinished\": %" G_GUINT64_FORMAT ",\n  \"replaced\": %" G_GUINT64_FORMAT
		",\n  \"time_per_session_ns\": %s,\n  \"open_per_session_ns\": %s,\n",
		group->sessions, group->finished, group->unfinished, group->replaced, busy, open);
	fprintf(out, "  \"inferred\": %s,\n", fdar_profile_is_inferred(profile) ? "true" : "false");
	print_json_origin(profile, out);
	fprintf(out,
		"  \"unit\": \"%s\",\n  \"request_count\": %" G_GUINT64_FORMAT
		",\n  \"bytes_in\": %" G_GUINT64_FORMAT ",\n  \"bytes_out\": %" G_GUINT64_FORMAT
		",\n",
		unit_of(request), group->requests, group->bytes_in, group->bytes_out);
	print_json_losses(&profile->losses, out);
	print_json_doubts(profile, out);
	print_json_off(profile, out);
	fprintf(out, "  \"%s\": ", names[request->by]);
	fdar_table_print_rows_json(table, out);
	fputs("\n}\n", out);
}

void fdar_analyze_print(const struct fdar_analyze_request *request, const char *path,
			GArray *sessions, GHashTable *requests, FILE *out)
{
	guint rows = 0;
	struct fdar_table *table;

	if (request->by > FDAR_BY_SESSION) {
		table = fdar_analyze_request_table(request, requests, &rows);
	} else if (request->by == FDAR_BY_SESSION) {
		table = fdar_analyze_session_table(request, sessions);
		rows = (guint)request->group->sessions;
	} else if (request->by == FDAR_BY_COMPONENT) {
		table = fdar_analyze_component_table(request, &rows);
	} else {
		table = fdar_analyze_stat_table(request, &rows);
	}
	if (request->format == FDAR_FORMAT_JSON) {
		print_json(request, path, table, out);
	} else {
		if (request->format == FDAR_FORMAT_TABLE)
			print_summary(request, path, rows);
		if (request->format != FDAR_FORMAT_TABLE || rows)
			fdar_table_print(table, request->format, out);
		if (request->format == FDAR_FORMAT_TABLE && request->limit && rows > request->limit)
			fdar_print_line("... and %u more (--limit 0 shows all)",
					rows - request->limit);
	}
	fdar_table_free(table);
}
