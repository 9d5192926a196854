#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "base/json_text.h"
#include "viz/scene/label.h"
#include "viz/summary/summary.h"

/* SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), with what GitHub and the multitool ask for. */
#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

struct rule {
	const char *id;
	const char *name;
	const char *says;
};

/* By enum fdar_change; what is no fault has none. */
static const struct rule rules[FDAR_CHANGES] = {
	[FDAR_CHANGE_RUNNING] = { "flowdar/runs-longer", "RunsLonger",
				  "A function runs longer per session than in the baseline." },
	[FDAR_CHANGE_WAITING] = { "flowdar/waits-longer", "WaitsLonger",
				  "A function waits longer per session than in the baseline." },
	[FDAR_CHANGE_QUEUEING] = { "flowdar/queues-longer", "QueuesLonger",
				   "Sessions stand longer in a queue than in the baseline." },
	[FDAR_CHANGE_CALLS] = { "flowdar/called-more", "CalledMore",
				"A function is called more often per session than in the "
				"baseline." },
	[FDAR_CHANGE_IDLE] = { "flowdar/idle-longer", "IdleLonger",
			       "Sessions stay open longer while no thread works for them." },
	[FDAR_CHANGE_BLOCKED] = { "flowdar/blocked-longer", "BlockedLonger",
				  "Sessions stay open longer while threads work for others." },
	[FDAR_CHANGE_SPREAD] = { "flowdar/slower-all-over", "SlowerAllOver",
				 "Sessions take longer, and no function stands out." },
};

/* Something that is reported. */
struct finding {
	enum fdar_change change;
	const char *function; /* NULL: none */
	const char *component;
	const char *file; /* NULL: not known */
	int line;
	char *message;
	const char *level;
};

static void put_rules(GString *out)
{
	gboolean any = FALSE;

	g_string_append(out, "\"rules\":[");
	for (unsigned i = 0; i < FDAR_CHANGES; i++) {
		if (!rules[i].id)
			continue;
		g_string_append_printf(out,
				       "%s{\"id\":\"%s\",\"name\":\"%s\",\"shortDescription\":"
				       "{\"text\":\"%s\"},\"fullDescription\":{\"text\":\"%s\"},"
				       "\"help\":{\"text\":\"Run flowdar diff and flowdar sequence "
				       "on both recordings to see it again.\"}}",
				       any ? "," : "", rules[i].id, rules[i].name, rules[i].says,
				       rules[i].says);
		any = TRUE;
	}
	g_string_append_c(out, ']');
}

static unsigned rule_index(enum fdar_change change)
{
	unsigned index = 0;

	for (unsigned i = 0; i < (unsigned)change; i++)
		index += rules[i].id != NULL;
	return index;
}

/* Relative to folder when it is in there; never absolute: what shows SARIF knows the files of a
 * repository only. */
static char *uri_of(const char *file, const char *folder)
{
	gsize length = folder ? strlen(folder) : 0;

	if (length && strncmp(file, folder, length) == 0 && file[length] == '/')
		file += length;
	/* Debug information names files relative to where they were compiled: below the tree, as a rule. */
	while (g_str_has_prefix(file, "./") || g_str_has_prefix(file, "../") || *file == '/')
		file += *file == '/' ? 1 : strcspn(file, "/") + 1;
	return g_uri_escape_string(file, "/", FALSE);
}

static void put_place(GString *out, const struct finding *finding, const char *folder)
{
	g_autofree char *name =
		g_strdup_printf("%s%s%s", finding->component ? finding->component : "",
				finding->component ? "::" : "",
				finding->function ? finding->function : "sessions");

	g_string_append(out, "\"locations\":[{");
	if (finding->file && finding->line > 0) {
		g_autofree char *uri = uri_of(finding->file, folder);

		g_string_append(out, "\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
		fdar_json_append(out, uri);
		g_string_append_printf(out, "},\"region\":{\"startLine\":%d}},", finding->line);
	}
	g_string_append(out, "\"logicalLocations\":[{\"fullyQualifiedName\":");
	fdar_json_append(out, name);
	g_string_append_printf(out, ",\"kind\":\"%s\"}]}]",
			       finding->function ? "function" : "resource");
}

static void put_finding(GString *out, const struct finding *finding, const char *folder)
{
	g_autofree char *key = g_strdup_printf("%s\n%s\n%s", rules[finding->change].id,
					       finding->component ? finding->component : "",
					       finding->function ? finding->function : "");
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);

	g_string_append_printf(out,
			       "{\"ruleId\":\"%s\",\"ruleIndex\":%u,\"level\":\"%s\",\"message\":{"
			       "\"text\":",
			       rules[finding->change].id, rule_index(finding->change),
			       finding->level);
	fdar_json_append(out, finding->message);
	g_string_append(out, "},");
	put_place(out, finding, folder);
	g_string_append_printf(out, ",\"partialFingerprints\":{\"flowdarFunction/v1\":\"%s\"}}",
			       sum);
}

static const char *level_of(enum fdar_confidence confidence)
{
	static const char *const levels[] = { "note", "warning", "error" };

	return levels[confidence];
}

static char *row_message(const struct fdar_diff_row *row)
{
	g_autofree char *before = fdar_label_mean_duration(row->baseline.own_ns);
	g_autofree char *after = fdar_label_mean_duration(row->subject.own_ns);
	g_autofree char *calls_before = fdar_number_text(row->baseline.calls);
	g_autofree char *calls_after = fdar_number_text(row->subject.calls);

	return g_strdup_printf("%s%s%s (%s): %s per session against %s, %s calls against %s.",
			       row->function, row->below ? " in " : "",
			       row->below ? row->below : "", row->component, after, before,
			       calls_after, calls_before);
}

/* A sentence of the diff, with the units of the findings. */
static void put_words(GString *out, const char *words)
{
	g_autofree char *text = fdar_label_units(words);

	fdar_json_append(out, text);
}

static gboolean is_the_verdict(const struct fdar_verdict *verdict, const struct fdar_diff_row *row)
{
	return verdict->function && strcmp(verdict->function, row->function) == 0 &&
	       g_strcmp0(verdict->component, row->component) == 0;
}

static void put_results(GString *out, const struct fdar_diff *diff, const char *folder)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	gboolean any = FALSE;

	g_string_append(out, "\"results\":[");
	if (!verdict->refused && rules[verdict->change].id) {
		struct finding finding = { verdict->change,
					   verdict->function,
					   verdict->component,
					   verdict->file,
					   verdict->line,
					   NULL,
					   level_of(verdict->confidence) };

		g_autofree char *words =
			g_strdup_printf("%s. Confidence: %s: %s.", verdict->sentence,
					fdar_confidence_name(verdict->confidence), verdict->reason);

		finding.message = fdar_label_units(words);
		put_finding(out, &finding, folder);
		g_free(finding.message);
		any = TRUE;
	}
	/* The others that grew beyond chance: worth a look, not the cause. */
	for (uint32_t i = 0; i < diff->row_count && any; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		struct finding finding = { row->change, row->function, row->component, row->file,
					   row->line,   NULL,          "note" };

		if (!row->stands_out || !rules[row->change].id || is_the_verdict(verdict, row))
			continue;
		g_string_append_c(out, ',');
		finding.message = row_message(row);
		put_finding(out, &finding, folder);
		g_free(finding.message);
	}
	g_string_append_c(out, ']');
}

static void put_notes(GString *out, const struct fdar_diff *diff)
{
	gboolean any = FALSE;

	g_string_append_printf(out,
			       "\"invocations\":[{\"executionSuccessful\":%s,"
			       "\"toolExecutionNotifications\":[",
			       diff->verdict.refused ? "false" : "true");
	if (diff->verdict.refused) {
		g_string_append(out, "{\"level\":\"error\",\"message\":{\"text\":");
		put_words(out, diff->verdict.sentence);
		g_string_append(out, "}}");
		any = TRUE;
	}
	for (guint i = 0; i < diff->hints->len; i++) {
		g_string_append(out, any ? "," : "");
		g_string_append(out, "{\"level\":\"note\",\"message\":{\"text\":");
		put_words(out, g_ptr_array_index(diff->hints, i));
		g_string_append(out, "}}");
		any = TRUE;
	}
	g_string_append(out, "]}],");
}

GString *fdar_summary_sarif(const struct fdar_report *report, const char *folder)
{
	const char *version = strrchr(report->generator, ' ');
	GString *out = g_string_new("{\"$schema\":\"" SCHEMA "\",\"version\":\"2.1.0\",\"runs\":[{"
				    "\"tool\":{\"driver\":{\"name\":\"flowdar\",\"version\":");

	fdar_json_append(out, version ? version + 1 : report->generator);
	g_string_append_c(out, ',');
	put_rules(out);
	g_string_append(out, "}},");
	put_notes(out, report->diff);
	g_string_append(out, "\"columnKind\":\"unicodeCodePoints\",");
	put_results(out, report->diff, folder);
	g_string_append(out, "}]}\n");
	return out;
}
