#include "pipeline/bt/bt_graph.h"

#include "base/errors.h"
#include "pipeline/bt/bt_error.h"
#include "pipeline/bt/bt_version.h"

struct fdar_bt_graph {
	bt_graph *graph;
	const bt_plugin *ctf, *utils;
	const bt_component_filter *muxer;
	bt_logging_level level;
	struct fdar_bt_client client;
	char *path; /* the first trace, for messages */
};

/* ---- the sink ---- */

static bt_graph_simple_sink_component_consume_func_status sink_consume(
	bt_message_iterator *iterator, void *data)
{
	struct fdar_bt_graph *graph = data;
	bt_message_array_const messages;
	uint64_t count;
	bt_message_iterator_next_status status =
		bt_message_iterator_next(iterator, &messages, &count);

	/* The two enumerations number the same states alike, for exactly this use. */
	if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return (bt_graph_simple_sink_component_consume_func_status)status;
	for (uint64_t i = 0; i < count; i++) {
		graph->client.message(messages[i], graph->client.user);
		bt_message_put_ref(messages[i]);
	}
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
}

/* ---- building ---- */

static gboolean load_plugin(const char *name, const bt_plugin **plugin, GError **error)
{
	if (bt_plugin_find(name, BT_TRUE, BT_FALSE, BT_TRUE, BT_FALSE, BT_FALSE, plugin) ==
	    BT_PLUGIN_FIND_STATUS_OK)
		return TRUE;
	fdar_bt_error_drop();
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
		    "babeltrace2's plugin \"%s\" cannot be loaded; is libbabeltrace2 whole?", name);
	return FALSE;
}

static const bt_component_class_source *ctf_class(const struct fdar_bt_graph *graph)
{
	return bt_plugin_borrow_source_component_class_by_name_const(graph->ctf, "fs");
}

/* Which logical trace a directory is a part of: rotation chunks of one trace have the same group.
 * NULL when it stands alone. FALSE and error when its metadata is not understood. */
static gboolean trace_group(const struct fdar_bt_graph *graph, const char *trace, char **group,
			    GError **error)
{
	bt_value *params = bt_value_map_create();
	bt_query_executor *query;
	const bt_value *result = NULL, *value;
	gboolean ok;

	bt_value_map_insert_string_entry(params, "type", "directory");
	bt_value_map_insert_string_entry(params, "input", trace);
	query = bt_query_executor_create(bt_component_class_source_as_component_class_const(
						 ctf_class(graph)),
					 "babeltrace.support-info", params);
	bt_query_executor_set_logging_level(query, graph->level);
	ok = bt_query_executor_query(query, &result) == BT_QUERY_EXECUTOR_QUERY_STATUS_OK;
	*group = NULL;
	if (!ok) {
		fdar_bt_error_take(trace, FDAR_SOURCE_ERROR_FORMAT, error);
	} else if (bt_value_is_map(result)) {
		value = bt_value_map_borrow_entry_value_const(result, "group");
		if (value && bt_value_is_string(value))
			*group = g_strdup(bt_value_string_get(value));
	}
	bt_value_put_ref(result);
	bt_query_executor_put_ref(query);
	bt_value_put_ref(params);
	return ok;
}

static void free_inputs(void *inputs)
{
	bt_value_put_ref(inputs);
}

/* The traces as arrays of paths, one array a logical trace, in order of appearance. */
static GPtrArray *group_traces(const struct fdar_bt_graph *graph, const GPtrArray *traces,
			       GError **error)
{
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(free_inputs);
	g_autoptr(GHashTable) by_name =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < traces->len; i++) {
		const char *trace = g_ptr_array_index(traces, i);
		char *name = NULL;
		bt_value *inputs;

		if (!trace_group(graph, trace, &name, error))
			return NULL;
		graph->client.progress(graph->client.user, FALSE);
		inputs = name ? g_hash_table_lookup(by_name, name) : NULL;
		if (!inputs) {
			inputs = bt_value_array_create();
			g_ptr_array_add(groups, inputs);
			if (name)
				g_hash_table_insert(by_name, g_steal_pointer(&name), inputs);
		}
		bt_value_array_append_string_element(inputs, trace);
		g_free(name);
	}
	return g_steal_pointer(&groups);
}

/* The muxer grows a free input port each time its last one is taken. */
static gboolean connect_source(struct fdar_bt_graph *graph, const bt_component_source *source)
{
	uint64_t ports = bt_component_source_get_output_port_count(source);

	for (uint64_t i = 0; i < ports; i++) {
		uint64_t inputs = bt_component_filter_get_input_port_count(graph->muxer);

		if (bt_graph_connect_ports(
			    graph->graph,
			    bt_component_source_borrow_output_port_by_index_const(source, i),
			    bt_component_filter_borrow_input_port_by_index_const(graph->muxer,
										 inputs - 1),
			    NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
			return FALSE;
	}
	return TRUE;
}

static gboolean add_source(struct fdar_bt_graph *graph, guint index, bt_value *inputs,
			   uint64_t *ports, GError **error)
{
	const char *path =
		bt_value_string_get(bt_value_array_borrow_element_by_index_const(inputs, 0));
	g_autofree char *name = g_strdup_printf("trace-%u", index);
	bt_value *params = bt_value_map_create();
	const bt_component_source *source;
	gboolean ok;

	bt_value_map_insert_entry(params, "inputs", inputs);
	/* Clocks that know no Unix epoch can be merged all the same. */
	bt_value_map_insert_bool_entry(params, "force-clock-class-origin-unix-epoch", BT_TRUE);
	ok = bt_graph_add_source_component(graph->graph, ctf_class(graph), name, params,
					   graph->level,
					   &source) == BT_GRAPH_ADD_COMPONENT_STATUS_OK &&
	     connect_source(graph, source);
	bt_value_put_ref(params);
	if (!ok) {
		fdar_bt_error_take(path, FDAR_SOURCE_ERROR_DAMAGED, error);
		return FALSE;
	}
	*ports += bt_component_source_get_output_port_count(source);
	return TRUE;
}

static gboolean add_muxer(struct fdar_bt_graph *graph, GError **error)
{
	const bt_component_class_filter *muxer =
		bt_plugin_borrow_filter_component_class_by_name_const(graph->utils, "muxer");

	if (bt_graph_add_filter_component(graph->graph, muxer, "muxer", NULL, BT_LOGGING_LEVEL_NONE,
					  &graph->muxer) == BT_GRAPH_ADD_COMPONENT_STATUS_OK)
		return TRUE;
	fdar_bt_error_take(graph->path, FDAR_SOURCE_ERROR_FORMAT, error);
	return FALSE;
}

static gboolean add_sink(struct fdar_bt_graph *graph, GError **error)
{
	const bt_component_sink *sink;

	if (bt_graph_add_simple_sink_component(graph->graph, "sink", NULL, sink_consume, NULL,
					       graph, &sink) == BT_GRAPH_ADD_COMPONENT_STATUS_OK &&
	    bt_graph_connect_ports(
		    graph->graph,
		    bt_component_filter_borrow_output_port_by_index_const(graph->muxer, 0),
		    bt_component_sink_borrow_input_port_by_index_const(sink, 0),
		    NULL) == BT_GRAPH_CONNECT_PORTS_STATUS_OK)
		return TRUE;
	fdar_bt_error_take(graph->path, FDAR_SOURCE_ERROR_FORMAT, error);
	return FALSE;
}

/* Version 1 of how components talk to each other is babeltrace2 2.1's, and what it reads CTF 2 with. */
static uint64_t mip_version(void)
{
	return MIN(bt_get_maximal_mip_version(), 1);
}

gboolean fdar_bt_reads_ctf2(void)
{
	return mip_version() >= 1;
}

static gboolean build(struct fdar_bt_graph *graph, const GPtrArray *traces, GError **error)
{
	g_autoptr(GPtrArray) groups = NULL;
	uint64_t ports = 0;

	if (!load_plugin("ctf", &graph->ctf, error) || !load_plugin("utils", &graph->utils, error))
		return FALSE;
	graph->graph = bt_graph_create(mip_version());
	groups = group_traces(graph, traces, error);
	if (!groups || !add_muxer(graph, error))
		return FALSE;
	for (guint i = 0; i < groups->len; i++) {
		graph->client.progress(graph->client.user, TRUE);
		if (!add_source(graph, i, g_ptr_array_index(groups, i), &ports, error))
			return FALSE;
	}
	if (!ports) {
		g_set_error(
			error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY,
			"%s: the trace holds no event: it has no stream file, or only empty ones",
			graph->path);
		return FALSE;
	}
	return add_sink(graph, error);
}

struct fdar_bt_graph *fdar_bt_graph_open(const GPtrArray *traces, bt_logging_level level,
					 const struct fdar_bt_client *client, GError **error)
{
	struct fdar_bt_graph *graph = g_new0(struct fdar_bt_graph, 1);

	/* The library's own log would go to stderr; what matters comes as an error. */
	bt_logging_set_global_level(BT_LOGGING_LEVEL_NONE);
	graph->level = level;
	graph->client = *client;
	graph->path = g_strdup(g_ptr_array_index(traces, 0));
	if (build(graph, traces, error))
		return graph;
	fdar_bt_graph_close(graph);
	return NULL;
}

int fdar_bt_graph_step(struct fdar_bt_graph *graph, GError **error)
{
	switch (bt_graph_run_once(graph->graph)) {
	case BT_GRAPH_RUN_ONCE_STATUS_OK:
	case BT_GRAPH_RUN_ONCE_STATUS_AGAIN:
		return 1;
	case BT_GRAPH_RUN_ONCE_STATUS_END:
		return 0;
	default:
		fdar_bt_error_take(graph->path, FDAR_SOURCE_ERROR_DAMAGED, error);
		return -1;
	}
}

void fdar_bt_graph_close(struct fdar_bt_graph *graph)
{
	if (!graph)
		return;
	bt_graph_put_ref(graph->graph);
	bt_plugin_put_ref(graph->utils);
	bt_plugin_put_ref(graph->ctf);
	g_free(graph->path);
	g_free(graph);
}
