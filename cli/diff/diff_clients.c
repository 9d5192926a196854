#include "cli/diff/diff_clients.h"

#include "analyze/profile/labels_own.h"
#include "cli/kit/cells.h"
#include "cli/kit/print.h"
#include "pipeline/recording/recording.h"

static void add_journal(const struct fdar_diff_side_input *input, const char *path,
			const char *label, struct fdar_histogram *latency_ns)
{
	const char *journal = input->input.label_from;
	g_autoptr(fdar_labels) labels =
		journal ? fdar_labels_load(journal, NULL) : fdar_labels_of_recording(path, NULL);

	if (labels)
		fdar_histogram_merge(latency_ns, fdar_labels_latency(labels, label));
}

void fdar_diff_clients_read(const struct fdar_diff_side_input inputs[2],
			    const char *const labels[2], struct fdar_diff_clients *clients)
{
	for (int s = 0; s < 2; s++)
		for (char **path = inputs[s].paths; *path; path++) {
			add_journal(&inputs[s], *path, labels[s], &clients->latency_ns[s]);
			/* One file for all of them is all of it. */
			if (inputs[s].input.label_from)
				break;
		}
}

static gboolean is_known(const struct fdar_diff_clients *clients)
{
	return clients->latency_ns[0].count && clients->latency_ns[1].count;
}

/* The caller frees it. */
static char *text_of(const struct fdar_histogram *latency_ns)
{
	g_autofree char *count = fdar_format_count(latency_ns->count);
	g_autofree char *median =
		fdar_format_duration(fdar_histogram_quantile(latency_ns, 0.5, latency_ns->count));
	g_autofree char *p99 =
		fdar_format_duration(fdar_histogram_quantile(latency_ns, 0.99, latency_ns->count));

	return g_strdup_printf("median %s, p99 %s (%s)", median, p99, count);
}

void fdar_diff_clients_print(const struct fdar_diff_clients *clients)
{
	g_autofree char *before = NULL, *after = NULL;

	if (!is_known(clients))
		return;
	before = text_of(&clients->latency_ns[0]);
	after = text_of(&clients->latency_ns[1]);
	fdar_print_line("clients waited for an answer: %s; in the baseline: %s", after, before);
}

void fdar_diff_clients_print_json(const struct fdar_diff_clients *clients, FILE *out)
{
	static const char *const names[2] = { "baseline", "subject" };

	fputs("  \"clients\": ", out);
	if (!clients || !is_known(clients)) {
		fputs("null,\n", out);
		return;
	}
	for (int s = 0; s < 2; s++) {
		const struct fdar_histogram *all = &clients->latency_ns[s];
		g_autofree char *median =
			fdar_json_number(fdar_histogram_quantile(all, 0.5, all->count));
		g_autofree char *p99 =
			fdar_json_number(fdar_histogram_quantile(all, 0.99, all->count));

		fprintf(out,
			"%s\"%s_answers\": %" G_GUINT64_FORMAT
			", \"%s_median_ns\": %s, \"%s_p99_ns\": %s",
			s ? ", " : "{ ", names[s], all->count, names[s], median, names[s], p99);
	}
	fputs(" },\n", out);
}

void fdar_diff_clients_clear(struct fdar_diff_clients *clients)
{
	for (int s = 0; s < 2; s++)
		fdar_histogram_clear(&clients->latency_ns[s]);
}
