#include "pipeline/record/record_run.h"

#include <stdarg.h>
#include <sys/resource.h>

#define FILES_ENOUGH  256u
#define MEMORY_ENOUGH ((rlim_t)2 << 30)
#define SIZE_ENOUGH   ((rlim_t)64 << 20) /* of a file: twice the largest buffer */

const char fdar_run_ended_daemon[] = "session daemon died";
const char fdar_run_ended_consumer[] = "consumer daemon died";
const char fdar_run_ended_disk[] = "disk full";
const char fdar_run_ended_memory[] = "shared memory full";
const char fdar_run_ended_size[] = "maximum size reached";

void fdar_run_warn(struct fdar_run *run, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_ptr_array_add(run->warnings, fdar_record_folder_say(&run->folder, text));
}

void fdar_run_done(struct fdar_run *run, const struct fdar_record_folder *folder,
		   const struct fdar_recording_info *info)
{
	if (run->options->done)
		run->options->done(folder->path, folder->shown, info, run->user);
}

char *fdar_run_limits(void)
{
	struct rlimit files, memory, size;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_ENOUGH)
		return g_strdup_printf("; the limit of open files is %" G_GUINT64_FORMAT
				       " (ulimit -n), and LTTng's daemons need some hundreds",
				       (guint64)files.rlim_cur);
	if (getrlimit(RLIMIT_AS, &memory) == 0 && memory.rlim_cur < MEMORY_ENOUGH)
		return g_strdup_printf("; the limit of memory is %" G_GUINT64_FORMAT
				       " KiB (ulimit -v), and LTTng's buffers count in it",
				       (guint64)memory.rlim_cur >> 10);
	if (getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur < SIZE_ENOUGH)
		return g_strdup_printf("; the limit of file sizes is %" G_GUINT64_FORMAT
				       " KiB (ulimit -f), and LTTng's buffers are files",
				       (guint64)size.rlim_cur >> 10);
	return NULL;
}

void fdar_run_tell(struct fdar_run *run, enum fdar_record_phase phase, const char *text)
{
	run->now.phase = phase;
	run->now.text = text;
	if (!run->stopped && run->begin_us)
		run->now.elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;
	if (run->progress)
		run->progress(&run->now, run->user);
}

void fdar_run_tell_unmet(struct fdar_run *run, gboolean end)
{
	const char *const *rules = run->options->settings.functions;
	const char *rule;
	guint from = 0;

	if (!run->counts.ruled || (!end && (run->unmet_told || !run->counts.functions)))
		return;
	run->unmet_told = TRUE;
	while ((rule = fdar_control_segment_unmet(run->control, rules, &from))) {
		g_autofree char *text =
			g_strdup_printf("--functions '%s': no function %s fits it%s", rule,
					end ? "that could be recorded"
					    : "of what the server has loaded",
					end ? "" : " so far");

		if (end)
			fdar_run_warn(run, "%s", text);
		else
			fdar_run_tell(run, FDAR_RECORD_WARNING, text);
	}
}
