#include "viz/export/export_tree.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "viz/export/proto.h"

/*
 * profile.proto of github.com/google/pprof. The fields used here:
 * Profile: sample_type 1, sample 2, location 4, function 5, string_table 6, default_sample_type 14;
 * ValueType: type 1, unit 2; Sample: location_id 1 (packed, leaf first), value 2 (packed);
 * Location: id 1, line 4; Line: function_id 1; Function: id 1, name 2, system_name 3, filename 4.
 */

struct writer {
	GByteArray *bytes;
	GHashTable *strings; /* text -> index + 1 */
	GPtrArray *table;
};

static guint64 string_of(struct writer *writer, const char *text)
{
	guint id = GPOINTER_TO_UINT(g_hash_table_lookup(writer->strings, text));

	if (id)
		return id - 1;
	g_ptr_array_add(writer->table, (gpointer)text);
	g_hash_table_insert(writer->strings, (gpointer)text, GUINT_TO_POINTER(writer->table->len));
	return writer->table->len - 1;
}

static void put_type(struct writer *writer, const char *type, const char *unit)
{
	GByteArray *message = g_byte_array_new();

	fdar_proto_number(message, 1, string_of(writer, type));
	fdar_proto_number(message, 2, string_of(writer, unit));
	fdar_proto_message(writer->bytes, 1, message);
}

/* A location and a function for each node's function; their ids are the same. Gives the id. */
static guint64 place_of(struct writer *writer, GHashTable *places,
			const struct fdar_flame_node *node)
{
	char *key = g_strconcat(node->component, "\n", node->name, NULL);
	guint id = GPOINTER_TO_UINT(g_hash_table_lookup(places, key));
	GByteArray *location, *line, *function;

	if (id) {
		g_free(key);
		return id;
	}
	id = g_hash_table_size(places) + 1;
	g_hash_table_insert(places, key, GUINT_TO_POINTER(id));
	location = g_byte_array_new();
	line = g_byte_array_new();
	function = g_byte_array_new();
	fdar_proto_number(line, 1, id);
	fdar_proto_number(location, 1, id);
	fdar_proto_message(location, 4, line);
	fdar_proto_message(writer->bytes, 4, location);
	fdar_proto_number(function, 1, id);
	fdar_proto_number(function, 2, string_of(writer, node->name));
	fdar_proto_number(function, 3, string_of(writer, node->name));
	fdar_proto_number(function, 4, string_of(writer, node->component));
	fdar_proto_message(writer->bytes, 5, function);
	return id;
}

static void put_sample(struct writer *writer, const struct fdar_flame_tree *tree,
		       const guint64 *places, uint32_t index, unsigned side)
{
	const struct fdar_flame_node *node = &tree->nodes[index];
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GByteArray *sample = g_byte_array_new(), *path = g_byte_array_new(),
		   *values = g_byte_array_new();

	fdar_flame_path(tree, index, nodes);
	for (guint i = 0; i < nodes->len; i++)
		fdar_proto_varint(path, places[g_array_index(nodes, uint32_t, i)]);
	fdar_proto_varint(values, (guint64)llrint(node->calls[side]));
	fdar_proto_varint(values, (guint64)llrint(node->own_ns[side]));
	fdar_proto_message(sample, 1, path);
	fdar_proto_message(sample, 2, values);
	fdar_proto_message(writer->bytes, 2, sample);
}

static GByteArray *compress(const GByteArray *plain, GError **error)
{
	g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6);
	g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
	g_autoptr(GOutputStream) packer = g_converter_output_stream_new(memory, G_CONVERTER(gzip));
	GByteArray *out;

	if (!g_output_stream_write_all(packer, plain->data, plain->len, NULL, NULL, error) ||
	    !g_output_stream_close(packer, NULL, error))
		return NULL;
	out = g_byte_array_new();
	g_byte_array_append(out, g_memory_output_stream_get_data(G_MEMORY_OUTPUT_STREAM(memory)),
			    (guint)g_memory_output_stream_get_data_size(
				    G_MEMORY_OUTPUT_STREAM(memory)));
	return out;
}

GByteArray *fdar_export_pprof(const struct fdar_flame_tree *tree, enum fdar_flame_side side,
			      GError **error)
{
	g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree guint64 *of_node = g_new0(guint64, tree->count);
	struct writer writer = { g_byte_array_new(), g_hash_table_new(g_str_hash, g_str_equal),
				 g_ptr_array_new() };
	GByteArray *out;

	string_of(&writer, "");
	put_type(&writer, "calls", "count");
	put_type(&writer, "time", "nanoseconds");
	for (uint32_t i = 1; i < tree->count; i++)
		of_node[i] = place_of(&writer, places, &tree->nodes[i]);
	for (uint32_t i = 1; i < tree->count; i++)
		if (llrint(tree->nodes[i].own_ns[side]) || llrint(tree->nodes[i].calls[side]))
			put_sample(&writer, tree, of_node, i, side);
	fdar_proto_number(writer.bytes, 14, string_of(&writer, "time"));
	for (guint i = 0; i < writer.table->len; i++)
		fdar_proto_bytes(writer.bytes, 6, writer.table->pdata[i],
				 strlen(writer.table->pdata[i]));
	out = compress(writer.bytes, error);
	g_byte_array_unref(writer.bytes);
	g_hash_table_unref(writer.strings);
	g_ptr_array_unref(writer.table);
	return out;
}
