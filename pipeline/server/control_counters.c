#include "pipeline/server/control_counters.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instrument/wire/control.h"
#include "pipeline/server/ends.h"

/* All that is read of the living. */
#define HEAD_BYTES offsetof(struct fdar_control_counters, slots)

struct fdar_control_files {
	char *path;
	int folder;
	ino_t pid_space;
	gboolean unread;   /* there were more than one look takes, ever */
	GHashTable *ended; /* pid -> struct fdar_control_process *, of files that were taken away */
	struct fdar_control_counts ended_counts;
	GHashTable *now; /* the same with those that are there */
	struct fdar_control_counts counts;
	GArray *flushed; /* uint32_t, of the living */
	struct fdar_ends *ends;
	GArray *killed;      /* struct fdar_control_end */
	GHashTable *unready; /* GINT_TO_POINTER(pid), a set: of those in counts.unready */
	uint64_t rules_met[FDAR_CONTROL_RULES_MAX / 64];
};

struct fdar_control_files *fdar_control_files_make(const char *path)
{
	struct fdar_control_files *files;
	struct stat space;
	int folder;

	if (mkdir(path, 0700) != 0)
		return NULL;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Whoever knows the name may add to it; only who added a file may take it away. */
	if (folder < 0 || fchmod(folder, 01733) != 0) {
		if (folder >= 0)
			close(folder);
		rmdir(path);
		return NULL;
	}
	files = g_new0(struct fdar_control_files, 1);
	files->path = g_strdup(path);
	files->folder = folder;
	files->pid_space = stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
	files->ended = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	files->now = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	files->flushed = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	files->ends = fdar_ends_new();
	files->killed = g_array_new(FALSE, FALSE, sizeof(struct fdar_control_end));
	files->unready = g_hash_table_new(NULL, NULL);
	return files;
}

static DIR *open_list(const struct fdar_control_files *files)
{
	int fd = openat(files->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

	if (!list && fd >= 0)
		close(fd);
	return list;
}

void fdar_control_files_free(struct fdar_control_files *files)
{
	const struct dirent *entry;
	DIR *list;

	if (!files)
		return;
	list = open_list(files);
	while (list && (entry = readdir(list)))
		if (unlinkat(files->folder, entry->d_name, 0) != 0 && errno == EISDIR)
			unlinkat(files->folder, entry->d_name, AT_REMOVEDIR);
	if (list)
		closedir(list);
	close(files->folder);
	rmdir(files->path);
	g_free(files->path);
	g_hash_table_destroy(files->ended);
	g_hash_table_destroy(files->now);
	g_array_unref(files->flushed);
	fdar_ends_free(files->ends);
	g_array_unref(files->killed);
	g_hash_table_destroy(files->unready);
	g_free(files);
}

/* ---- sums ---- */

static void add(uint64_t *sum, uint64_t value)
{
	*sum = value > UINT64_MAX - *sum ? UINT64_MAX : *sum + value;
}

static void add_process(GHashTable *all, const struct fdar_control_process *process)
{
	gpointer key = GINT_TO_POINTER(process->pid);
	struct fdar_control_process *sum = g_hash_table_lookup(all, key);

	if (!sum) {
		g_hash_table_insert(all, key, g_memdup2(process, sizeof(*process)));
		return;
	}
	add(&sum->calls, process->calls);
	add(&sum->elsewhere, process->elsewhere);
	for (size_t i = 0; i < FDAR_CONTROL_EVENTS; i++)
		add(&sum->events[i], process->events[i]);
}

/* A connection that the server has marked is one of libflowdar-io's, too. */
static uint64_t sessions_of(const struct fdar_control_counters *counters)
{
	uint64_t by_io = MIN(counters->io_sessions, counters->sessions);

	return MAX(by_io, counters->sessions - by_io);
}

/* Those that were never told of are known by that. */
static gboolean was_unready(const struct fdar_control_counters *counters)
{
	return counters->unready && counters->told;
}

static void add_counts(struct fdar_control_counts *sum,
		       const struct fdar_control_counters *counters)
{
	add(&sum->processes, 1);
	add(&sum->calls, counters->calls);
	add(&sum->skipped, counters->skipped);
	add(&sum->unwound, counters->unwound);
	add(&sum->lost, counters->lost);
	add(&sum->waited_ns, counters->waited_ns);
	add(&sum->functions, counters->functions);
	add(&sum->live, counters->live);
	add(&sum->budget_off, counters->budget_off);
	sum->unpatched |= counters->unpatched;
	add(&sum->patched, counters->patched);
	add(&sum->hooked, counters->hooked);
	add(&sum->ruled, counters->ruled);
	add(&sum->late, counters->late);
	add(&sum->told, counters->told);
	add(&sum->gave_up, counters->gave_up);
	add(&sum->unready, was_unready(counters) ? 1 : 0);
	add(&sum->sessions, sessions_of(counters));
	add(&sum->price_measured, counters->price_measured);
	add(&sum->price_ps, counters->price_ps);
	add(&sum->price_squares, counters->price_squares);
	add(&sum->price_inner_ps, counters->price_inner_ps);
	add(&sum->writes, counters->writes);
	add(&sum->write_ns, counters->write_ns);
	add(&sum->budget_cpu_ns, counters->budget_cpu_ns);
	add(&sum->budget_others_ns, counters->budget_others_ns);
	add(&sum->budget_calls_ns, counters->budget_calls_ns);
	add(&sum->marks, counters->marks);
}

static void take(struct fdar_control_counts *counts, GHashTable *processes,
		 const struct fdar_control_counters *counters)
{
	struct fdar_control_process process = { .pid = counters->pid,
						.calls = counters->calls,
						.elsewhere = counters->elsewhere };

	for (size_t stripe = 0; stripe < FDAR_CONTROL_STRIPES; stripe++)
		for (size_t i = 0; i < FDAR_CONTROL_EVENTS; i++)
			add(&process.events[i], counters->stripes[stripe].events[i]);
	add_counts(counts, counters);
	add_process(processes, &process);
}

/* ---- files ---- */

/* Nobody has asked yet how it ended (proc(5), stat). A process whose first thread alone has ended looks
 * the same, but for the number of its threads. */
static gboolean is_zombie(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofree char *stat = NULL;
	const char *name_end =
		g_file_get_contents(path, &stat, NULL, NULL) ? strrchr(stat, ')') : NULL;
	char state = 0;
	long threads = 0;

	return name_end &&
	       sscanf(name_end,
		      ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld",
		      &state, &threads) == 2 &&
	       state == 'Z' && threads <= 1;
}

/* Of a process that we can see: another pid namespace has other numbers. One that was watched is known by
 * more than its number, which another may have by now. */
static gboolean has_ended(const struct fdar_control_files *files, const char *name,
			  const struct fdar_control_counters *counters)
{
	if (fdar_ends_ended(files->ends, name))
		return TRUE;
	if (!counters->pid_space || counters->pid_space != files->pid_space || counters->pid <= 0)
		return FALSE;
	return (kill(counters->pid, 0) != 0 && errno == ESRCH) || is_zombie(counters->pid);
}

/* The first bytes of it. FALSE when it is none, or is not whole yet. */
static gboolean read_file(const struct fdar_control_files *files, const char *name,
			  struct fdar_control_counters *counters, size_t bytes)
{
	int fd = openat(files->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	gboolean read;

	if (fd < 0)
		return FALSE;
	/* An older library's has no slots. */
	memset(counters, 0, sizeof(*counters));
	read = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       pread(fd, counters, bytes, 0) >= (ssize_t)HEAD_BYTES;
	close(fd);
	return read && counters->magic == FDAR_CONTROL_MAGIC &&
	       counters->struct_bytes >= offsetof(struct fdar_control_counters, ended) &&
	       counters->pid > 0;
}

/* Whether it ended without saying so. Older libraries do not know of that. */
static gboolean was_killed(const struct fdar_control_counters *counters)
{
	return counters->struct_bytes >= offsetof(struct fdar_control_counters, price_measured) &&
	       counters->told && !counters->ended;
}

/* Whether some of its calls were in no slot; older libraries have none. */
static gboolean has_uncounted(const struct fdar_control_counters *counters)
{
	return counters->slotless || counters->struct_bytes < HEAD_BYTES;
}

/* What its threads had in their buffers when it was killed: the slots' calls that are not in calls, where
 * they are added. */
static void take_cut(struct fdar_control_counts *counts, struct fdar_control_counters *counters)
{
	uint64_t calls = 0, marks = 0;

	for (size_t i = 0; i < FDAR_CONTROL_SLOTS; i++) {
		add(&calls, counters->slots[i].calls);
		add(&marks, counters->slots[i].marks);
	}
	/* Without functions and packed marks: all else is written at once. */
	if (!counters->calls && !counters->live && !calls && !marks)
		return;
	add(&counts->killed, 1);
	add(&counts->cut_unknown, has_uncounted(counters) ? 1 : 0);
	if (marks > counters->marks) {
		add(&counts->cut_marks, marks - counters->marks);
		add(&counters->stripes[0].events[FDAR_CONTROL_EVENTS_SESSION],
		    marks - counters->marks);
	}
	if (calls <= counters->calls)
		return;
	add(&counts->cut, calls - counters->calls);
	counters->calls = calls;
}

static void take_end(struct fdar_control_files *files, const char *name,
		     struct fdar_control_counters *counters)
{
	struct fdar_control_end end = { .pid = counters->pid };

	fdar_ends_take(files->ends, name, &end.ended_ns, &end.within_ns);
	if (!was_killed(counters))
		return;
	take_cut(&files->ended_counts, counters);
	if (files->killed->len < FDAR_CONTROL_ENDS_MAX)
		g_array_append_val(files->killed, end);
}

/* Whether a process has ended is asked before its file is read: what it counted by then is whole. */
static void read_one(struct fdar_control_files *files, const char *name)
{
	struct fdar_control_counters counters;
	gboolean ended;

	if (!read_file(files, name, &counters, HEAD_BYTES))
		return;
	ended = has_ended(files, name, &counters);
	if (ended && !read_file(files, name, &counters, sizeof(counters)))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(files->rules_met); i++)
		files->rules_met[i] |= counters.rules_met[i];
	if (was_unready(&counters) && g_hash_table_size(files->unready) < FDAR_CONTROL_ENDS_MAX)
		g_hash_table_add(files->unready, GINT_TO_POINTER(counters.pid));
	if (ended && unlinkat(files->folder, name, 0) == 0) {
		take_end(files, name, &counters);
		take(&files->ended_counts, files->ended, &counters);
		return;
	}
	take(&files->counts, files->now, &counters);
	if (!ended)
		g_array_append_val(files->flushed, counters.flushed);
}

static void add_ended(struct fdar_control_files *files)
{
	const struct fdar_control_counts *ended = &files->ended_counts;
	struct fdar_control_counts *counts = &files->counts;
	GHashTableIter all;
	gpointer process;

	g_hash_table_iter_init(&all, files->ended);
	while (g_hash_table_iter_next(&all, NULL, &process))
		add_process(files->now, process);
	add(&counts->processes, ended->processes);
	add(&counts->calls, ended->calls);
	add(&counts->skipped, ended->skipped);
	add(&counts->unwound, ended->unwound);
	add(&counts->lost, ended->lost);
	add(&counts->waited_ns, ended->waited_ns);
	add(&counts->functions, ended->functions);
	add(&counts->live, ended->live);
	add(&counts->budget_off, ended->budget_off);
	counts->unpatched |= ended->unpatched;
	add(&counts->patched, ended->patched);
	add(&counts->hooked, ended->hooked);
	add(&counts->ruled, ended->ruled);
	add(&counts->late, ended->late);
	add(&counts->told, ended->told);
	add(&counts->gave_up, ended->gave_up);
	add(&counts->unready, ended->unready);
	add(&counts->killed, ended->killed);
	add(&counts->cut, ended->cut);
	add(&counts->cut_unknown, ended->cut_unknown);
	add(&counts->sessions, ended->sessions);
	add(&counts->price_measured, ended->price_measured);
	add(&counts->price_ps, ended->price_ps);
	add(&counts->price_squares, ended->price_squares);
	add(&counts->price_inner_ps, ended->price_inner_ps);
	add(&counts->writes, ended->writes);
	add(&counts->write_ns, ended->write_ns);
	add(&counts->budget_cpu_ns, ended->budget_cpu_ns);
	add(&counts->budget_others_ns, ended->budget_others_ns);
	add(&counts->budget_calls_ns, ended->budget_calls_ns);
	add(&counts->marks, ended->marks);
	add(&counts->cut_marks, ended->cut_marks);
}

void fdar_control_files_read(struct fdar_control_files *files)
{
	DIR *list = open_list(files);
	const struct dirent *entry = NULL;

	fdar_ends_look(files->ends);
	memset(&files->counts, 0, sizeof(files->counts));
	g_hash_table_remove_all(files->now);
	g_array_set_size(files->flushed, 0);
	for (guint n = 0; list && n < FDAR_CONTROL_FILES_MAX && (entry = readdir(list)); n++)
		if (entry->d_name[0] != '.')
			read_one(files, entry->d_name);
	files->unread = files->unread || (list && entry && readdir(list));
	if (list)
		closedir(list);
	add_ended(files);
	files->counts.unread = files->unread;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;

	return (left > right) - (left < right);
}

static void watch_one(struct fdar_control_files *files, const char *name)
{
	struct fdar_control_counters counters;

	if (fdar_ends_knows(files->ends, name) || !read_file(files, name, &counters, HEAD_BYTES))
		return;
	/* In another pid namespace the number is somebody else's. */
	fdar_ends_watch(files->ends, name,
			counters.pid_space == files->pid_space ? counters.pid : 0);
}

void fdar_control_files_notice(struct fdar_control_files *files)
{
	const struct dirent *entry;
	DIR *list;

	fdar_ends_listing(files->ends);
	list = open_list(files);
	for (guint n = 0; list && n < FDAR_CONTROL_FILES_MAX && (entry = readdir(list)); n++)
		if (entry->d_name[0] != '.')
			watch_one(files, entry->d_name);
	if (list)
		closedir(list);
	fdar_ends_look(files->ends);
}

int fdar_control_files_fd(const struct fdar_control_files *files)
{
	return fdar_ends_fd(files->ends);
}

GArray *fdar_control_files_unready(const struct fdar_control_files *files)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(int32_t));
	GHashTableIter all;
	gpointer key;

	g_hash_table_iter_init(&all, files->unready);
	while (g_hash_table_iter_next(&all, &key, NULL)) {
		int32_t pid = GPOINTER_TO_INT(key);

		g_array_append_val(pids, pid);
	}
	g_array_sort(pids, compare);
	return pids;
}

GArray *fdar_control_files_ends(const struct fdar_control_files *files)
{
	return g_array_copy(files->killed);
}

void fdar_control_files_count(const struct fdar_control_files *files,
			      struct fdar_control_counts *counts)
{
	*counts = files->counts;
}

GArray *fdar_control_files_processes(const struct fdar_control_files *files)
{
	GArray *processes = g_array_new(FALSE, FALSE, sizeof(struct fdar_control_process));
	GHashTableIter all;
	gpointer process;

	g_hash_table_iter_init(&all, files->now);
	while (g_hash_table_iter_next(&all, NULL, &process))
		g_array_append_vals(processes, process, 1);
	return processes;
}

const uint64_t *fdar_control_files_rules_met(const struct fdar_control_files *files)
{
	return files->rules_met;
}

guint fdar_control_files_unflushed(const struct fdar_control_files *files, uint32_t flush)
{
	guint left = 0;

	for (guint i = 0; i < files->flushed->len; i++)
		left += g_array_index(files->flushed, uint32_t, i) != flush;
	return left;
}
