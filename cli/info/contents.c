#include "cli/info/contents.h"

#include <string.h>

#define BATCH 4096

static void process_free(gpointer data)
{
	struct fdar_contents_process *process = data;

	g_hash_table_destroy(process->threads);
	g_free(process);
}

static void thread_free(gpointer data)
{
	struct fdar_contents_thread *thread = data;

	g_free(thread->name);
	g_free(thread);
}

static void binary_free(gpointer data)
{
	struct fdar_contents_binary *binary = data;

	g_hash_table_destroy(binary->processes);
	g_free(binary->build_id);
	g_free(binary);
}

static struct fdar_contents *contents_new(struct fdar_source *source)
{
	struct fdar_contents *contents = g_new0(struct fdar_contents, 1);

	contents->source = source;
	contents->others = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	contents->processes = g_ptr_array_new_with_free_func(process_free);
	contents->binaries = g_ptr_array_new_with_free_func(binary_free);
	contents->threads = g_ptr_array_new_with_free_func(thread_free);
	contents->by_thread = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	contents->by_pid = g_hash_table_new(NULL, NULL);
	contents->by_path = g_hash_table_new(NULL, NULL);
	contents->same_pid = g_hash_table_new(NULL, NULL);
	return contents;
}

void fdar_contents_free(struct fdar_contents *contents)
{
	if (!contents)
		return;
	g_hash_table_destroy(contents->others);
	g_hash_table_destroy(contents->by_pid);
	g_hash_table_destroy(contents->by_path);
	g_hash_table_destroy(contents->same_pid);
	g_hash_table_destroy(contents->by_thread);
	g_ptr_array_unref(contents->threads);
	g_ptr_array_unref(contents->processes);
	g_ptr_array_unref(contents->binaries);
	fdar_source_close(contents->source);
	g_free(contents);
}

static struct fdar_contents_process *process_of(struct fdar_contents *contents,
						const struct fdar_event *event)
{
	guint32 pid = contents->processes->len < FDAR_CONTENTS_PROCESSES_MAX ||
				      g_hash_table_contains(contents->by_pid,
							    GUINT_TO_POINTER(event->pid))
			      ? event->pid
			      : 0;
	struct fdar_contents_process *process =
		g_hash_table_lookup(contents->by_pid, GUINT_TO_POINTER(pid));

	if (process)
		return process;
	process = g_new0(struct fdar_contents_process, 1);
	process->pid = pid;
	process->threads = g_hash_table_new(NULL, NULL);
	process->begin_ns = event->time_ns;
	g_ptr_array_add(contents->processes, process);
	g_hash_table_insert(contents->by_pid, GUINT_TO_POINTER(pid), process);
	return process;
}

/* NULL when there are too many. */
static struct fdar_contents_thread *thread_of(struct fdar_contents *contents,
					      const struct fdar_event *event)
{
	guint64 key = (guint64)event->pid << 32 | event->tid;
	struct fdar_contents_thread *thread = g_hash_table_lookup(contents->by_thread, &key);

	if (thread || contents->threads->len >= FDAR_CONTENTS_THREADS_MAX)
		return thread;
	thread = g_new0(struct fdar_contents_thread, 1);
	thread->pid = event->pid;
	thread->tid = event->tid;
	g_ptr_array_add(contents->threads, thread);
	g_hash_table_insert(contents->by_thread, g_memdup2(&key, sizeof(key)), thread);
	return thread;
}

/* A thread's name comes in an event of its own, or with its begin and end. */
static void add_thread(struct fdar_contents *contents, const struct fdar_event *event)
{
	struct fdar_contents_thread *thread = contents->last;
	const char *name = NULL;

	if (!thread || thread->pid != event->pid || thread->tid != event->tid)
		contents->last = thread = thread_of(contents, event);
	if (!thread)
		return;
	if (event->kind == FDAR_EVENT_THREAD_NAME)
		name = fdar_source_text(contents->source, event->named.name);
	else if (event->kind == FDAR_EVENT_THREAD_BEGIN || event->kind == FDAR_EVENT_THREAD_END)
		name = event->thread.name;
	if (event->kind != FDAR_EVENT_THREAD_NAME)
		thread->events++;
	if (name && *name && g_strcmp0(name, thread->name) != 0) {
		g_free(thread->name);
		thread->name = g_strdup(name);
	}
}

static void add_binary(struct fdar_contents *contents, const struct fdar_event *event)
{
	gpointer key = GUINT_TO_POINTER(event->module.path);
	struct fdar_contents_binary *binary = g_hash_table_lookup(contents->by_path, key);

	/* One without a path was unloaded. */
	if (!event->module.path)
		return;
	if (!binary) {
		binary = g_new0(struct fdar_contents_binary, 1);
		binary->path = fdar_source_text(contents->source, event->module.path);
		binary->build_id = g_strdup("");
		binary->processes = g_hash_table_new(NULL, NULL);
		g_ptr_array_add(contents->binaries, binary);
		g_hash_table_insert(contents->by_path, key, binary);
	}
	g_hash_table_add(binary->processes, GUINT_TO_POINTER(event->pid));
	if (event->module.build_id_len) {
		g_free(binary->build_id);
		binary->build_id = g_strdup(event->module.build_id);
	}
}

static void add_other(struct fdar_contents *contents, uint32_t name)
{
	gpointer key = GUINT_TO_POINTER(
		g_hash_table_size(contents->others) < FDAR_CONTENTS_OTHERS_MAX ||
				g_hash_table_contains(contents->others, GUINT_TO_POINTER(name))
			? name
			: 0);
	guint64 *count = g_hash_table_lookup(contents->others, key);

	if (!count) {
		count = g_new0(guint64, 1);
		g_hash_table_insert(contents->others, key, count);
	}
	(*count)++;
}

/* The program is the one binary that is no library, or a thread's name while none is known. */
static void set_program(struct fdar_contents *contents, struct fdar_contents_process *process,
			const struct fdar_event *event)
{
	const char *text = fdar_source_text(contents->source, event->name);
	const char *slash = strrchr(text, '/');
	gboolean library = event->kind == FDAR_EVENT_MODULE && (!slash || strstr(slash, ".so"));

	if (*text && !library && (!process->program || !strchr(process->program, '/')))
		process->program = text;
}

static void add_event(struct fdar_contents *contents, const struct fdar_event *event)
{
	struct fdar_contents_process *process;

	if (event->kind == FDAR_EVENT_PROCESS_OVER) /* in no trace */
		return;
	process = process_of(contents, event);
	if (event->kind != FDAR_EVENT_MODULE)
		contents->kinds[event->kind]++;
	process->begin_ns = MIN(process->begin_ns, event->time_ns);
	process->end_ns = MAX(process->end_ns, event->time_ns);
	if (event->tid) {
		g_hash_table_add(process->threads, GUINT_TO_POINTER(event->tid));
		add_thread(contents, event);
	}
	if (event->kind == FDAR_EVENT_MODULE) {
		add_binary(contents, event);
		add_other(contents, (uint32_t)event->module.event_name);
	} else if (event->kind == FDAR_EVENT_OTHER) {
		add_other(contents, event->named.name);
	}
	if (event->kind == FDAR_EVENT_MODULE || event->kind == FDAR_EVENT_THREAD_NAME)
		set_program(contents, process, event);
	if (event->kind != FDAR_EVENT_THREAD_NAME)
		process->events++;
}

static int compare_binaries(gconstpointer a, gconstpointer b)
{
	const struct fdar_contents_binary *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

/* What tells processes with equal ids apart, where there are any. */
char *fdar_contents_pid(const struct fdar_contents *contents, guint32 pid)
{
	struct fdar_source_process told = fdar_source_process(contents->source, pid);
	gpointer many = g_hash_table_lookup(contents->same_pid, GUINT_TO_POINTER(told.pid));
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%u", told.pid);
	if (GPOINTER_TO_UINT(many) > 1 && *told.host)
		g_string_append_printf(text, " on %s", told.host);
	if ((GPOINTER_TO_UINT(many) > 1 || contents->several_ns) && told.ns)
		g_string_append_printf(text, " in pid namespace %u", told.ns);
	if (told.life > 1)
		g_string_append_printf(text, ", life %u", told.life);
	return g_string_free(text, FALSE);
}

static void count_pids(struct fdar_contents *contents)
{
	uint32_t ns = 0;

	for (guint i = 0; i < contents->processes->len; i++) {
		const struct fdar_contents_process *process =
			g_ptr_array_index(contents->processes, i);
		struct fdar_source_process told =
			fdar_source_process(contents->source, process->pid);
		gpointer pid = GUINT_TO_POINTER(told.pid);
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(contents->same_pid, pid));

		g_hash_table_replace(contents->same_pid, pid, GUINT_TO_POINTER(count + 1));
		contents->several_ns |= ns && told.ns && told.ns != ns;
		ns = told.ns ? told.ns : ns;
	}
}

/* While another process is waited for. */
static gboolean go_on(void *stop)
{
	return !*(const volatile int *)stop;
}

struct fdar_contents *fdar_contents_read(const char *path, const volatile int *stop, GError **error)
{
	const struct fdar_source_options options = { .go_on = go_on, .user = (void *)stop };
	struct fdar_source *source = fdar_source_open_with(path, &options, error);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	g_autoptr(fdar_contents) contents = NULL;
	gssize n = 0;

	if (!source)
		return NULL;
	contents = contents_new(source);
	while (!*stop && (n = fdar_source_read(source, batch, BATCH, error)) > 0) {
		for (gssize i = 0; i < n; i++)
			add_event(contents, &batch[i]);
	}
	if (n < 0)
		return NULL;
	fdar_source_get_summary(source, &contents->summary);
	g_ptr_array_sort(contents->binaries, compare_binaries);
	count_pids(contents);
	return g_steal_pointer(&contents);
}
