#include "pipeline/samples/samples.h"

#include <string.h>

#include "base/show.h"

static void function_clear(gpointer data)
{
	struct fdar_sample_function *function = data;

	g_free(function->name);
	g_free(function->binary);
	g_free(function->build_id);
}

struct fdar_samples *fdar_samples_new(void)
{
	struct fdar_samples *samples = g_new0(struct fdar_samples, 1);
	const struct fdar_sample_node root = { 0 };

	samples->functions = g_array_new(FALSE, TRUE, sizeof(struct fdar_sample_function));
	g_array_set_clear_func(samples->functions, function_clear);
	samples->nodes = g_array_new(FALSE, TRUE, sizeof(struct fdar_sample_node));
	g_array_append_val(samples->nodes, root);
	samples->samples = g_array_new(FALSE, TRUE, sizeof(struct fdar_sample));
	samples->counts = g_array_new(FALSE, TRUE, sizeof(struct fdar_count));
	samples->function_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	samples->node_ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return samples;
}

void fdar_samples_free(struct fdar_samples *samples)
{
	if (!samples)
		return;
	g_array_unref(samples->functions);
	g_array_unref(samples->nodes);
	g_array_unref(samples->samples);
	g_array_unref(samples->counts);
	g_clear_pointer(&samples->function_ids, g_hash_table_unref);
	g_clear_pointer(&samples->node_ids, g_hash_table_unref);
	g_free(samples);
}

static char *keep(const char *text)
{
	g_autofree char *cut = g_strndup(text ? text : "", FDAR_SAMPLES_TEXT_MAX);

	return fdar_show(cut);
}

uint32_t fdar_samples_function(struct fdar_samples *samples, enum fdar_sample_function_kind kind,
			       const char *name, const char *binary, const char *build_id,
			       uint64_t start)
{
	struct fdar_sample_function function = { .start = start, .kind = (uint8_t)kind };
	/* No name has a character 1: fdar_show replaces it. */
	g_autofree char *key = NULL;
	gpointer known = NULL;

	function.name = keep(name && *name ? name : "?");
	function.binary = keep(binary);
	function.build_id = keep(build_id);
	key = g_strconcat(function.name, "\1", function.binary, "\1", function.build_id, NULL);
	if (g_hash_table_lookup_extended(samples->function_ids, key, NULL, &known) ||
	    samples->functions->len == FDAR_SAMPLES_FUNCTIONS_MAX) {
		function_clear(&function);
		return known ? GPOINTER_TO_UINT(known) - 1 : G_MAXUINT32;
	}
	g_array_append_val(samples->functions, function);
	g_hash_table_insert(samples->function_ids, g_steal_pointer(&key),
			    GUINT_TO_POINTER(samples->functions->len));
	return samples->functions->len - 1;
}

uint32_t fdar_samples_node(struct fdar_samples *samples, uint32_t parent, uint32_t function)
{
	gint64 key = (gint64)((uint64_t)parent << 32 | function);
	gpointer known = g_hash_table_lookup(samples->node_ids, &key);
	struct fdar_sample_node node = { .parent = parent, .function = function };

	if (known)
		return GPOINTER_TO_UINT(known);
	if (function >= samples->functions->len || samples->nodes->len == FDAR_SAMPLES_NODES_MAX)
		return parent;
	g_hash_table_insert(samples->node_ids, g_memdup2(&key, sizeof(key)),
			    GUINT_TO_POINTER(samples->nodes->len));
	g_array_append_val(samples->nodes, node);
	return samples->nodes->len - 1;
}

void fdar_samples_add(struct fdar_samples *samples, const struct fdar_sample *sample)
{
	if (samples->samples->len == FDAR_SAMPLES_MAX)
		samples->left_out++;
	else
		g_array_append_val(samples->samples, *sample);
}

void fdar_samples_count(struct fdar_samples *samples, const struct fdar_count *count)
{
	if (samples->counts->len == FDAR_SAMPLES_COUNTS_MAX)
		samples->counts_lost += count->number;
	else
		g_array_append_val(samples->counts, *count);
}

void fdar_samples_sum(const struct fdar_samples *samples, struct fdar_counts_sum *sum)
{
	*sum = (struct fdar_counts_sum){ 0 };
	for (guint i = 0; i < samples->counts->len; i++) {
		const struct fdar_count *count =
			&g_array_index(samples->counts, struct fdar_count, i);

		sum->all[count->kind] += count->number;
		sum->estimated += count->number > 1 ? count->number : 0;
	}
}

gboolean fdar_samples_lack_counts(const struct fdar_samples *samples)
{
	struct fdar_counts_sum sum;
	uint64_t all = 0;

	fdar_samples_sum(samples, &sum);
	for (int kind = 0; kind < FDAR_COUNT_KINDS; kind++)
		all += sum.all[kind];
	return samples->counts_lost > all / 100;
}
