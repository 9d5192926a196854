#include "cli/reduce/reducing.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "cli/reduce/attempt.h"
#include "cli/reduce/calibrate.h"
#include "cli/reduce/intensity.h"
#include "cli/reduce/narrowing.h"
#include "cli/reduce/shortening.h"
#include "cli/reduce/steps.h"

/* ---- steps ---- */

static enum fdar_reduce_end search_sessions(struct fdar_reducing *reducing, const char *step)
{
	struct fdar_reduce_options options = fdar_reducing_options(reducing);
	struct fdar_tries *tries = fdar_reducing_begin_step(reducing, step, reducing->parts->units);

	options.units = reducing->parts->units;
	options.weights = reducing->weights;
	options.load = fdar_reducing_load(reducing);
	options.all = reducing->options->all;
	fdar_reduce_run(tries, &options, &reducing->result);
	fdar_reducing_end_step(reducing, tries);
	return reducing->result.end;
}

static enum fdar_reduce_end sessions_step(struct fdar_reducing *reducing)
{
	enum fdar_reduce_end end = search_sessions(reducing, "sessions");

	if (end != FDAR_REDUCE_HARMLESS)
		return end;
	end = fdar_reducing_narrow(reducing);
	if (end == FDAR_REDUCE_DONE) {
		fdar_reduced_clear(&reducing->result);
		end = search_sessions(reducing, "sessions-narrowed");
	}
	return end;
}

/* The exchanges of one cause. The result is added to what is kept; when it is stopped, as far as it
 * came. */
static enum fdar_reduce_end exchanges_step(struct fdar_reducing *reducing, guint cause,
					   GArray *sessions)
{
	struct fdar_reduce_options options = fdar_reducing_options(reducing);
	g_autofree char *step = g_strdup_printf("messages-%u", cause + 1);
	struct fdar_exchanges exchanges;
	struct fdar_reduced found;
	struct fdar_tries *tries;
	enum fdar_reduce_end end;

	fdar_exchanges_init(&exchanges, reducing->excerpt, g_array_ref(sessions));
	options.units = exchanges.count;
	options.intensity = fdar_try_copies(fdar_reducing_load(reducing), sessions->len);
	reducing->exchanges = &exchanges;
	tries = fdar_reducing_begin_step(reducing, step, exchanges.count);
	fdar_reduce_run(tries, &options, &found);
	fdar_reducing_end_step(reducing, tries);
	end = found.end;
	/* Written anew it hurts no more, or not surely: it stays whole. */
	if (end == FDAR_REDUCE_HARMLESS || end == FDAR_REDUCE_DOUBTFUL || !found.units->len) {
		fdar_part_list_add_sessions(&reducing->kept, sessions);
		end = end == FDAR_REDUCE_STOPPED ? end : FDAR_REDUCE_DONE;
	} else {
		fdar_part_list_add_exchanges(&reducing->kept, &exchanges,
					     (const uint32_t *)(const void *)found.units->data,
					     found.units->len);
	}
	reducing->exchanges = NULL;
	reducing->sight.step = "messages";
	fdar_reduced_clear(&found);
	fdar_exchanges_clear(&exchanges);
	return end;
}

/* The sessions of cause i, from its units. */
static GArray *cause_sessions(const struct fdar_reducing *reducing, guint cause)
{
	const struct fdar_reduced *result = &reducing->result;
	guint from = 0;

	for (guint i = 0; i < cause; i++)
		from += g_array_index(result->causes, uint32_t, i);
	return fdar_parts_sessions(reducing->parts,
				   &g_array_index(result->by_cause, uint32_t, from),
				   g_array_index(result->causes, uint32_t, cause));
}

static void set_after(struct fdar_reducing *reducing, guint from)
{
	g_array_set_size(reducing->after.parts, 0);
	for (guint i = from; i < reducing->result.causes->len; i++) {
		g_autoptr(GArray) sessions = cause_sessions(reducing, i);

		fdar_part_list_add_sessions(&reducing->after, sessions);
	}
}

static gboolean has_more_exchanges(const struct fdar_reducing *reducing, const GArray *sessions)
{
	for (guint i = 0; i < sessions->len; i++)
		if (fdar_excerpt_exchanges(reducing->excerpt,
					   g_array_index(sessions, uint32_t, i)) > 1)
			return TRUE;
	return FALSE;
}

/* All causes, one after the other; stopped or not, every cause is in `kept` at the end. */
static enum fdar_reduce_end messages_step(struct fdar_reducing *reducing, enum fdar_reduce_end end)
{
	for (guint i = 0; i < reducing->result.causes->len; i++) {
		g_autoptr(GArray) sessions = cause_sessions(reducing, i);
		uint32_t size = sessions->len;

		g_array_append_val(reducing->causes, size);
		set_after(reducing, i + 1);
		if (end == FDAR_REDUCE_DONE && !reducing->options->whole_sessions &&
		    has_more_exchanges(reducing, sessions))
			end = exchanges_step(reducing, i, sessions);
		else
			fdar_part_list_add_sessions(&reducing->kept, sessions);
	}
	set_after(reducing, G_MAXUINT);
	return end;
}

/* Of the median: with 10 runs the second and the ninth, which hold it 98 times of 100. */
static void tell_figures(struct fdar_reducing *reducing, uint32_t confirming)
{
	GArray *all = reducing->figures;
	guint count = MIN(all->len, confirming);
	g_autofree double *sorted = NULL;

	/* What a command exits with is no figure. */
	if (!count || reducing->judge->test == FDAR_TEST_COMMAND)
		return;
	sorted = g_memdup2(&g_array_index(all, double, all->len - count), count * sizeof(double));
	for (guint i = 1; i < count; i++)
		for (guint j = i; j && sorted[j - 1] > sorted[j]; j--) {
			double other = sorted[j];

			sorted[j] = sorted[j - 1];
			sorted[j - 1] = other;
		}
	reducing->figure = fdar_median(sorted, count);
	reducing->figure_low = sorted[count >= 10 ? 1 : 0];
	reducing->figure_high = sorted[count >= 10 ? count - 2 : count - 1];
}

/* Everything that is kept, as one: a unit a part; the list is what is kept, whichever units are asked about. */
static enum fdar_reduce_end settle(struct fdar_reducing *reducing, const char *step,
				   struct fdar_reduce_options *options)
{
	struct fdar_tries *tries = fdar_reducing_begin_step(reducing, step, options->units);

	fdar_reduce_settle(tries, options, &reducing->result);
	fdar_reducing_end_step(reducing, tries);
	return reducing->result.end;
}

static void take_all(struct fdar_reducing *reducing)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t i = 0; i < reducing->kept.parts->len; i++)
		g_array_append_val(all, i);
	g_array_unref(reducing->result.units);
	reducing->result.units = all;
	reducing->result.intensity = fdar_try_copies(fdar_reducing_load(reducing),
						     MIN(all->len, reducing->parts->units));
	reducing->fixed = TRUE;
}

static enum fdar_reduce_end copies_step(struct fdar_reducing *reducing)
{
	struct fdar_reduce_options options = fdar_reducing_options(reducing);

	take_all(reducing);
	options.units = reducing->kept.parts->len;
	options.confirm = 0;
	return settle(reducing, "copies", &options);
}

/* Each cause by itself. */
static enum fdar_reduce_end bytes_step(struct fdar_reducing *reducing)
{
	enum fdar_reduce_end end = FDAR_REDUCE_DONE;

	for (guint i = 0; i < reducing->result.causes->len && end == FDAR_REDUCE_DONE &&
			  reducing->options->bytes_runs;
	     i++) {
		g_autoptr(GArray) sessions = cause_sessions(reducing, i);

		end = fdar_reducing_shorten(reducing, i, sessions);
	}
	return end;
}

/* Without a single run of what was asked anew, what was said before is what is known. Takes figures, which were those of said. */
static void keep_or_put_back(struct fdar_reducing *reducing, const struct fdar_reduced *said,
			     GArray *figures)
{
	if (!reducing->result.confirm_runs) {
		GArray *none = reducing->figures;

		reducing->figures = figures;
		figures = none;
		reducing->result.intensity = said->intensity;
		reducing->result.confirmed = said->confirmed;
		reducing->result.confirm_runs = said->confirm_runs;
	}
	g_array_unref(figures);
}

/* As it was before its intensity was lowered. */
static enum fdar_reduce_end confirm_again(struct fdar_reducing *reducing,
					  struct fdar_reduce_options *options)
{
	struct fdar_reducing_way way = reducing->way;
	struct fdar_reduced said = reducing->result;
	GArray *figures;
	enum fdar_reduce_end end;

	if (!fdar_intensity_undo(reducing))
		return FDAR_REDUCE_DONE;
	figures = g_steal_pointer(&reducing->figures);
	reducing->figures = g_array_new(FALSE, FALSE, sizeof(double));
	reducing->result.confirmed = reducing->result.confirm_runs = 0;
	end = settle(reducing, "confirming-again", options);
	if (!reducing->result.confirm_runs)
		reducing->way = way;
	keep_or_put_back(reducing, &said, figures);
	return end;
}

/* In so few copies it hurt when it was asked, and hurts no more: in more of them, up to as many as hurt for sure. */
static enum fdar_reduce_end confirm_with_more(struct fdar_reducing *reducing,
					      struct fdar_reduce_options *options)
{
	static const char *const raises[] = { "confirming-more-1", "confirming-more-2",
					      "confirming-more-3" };
	uint32_t most = fdar_try_copies(fdar_reducing_load(reducing),
					MIN(reducing->kept.parts->len, reducing->parts->units));
	enum fdar_reduce_end end = FDAR_REDUCE_DONE;

	for (size_t i = 0;
	     i < G_N_ELEMENTS(raises) && end == FDAR_REDUCE_DONE &&
	     !fdar_reducing_is_confirmed(reducing) && reducing->result.intensity < most;
	     i++) {
		struct fdar_reduced said = reducing->result;
		GArray *figures = g_steal_pointer(&reducing->figures);
		uint32_t more = said.intensity + MAX(said.intensity / 8, 1);

		reducing->figures = g_array_new(FALSE, FALSE, sizeof(double));
		reducing->result.intensity = MIN(more, most);
		reducing->result.confirmed = reducing->result.confirm_runs = 0;
		end = settle(reducing, raises[i], options);
		keep_or_put_back(reducing, &said, figures);
	}
	return end;
}

static enum fdar_reduce_end confirm_step(struct fdar_reducing *reducing)
{
	struct fdar_reduce_options options = fdar_reducing_options(reducing);
	enum fdar_reduce_end end;

	options.units = reducing->kept.parts->len;
	options.keep_load = TRUE;
	reducing->figures = g_array_new(FALSE, FALSE, sizeof(double));
	end = settle(reducing, "confirming", &options);
	/* Yes was said of an intensity that does not do it: then as it was before. */
	if (end == FDAR_REDUCE_DONE && !fdar_reducing_is_confirmed(reducing))
		end = confirm_again(reducing, &options);
	if (end == FDAR_REDUCE_DONE && !reducing->options->keep_copies &&
	    reducing->judge->test != FDAR_TEST_COMMAND)
		end = confirm_with_more(reducing, &options);
	tell_figures(reducing, reducing->result.confirm_runs);
	return end;
}

/* Of a search that goes on: runs that were cut then, too, show nothing, and were given more time. */
static void recall_cut(struct fdar_reducing *reducing)
{
	if (reducing->state)
		reducing->cut = fdar_state_number(reducing->state, "cut");
	if (!reducing->cut)
		return;
	reducing->widened = 1;
	reducing->limit_ns *= 2;
}

void fdar_reducing_run(struct fdar_reducing *reducing, GError **error)
{
	reducing->began_us = g_get_monotonic_time();
	reducing->end = FDAR_REDUCE_STOPPED;
	reducing->sight = (struct fdar_reducing_sight){ .figure = NAN };
	reducing->figure = reducing->figure_low = reducing->figure_high = NAN;
	reducing->causes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	fdar_part_list_init(&reducing->kept);
	fdar_part_list_init(&reducing->after);
	if (fdar_reducing_whole(reducing, &reducing->error) &&
	    fdar_reducing_normal(reducing, &reducing->error) &&
	    fdar_reducing_baseline(reducing, &reducing->error)) {
		recall_cut(reducing);
		reducing->end = sessions_step(reducing);
		reducing->end = messages_step(reducing, reducing->end);
		fdar_part_list_sort(&reducing->kept);
		if (reducing->end == FDAR_REDUCE_DONE)
			reducing->end = copies_step(reducing);
		if (reducing->end == FDAR_REDUCE_DONE)
			reducing->end = fdar_intensity_lower(reducing);
		if (reducing->end == FDAR_REDUCE_DONE)
			reducing->end = bytes_step(reducing);
		if (reducing->end == FDAR_REDUCE_DONE)
			reducing->end = confirm_step(reducing);
	}
	if (reducing->kept.parts->len && !reducing->error)
		fdar_reducing_write(reducing, &reducing->kept, reducing->options->output,
				    &reducing->error);
	if (g_error_matches(reducing->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_clear_error(&reducing->error);
		fdar_reducing_stop(reducing, "interrupted");
	}
	reducing->elapsed_ns = (uint64_t)(g_get_monotonic_time() - reducing->began_us) * 1000;
	if (reducing->error)
		g_propagate_error(error, g_steal_pointer(&reducing->error));
}

gboolean fdar_reducing_is_confirmed(const struct fdar_reducing *reducing)
{
	return reducing->result.confirmed * 2 >= reducing->result.confirm_runs;
}

gboolean fdar_reducing_is_cut(const struct fdar_reducing *reducing)
{
	return reducing->ended && reducing->ended * 2 >= reducing->runs;
}

gboolean fdar_reducing_is_untold(const struct fdar_reducing *reducing)
{
	return reducing->cut > 0 && reducing->end == FDAR_REDUCE_HARMLESS;
}

void fdar_reducing_clear(struct fdar_reducing *reducing)
{
	fdar_reducing_drop_round(reducing);
	fdar_part_list_clear(&reducing->kept);
	fdar_part_list_clear(&reducing->after);
	fdar_reduced_clear(&reducing->result);
	g_clear_pointer(&reducing->weights, g_free);
	g_clear_pointer(&reducing->causes, g_array_unref);
	g_clear_pointer(&reducing->figures, g_array_unref);
	g_clear_error(&reducing->error);
}
