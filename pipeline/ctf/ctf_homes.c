#include "pipeline/ctf/ctf_homes.h"

#include <string.h>

#include "pipeline/clocks/clocks.h"
#include "pipeline/ctf/ctf_plan.h"

/* What a session daemon gives to one trace only. NULL: it is no such trace. The caller frees it. */
static char *place_of(const struct fdar_ctf_plan *plan)
{
	const struct fdar_ctf_trace *trace = plan->trace;
	const char *scheme = fdar_ctf_trace_env_text(trace, "tracer_buffering_scheme");
	const char *session = fdar_ctf_trace_env_text(trace, "trace_name");
	const char *domain = fdar_ctf_trace_env_text(trace, "domain");

	if (!scheme || strcmp(scheme, "uid") != 0 || !session || !domain || !trace->has_uuid)
		return NULL;
	return g_strdup_printf("%s\n%s\n%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT, plan->host,
			       domain, session,
			       fdar_ctf_trace_env_number(trace, "tracer_buffering_id", -1),
			       fdar_ctf_trace_env_number(trace, "architecture_bit_width", -1));
}

void fdar_ctf_homes_tell_apart(const GPtrArray *plans)
{
	g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) apart = g_hash_table_new(NULL, NULL);
	GHashTableIter all;
	gpointer plan;

	for (guint i = 0; i < plans->len; i++) {
		gpointer this = g_ptr_array_index(plans, i), other;
		char *place = place_of(this);

		if (!place)
			continue;
		other = g_hash_table_lookup(places, place);
		if (other) {
			g_hash_table_add(apart, other);
			g_hash_table_add(apart, this);
		}
		g_hash_table_replace(places, place, this);
	}
	g_hash_table_iter_init(&all, apart);
	while (g_hash_table_iter_next(&all, &plan, NULL))
		fdar_ctf_plan_set_home(plan, ((struct fdar_ctf_plan *)plan)->recording, TRUE);
}

void fdar_ctf_homes_list(const GPtrArray *plans, GPtrArray *hosts)
{
	for (guint i = 0; i < plans->len; i++) {
		const struct fdar_ctf_plan *plan = g_ptr_array_index(plans, i);

		if (!g_ptr_array_find_with_equal_func(hosts, plan->host, g_str_equal, NULL))
			g_ptr_array_add(hosts, g_strdup(plan->host));
	}
}

void fdar_ctf_homes_shift(const GPtrArray *plans, const GArray *shifts)
{
	for (guint i = 0; i < plans->len; i++) {
		const struct fdar_ctf_plan *plan = g_ptr_array_index(plans, i);
		const struct fdar_clock_shift *shift = fdar_clock_shift_find(shifts, plan->host);

		for (guint j = 0; shift && j < plan->streams->len; j++) {
			struct fdar_ctf_stream_plan *stream = g_ptr_array_index(plan->streams, j);

			fdar_ctf_time_move(&stream->time, shift->from_ns, shift->to_ns,
					   shift->rate);
		}
	}
}
