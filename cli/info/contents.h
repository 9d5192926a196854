/*
 * What is in a trace: events by kind, processes, binaries.
 *
 * Place in the house: under cmd_info.c. One pass over a source; memory grows with processes, threads
 * and binaries, which are bounded, not with the length of the trace.
 */
#ifndef FDAR_CLI_INFO_CONTENTS_H
#define FDAR_CLI_INFO_CONTENTS_H

#include <glib.h>

#include "pipeline/source/source.h"

#define FDAR_CONTENTS_PROCESSES_MAX 100000 /* those that come later are put together as process 0 */
#define FDAR_CONTENTS_OTHERS_MAX    1000   /* names of events that are not ours */
#define FDAR_CONTENTS_THREADS_MAX   100000 /* with their names; more are only counted */

struct fdar_contents_process {
	guint32 pid;
	const char *program; /* path of the binary, or a thread's name; NULL: not known */
	GHashTable *threads; /* tids */
	guint64 events;      /* each call that came in a calls event is two at least */
	guint64 begin_ns, end_ns;
};

struct fdar_contents_thread {
	guint32 pid;
	guint32 tid;
	char *name; /* the last one; NULL: not known */
	guint64 events;
};

struct fdar_contents_binary {
	const char *path;
	char *build_id;        /* hex; "" when not known */
	GHashTable *processes; /* pids that loaded it */
};

struct fdar_contents {
	struct fdar_source_summary summary;
	guint64 kinds[FDAR_EVENT_KINDS];
	GHashTable *others;   /* name -> guint64 *: events that are not ours */
	GPtrArray *processes; /* struct fdar_contents_process, by first event */
	GPtrArray *threads;   /* struct fdar_contents_thread, by first event */
	GPtrArray *binaries;  /* struct fdar_contents_binary, by path */
	GHashTable *by_pid, *by_path, *by_thread;
	GHashTable *same_pid; /* the trace's process id -> how many processes have it */
	gboolean several_ns;  /* processes live in several pid namespaces */
	struct fdar_contents_thread *last; /* of the last event; NULL: none */
	struct fdar_source *source;        /* owns the names */
};

/* Reads path to its end, or until *stop is set. The caller frees the result (fdar_contents_free). NULL
 * and error when nothing can be read. */
struct fdar_contents *fdar_contents_read(const char *path, const volatile int *stop,
					 GError **error);

/* What to call a process, by its pid here: "3", or "3 on hosta in pid namespace 4026532281, life 2" where
 * others have that id, too. The caller frees it. */
char *fdar_contents_pid(const struct fdar_contents *contents, guint32 pid);

/* NULL is allowed. */
void fdar_contents_free(struct fdar_contents *contents);
typedef struct fdar_contents fdar_contents;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_contents, fdar_contents_free)

#endif
