#include "pipeline/ctf/ctf_open.h"

#include <string.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "pipeline/metadata/ctf_metadata.h"

#define FILE_BYTES_MAX (UINT64_C(1) << 50) /* so that bits can be counted with 64 bits */
#define KEEP_OPEN_MAX  128u                /* streams: with more, files are open only while read */
#define WINDOWS_BYTES  (64u << 20)         /* of all streams together */
#define WINDOW_MIN     (16u << 10)
#define WINDOW_USUAL   (256u << 10)
#define HEAD_WINDOW    4096u /* for the first packet's head */

/* A directory with its own metadata. */
struct folder {
	const char *path;
	struct fdar_ctf_plan *plan; /* NULL: another one's of the same trace is used */
	guint classes;
};

/* What becomes a stream. */
struct group {
	const struct fdar_ctf_plan *plan;
	const struct fdar_ctf_stream_plan *stream;
	gboolean has_instance;
	uint64_t instance; /* the trace's number of it, or ours */
	GArray *files;     /* of struct fdar_ctf_file, by begin */
};

struct work {
	struct fdar_ctf_input *input;
	GArray *folders;
	GPtrArray *groups;    /* struct group * */
	guint first_group;    /* of the trace in hand */
	uint64_t next_number; /* for streams without an instance, of the trace in hand */
	struct fdar_ctf_window window;
	struct fdar_ctf_frame frame;
};

/* ---- metadata ---- */

static gboolean read_folder(struct work *work, const char *path, GError **error)
{
	struct folder folder = { .path = path };
	GString *text = fdar_ctf_metadata_read(path, error);

	if (!text)
		return FALSE;
	folder.plan = fdar_ctf_plan_new(text->str, text->len, error);
	g_string_free(text, TRUE);
	if (!folder.plan)
		return FALSE;
	folder.classes = fdar_ctf_trace_classes(folder.plan->trace);
	g_array_append_val(work->folders, folder);
	return TRUE;
}

static gboolean same_trace(const struct folder *a, const struct folder *b)
{
	return memcmp(a->plan->trace->uuid, b->plan->trace->uuid, 16) == 0;
}

static gboolean read_folders(struct work *work, const GPtrArray *traces, GError **error)
{
	for (guint i = 0; i < traces->len; i++) {
		const struct folder *folder;

		if (!read_folder(work, g_ptr_array_index(traces, i), error))
			return FALSE;
		folder = &g_array_index(work->folders, struct folder, i);
		if (folder->plan->trace->has_uuid || traces->len == 1)
			continue;
		g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "%s: expected a UUID in each of several traces", folder->path);
		return FALSE;
	}
	return TRUE;
}

/* ---- stream files ---- */

static void note_damage(struct work *work, const char *path, const GError *error)
{
	if (!work->input->damaged++)
		work->input->damage = g_strdup_printf("stream file %s: %s", path, error->message);
}

static struct group *find_group(const struct work *work, const struct fdar_ctf_stream_plan *stream,
				uint64_t instance)
{
	for (guint i = work->first_group; i < work->groups->len; i++) {
		struct group *group = g_ptr_array_index(work->groups, i);

		if (group->has_instance && group->stream == stream && group->instance == instance)
			return group;
	}
	return NULL;
}

static struct group *add_group(struct work *work, const struct fdar_ctf_plan *plan,
			       const struct fdar_ctf_stream_plan *stream)
{
	struct group *group = g_new0(struct group, 1);

	group->plan = plan;
	group->stream = stream;
	group->files = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_file));
	g_ptr_array_add(work->groups, group);
	return group;
}

static void insert_file(struct group *group, const struct fdar_ctf_file *file)
{
	guint place = group->files->len;

	while (place && g_array_index(group->files, struct fdar_ctf_file, place - 1).begin_ns >
				file->begin_ns)
		place--;
	g_array_insert_val(group->files, place, *file);
}

/* Without a begin there is no order among files: each is a stream then. */
static void sort_in(struct work *work, const struct fdar_ctf_plan *plan,
		    const struct fdar_ctf_packet *packet, struct fdar_ctf_file *file)
{
	const uint32_t both = 1u << FDAR_CTF_VALUE_INSTANCE | 1u << FDAR_CTF_VALUE_BEGIN;
	gboolean has_instance = (packet->values & both) == both;
	uint64_t instance = work->frame.values[FDAR_CTF_VALUE_INSTANCE];
	struct group *group = has_instance ? find_group(work, packet->stream, instance) : NULL;

	if (packet->values & 1u << FDAR_CTF_VALUE_BEGIN)
		file->begin_ns = fdar_ctf_time_ns(&packet->stream->time,
						  work->frame.values[FDAR_CTF_VALUE_BEGIN]);
	if (!group) {
		group = add_group(work, plan, packet->stream);
		group->has_instance = has_instance;
		group->instance = has_instance ? instance : work->next_number++;
	}
	insert_file(group, file);
}

/* Opens the window at the file's first packet. FALSE without an error: it has none. */
static gboolean open_first(struct work *work, const struct fdar_ctf_file *file, GError **error)
{
	uint64_t at = 0, dropped = 0;

	if (!file->packed) {
		fdar_ctf_window_open(&work->window, file->path, 0, file->size);
		return TRUE;
	}
	while (at < file->size) {
		if (!fdar_ctf_window_open_packed(&work->window, file->path, at, file->size, error))
			return FALSE;
		if (work->window.note.packet_bytes)
			return TRUE;
		dropped += work->window.note.dropped;
		at += fdar_packed_step(&work->window.note);
	}
	work->input->dropped += dropped;
	return FALSE;
}

/* The file name of the folder; path becomes the input's. */
static void add_file(struct work *work, const struct fdar_ctf_plan *plan, const char *name,
		     char *path, uint64_t size)
{
	struct fdar_ctf_file file = { .path = path,
				      .size = size,
				      .packed = fdar_packed_is_name(name) };
	struct fdar_ctf_packet packet;
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(work->input->paths, path);
	if (!open_first(work, &file, &error)) {
		if (error)
			note_damage(work, path, error);
		return;
	}
	if (fdar_ctf_packet_read(plan, &work->window, &work->frame, &packet, &error))
		sort_in(work, plan, &packet, &file);
	else
		note_damage(work, path, error);
}

/* The order is that of the directory: it is how babeltrace2 numbers streams without an instance. */
static gboolean add_folder(struct work *work, const struct fdar_ctf_plan *plan, const char *folder,
			   GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *path = g_build_filename(folder, name, NULL);
		struct stat st;
		gboolean usable = name[0] != '.' && strcmp(name, "metadata") != 0 &&
				  stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;

		if (usable && (uint64_t)st.st_size <= FILE_BYTES_MAX)
			add_file(work, plan, name, path, (uint64_t)st.st_size);
		else
			g_free(path);
	}
	return dir != NULL;
}

/* ---- traces ---- */

/* All folders of the trace that the folder first is of; the plan with the most classes serves all:
 * metadata grows while a session goes on. */
static gboolean add_trace(struct work *work, guint first, GError **error)
{
	struct folder *folders = &g_array_index(work->folders, struct folder, 0);
	guint count = work->folders->len, best = first;
	struct fdar_ctf_plan *plan;

	for (guint i = first + 1; i < count; i++) {
		if (folders[i].plan && same_trace(&folders[i], &folders[first]) &&
		    folders[i].classes > folders[best].classes)
			best = i;
	}
	plan = folders[best].plan;
	g_ptr_array_add(work->input->plans, plan);
	work->first_group = work->groups->len;
	work->next_number = 0;
	if (!add_folder(work, plan, folders[best].path, error))
		return FALSE;
	for (guint i = first; i < count; i++) {
		if (i == best || !folders[i].plan ||
		    memcmp(folders[i].plan->trace->uuid, plan->trace->uuid, 16) != 0)
			continue;
		g_clear_pointer(&folders[i].plan, fdar_ctf_plan_free);
		if (!add_folder(work, plan, folders[i].path, error))
			return FALSE;
	}
	folders[best].plan = NULL;
	return TRUE;
}

static int compare_groups(gconstpointer a, gconstpointer b)
{
	const struct group *left = *(const struct group *const *)a;
	const struct group *right = *(const struct group *const *)b;
	int order = memcmp(left->plan->trace->uuid, right->plan->trace->uuid, 16);

	if (order)
		return order;
	if (left->stream->id != right->stream->id)
		return left->stream->id < right->stream->id ? -1 : 1;
	return left->instance < right->instance ? -1 : left->instance > right->instance;
}

static void make_streams(struct work *work)
{
	guint count = work->groups->len;
	size_t usual = count ? WINDOWS_BYTES / count : 0;

	usual = CLAMP(usual, WINDOW_MIN, WINDOW_USUAL) & ~(size_t)(FDAR_CTF_WINDOW_STEP - 1);
	g_ptr_array_sort(work->groups, compare_groups);
	for (guint i = 0; i < count; i++) {
		struct group *group = g_ptr_array_index(work->groups, i);
		struct fdar_ctf_stream *stream = fdar_ctf_stream_new(group->plan, group->stream,
								     g_steal_pointer(&group->files),
								     usual, count <= KEEP_OPEN_MAX);

		stream->rank = i;
		stream->window.pool = work->input->pool;
		g_ptr_array_add(work->input->streams, stream);
	}
}

/* ---- the whole ---- */

static void folder_clear(void *data)
{
	struct folder *folder = data;

	fdar_ctf_plan_free(folder->plan);
}

static void group_free(void *data)
{
	struct group *group = data;

	if (group->files)
		g_array_unref(group->files);
	g_free(group);
}

static gboolean open_all(struct work *work, const GPtrArray *traces, GError **error)
{
	if (!read_folders(work, traces, error))
		return FALSE;
	for (guint i = 0; i < work->folders->len; i++) {
		if (g_array_index(work->folders, struct folder, i).plan &&
		    !add_trace(work, i, error))
			return FALSE;
	}
	make_streams(work);
	if (work->input->streams->len || work->input->damaged || work->input->dropped)
		return TRUE;
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY,
		    "%s: the trace holds no event: it has no stream file, or only empty ones",
		    (const char *)g_ptr_array_index(traces, 0));
	return FALSE;
}

gboolean fdar_ctf_input_open(struct fdar_ctf_input *input, const GPtrArray *traces, GError **error)
{
	g_autofree struct work *work = g_new0(struct work, 1);
	gboolean ok;

	*input = (struct fdar_ctf_input){ .damage = NULL };
	input->plans = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_ctf_plan_free);
	input->paths = g_ptr_array_new_with_free_func(g_free);
	input->streams = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_ctf_stream_free);
	input->pool = fdar_ctf_pool_new();
	work->input = input;
	work->folders = g_array_new(FALSE, FALSE, sizeof(struct folder));
	g_array_set_clear_func(work->folders, folder_clear);
	work->groups = g_ptr_array_new_with_free_func(group_free);
	fdar_ctf_window_init(&work->window, HEAD_WINDOW, FALSE);
	work->window.pool = input->pool;
	ok = open_all(work, traces, error);
	fdar_ctf_window_close(&work->window);
	g_ptr_array_unref(work->groups);
	g_array_unref(work->folders);
	return ok;
}

void fdar_ctf_input_clear(struct fdar_ctf_input *input)
{
	g_ptr_array_unref(input->streams);
	fdar_ctf_pool_free(input->pool);
	g_ptr_array_unref(input->paths);
	g_ptr_array_unref(input->plans);
	g_free(input->damage);
}
