#include "pipeline/server/stacks_unwind.h"

#include <dirent.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_US      100000 /* for a thread to stop: one that waits for a disk may not */
#define STOP_STEP_US 200
#define LIBRARY      "libflowdar.so"

struct look {
	struct fdar_unwind *unwind;
	Dwfl *dwfl;
	pid_t pid;
	int64_t deadline_us;
	int has_library;
	struct fdar_unwind_thread *thread; /* whose frames come now */
};

/* The library's file, whatever the number at its end (libflowdar.so.1). */
static int is_library(const char *name)
{
	size_t length = strlen(LIBRARY);

	return strncmp(name, LIBRARY, length) == 0 && (!name[length] || name[length] == '.');
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int is_over(const struct look *look)
{
	if (g_get_monotonic_time() < look->deadline_us)
		return 0;
	look->unwind->out_of_time = 1;
	return 1;
}

/* ---- one thread ---- */

static int on_frame(Dwfl_Frame *state, void *user)
{
	struct look *look = user;
	struct fdar_unwind *unwind = look->unwind;
	struct fdar_unwind_thread *thread = look->thread;
	Dwarf_Addr address;
	bool is_activation;

	if (!dwfl_frame_pc(state, &address, &is_activation))
		return DWARF_CB_ABORT;
	if (thread->frames == FDAR_STACKS_DEPTH_MAX ||
	    unwind->frames_used == FDAR_STACKS_FRAMES_MAX) {
		thread->cut = 1;
		return DWARF_CB_ABORT;
	}
	unwind->frame[unwind->frames_used++] = (struct fdar_unwind_frame){
		.address = address,
		/* A call may be the last thing in its function: what is behind it is another's. */
		.offset = is_activation ? 0 : 1,
	};
	thread->frames++;
	return DWARF_CB_OK;
}

/* The signal that it must get when it goes on; 0: none; -1: it has not stopped. */
static int stop(pid_t tid)
{
	int status = 0;

	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0)
		return -1;
	for (int waited = 0; waited < STOP_US; waited += STOP_STEP_US) {
		pid_t who = waitpid(tid, &status, __WALL | WNOHANG);

		if (who < 0 || (who == tid && !WIFSTOPPED(status)))
			return -1;
		if (who == tid)
			return status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
		usleep(STOP_STEP_US);
	}
	return -1;
}

/* Nothing between the stop and the detach waits for anything but the binaries' unwind tables. What does
 * not stop is let go when this process ends. */
static void take_thread(struct look *look, pid_t tid, const char *name)
{
	struct fdar_unwind *unwind = look->unwind;
	struct fdar_unwind_thread *thread = &unwind->thread[unwind->threads];
	int signal;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0) {
		if (errno == ESRCH)
			return;
		unwind->refused_errno = errno;
		unwind->refused_pid = look->pid;
		return;
	}
	signal = stop(tid);
	if (signal < 0) {
		unwind->left_out++;
		return;
	}
	*thread = (struct fdar_unwind_thread){ .pid = look->pid,
					       .tid = tid,
					       .first = unwind->frames_used };
	snprintf(thread->name, sizeof(thread->name), "%s", name);
	look->thread = thread;
	dwfl_getthread_frames(look->dwfl, tid, on_frame, look);
	ptrace(PTRACE_DETACH, tid, NULL, (void *)(intptr_t)signal);
	if (thread->frames)
		__atomic_store_n(&unwind->threads, unwind->threads + 1, __ATOMIC_RELEASE);
}

static int read_name(pid_t pid, pid_t tid, char name[32])
{
	char path[64];
	FILE *file;
	int ok;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int)pid, (int)tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	ok = fgets(name, 32, file) != NULL;
	fclose(file);
	if (ok)
		name[strcspn(name, "\n")] = '\0';
	return ok;
}

/* LTTng calls its threads like the program, or the thread that they were started by, and -ust. */
static int is_tracer(const char *name)
{
	size_t length = strlen(name);

	return strcmp(name, "flowdar") == 0 ||
	       (length >= 4 && strcmp(name + length - 4, "-ust") == 0);
}

static void take_threads(struct look *look)
{
	char path[64], name[32];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)look->pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)atoi(entry->d_name);

		if (tid <= 0 || !read_name(look->pid, tid, name) || is_tracer(name))
			continue;
		if (is_over(look) || look->unwind->threads == FDAR_STACKS_THREADS_MAX ||
		    look->unwind->frames_used == FDAR_STACKS_FRAMES_MAX)
			look->unwind->left_out++;
		else
			take_thread(look, tid, name);
	}
	if (tasks)
		closedir(tasks);
}

/* ---- names: while the process goes on ---- */

/* Without the version that a dynamic symbol's name ends with. */
static size_t name_length(const char *text)
{
	size_t length = text ? strnlen(text, FDAR_STACKS_NAME_MAX) : 0;
	const char *version = length ? memchr(text + 1, '@', length - 1) : NULL;

	return version ? (size_t)(version - text) : length;
}

static uint32_t keep(struct fdar_unwind *unwind, const char *text, size_t length)
{
	uint32_t at = unwind->pool_used ? unwind->pool_used : 1;

	if (!length || length + 1 > FDAR_UNWIND_POOL_BYTES - at)
		return 0;
	memcpy(unwind->pool + at, text, length);
	unwind->pool[at + length] = '\0';
	unwind->pool_used = at + (uint32_t)length + 1;
	return at;
}

static void name_frame(const struct look *look, struct fdar_unwind_frame *frame)
{
	Dwarf_Addr address = frame->address - frame->offset;
	Dwfl_Module *module = dwfl_addrmodule(look->dwfl, address);
	uint64_t less = frame->offset;
	const char *path = NULL, *function;
	GElf_Off offset = 0;
	GElf_Sym symbol;

	frame->offset = 0;
	if (!module)
		return;
	function = dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
	dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, &path, NULL);
	if (!path)
		path = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	if (function)
		frame->offset = offset + less;
	path = path ? base_name(path) : "";
	frame->binary = keep(look->unwind, path, strnlen(path, FDAR_STACKS_NAME_MAX));
	frame->function = keep(look->unwind, function, name_length(function));
}

static void name_frames(const struct look *look, uint32_t from)
{
	uint32_t i;

	for (i = from; i < look->unwind->frames_used && !is_over(look); i++)
		name_frame(look, &look->unwind->frame[i]);
	for (; i < look->unwind->frames_used; i++)
		look->unwind->frame[i].offset = 0;
}

/* ---- one process ---- */

/* The unwind tables are looked for before a thread is stopped. */
static int on_module(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr start,
		     void *user)
{
	struct look *look = user;
	Dwarf_Addr bias;

	(void)data;
	(void)start;
	if (is_library(base_name(name)))
		look->has_library = 1;
	dwfl_module_eh_cfi(module, &bias);
	return is_over(look) ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static int report(struct look *look)
{
	int failed = dwfl_linux_proc_report(look->dwfl, look->pid);

	if (failed == 0)
		failed = dwfl_report_end(look->dwfl, NULL, NULL) ? EINVAL : 0;
	if (failed == 0)
		dwfl_getmodules(look->dwfl, on_module, look, 0);
	if (failed == 0 && look->has_library)
		failed = dwfl_linux_proc_attach(look->dwfl, look->pid, true);
	return failed;
}

void fdar_unwind_process(struct fdar_unwind *unwind, pid_t pid, int64_t deadline_us)
{
	static char *debuginfo_path = NULL; /* libdwfl's: the standard one */
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_linux_proc_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.debuginfo_path = &debuginfo_path,
	};
	struct look look = { .unwind = unwind, .pid = pid, .deadline_us = deadline_us };
	uint32_t from = unwind->frames_used;
	int failed;

	look.dwfl = dwfl_begin(&callbacks);
	if (!look.dwfl)
		return;
	failed = report(&look);
	/* One that has ended meanwhile is not missed. */
	if (failed && failed != ENOENT && failed != ESRCH) {
		unwind->refused_errno = failed > 0 ? failed : EINVAL;
		unwind->refused_pid = pid;
	}
	if (failed == 0 && look.has_library) {
		unwind->processes++;
		take_threads(&look);
		name_frames(&look, from);
	}
	dwfl_end(look.dwfl);
}
