#include "cli/replay/replay_report.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/amount.h"
#include "cli/kit/terminal.h"
#include "cli/replay/left_out.h"
#include "cli/replay/replay_tables.h"

/* Reasons that are listed: the most frequent ones. */
#define REASONS_SHOWN 8

struct fdar_replay_reasons {
	GHashTable *counts; /* "verdict: reason" to uint64_t */
};

struct fdar_replay_reasons *fdar_replay_reasons_new(void)
{
	struct fdar_replay_reasons *reasons = g_new0(struct fdar_replay_reasons, 1);

	reasons->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return reasons;
}

void fdar_replay_reasons_free(struct fdar_replay_reasons *reasons)
{
	if (!reasons)
		return;
	g_hash_table_unref(reasons->counts);
	g_free(reasons);
}

void fdar_replay_reasons_add(struct fdar_replay_reasons *reasons,
			     const struct fdar_outcome *outcome)
{
	char text[256];
	uint64_t *count;

	if (outcome->verdict == FDAR_RESULT_OK || !outcome->reason)
		return;
	g_snprintf(text, sizeof(text), "%s: %s", fdar_result_text(outcome->verdict),
		   outcome->reason);
	count = g_hash_table_lookup(reasons->counts, text);
	if (!count) {
		count = g_new0(uint64_t, 1);
		g_hash_table_insert(reasons->counts, g_strdup(text), count);
	}
	*count += outcome->copies;
}

/* What is left, in seconds; negative when nobody knows. */
static double eta_s(const struct fdar_driver_progress *progress)
{
	if (progress->length_ns)
		return ((double)progress->length_ns - (double)progress->elapsed_ns) / 1e9;
	if (!progress->asked || !progress->done)
		return -1;
	return (double)progress->elapsed_ns / 1e9 / (double)progress->done *
	       (double)(progress->asked - progress->done);
}

/* Columns of the terminal. */
static gsize terminal_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

void fdar_replay_show_progress(const struct fdar_driver_progress *progress, const char *more)
{
	g_autofree char *active = fdar_format_count(progress->active);
	g_autofree char *done = fdar_format_count(progress->done);
	g_autofree char *asked = fdar_format_count(progress->asked);
	g_autofree char *failed = fdar_format_count(progress->failed);
	g_autofree char *sent = fdar_format_bytes(progress->sent_bytes);
	g_autofree char *received = fdar_format_bytes(progress->received_bytes);
	g_autofree char *lag = fdar_format_duration((double)progress->lag_ns);
	g_autoptr(GString) line = g_string_new(NULL);
	double eta = eta_s(progress);

	if (!fdar_terminal_is_ours())
		return;
	g_string_printf(line, "%.1f s: %s active, %s%s%s done, %s not ok; %s out, %s in; lag %s",
			(double)progress->elapsed_ns / 1e9, active, done,
			progress->asked ? "/" : "", progress->asked ? asked : "", failed, sent,
			received, lag);
	if (eta >= 1)
		g_string_append_printf(line, "; %.0f s to go", eta);
	if (more)
		g_string_append_printf(line, "; %s", more);
	/* A line that wraps would not be taken away by the next. */
	g_string_truncate(line, MIN(line->len, terminal_width() - 1));
	fprintf(stderr, "\r%s\033[K", line->str);
}

void fdar_replay_clear_progress(void)
{
	if (fdar_terminal_is_ours())
		fputs("\r\033[K", stderr);
}

struct reason {
	const char *text;
	uint64_t count;
};

static gint by_count(gconstpointer a, gconstpointer b)
{
	const struct reason *x = a;
	const struct reason *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void print_reasons(const struct fdar_replay_reasons *reasons)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct reason));
	GHashTableIter iter;
	gpointer text;
	gpointer count;

	g_hash_table_iter_init(&iter, reasons->counts);
	while (g_hash_table_iter_next(&iter, &text, &count)) {
		struct reason reason = { text, *(uint64_t *)count };

		g_array_append_val(list, reason);
	}
	g_array_sort(list, by_count);
	for (guint i = 0; i < MIN(list->len, REASONS_SHOWN); i++) {
		const struct reason *reason = &g_array_index(list, struct reason, i);
		g_autofree char *number = fdar_format_count(reason->count);

		printf("  %s %s\n", number, reason->text);
	}
	if (list->len > REASONS_SHOWN)
		printf("  and %u other reasons\n", list->len - REASONS_SHOWN);
	g_array_free(list, TRUE);
}

void fdar_replay_print_summary(const struct fdar_replay_run *run,
			       const struct fdar_replay_reasons *reasons, enum fdar_format format)
{
	const struct fdar_replay_totals *totals = fdar_driver_totals(run->driver);
	g_autofree char *elapsed = fdar_format_duration((double)totals->elapsed_ns);
	g_autofree char *active = fdar_plural(totals->most_active, "session", NULL);

	if (format != FDAR_FORMAT_TABLE) {
		fdar_replay_print_wide(run, format);
		return;
	}
	fdar_replay_print_verdicts(run);
	print_reasons(reasons);
	putchar('\n');
	fdar_replay_print_latencies(run);
	printf("\nPlayed for %s, at most %s open at once.\n", elapsed, active);
	if (totals->held) {
		g_autofree char *held = fdar_format_count(totals->held);
		g_autofree char *longest = fdar_format_duration((double)totals->held_ns);

		printf("%s sessions began late because no more may be open at once (by up to "
		       "%s).\n",
		       held, longest);
	}
	for (size_t i = 0; i < run->count; i++)
		fdar_left_out_print(stdout, run->captures[i],
				    run->count > 1 ? run->labels[i] : NULL);
}
