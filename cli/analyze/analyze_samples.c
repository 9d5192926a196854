#include "cli/analyze/analyze_samples.h"

#include <stdlib.h>
#include <string.h>

#include "cli/kit/cells.h"
#include "cli/kit/sampled_input.h"

/* What all recordings together have. */
struct totals {
	uint64_t samples, lost, cut, period_ns, places[FDAR_SAMPLED_PLACES];
	gboolean mixed; /* several periods */
	gboolean kernel, threads, ticks;
};

/* From KIND on for machines. */
enum column { OWN_PART, TOTAL_PART, TOTAL, IN, FUNCTION, COMPONENT, KIND, OWN, BUILD_ID, COLUMNS };

static const struct fdar_column columns[COLUMNS] = {
	[OWN_PART] = { "own", "own_part", TRUE, FALSE },
	[TOTAL_PART] = { "with callees", "total_part", TRUE, FALSE },
	[TOTAL] = { "samples", "total", TRUE, FALSE },
	[IN] = { "sessions", "sessions", TRUE, FDAR_FIT_DROP(2) },
	[FUNCTION] = { "function", "function", FALSE, FDAR_FIT_CUT },
	[COMPONENT] = { "component", "component", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(1) },
	[KIND] = { "", "kind", FALSE, FALSE },
	[OWN] = { "", "own", TRUE, FALSE },
	[BUILD_ID] = { "", "build_id", FALSE, FALSE },
};

static int by_own(const void *a, const void *b)
{
	const struct fdar_sample_entry *x = a, *y = b;

	if (x->own != y->own)
		return x->own > y->own ? -1 : 1;
	return x->total != y->total ? (x->total > y->total ? -1 : 1)
				    : strcmp(x->function, y->function);
}

static int by_name(const void *a, const void *b)
{
	const struct fdar_sample_entry *x = a, *y = b;
	int names = strcmp(x->function, y->function);

	return names ? names : strcmp(x->component, y->component);
}

static void add_row(struct fdar_table *table, const struct fdar_sample_profile *profile,
		    const struct fdar_sample_entry *entry, gboolean machine)
{
	static const char *const kinds[] = { "function", "unnamed", "generated", "kernel" };
	double all = MAX((double)profile->samples, 1);

	G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == FDAR_SAMPLE_KINDS);
	fdar_table_row(table);
	fdar_cell_percent(table, OWN_PART, (double)entry->own / all);
	fdar_cell_percent(table, TOTAL_PART, (double)entry->total / all);
	fdar_cell_count(table, TOTAL, (double)entry->total);
	fdar_cell_count(table, IN, entry->counts->len);
	fdar_cell_name(table, FUNCTION, entry->function);
	fdar_table_cell(table, COMPONENT, entry->component, NULL);
	if (!machine)
		return;
	fdar_table_cell(table, KIND, kinds[entry->kind], NULL);
	fdar_cell_count(table, OWN, (double)entry->own);
	fdar_table_cell(table, BUILD_ID, entry->build_id, NULL);
}

static struct fdar_table *table_of(const struct fdar_analyze_request *request,
				   const struct fdar_sample_profile *profile)
{
	gboolean machine = request->format != FDAR_FORMAT_TABLE;
	struct fdar_table *table =
		fdar_table_new("samples", columns, machine ? COLUMNS : (size_t)COMPONENT + 1);
	uint32_t most =
		request->limit ? MIN(request->limit, profile->entry_count) : profile->entry_count;

	if (request->sort != FDAR_SORT_TOTAL)
		qsort(profile->entries, profile->entry_count, sizeof(*profile->entries),
		      request->sort == FDAR_SORT_NAME ? by_name : by_own);
	for (uint32_t i = 0; i < most; i++)
		add_row(table, profile, &profile->entries[i], machine);
	return table;
}

static void add_totals(struct totals *totals, const struct fdar_sampled *sampled)
{
	totals->samples += sampled->samples->samples->len;
	totals->lost += fdar_samples_missing(sampled->samples);
	totals->cut += sampled->cut;
	totals->kernel = totals->kernel || sampled->samples->kernel;
	totals->threads = totals->threads || sampled->samples->own == FDAR_SAMPLES_THREADS;
	totals->ticks = totals->ticks || sampled->samples->own == FDAR_SAMPLES_TICKS;
	totals->mixed = totals->mixed ||
			(totals->period_ns && totals->period_ns != sampled->samples->period_ns);
	totals->period_ns = sampled->samples->period_ns;
	for (int i = 0; i < FDAR_SAMPLED_PLACES; i++)
		totals->places[i] += sampled->places[i];
}

static void print_places(const struct totals *totals)
{
	static const char *const words[] = { "in sessions", "between sessions", "in waits for work",
					     "recording them", "in threads without events" };
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; i < FDAR_SAMPLED_PLACES; i++) {
		g_autofree char *part = fdar_format_percent((double)totals->places[i] /
							    MAX((double)totals->samples, 1));

		if (totals->places[i])
			g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", part,
					       words[i]);
	}
	if (text->len)
		fdar_print_line("%s", text->str);
}

static void print_summary(const struct fdar_analyze_request *request, const char *name,
			  const struct totals *totals, const struct fdar_sample_profile *profile)
{
	uint64_t servers = totals->samples - totals->places[FDAR_SAMPLED_PRICE];
	g_autofree char *samples = fdar_format_count(totals->samples);
	g_autofree char *lost = fdar_format_count(totals->lost);
	g_autofree char *sessions = fdar_format_count(profile->sessions);
	g_autofree char *cut = fdar_format_percent((double)totals->cut / MAX((double)servers, 1));
	g_autofree char *each = fdar_format_duration((double)totals->period_ns);

	fdar_print_line("%s: %s samples, one every %s of each processor, %s lost; %s sessions",
			name, samples, each, lost, sessions);
	print_places(totals);
	if (totals->cut)
		fdar_print_line(
			"%s of the server's stacks are cut: their outer functions are not known",
			cut);
	if (totals->ticks)
		fdar_print_line(
			"by timers in the server: what it does in the kernel is told behind "
			"the call that it is in");
	if (totals->threads)
		fdar_print_line("of the server's own code only: nothing of the kernel, nor of "
				"threads shorter than a period");
	if (totals->mixed)
		fdar_print_line("warning: the recordings were sampled at different rates: shares "
				"are those of none of them");
	fdar_print_line(request->server ? "what belongs to no session:"
			: profile->samples
				? "where the sessions' processor time went:"
				: "no sample is in a session (--server lists the others)");
	if (profile->entry_count)
		putchar('\n');
}

static void print_json(const char *name, const struct totals *totals,
		       const struct fdar_sample_profile *profile, const struct fdar_table *table,
		       FILE *out)
{
	g_autofree char *trace = fdar_json_text(name);

	fprintf(out,
		"{\n  \"format\": " FDAR_JSON_FORMAT ",\n  \"trace\": %s,\n  \"period_ns\": "
		"%" G_GUINT64_FORMAT ",\n  \"samples_taken\": %" G_GUINT64_FORMAT
		",\n  \"samples_lost\": %" G_GUINT64_FORMAT
		",\n  \"stacks_cut\": %" G_GUINT64_FORMAT
		",\n  \"session_count\": %" G_GUINT64_FORMAT ",\n  \"listed\": %" G_GUINT64_FORMAT
		",\n  \"places\": { ",
		trace, totals->period_ns, totals->samples, totals->lost, totals->cut,
		profile->sessions, profile->samples);
	for (int i = 0; i < FDAR_SAMPLED_PLACES; i++)
		fprintf(out, "%s\"%s\": %" G_GUINT64_FORMAT, i ? ", " : "",
			fdar_sampled_place_name((enum fdar_sampled_place)i), totals->places[i]);
	fputs(" },\n  \"samples\": ", out);
	fdar_table_print_rows_json(table, out);
	fputs("\n}\n", out);
}

static void print(const struct fdar_analyze_request *request, char **paths,
		  const struct totals *totals, const struct fdar_sample_profile *profile, FILE *out)
{
	struct fdar_table *table = table_of(request, profile);
	g_autofree char *name = paths[1] ? g_strdup_printf("%u recordings", g_strv_length(paths))
					 : g_strdup(paths[0]);

	if (request->format == FDAR_FORMAT_JSON) {
		print_json(name, totals, profile, table, out);
	} else {
		if (request->format == FDAR_FORMAT_TABLE)
			print_summary(request, name, totals, profile);
		if (request->format != FDAR_FORMAT_TABLE || profile->entry_count)
			fdar_table_print(table, request->format, out);
		if (request->format == FDAR_FORMAT_TABLE && request->limit &&
		    profile->entry_count > request->limit)
			fdar_print_line("... and %u more (--limit 0 shows all)",
					profile->entry_count - request->limit);
	}
	fdar_table_free(table);
}

gboolean fdar_analyze_samples(const struct fdar_profile_input *input, char **paths,
			      const struct fdar_analyze_request *request, FILE *out, GError **error)
{
	g_autoptr(GPtrArray) profiles =
		g_ptr_array_new_with_free_func((GDestroyNotify)fdar_sample_profile_free);
	g_autoptr(fdar_sample_profile) sum = NULL;
	struct fdar_profile_input one = *input;
	struct totals totals = { 0 };

	for (char **path = paths; *path; path++) {
		g_autoptr(fdar_sampled) sampled = NULL;

		one.path = *path;
		sampled = fdar_sampled_input_read(&one, error);
		if (!sampled) {
			if (!fdar_sampled_input_has(*path))
				g_prefix_error(error, "no samples were recorded (flowdar record "
						      "--sample): ");
			return FALSE;
		}
		add_totals(&totals, sampled);
		g_ptr_array_add(profiles,
				fdar_sample_profile_new(sampled, request->label, request->server));
	}
	sum = fdar_sample_profile_merge((const struct fdar_sample_profile *const *)profiles->pdata,
					profiles->len);
	print(request, paths, &totals, sum, out);
	return TRUE;
}
