#include "cli/reduce/attempt.h"

#include <gio/gio.h>

#include "cli/reduce/function.h"

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

gboolean fdar_reducing_run_once(struct fdar_reducing *reducing, const struct fdar_trial_play *play,
				enum fdar_answer *answer, double *figure, struct fdar_trial *trial,
				GError **error)
{
	int code;

	reducing->runs++;
	if (reducing->judge->test == FDAR_TEST_COMMAND) {
		code = fdar_trial_command(reducing->trial, reducing->judge->command, play, error);
		if (code < 0)
			return FALSE;
		*figure = code;
		if (fdar_judge_exit(code, answer))
			return TRUE;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "the test's command cannot be run: the shell says %d", code);
		return FALSE;
	}
	if (reducing->judge->test == FDAR_TEST_FUNCTION
		    ? !fdar_function_run(reducing->trial, reducing->judge->function, play, trial,
					 error)
		    : !fdar_trial_run(reducing->trial, play, trial, error))
		return FALSE;
	reducing->killed = reducing->killed || trial->killed;
	reducing->ended += reducing->judge->test != FDAR_TEST_CRASH && trial->crashed;
	reducing->function_calls += trial->function_calls;
	*figure = fdar_judge_figure(reducing->judge, trial);
	*answer = fdar_judge_answer(reducing->judge, trial);
	return TRUE;
}
