#include "cli/batch/batch_run.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"

struct batch {
	GPtrArray *cases;
	const struct fdar_batch_options *options;
	const char *program;
	struct fdar_batch_making *making;
	char *asked;
	guint next; /* of cases */
	guint running;
};

struct job {
	struct batch *batch;
	struct fdar_batch_case *one;
	GSubprocess *process;
	char *from; /* fdar_batch_case_from, before it began; NULL: it is never done */
};

/* The last line that a process said, without the command's name. */
static char *last_line(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	guint count = g_strv_length(lines);

	while (count && !*lines[count - 1])
		count--;
	if (!count)
		return g_strdup("it said nothing");
	return g_strdup(g_str_has_prefix(lines[count - 1], "flowdar analyze: ")
				? lines[count - 1] + strlen("flowdar analyze: ")
				: lines[count - 1]);
}

/* The caller frees it. */
static char *profile_name(const struct fdar_batch_case *one)
{
	return g_strconcat(one->name, ".profile", NULL);
}

static void note(struct job *job)
{
	const struct fdar_batch_making *making = job->batch->making;
	g_autofree char *name = profile_name(job->one);
	g_autoptr(GError) error = NULL;

	if (!fdar_batch_making_move(making, name, job->one->profile_path, &error) ||
	    (job->from && !fdar_batch_case_note(job->one, making, job->from, &error)))
		job->one->error = g_strdup(error->message);
}

static void job_free(struct job *job)
{
	g_clear_object(&job->process);
	g_free(job->from);
	g_free(job);
}

static void on_end(GObject *source, GAsyncResult *result, gpointer data)
{
	struct job *job = data;
	g_autoptr(GBytes) said = NULL;
	g_autofree char *text = NULL;

	if (g_subprocess_communicate_finish(G_SUBPROCESS(source), result, NULL, &said, NULL)) {
		gsize length;
		const char *bytes = g_bytes_get_data(said, &length);

		text = g_utf8_make_valid(bytes ? bytes : "", (gssize)length);
	}
	if (!g_subprocess_get_if_exited(job->process))
		job->one->error = g_strdup_printf("it died of signal %d",
						  g_subprocess_get_term_sig(job->process));
	else if (g_subprocess_get_exit_status(job->process))
		job->one->error = last_line(text);
	else
		note(job);
	job->batch->options->through(job->one, FALSE, job->batch->options->user);
	job->batch->running--;
	job_free(job);
}

/* Between fork and exec. Killed with its batch: what comes after that may be at the same profile. */
static void end_with_parent(gpointer user)
{
	if (!fdar_child_end_with(GPOINTER_TO_INT(user), SIGKILL))
		_exit(1);
}

static GSubprocess *spawn(const char *const *arguments, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);

	g_subprocess_launcher_set_child_setup(launcher, end_with_parent, GINT_TO_POINTER(getpid()),
					      NULL);
	return g_subprocess_launcher_spawnv(launcher, arguments, error);
}

static void start(struct batch *batch, struct fdar_batch_case *one)
{
	g_autofree char *name = profile_name(one);
	g_autofree char *made = fdar_batch_making_path(batch->making, name);
	const char *arguments[16] = { batch->program, "analyze", "--save",  made,
				      "--format",     "csv",     "--limit", "1" };
	guint count = 8;
	g_autoptr(GError) error = NULL;
	struct job *job = g_new0(struct job, 1);

	if (batch->options->unit) {
		arguments[count++] = "--unit";
		arguments[count++] = batch->options->unit;
	}
	if (batch->options->rules) {
		arguments[count++] = "--rules";
		arguments[count++] = batch->options->rules;
	}
	if (batch->options->listing) {
		arguments[count++] = "--symbols";
		arguments[count++] = batch->options->listing;
	}
	arguments[count++] = "--";
	arguments[count] = one->path;
	fdar_batch_case_forget(one);
	job->from = fdar_batch_case_from(one, batch->asked);
	job->batch = batch;
	job->one = one;
	job->process = spawn(arguments, &error);
	if (!job->process) {
		one->error = g_strdup(error->message);
		batch->options->through(one, FALSE, batch->options->user);
		job_free(job);
		return;
	}
	batch->running++;
	g_subprocess_communicate_async(job->process, NULL, NULL, on_end, job);
}

static gboolean on_tick(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

gboolean fdar_batch_run(GPtrArray *cases, const struct fdar_batch_options *options,
			struct fdar_batch_making *making)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	struct batch batch = { .cases = cases,
			       .options = options,
			       .making = making,
			       .program = program ? program : "flowdar",
			       .asked = fdar_batch_asked(options->unit, options->rules,
							 options->listing) };
	/* A signal does not end a wait for events. */
	guint tick = g_timeout_add(100, on_tick, NULL);

	while (batch.running || (batch.next < cases->len && !*options->stop)) {
		while (batch.running < options->jobs && batch.next < cases->len &&
		       !*options->stop) {
			struct fdar_batch_case *one = g_ptr_array_index(cases, batch.next++);

			if (!options->again && fdar_batch_case_is_done(one, batch.asked))
				options->through(one, TRUE, options->user);
			else
				start(&batch, one);
		}
		if (batch.running)
			g_main_context_iteration(NULL, TRUE);
	}
	g_source_remove(tick);
	g_free(batch.asked);
	return !*options->stop;
}
