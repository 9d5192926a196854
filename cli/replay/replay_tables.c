#include "cli/replay/replay_tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	double q;
	const char *title;
} quantiles[] = { { 0.5, "p50" }, { 0.9, "p90" }, { 0.99, "p99" }, { 0.999, "p99.9" } };

#define MEASURES 6
static const struct {
	const char *title;
	const char *key;
	size_t offset;
} measures[MEASURES] = {
	{ "connect", "connect", offsetof(struct fdar_tally, connect) },
	{ "TLS handshake", "handshake", offsetof(struct fdar_tally, handshake) },
	{ "first byte", "first_byte", offsetof(struct fdar_tally, first_byte) },
	{ "exchange", "exchange", offsetof(struct fdar_tally, exchange) },
	{ "exchange, as sent", "service", offsetof(struct fdar_tally, service) },
	/* For programs alone: to people it says what the others do. */
	{ NULL, "waited", offsetof(struct fdar_tally, waited) },
};

static const struct {
	const char *key;
	size_t offset;
} counters[] = {
	{ "exact", offsetof(struct fdar_tally, exact) },
	{ "exchanges", offsetof(struct fdar_tally, exchanges) },
	{ "sent_bytes", offsetof(struct fdar_tally, sent_bytes) },
	{ "received_bytes", offsetof(struct fdar_tally, received_bytes) },
};

/* The same in every row. */
static const char *const of_the_run[] = { "elapsed_ns", "most_active", "sends", "lag_p99_ns",
					  "lag_max_ns" };

static const struct fdar_latency *measure_of(const struct fdar_tally *tally, size_t i)
{
	return (const struct fdar_latency *)(const void *)((const char *)tally +
							   measures[i].offset);
}

static void cell_count(struct fdar_table *table, size_t column, uint64_t count)
{
	g_autofree char *people = fdar_format_count(count);
	char machine[24];

	g_snprintf(machine, sizeof(machine), "%" PRIu64, count);
	fdar_table_cell(table, column, people, machine);
}

static void cell_bytes(struct fdar_table *table, size_t column, uint64_t bytes)
{
	g_autofree char *people = fdar_format_bytes(bytes);
	char machine[24];

	g_snprintf(machine, sizeof(machine), "%" PRIu64, bytes);
	fdar_table_cell(table, column, people, machine);
}

static void cell_ns(struct fdar_table *table, size_t column, double ns)
{
	g_autofree char *people = fdar_format_duration(ns);
	char machine[32];

	g_snprintf(machine, sizeof(machine), "%.0f", ns);
	fdar_table_cell(table, column, people, machine);
}

/* The sums of the inputs that have the label; the caller frees it. */
static struct fdar_tally *tally_for(const struct fdar_replay_run *run, const char *label)
{
	struct fdar_tally *sum = g_new(struct fdar_tally, 1);

	fdar_tally_init(sum);
	for (size_t i = 0; i < run->count; i++)
		if (strcmp(run->labels[i], label) == 0)
			fdar_tally_merge(sum, fdar_driver_tally(run->driver, (uint32_t)i));
	return sum;
}

/* What was read of the captures that have the label, and what is in sessions and what is not. */
static size_t cells_capture(struct fdar_table *table, size_t at, const struct fdar_replay_run *run,
			    const char *label)
{
	uint64_t packets = 0, in_sessions = 0, left_out[FDAR_LEFT_OUT_KINDS] = { 0 };
	uint64_t wireguard = 0, doubles = 0, views = 0;

	for (size_t i = 0; i < run->count; i++) {
		struct fdar_left_out left[FDAR_LEFT_OUT_KINDS];

		if (strcmp(run->labels[i], label) != 0)
			continue;
		fdar_capture_left_out(run->captures[i], left);
		packets += run->captures[i]->packets;
		in_sessions += run->captures[i]->in_sessions;
		wireguard += run->captures[i]->wireguard;
		doubles += run->captures[i]->doubles;
		views += run->captures[i]->views;
		for (size_t k = 0; k < FDAR_LEFT_OUT_KINDS; k++)
			left_out[k] += left[k].packets;
	}
	cell_count(table, at++, packets);
	cell_count(table, at++, in_sessions);
	for (size_t k = 0; k < FDAR_LEFT_OUT_KINDS; k++)
		cell_count(table, at++, left_out[k]);
	cell_count(table, at++, wireguard);
	cell_count(table, at++, doubles);
	cell_count(table, at++, views);
	return at;
}

static void keys_capture(GPtrArray *keys)
{
	static const struct fdar_capture_totals none;
	struct fdar_left_out left[FDAR_LEFT_OUT_KINDS];

	g_ptr_array_add(keys, g_strdup("packets"));
	g_ptr_array_add(keys, g_strdup("packets_in_sessions"));
	fdar_capture_left_out(&none, left);
	for (size_t k = 0; k < FDAR_LEFT_OUT_KINDS; k++)
		g_ptr_array_add(keys, g_strdup_printf("left_out_%s", left[k].key));
	g_ptr_array_add(keys, g_strdup("packets_wireguard"));
	g_ptr_array_add(keys, g_strdup("packets_doubled"));
	g_ptr_array_add(keys, g_strdup("views"));
}

static gboolean first_of_label(const char *const *labels, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(labels[k], labels[i]) == 0)
			return FALSE;
	return TRUE;
}

static const char *const verdict_keys[FDAR_VERDICTS] = { "ok",      "differs",       "refused",
							 "reset",   "timeout",       "local_error",
							 "stopped", "not_replayable" };

/* The columns for programs; keys that are made up are kept in keys. */
static GArray *wide_columns(const struct fdar_replay_run *run, GPtrArray *keys)
{
	static const char *const figures[] = { "count",  "mean_ns", "p50_ns", "p90_ns",
					       "p99_ns", "p999_ns", "max_ns" };
	GArray *columns = g_array_new(FALSE, TRUE, sizeof(struct fdar_column));
	struct fdar_column label = { "label", "label", FALSE, FALSE };

	g_ptr_array_add(keys, g_strdup("sessions"));
	for (unsigned v = 0; v < FDAR_VERDICTS; v++)
		g_ptr_array_add(keys, g_strdup(verdict_keys[v]));
	for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
		g_ptr_array_add(keys, g_strdup(counters[i].key));
	for (size_t i = 0; i < G_N_ELEMENTS(of_the_run); i++)
		g_ptr_array_add(keys, g_strdup(of_the_run[i]));
	for (size_t m = 0; m < MEASURES; m++)
		for (size_t n = 0; n < G_N_ELEMENTS(figures); n++)
			g_ptr_array_add(keys,
					g_strdup_printf("%s_%s", measures[m].key, figures[n]));
	keys_capture(keys);
	for (size_t i = 0; i < run->figure_count; i++)
		g_ptr_array_add(keys, g_strdup(run->figures[i].key));
	g_array_append_val(columns, label);
	for (guint i = 0; i < keys->len; i++) {
		const char *key = g_ptr_array_index(keys, i);
		struct fdar_column column = { key, key, TRUE, FALSE };

		g_array_append_val(columns, column);
	}
	return columns;
}

static size_t wide_latency(struct fdar_table *table, size_t at, const struct fdar_latency *latency)
{
	cell_count(table, at++, latency->count);
	cell_count(table, at++, (uint64_t)fdar_latency_mean(latency));
	for (size_t q = 0; q < G_N_ELEMENTS(quantiles); q++)
		cell_count(table, at++, fdar_latency_quantile(latency, quantiles[q].q));
	cell_count(table, at++, latency->max_ns);
	return at;
}

static void wide_row(struct fdar_table *table, const struct fdar_replay_run *run, const char *label)
{
	const struct fdar_replay_totals *totals = fdar_driver_totals(run->driver);
	g_autofree struct fdar_tally *tally = tally_for(run, label);
	size_t at = 0;

	fdar_table_row(table);
	fdar_table_cell(table, at++, label, NULL);
	cell_count(table, at++, tally->asked);
	for (unsigned v = 0; v < FDAR_VERDICTS; v++)
		cell_count(table, at++, tally->verdicts[v]);
	for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
		cell_count(table, at++,
			   *(const uint64_t *)(const void *)((const char *)tally +
							     counters[i].offset));
	cell_count(table, at++, totals->elapsed_ns);
	cell_count(table, at++, totals->most_active);
	cell_count(table, at++, totals->sends);
	cell_count(table, at++, fdar_latency_quantile(&totals->lag, 0.99));
	cell_count(table, at++, totals->lag.max_ns);
	for (size_t m = 0; m < MEASURES; m++)
		at = wide_latency(table, at, measure_of(tally, m));
	at = cells_capture(table, at, run, label);
	for (size_t i = 0; i < run->figure_count; i++)
		cell_count(table, at++, run->figures[i].value);
}

void fdar_replay_print_wide(const struct fdar_replay_run *run, enum fdar_format format)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	GArray *columns = wide_columns(run, keys);
	struct fdar_table *table =
		fdar_table_new("replay", (const struct fdar_column *)(const void *)columns->data,
			       columns->len);

	for (size_t i = 0; i < run->count; i++)
		if (first_of_label(run->labels, i))
			wide_row(table, run, run->labels[i]);
	fdar_table_print(table, format, stdout);
	fdar_table_free(table);
	g_array_free(columns, TRUE);
}

/* Verdicts for people: those that nobody got are left out. */
void fdar_replay_print_verdicts(const struct fdar_replay_run *run)
{
	struct fdar_column columns[FDAR_VERDICTS + 6] = { { "label", "label", FALSE, FDAR_FIT_CUT },
							  { "sessions", "sessions", TRUE, FALSE } };
	size_t width = 2;
	gboolean shown[FDAR_VERDICTS];
	struct fdar_table *table;

	for (unsigned v = 0; v < FDAR_VERDICTS; v++) {
		shown[v] = v == FDAR_RESULT_OK;
		for (size_t i = 0; i < run->count; i++)
			shown[v] |= fdar_driver_tally(run->driver, (uint32_t)i)->verdicts[v] > 0;
		if (shown[v])
			columns[width++] = (struct fdar_column){ fdar_result_text(v),
								 verdict_keys[v], TRUE, FALSE };
	}
	columns[width++] = (struct fdar_column){ "byte exact", "exact", TRUE, FDAR_FIT_DROP(1) };
	columns[width++] = (struct fdar_column){ "exchanges", "exchanges", TRUE, FDAR_FIT_DROP(2) };
	columns[width++] = (struct fdar_column){ "out", "sent_bytes", TRUE, FDAR_FIT_DROP(4) };
	columns[width++] = (struct fdar_column){ "in", "received_bytes", TRUE, FDAR_FIT_DROP(3) };
	table = fdar_table_new("replay", columns, width);
	for (size_t i = 0; i < run->count; i++) {
		g_autofree struct fdar_tally *tally = NULL;
		size_t at = 0;

		if (!first_of_label(run->labels, i))
			continue;
		tally = tally_for(run, run->labels[i]);
		fdar_table_row(table);
		fdar_table_cell(table, at++, run->labels[i], NULL);
		cell_count(table, at++, tally->asked);
		for (unsigned v = 0; v < FDAR_VERDICTS; v++)
			if (shown[v])
				cell_count(table, at++, tally->verdicts[v]);
		cell_count(table, at++, tally->exact);
		cell_count(table, at++, tally->exchanges);
		cell_bytes(table, at++, tally->sent_bytes);
		cell_bytes(table, at++, tally->received_bytes);
	}
	fdar_table_print(table, FDAR_FORMAT_TABLE, stdout);
	fdar_table_free(table);
}

static void latency_row(struct fdar_table *table, const char *label, const char *measure,
			const struct fdar_latency *latency)
{
	size_t at = 0;

	if (!latency->count || !measure)
		return;
	fdar_table_row(table);
	fdar_table_cell(table, at++, label, NULL);
	fdar_table_cell(table, at++, measure, NULL);
	cell_count(table, at++, latency->count);
	cell_ns(table, at++, fdar_latency_mean(latency));
	for (size_t q = 0; q < G_N_ELEMENTS(quantiles); q++)
		cell_ns(table, at++, (double)fdar_latency_quantile(latency, quantiles[q].q));
	cell_ns(table, at++, (double)latency->max_ns);
}

void fdar_replay_print_latencies(const struct fdar_replay_run *run)
{
	static const struct fdar_column columns[] = {
		{ "label", "label", FALSE, FDAR_FIT_CUT },
		{ "latency", "latency", FALSE, FALSE },
		{ "count", "count", TRUE, FDAR_FIT_DROP(1) },
		{ "mean", "mean", TRUE, FDAR_FIT_DROP(3) },
		{ "p50", "p50", TRUE, FALSE },
		{ "p90", "p90", TRUE, FDAR_FIT_DROP(2) },
		{ "p99", "p99", TRUE, FALSE },
		{ "p99.9", "p999", TRUE, FDAR_FIT_DROP(4) },
		{ "max", "max", TRUE, FALSE },
	};
	struct fdar_table *table = fdar_table_new("latency", columns, G_N_ELEMENTS(columns));

	for (size_t i = 0; i < run->count; i++) {
		g_autofree struct fdar_tally *tally = NULL;

		if (!first_of_label(run->labels, i))
			continue;
		tally = tally_for(run, run->labels[i]);
		for (size_t m = 0; m < MEASURES; m++)
			latency_row(table, run->labels[i], measures[m].title, measure_of(tally, m));
	}
	latency_row(table, "(ourselves)", "lag", &fdar_driver_totals(run->driver)->lag);
	fdar_table_print(table, FDAR_FORMAT_TABLE, stdout);
	fdar_table_free(table);
}
