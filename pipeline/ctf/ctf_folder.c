#include "pipeline/ctf/ctf_folder.h"

#include <string.h>

#include "base/errors.h"
#include "pipeline/ctf/ctf_window.h"
#include "pipeline/ctf2/ctf2.h"
#include "pipeline/metadata/ctf_metadata.h"

#define PACKET_MAGIC 0xc1fc1fc1u
#define UUID_END     20u   /* bytes: of the magic number and the UUID behind it */
#define HEAD_WINDOW  4096u /* bytes */

/* Of a text that ends within something, what is whole. */
static struct fdar_ctf_plan *plan_of_whole(const GString *text,
					   const struct fdar_ctf_folder *folder, GError **damage)
{
	gboolean json = fdar_ctf_metadata_is_json(text->str, text->len);
	gsize whole = json ? fdar_ctf2_whole(text->str, text->len)
			   : fdar_ctf_metadata_whole(text->str, text->len);
	struct fdar_ctf_plan *plan =
		whole < text->len ? fdar_ctf_plan_new_for(text->str, whole, folder->maps, NULL)
				  : NULL;

	if (plan && !*damage)
		g_set_error(damage, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
			    "%s/metadata: byte %" G_GSIZE_FORMAT
			    " of its text: expected the rest of a declaration",
			    folder->path, whole);
	return plan;
}

/* The plan; with damage, of what can be read. */
static struct fdar_ctf_plan *read_plan(const struct fdar_ctf_folder *folder,
				       enum fdar_ctf_taken *taken, GError **damage, GError **error)
{
	const char *path = folder->path;
	GString *text = fdar_ctf_metadata_read(path, damage, error);
	g_autoptr(GError) refusal = NULL;
	struct fdar_ctf_plan *plan;

	*taken = FDAR_CTF_BROKEN;
	if (!text)
		return NULL;
	plan = fdar_ctf_plan_new_for(text->str, text->len, folder->maps, &refusal);
	if (!plan)
		plan = plan_of_whole(text, folder, damage);
	if (plan)
		*taken = FDAR_CTF_TAKEN;
	else if (*damage)
		g_propagate_error(error, g_steal_pointer(damage));
	else
		*taken = fdar_ctf_metadata_is_json(text->str, text->len) ? FDAR_CTF_UNKNOWN2
									 : FDAR_CTF_UNKNOWN;
	if (*taken > FDAR_CTF_BROKEN)
		g_propagate_prefixed_error(error, g_steal_pointer(&refusal), "%s: ", path);
	g_string_free(text, TRUE);
	return plan;
}

/* The first packet's byte order, and the UUID that is behind its magic number in the traces that have one. */
static enum fdar_ctf_order find_first(const char *folder, uint8_t uuid[16])
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	enum fdar_ctf_order found = FDAR_CTF_NATIVE;
	const char *name;

	while (dir && !found && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct fdar_ctf_window window;
		uint32_t magic = 0;

		if (name[0] == '.' || fdar_packed_is_name(name) || strcmp(name, "metadata") == 0 ||
		    !g_file_test(path, G_FILE_TEST_IS_REGULAR))
			continue;
		fdar_ctf_window_init(&window, HEAD_WINDOW, FALSE);
		fdar_ctf_window_open(&window, path, 0, UUID_END);
		if (fdar_ctf_window_load(&window, 0, UUID_END, NULL)) {
			memcpy(&magic, window.bytes, sizeof(magic));
			memcpy(uuid, window.bytes + sizeof(magic), 16);
		}
		if (GUINT32_FROM_LE(magic) == PACKET_MAGIC)
			found = FDAR_CTF_LITTLE;
		else if (GUINT32_FROM_BE(magic) == PACKET_MAGIC)
			found = FDAR_CTF_BIG;
		fdar_ctf_window_close(&window);
	}
	return found;
}

/* CTF 2 says the order of each number, and none of the whole. */
static enum fdar_ctf_order order_of(const struct fdar_ctf_folder *folder)
{
	const struct fdar_ctf_trace *trace = folder->plan->trace;
	uint8_t uuid[16];

	if (trace->major == 2)
		return find_first(folder->path, uuid);
	return trace->big_endian ? FDAR_CTF_BIG : FDAR_CTF_LITTLE;
}

gboolean fdar_ctf_folder_read(struct fdar_ctf_folder *folder, GError **error)
{
	g_autoptr(GError) failure = NULL;

	folder->plan = read_plan(folder, &folder->taken, &folder->damage, &failure);
	if (folder->taken > FDAR_CTF_BROKEN || fdar_error_is_shortage(failure)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	if (folder->plan) {
		folder->classes = fdar_ctf_trace_classes(folder->plan->trace);
		folder->has_uuid = folder->plan->trace->has_uuid;
		memcpy(folder->uuid, folder->plan->trace->uuid, sizeof(folder->uuid));
		folder->order = (uint8_t)order_of(folder);
	} else {
		folder->broken = g_steal_pointer(&failure);
		folder->order = (uint8_t)find_first(folder->path, folder->uuid);
		folder->has_uuid = folder->order != FDAR_CTF_NATIVE;
	}
	return TRUE;
}

void fdar_ctf_folder_clear(void *data)
{
	struct fdar_ctf_folder *folder = data;

	fdar_ctf_plan_free(folder->plan);
	g_clear_error(&folder->damage);
	g_clear_error(&folder->broken);
}

gboolean fdar_ctf_folder_same(const struct fdar_ctf_folder *a, const struct fdar_ctf_folder *b)
{
	gboolean orders_fit = a->order == b->order || !a->order || !b->order;

	return a == b ||
	       (a->has_uuid && b->has_uuid && orders_fit && memcmp(a->uuid, b->uuid, 16) == 0);
}

enum fdar_ctf_taken fdar_ctf_folder_check(const char *path, GError **error)
{
	struct fdar_ctf_folder folder = { .path = path };

	if (fdar_ctf_folder_read(&folder, error) && folder.broken)
		g_propagate_error(error, g_steal_pointer(&folder.broken));
	fdar_ctf_folder_clear(&folder);
	return folder.taken;
}
