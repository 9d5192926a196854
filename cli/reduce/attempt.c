#include "cli/reduce/attempt.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "cli/reduce/function.h"
#include "cli/reduce/jobs.h"

void fdar_reducing_show(struct fdar_reducing *reducing)
{
	reducing->sight.runs = reducing->runs;
	reducing->sight.elapsed_ns = (uint64_t)(g_get_monotonic_time() - reducing->began_us) * 1000;
	if (reducing->show)
		reducing->show(reducing->user, &reducing->sight);
}

char *fdar_reducing_file(const struct fdar_reducing *reducing, const char *name)
{
	return g_build_filename(reducing->trial->directory, name, NULL);
}

void fdar_reducing_add(struct fdar_part_list *list, const struct fdar_part_list *other)
{
	g_array_append_vals(list->parts, other->parts->data, other->parts->len);
}

void fdar_reducing_fill(const struct fdar_reducing *reducing, const struct fdar_try *set,
			struct fdar_part_list *list)
{
	fdar_part_list_init(list);
	if (reducing->fixed) {
		fdar_reducing_add(list, &reducing->kept);
	} else if (reducing->bytes) {
		fdar_bytes_list(reducing->bytes, set->units, set->count, list);
	} else if (reducing->exchanges) {
		fdar_part_list_add_exchanges(list, reducing->exchanges, set->units, set->count);
	} else {
		g_autoptr(GArray) sessions =
			fdar_parts_sessions(reducing->parts, set->units, set->count);

		fdar_part_list_add_sessions(list, sessions);
	}
	fdar_part_list_sort(list);
}

gboolean fdar_reducing_write(const struct fdar_reducing *reducing,
			     const struct fdar_part_list *list, const char *path, GError **error)
{
	return fdar_excerpt_write(reducing->excerpt,
				  &g_array_index(list->parts, struct fdar_excerpt_part, 0),
				  list->parts->len, path, error);
}

/* ---- a run, and several at once ---- */

/* What a run brings. */
struct found {
	enum fdar_answer answer;
	double figure;
	struct fdar_trial trial;
};

/* Runs of one question, made at once. */
struct fdar_round {
	GBytes *question;
	unsigned count, next; /* the next that is given */
	struct found found[FDAR_JOBS_AT_ONCE_MAX];
	GError *errors[FDAR_JOBS_AT_ONCE_MAX];
};

static gboolean run_command(const struct fdar_reducing *reducing,
			    const struct fdar_trial_options *how,
			    const struct fdar_trial_play *play, struct found *found, GError **error)
{
	int code = fdar_trial_command(how, reducing->judge->command, play, error);

	if (code < 0)
		return FALSE;
	found->figure = code;
	if (fdar_judge_exit(code, &found->answer))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		    "the test's command cannot be run: the shell says %d", code);
	return FALSE;
}

static gboolean run(const struct fdar_reducing *reducing, const struct fdar_trial_options *how,
		    const struct fdar_trial_play *play, struct found *found, GError **error)
{
	const struct fdar_judge *judge = reducing->judge;

	*found = (struct found){ .figure = NAN };
	if (judge->test == FDAR_TEST_COMMAND)
		return run_command(reducing, how, play, found, error);
	if (judge->test == FDAR_TEST_FUNCTION
		    ? !fdar_function_run(how, judge->function, play, &found->trial, error)
		    : !fdar_trial_run(how, play, &found->trial, error))
		return FALSE;
	found->figure = fdar_judge_figure(judge, &found->trial);
	found->answer = fdar_judge_answer(judge, &found->trial);
	return TRUE;
}

struct asked {
	const struct fdar_reducing *reducing;
	const struct fdar_trial_play *play;
};

/* In a process of its own, with a directory of its own. */
static gboolean do_job(void *user, unsigned number, void *result, GError **error)
{
	const struct asked *asked = user;
	g_autofree char *name = g_strdup_printf("job-%u", number);
	g_autofree char *directory = fdar_reducing_file(asked->reducing, name);
	struct fdar_trial_options how = *asked->reducing->trial;

	g_mkdir(directory, 0700);
	how.directory = directory;
	return run(asked->reducing, &how, asked->play, result, error);
}

static void run_round(struct fdar_reducing *reducing, const struct fdar_trial_play *play,
		      struct fdar_round *round)
{
	const struct fdar_reducing_options *options = reducing->options;
	struct asked asked = { reducing, play };
	const struct fdar_jobs jobs = { do_job, &asked, sizeof(struct found),
					reducing->trial->stop };

	round->count = MAX(options->jobs, 1);
	if (options->runs_max && options->runs_max > reducing->runs)
		round->count = (unsigned)MIN(round->count, options->runs_max - reducing->runs);
	if (options->jobs)
		fdar_jobs_run(&jobs, round->count, round->found, round->errors);
	else
		run(reducing, reducing->trial, play, &round->found[0], &round->errors[0]);
	reducing->runs += round->count;
	for (unsigned i = 0; i < round->count; i++) {
		const struct fdar_trial *trial = &round->found[i].trial;

		if (round->errors[i])
			continue;
		reducing->killed = reducing->killed || trial->killed;
		reducing->ended += reducing->judge->test != FDAR_TEST_CRASH && trial->crashed;
		reducing->function_calls += trial->function_calls;
	}
}

GBytes *fdar_reducing_question(const char *name, const struct fdar_try *asked)
{
	GByteArray *bytes = g_byte_array_new();

	g_byte_array_append(bytes, (const guint8 *)name, (guint)strlen(name) + 1);
	g_byte_array_append(bytes, (const guint8 *)&asked->intensity, sizeof(asked->intensity));
	g_byte_array_append(bytes, (const guint8 *)asked->units,
			    (guint)(asked->count * sizeof(*asked->units)));
	return g_byte_array_free_to_bytes(bytes);
}

gboolean fdar_reducing_has_more(const struct fdar_reducing *reducing)
{
	return reducing->round && reducing->round->next < reducing->round->count;
}

void fdar_reducing_drop_round(struct fdar_reducing *reducing)
{
	struct fdar_round *round = g_steal_pointer(&reducing->round);

	if (!round)
		return;
	for (unsigned i = round->next; i < round->count; i++)
		g_clear_error(&round->errors[i]);
	g_bytes_unref(round->question);
	g_free(round);
}

gboolean fdar_reducing_run_once(struct fdar_reducing *reducing, const struct fdar_trial_play *play,
				GBytes *question, enum fdar_answer *answer, double *figure,
				struct fdar_trial *trial, GError **error)
{
	struct fdar_round *round = reducing->round;
	unsigned at;

	if (!fdar_reducing_has_more(reducing) || !g_bytes_equal(round->question, question)) {
		fdar_reducing_drop_round(reducing);
		reducing->round = round = g_new0(struct fdar_round, 1);
		round->question = g_bytes_ref(question);
		run_round(reducing, play, round);
	}
	at = round->next++;
	if (round->errors[at]) {
		g_propagate_error(error, g_steal_pointer(&round->errors[at]));
		return FALSE;
	}
	*answer = round->found[at].answer;
	*figure = round->found[at].figure;
	*trial = round->found[at].trial;
	return TRUE;
}
