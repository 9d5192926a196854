#include "pipeline/ctf/ctf_open.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "pipeline/ctf/ctf_folder.h"
#include "pipeline/ctf/ctf_homes.h"
#include "pipeline/recording/shares.h"

#define FILE_BYTES_MAX (UINT64_C(1) << 50) /* so that bits can be counted with 64 bits */
#define KEEP_OPEN_MAX  128u                /* streams: with more, files are open only while read */
#define WINDOWS_BYTES  (64u << 20)         /* of all streams together */
#define WINDOW_MIN     (16u << 10)
#define WINDOW_USUAL   (256u << 10)
#define HEAD_WINDOW    4096u /* for the first packet's head */

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

static void note_damage(struct work *work, const char *what)
{
	if (!work->input->damaged++)
		work->input->damage = g_strdup(what);
}

static void note_file(struct work *work, const char *path, const GError *error)
{
	g_autofree char *what = g_strdup_printf("stream file %s: %s", path, error->message);

	if (!fdar_error_is_shortage(error))
		note_damage(work, what);
	else if (!work->input->shortage)
		work->input->shortage = g_error_copy(error);
}

/* ---- metadata ---- */

static gboolean read_folder(struct work *work, const char *path, GError **error)
{
	struct fdar_ctf_folder folder = { .path = path, .maps = work->input->maps };
	gboolean ok = fdar_ctf_folder_read(&folder, error);

	if (ok && folder.damage)
		note_damage(work, folder.damage->message);
	g_array_append_val(work->folders, folder);
	return ok;
}

static gboolean read_folders(struct work *work, const GPtrArray *traces, GError **error)
{
	for (guint i = 0; i < traces->len; i++) {
		if (!read_folder(work, g_ptr_array_index(traces, i), error))
			return FALSE;
	}
	return TRUE;
}

/* ---- stream files ---- */

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

/* Without a begin there is no order among files: each is a stream then. */
static void sort_in(struct work *work, const struct fdar_ctf_plan *plan,
		    const struct fdar_ctf_packet *packet, struct fdar_ctf_file *file)
{
	const uint32_t both = 1u << FDAR_CTF_VALUE_INSTANCE | 1u << FDAR_CTF_VALUE_BEGIN;
	gboolean has_instance = (packet->values & both) == both;
	uint64_t instance = work->frame.values[FDAR_CTF_VALUE_INSTANCE];
	struct group *group = has_instance ? find_group(work, packet->stream, instance) : NULL;

	if (packet->values & 1u << FDAR_CTF_VALUE_BEGIN)
		file->begin = work->frame.values[FDAR_CTF_VALUE_BEGIN];
	if (!group) {
		group = add_group(work, plan, packet->stream);
		group->has_instance = has_instance;
		group->instance = has_instance ? instance : work->next_number++;
	}
	g_array_append_val(group->files, *file);
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
			note_file(work, path, error);
		return;
	}
	if (fdar_ctf_packet_read(plan, &work->window, &work->frame, &packet, &error))
		sort_in(work, plan, &packet, &file);
	else
		note_file(work, path, error);
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
 * metadata grows while a session goes on, and may be missing in a part of it. */
static gboolean add_trace(struct work *work, guint first, GError **error)
{
	struct fdar_ctf_folder *folders = &g_array_index(work->folders, struct fdar_ctf_folder, 0);
	guint count = work->folders->len, best = first;
	struct fdar_ctf_plan *plan;

	for (guint i = first + 1; i < count; i++) {
		if (folders[i].plan && fdar_ctf_folder_same(&folders[i], &folders[first]) &&
		    folders[i].classes > folders[best].classes)
			best = i;
	}
	plan = g_steal_pointer(&folders[best].plan);
	g_ptr_array_add(work->input->plans, plan);
	if (work->input->shares)
		fdar_ctf_plan_set_home(plan,
				       fdar_shares_find(work->input->shares, folders[best].path),
				       FALSE);
	work->first_group = work->groups->len;
	work->next_number = 0;
	folders[best].done = TRUE;
	if (!add_folder(work, plan, folders[best].path, error))
		return FALSE;
	for (guint i = 0; i < count; i++) {
		if (folders[i].done || !fdar_ctf_folder_same(&folders[i], &folders[best]))
			continue;
		folders[i].done = TRUE;
		if (!add_folder(work, plan, folders[i].path, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean add_traces(struct work *work, GError **error)
{
	for (guint i = 0; i < work->folders->len; i++) {
		const struct fdar_ctf_folder *folder =
			&g_array_index(work->folders, struct fdar_ctf_folder, i);

		if (folder->plan && !folder->done && !add_trace(work, i, error))
			return FALSE;
	}
	for (guint i = 0; i < work->folders->len; i++) {
		const struct fdar_ctf_folder *folder =
			&g_array_index(work->folders, struct fdar_ctf_folder, i);

		if (!folder->done)
			note_damage(work, folder->broken->message);
	}
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

/* ---- times ---- */

/* How long before 1970 the first packet of the group is. Times are not moved for a clock alone whose
 * zero is that early. */
static uint64_t before_epoch(const struct group *group)
{
	uint64_t most = 0;

	for (guint i = 0; i < group->files->len; i++) {
		const struct fdar_ctf_file *file =
			&g_array_index(group->files, struct fdar_ctf_file, i);
		int64_t ns;

		if (fdar_ctf_time_signed(&group->stream->time, file->begin, &ns) && ns < 0)
			most = MAX(most, (uint64_t)-ns);
	}
	return most;
}

/* The same for all streams, so that all times are moved alike. */
static void shift_times(struct work *work)
{
	struct fdar_ctf_input *input = work->input;

	for (guint i = 0; i < work->groups->len; i++)
		input->shift_ns =
			MAX(input->shift_ns, before_epoch(g_ptr_array_index(work->groups, i)));
	/* In whole seconds, for who shows times of the day. */
	input->shift_ns =
		(input->shift_ns + FDAR_CTF_NS_PER_S - 1) / FDAR_CTF_NS_PER_S * FDAR_CTF_NS_PER_S;
	for (guint i = 0; input->shift_ns && i < input->plans->len; i++) {
		const struct fdar_ctf_plan *plan = g_ptr_array_index(input->plans, i);

		for (guint j = 0; j < plan->streams->len; j++) {
			struct fdar_ctf_stream_plan *stream = g_ptr_array_index(plan->streams, j);
			int64_t *base_ns = &stream->time.base_ns;

			if (__builtin_add_overflow(*base_ns, (int64_t)input->shift_ns, base_ns))
				*base_ns = INT64_MAX;
		}
	}
}

static int compare_begins(gconstpointer a, gconstpointer b)
{
	const struct fdar_ctf_file *left = a, *right = b;

	return left->begin_ns < right->begin_ns ? -1 : left->begin_ns > right->begin_ns;
}

static void sort_files(const struct group *group)
{
	for (guint i = 0; i < group->files->len; i++) {
		struct fdar_ctf_file *file = &g_array_index(group->files, struct fdar_ctf_file, i);

		file->begin_ns = fdar_ctf_time_ns(&group->stream->time, file->begin);
	}
	g_array_sort(group->files, compare_begins);
}

/* Half of the descriptors that this process may have, by all slices at once, is for streams. */
static gboolean may_keep_open(guint streams, guint slices)
{
	struct rlimit files;
	rlim_t most = KEEP_OPEN_MAX;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		most = MIN(most, files.rlim_cur / 2 / MAX(slices, 1));
	return streams <= most;
}

static void make_streams(struct work *work, guint slices)
{
	guint count = work->groups->len;
	size_t usual = count ? WINDOWS_BYTES / count : 0;

	usual = CLAMP(usual, WINDOW_MIN, WINDOW_USUAL) & ~(size_t)(FDAR_CTF_WINDOW_STEP - 1);
	shift_times(work);
	g_ptr_array_sort(work->groups, compare_groups);
	for (guint i = 0; i < count; i++) {
		struct group *group = g_ptr_array_index(work->groups, i);
		struct fdar_ctf_stream *stream;

		sort_files(group);
		stream = fdar_ctf_stream_new(group->plan, group->stream,
					     g_steal_pointer(&group->files), usual,
					     may_keep_open(count, slices));

		stream->rank = i;
		stream->window.pool = work->input->pool;
		g_ptr_array_add(work->input->streams, stream);
	}
}

/* ---- the whole ---- */

static void group_free(void *data)
{
	struct group *group = data;

	if (group->files)
		g_array_unref(group->files);
	g_free(group);
}

static gboolean open_all(struct work *work, const GPtrArray *traces,
			 const struct fdar_decoder_env *env, GError **error)
{
	const struct fdar_ctf_folder *first;

	if (!read_folders(work, traces, error) || !add_traces(work, error))
		return FALSE;
	if (work->input->shortage) {
		g_propagate_error(error, g_error_copy(work->input->shortage));
		return FALSE;
	}
	first = &g_array_index(work->folders, struct fdar_ctf_folder, 0);
	if (!work->input->plans->len) {
		g_propagate_error(error, g_error_copy(first->broken));
		return FALSE;
	}
	fdar_ctf_homes_tell_apart(work->input->plans);
	if (env && env->hosts)
		fdar_ctf_homes_list(work->input->plans, env->hosts);
	fdar_ctf_homes_shift(work->input->plans, env ? env->shifts : NULL);
	make_streams(work, env ? env->slices : 1);
	if (work->input->streams->len || work->input->damaged || work->input->dropped)
		return TRUE;
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY,
		    "%s: the trace holds no event: it has no stream file, or only empty ones",
		    (const char *)g_ptr_array_index(traces, 0));
	return FALSE;
}

gboolean fdar_ctf_input_open(struct fdar_ctf_input *input, const GPtrArray *traces, GError **error)
{
	return fdar_ctf_input_open_for(input, traces, NULL, error);
}

gboolean fdar_ctf_input_open_for(struct fdar_ctf_input *input, const GPtrArray *traces,
				 const struct fdar_decoder_env *env, GError **error)
{
	g_autofree struct work *work = g_new0(struct work, 1);
	gboolean ok;

	*input = (struct fdar_ctf_input){ .maps = env ? env->maps : NULL,
					  .shares = env ? env->shares : NULL };
	input->plans = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_ctf_plan_free);
	input->paths = g_ptr_array_new_with_free_func(g_free);
	input->streams = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_ctf_stream_free);
	input->pool = fdar_ctf_pool_new();
	work->input = input;
	work->folders = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_folder));
	g_array_set_clear_func(work->folders, fdar_ctf_folder_clear);
	work->groups = g_ptr_array_new_with_free_func(group_free);
	fdar_ctf_window_init(&work->window, HEAD_WINDOW, FALSE);
	work->window.pool = input->pool;
	ok = open_all(work, traces, env, error);
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
	g_clear_error(&input->shortage);
}
