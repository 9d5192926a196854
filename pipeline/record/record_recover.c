#include "pipeline/record/record_recover.h"

#include <gio/gio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/tree.h"
#include "pipeline/drain/drain.h"
#include "pipeline/server/processes.h"
#include "pipeline/record/record_folder.h"

#define CRASH_MS 60000
#define DISK_NS  (60 * UINT64_C(1000000000))

/* argv for lttng-crash; its messages are no help to anybody who did not start it. */
static gboolean extract(const char *buffers, const char *out, GError **error)
{
	g_autofree char *option = g_strdup_printf("--extract=%s", out);
	const char *argv[] = { "lttng-crash", option, buffers, NULL };
	GPid pid;
	int status = 0;

	if (!g_spawn_async(NULL, (char **)argv, NULL,
			   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
				   G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
			   NULL, NULL, &pid, error))
		return FALSE;
	if (!fdar_process_wait(pid, CRASH_MS, &status))
		status = fdar_process_end(pid, 1000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
		    "lttng-crash could not read the tracer's buffers");
	return FALSE;
}

static gboolean pack(const char *extracted, const char *trace, GError **error)
{
	g_autofree char *into = g_build_filename(trace, FDAR_RECORD_RECOVERED, NULL);
	struct fdar_drain_options options = { .memory_bytes = G_MAXUINT64 };
	struct fdar_drain_state state;
	struct fdar_drain *drain = fdar_drain_start(extracted, into, &options, error);
	gboolean ok = drain && fdar_drain_finish(drain, DISK_NS, &state, error);

	fdar_drain_free(drain);
	if (ok && !state.packets) {
		/* An empty trace beside the good one helps nobody. */
		fdar_tree_remove(into);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "nothing was in the tracer's buffers");
	}
	return ok && state.packets;
}

gboolean fdar_record_recover(const char *buffers, const char *trace, GError **error)
{
	g_autofree char *extracted = g_strdup_printf("%s-extracted", buffers);
	gboolean ok = extract(buffers, extracted, error) && pack(extracted, trace, error);

	fdar_tree_remove(extracted);
	return ok;
}
