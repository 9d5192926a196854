/* The whole of what flowdar analyze prints. */
#include "cli/analyze_tables.h"
#include "cli/cells.h"

static char *events_text(const struct fd_profile *profile)
{
	g_autofree char *events = fd_format_count(profile->losses.events);
	g_autofree char *span = fd_format_duration((double)profile->span_ns);
	g_autofree char *lost = fd_format_count(profile->losses.discarded);
	g_autofree char *packets = fd_format_count(profile->losses.packets_lost);
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%s events in %s, %s lost", events, span, lost);
	if (profile->losses.packets_lost)
		g_string_append_printf(text, ", %s packets lost", packets);
	if (profile->losses.damaged)
		g_string_append(text, ", damaged");
	return g_string_free(text, FALSE);
}

static char *sessions_text(const struct fd_profile_group *group)
{
	g_autofree char *sessions = fd_format_count(group->sessions);
	g_autofree char *finished = fd_format_count(group->finished);
	g_autofree char *unfinished = fd_format_count(group->unfinished);
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%s sessions: %s finished, %s unfinished", sessions, finished,
			unfinished);
	if (group->replaced)
		g_string_append_printf(text, ", %" G_GUINT64_FORMAT " replaced", group->replaced);
	return g_string_free(text, FALSE);
}

static void print_times(const struct fd_profile_group *group)
{
	const struct fd_histogram *busy = &group->busy_ns;
	g_autofree char *mean = fd_format_duration(fd_histogram_mean(busy));
	g_autofree char *median = fd_format_duration(fd_histogram_quantile(busy, 0.5, busy->count));
	g_autofree char *p99 = fd_format_duration(fd_histogram_quantile(busy, 0.99, busy->count));
	g_autofree char *running = fd_format_duration(fd_histogram_mean(&group->running_ns));
	g_autofree char *open = fd_format_duration(fd_histogram_mean(&group->lifetime_ns));

	fd_print_line("time per session: mean %s (running %s), median %s, p99 %s; open for %s",
		      mean, running, median, p99, open);
}

static void print_repairs(const struct fd_profile_losses *losses)
{
	if (losses->repaired || losses->stray_exits || losses->stray_sessions)
		fd_print_line("repaired: %" G_GUINT64_FORMAT
			      " calls without an exit, %" G_GUINT64_FORMAT
			      " exits without a call, %" G_GUINT64_FORMAT
			      " session events without a session",
			      losses->repaired, losses->stray_exits, losses->stray_sessions);
}

static void print_summary(const struct fd_analyze_request *request, const char *path, guint rows)
{
	const struct fd_profile *profile = request->profile;
	const struct fd_profile_group *group = request->group;
	g_autofree char *events = events_text(profile);
	gboolean server = group == &profile->groups[0];

	fd_print_line("%s: %s; %" G_GUINT64_FORMAT " thread%s in %" G_GUINT64_FORMAT " process%s",
		      path, events, profile->threads, profile->threads == 1 ? "" : "s",
		      profile->processes, profile->processes == 1 ? "" : "es");
	print_repairs(&profile->losses);
	if (!rows && server) {
		fd_print_line("none of its events is a call, a wait or a session's");
	} else if (server) {
		fd_print_line("%s", request->server
					    ? "what belongs to no session:"
					    : "no sessions in it: everything is the server's own");
	} else {
		g_autofree char *sessions = sessions_text(group);

		fd_print_line("%s%s%s%s", sessions, request->label ? " with the label \"" : "",
			      request->label ? request->label : "", request->label ? "\"" : "");
		print_times(group);
	}
	if (rows)
		putchar('\n');
}

static void print_json(const struct fd_analyze_request *request, const char *path,
		       const struct fd_table *table, FILE *out)
{
	static const char *const names[] = { "functions", "paths", "sessions" };
	const struct fd_profile *profile = request->profile;
	const struct fd_profile_group *group = request->group;
	g_autofree char *trace = fd_json_text(path);
	g_autofree char *label = request->label ? fd_json_text(request->label) : g_strdup("null");
	g_autofree char *busy = fd_json_number(fd_histogram_mean(&group->busy_ns));
	g_autofree char *open = fd_json_number(fd_histogram_mean(&group->lifetime_ns));

	fprintf(out, "{\n  \"trace\": %s,\n  \"label\": %s,\n  \"server\": %s,\n", trace, label,
		group == &profile->groups[0] ? "true" : "false");
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
	fprintf(out, "  \"%s\": ", names[request->by]);
	fd_table_print_rows_json(table, out);
	fputs("\n}\n", out);
}

void fd_analyze_print(const struct fd_analyze_request *request, const char *path, GArray *sessions,
		      FILE *out)
{
	guint rows = 0;
	struct fd_table *table;

	if (request->by == FD_BY_SESSION) {
		table = fd_analyze_session_table(request, sessions);
		rows = (guint)request->group->sessions;
	} else {
		table = fd_analyze_stat_table(request, &rows);
	}
	if (request->format == FD_FORMAT_JSON) {
		print_json(request, path, table, out);
	} else {
		if (request->format == FD_FORMAT_TABLE)
			print_summary(request, path, rows);
		if (request->format != FD_FORMAT_TABLE || rows)
			fd_table_print(table, request->format, out);
		if (request->format == FD_FORMAT_TABLE && request->limit && rows > request->limit)
			fd_print_line("... and %u more (--limit 0 shows all)",
				      rows - request->limit);
	}
	fd_table_free(table);
}
