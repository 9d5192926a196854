#include "replay/lockstep/threads.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MAX 16384 /* two descriptors each */
#define CHILDREN_BYTES \
	4096 /* of the list of a process' children; what is behind is found by a rescan */
#define STAT_BYTES 512

struct thread {
	int stat;
	int slices;
	uint64_t seen; /* time slices at the beginning of a look */
};

struct process {
	pid_t pid;
	int children; /* of its main thread; -1: the kernel does not tell */
	uint64_t children_hash;
	char tasks[32]; /* "/proc/PID/task", whose links are its threads */
	nlink_t links;
};

struct fdar_threads {
	pid_t *roots;
	size_t root_count;
	GArray *threads;
	GArray *processes;
	gboolean stale; /* something came or went: look for all of it again */
};

static void thread_clear(gpointer data)
{
	struct thread *thread = data;

	close(thread->stat);
	if (thread->slices >= 0)
		close(thread->slices);
}

static void process_clear(gpointer data)
{
	struct process *process = data;

	if (process->children >= 0)
		close(process->children);
}

static int open_of(pid_t pid, const char *task, const char *name)
{
	char path[96];

	g_snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", (int)pid, task, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The text of a file of /proc from its beginning; 0 when it cannot be read (its thread is gone). */
static size_t read_text(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[MAX(n, 0)] = '\0';
	return (size_t)MAX(n, 0);
}

static uint64_t hash_text(int fd)
{
	char text[CHILDREN_BYTES];
	uint64_t hash = 1469598103934665603u;

	if (fd < 0)
		return 0;
	read_text(fd, text, sizeof(text));
	for (const char *c = text; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211u;
	return hash;
}

static void add_process(struct fdar_threads *watch, pid_t pid);

static void add_children(struct fdar_threads *watch, pid_t pid, const char *task)
{
	char text[CHILDREN_BYTES];
	int fd = open_of(pid, task, "children");
	char *at = text;

	if (fd < 0)
		return;
	read_text(fd, text, sizeof(text));
	close(fd);
	for (;;) {
		char *end;
		long child = strtol(at, &end, 10);

		if (end == at || child <= 0 || child > G_MAXINT)
			return;
		add_process(watch, (pid_t)child);
		at = end;
	}
}

static gboolean is_watched(const struct fdar_threads *watch, pid_t pid)
{
	for (guint i = 0; i < watch->processes->len; i++)
		if (g_array_index(watch->processes, struct process, i).pid == pid)
			return TRUE;
	return FALSE;
}

static void add_threads(struct fdar_threads *watch, const struct process *process, DIR *tasks)
{
	const struct dirent *entry;

	while ((entry = readdir(tasks)) && watch->threads->len < THREADS_MAX) {
		struct thread thread = { 0 };

		if (!g_ascii_isdigit(entry->d_name[0]))
			continue;
		thread.stat = open_of(process->pid, entry->d_name, "stat");
		if (thread.stat < 0)
			continue;
		thread.slices = open_of(process->pid, entry->d_name, "schedstat");
		g_array_append_val(watch->threads, thread);
		add_children(watch, process->pid, entry->d_name);
	}
}

static void add_process(struct fdar_threads *watch, pid_t pid)
{
	struct process process = { .pid = pid };
	char main_task[16];
	struct stat status;
	DIR *tasks;

	if (pid == getpid() || is_watched(watch, pid))
		return;
	g_snprintf(process.tasks, sizeof(process.tasks), "/proc/%d/task", (int)pid);
	g_snprintf(main_task, sizeof(main_task), "%d", (int)pid);
	tasks = opendir(process.tasks);
	if (!tasks)
		return;
	/* What changes after these two lines is seen as a change. */
	process.links = stat(process.tasks, &status) == 0 ? status.st_nlink : 0;
	process.children = open_of(pid, main_task, "children");
	process.children_hash = hash_text(process.children);
	g_array_append_val(watch->processes, process);
	add_threads(watch, &process, tasks);
	closedir(tasks);
}

static void scan(struct fdar_threads *watch)
{
	g_array_set_size(watch->threads, 0);
	g_array_set_size(watch->processes, 0);
	for (size_t i = 0; i < watch->root_count; i++)
		add_process(watch, watch->roots[i]);
	watch->stale = FALSE;
}

struct fdar_threads *fdar_threads_new(const pid_t *pids, size_t count)
{
	struct fdar_threads *watch = g_new0(struct fdar_threads, 1);

	watch->roots = g_memdup2(pids, count * sizeof(*pids));
	watch->root_count = count;
	watch->threads = g_array_new(FALSE, FALSE, sizeof(struct thread));
	watch->processes = g_array_new(FALSE, FALSE, sizeof(struct process));
	g_array_set_clear_func(watch->threads, thread_clear);
	g_array_set_clear_func(watch->processes, process_clear);
	scan(watch);
	if (watch->processes->len)
		return watch;
	fdar_threads_free(watch);
	return NULL;
}

void fdar_threads_free(struct fdar_threads *watch)
{
	if (!watch)
		return;
	g_array_free(watch->threads, TRUE);
	g_array_free(watch->processes, TRUE);
	g_free(watch->roots);
	g_free(watch);
}

unsigned fdar_threads_count(const struct fdar_threads *watch)
{
	return watch->threads->len;
}

unsigned fdar_threads_processes(const struct fdar_threads *watch)
{
	return watch->processes->len;
}

/* The letter of a thread's state; 0 when it is gone. The name before it may hold anything. */
static char state_of(const struct thread *thread)
{
	char text[STAT_BYTES];
	const char *bracket;

	if (!read_text(thread->stat, text, sizeof(text)))
		return '\0';
	bracket = strrchr(text, ')');
	return bracket && bracket[1] == ' ' ? bracket[2] : '\0';
}

/* How often it was given a processor: the third number. */
static gboolean slices_of(const struct thread *thread, uint64_t *slices)
{
	char text[96];
	const char *last;

	*slices = 0;
	if (thread->slices < 0) /* a kernel without: states alone have to do */
		return TRUE;
	if (!read_text(thread->slices, text, sizeof(text)))
		return FALSE;
	last = strrchr(text, ' ');
	*slices = last ? g_ascii_strtoull(last + 1, NULL, 10) : 0;
	return TRUE;
}

/* Is all there that was when it was last looked for, and nothing else? */
static gboolean is_complete(const struct fdar_threads *watch)
{
	for (guint i = 0; i < watch->processes->len; i++) {
		const struct process *process = &g_array_index(watch->processes, struct process, i);
		struct stat status;

		if (stat(process->tasks, &status) != 0 || status.st_nlink != process->links ||
		    hash_text(process->children) != process->children_hash)
			return FALSE;
	}
	return TRUE;
}

static enum fdar_rest rest_of(char state)
{
	switch (state) {
	case 'S':
	case 'Z': /* over, and not yet waited for: nothing more comes of it */
	case 'X':
		return FDAR_REST_WAITING;
	case 'T':
	case 't':
		return FDAR_REST_STOPPED;
	case '\0':
		return FDAR_REST_GONE;
	default:
		return FDAR_REST_BUSY;
	}
}

/* The states of all threads, which did not run in between. */
static enum fdar_rest look_at_threads(struct fdar_threads *watch)
{
	struct thread *threads = (struct thread *)(void *)watch->threads->data;
	guint count = watch->threads->len;
	enum fdar_rest rest = FDAR_REST_WAITING;
	uint64_t slices;

	for (guint i = 0; i < count && count > 1; i++)
		if (!slices_of(&threads[i], &threads[i].seen))
			return FDAR_REST_GONE;
	for (guint i = 0; i < count; i++) {
		enum fdar_rest one = rest_of(state_of(&threads[i]));

		if (one == FDAR_REST_GONE || one == FDAR_REST_BUSY)
			return one;
		if (one == FDAR_REST_STOPPED)
			rest = one;
	}
	for (guint i = 0; i < count && count > 1; i++)
		if (!slices_of(&threads[i], &slices) || slices != threads[i].seen)
			return FDAR_REST_BUSY;
	return rest;
}

enum fdar_rest fdar_threads_look(struct fdar_threads *watch)
{
	enum fdar_rest rest;

	if (watch->stale)
		scan(watch);
	if (!watch->threads->len)
		return FDAR_REST_GONE;
	rest = look_at_threads(watch);
	/* A thread that is gone, or one more: what is there now is looked at the next time. */
	if (rest == FDAR_REST_GONE || (rest != FDAR_REST_BUSY && !is_complete(watch))) {
		watch->stale = TRUE;
		return FDAR_REST_BUSY;
	}
	assert(rest == FDAR_REST_BUSY || rest == FDAR_REST_WAITING || rest == FDAR_REST_STOPPED);
	return rest;
}
