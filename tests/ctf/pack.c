#include "tests/ctf/pack.h"

#include <glib/gstdio.h>
#include <string.h>
#include <zstd.h>

#include "pipeline/metadata/ctf_metadata.h"
#include "pipeline/ctf/ctf_packet.h"
#include "pipeline/packed/packed_columns.h"
#include "pipeline/packed/packed_write.h"
#include "pipeline/recording/trace_find.h"

struct packer {
	const struct fdar_ctf_plan *plan;
	const struct pack_options *options;
	ZSTD_CCtx *context;
	struct fdar_ctf_window window;
	struct fdar_ctf_frame frame;
};

static void set_up(struct packer *packer, const struct fdar_ctf_plan *plan,
		   const struct pack_options *options)
{
	*packer = (struct packer){ .plan = plan, .options = options };
	packer->context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(packer->context, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(packer->context, ZSTD_c_compressionLevel, options->level);
	fdar_ctf_window_init(&packer->window, 4096, TRUE);
}

static struct fdar_packed_entry entry_of(const struct packer *packer,
					 const struct fdar_ctf_packet *packet)
{
	const uint64_t *values = packer->frame.values;
	const struct {
		enum fdar_ctf_value value;
		uint64_t said;
	} said[] = {
		{ FDAR_CTF_VALUE_BEGIN, values[FDAR_CTF_VALUE_BEGIN] },
		{ FDAR_CTF_VALUE_END, values[FDAR_CTF_VALUE_END] },
		{ FDAR_CTF_VALUE_DISCARDED, values[FDAR_CTF_VALUE_DISCARDED] },
		{ FDAR_CTF_VALUE_SEQUENCE, values[FDAR_CTF_VALUE_SEQUENCE] },
	};
	uint64_t known[G_N_ELEMENTS(said)] = { 0 };

	for (guint i = 0; i < G_N_ELEMENTS(said); i++)
		if (packet->values & 1u << said[i].value)
			known[i] = said[i].said;
	return (struct fdar_packed_entry){ .packet_bytes = (uint32_t)packet->bytes,
					   .content_bits = packet->content_bits,
					   .begin = known[0],
					   .end = known[1],
					   .discarded = known[2],
					   .sequence = known[3] };
}

static void append(struct packer *packer, struct fdar_packed_file *file, const char *bytes,
		   struct fdar_packed_entry *entry)
{
	const struct pack_options *options = packer->options;
	const uint8_t *packet = (const uint8_t *)bytes;
	unsigned stride = options->stride ? options->stride
					  : fdar_packed_columns_stride(packet, entry->packet_bytes);
	size_t bound = ZSTD_compressBound(entry->packet_bytes), n;
	g_autofree uint8_t *columns = g_malloc(entry->packet_bytes);
	g_autofree uint8_t *frame = g_malloc(bound);
	g_autoptr(GError) error = NULL;

	if (options->plain)
		stride = 0;
	if (stride)
		fdar_packed_columns_split(packet, entry->packet_bytes, stride, columns);
	n = ZSTD_compress2(packer->context, frame, bound, stride ? columns : packet,
			   entry->packet_bytes);
	g_assert_false(ZSTD_isError(n));
	entry->frame_bytes = (uint32_t)n;
	entry->flags = stride;
	fdar_packed_file_append(file, entry, frame, &error);
	g_assert_no_error(error);
}

/* FALSE when a packet makes no sense. */
static gboolean pack_packets(struct packer *packer, const char *path, GMappedFile *map,
			     struct fdar_packed_file *file)
{
	uint64_t size = g_mapped_file_get_length(map);

	for (uint64_t at = 0; at < size;) {
		struct fdar_packed_entry entry;
		struct fdar_ctf_packet packet;

		fdar_ctf_window_open(&packer->window, path, at, size);
		if (!fdar_ctf_packet_read(packer->plan, &packer->window, &packer->frame, &packet,
					  NULL) ||
		    packet.cut || packet.bytes > FDAR_PACKED_PACKET_MAX)
			return FALSE;
		entry = entry_of(packer, &packet);
		append(packer, file, g_mapped_file_get_contents(map) + at, &entry);
		at += packet.bytes;
	}
	return TRUE;
}

static gboolean pack_file(struct packer *packer, const char *path)
{
	g_autofree char *packed = g_strconcat(path, FDAR_PACKED_SUFFIX, NULL);
	g_autoptr(GMappedFile) map = g_mapped_file_new(path, FALSE, NULL);
	g_autoptr(GError) error = NULL;
	struct fdar_packed_file file;
	gboolean ok;

	if (!map || !g_mapped_file_get_length(map))
		return FALSE;
	fdar_packed_file_open(&file, packed, &error);
	g_assert_no_error(error);
	ok = pack_packets(packer, path, map, &file);
	fdar_packed_file_close(&file);
	g_unlink(ok ? path : packed);
	return ok;
}

guint pack_trace(const char *folder, const struct pack_options *options)
{
	GString *text = fdar_ctf_metadata_read(folder, NULL, NULL);
	struct fdar_ctf_plan *plan = text ? fdar_ctf_plan_new(text->str, text->len, NULL) : NULL;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	struct packer packer;
	const char *name;
	guint count = 0;

	while (dir && (name = g_dir_read_name(dir)))
		if (name[0] != '.' && strcmp(name, "metadata") != 0)
			g_ptr_array_add(names, g_build_filename(folder, name, NULL));
	if (plan) {
		set_up(&packer, plan, options);
		for (guint i = 0; i < names->len; i++)
			count += g_file_test(names->pdata[i], G_FILE_TEST_IS_REGULAR) &&
				 pack_file(&packer, names->pdata[i]);
		fdar_ctf_window_close(&packer.window);
		ZSTD_freeCCtx(packer.context);
	}
	fdar_ctf_plan_free(plan);
	if (text)
		g_string_free(text, TRUE);
	return count;
}

guint pack_traces(const char *path, const struct pack_options *options)
{
	g_autoptr(GPtrArray) traces = fdar_trace_find(path, NULL);
	guint count = 0;

	for (guint i = 0; traces && i < traces->len; i++)
		count += pack_trace(g_ptr_array_index(traces, i), options);
	return count;
}
