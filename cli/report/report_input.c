#include "cli/report/report_input.h"

#include <string.h>

#include "analyze/profile/labels_own.h"
#include "base/amount.h"
#include "cli/kit/syscalls_input.h"
#include "cli/kit/table.h"
#include "cli/report/report_again.h"
#include "pipeline/recording/recording.h"

static void session_clear(gpointer data)
{
	struct fdar_report_session *session = data;

	g_free(session->peer);
	g_free(session->label);
	g_free(session->function);
	g_free(session->diagram);
}

void fdar_report_slowest_init(struct fdar_report_slowest *slowest, unsigned side, const char *label)
{
	slowest->side = side;
	slowest->label = label;
	slowest->sessions = g_array_new(FALSE, FALSE, sizeof(struct fdar_report_session));
	g_array_set_clear_func(slowest->sessions, session_clear);
	slowest->all = g_array_new(FALSE, FALSE, sizeof(struct fdar_report_candidate));
}

void fdar_report_slowest_clear(struct fdar_report_slowest *slowest)
{
	g_array_unref(slowest->sessions);
	g_array_unref(slowest->all);
}

void fdar_report_slowest_forget(struct fdar_report_slowest *slowest)
{
	g_array_set_size(slowest->sessions, 0);
	g_array_set_size(slowest->all, 0);
}

static guint fastest(const GArray *sessions)
{
	guint found = 0;

	for (guint i = 1; i < sessions->len; i++)
		if (g_array_index(sessions, struct fdar_report_session, i).busy_ns <
		    g_array_index(sessions, struct fdar_report_session, found).busy_ns)
			found = i;
	return found;
}

/* A trace may be read twice (functions that a side lacks are left out then): each session once. */
static gboolean is_known(const GArray *sessions, const struct fdar_walk_session *session)
{
	for (guint i = 0; i < sessions->len; i++) {
		const struct fdar_report_session *known =
			&g_array_index(sessions, struct fdar_report_session, i);

		if (known->begin_ns == session->begin_ns &&
		    g_strcmp0(known->peer, session->peer) == 0)
			return TRUE;
	}
	return FALSE;
}

static void add_candidate(struct fdar_report_slowest *slowest,
			  const struct fdar_walk_session *session, guint64 busy_ns)
{
	struct fdar_report_candidate candidate = { session->key, session->begin_ns, busy_ns };

	if (slowest->all->len < FDAR_STORY_SESSIONS_MAX)
		g_array_append_val(slowest->all, candidate);
}

static int by_busy(gconstpointer a, gconstpointer b)
{
	const struct fdar_report_candidate *x = a, *y = b;

	if (x->busy_ns != y->busy_ns)
		return x->busy_ns < y->busy_ns ? -1 : 1;
	return x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

const struct fdar_report_candidate *fdar_report_slowest_choose(
	const struct fdar_report_slowest *slowest, enum fdar_story_pick pick)
{
	GArray *all = slowest->all;
	double sum = 0;
	guint above = 0;

	if (!all->len)
		return NULL;
	g_array_sort(all, by_busy);
	for (guint i = 0; i < all->len; i++)
		sum += (double)g_array_index(all, struct fdar_report_candidate, i).busy_ns;
	while (above + 1 < all->len &&
	       (double)g_array_index(all, struct fdar_report_candidate, above).busy_ns <
		       sum / all->len)
		above++;
	return &g_array_index(all, struct fdar_report_candidate,
			      pick == FDAR_PICK_WORST    ? all->len - 1
			      : pick == FDAR_PICK_MEDIAN ? all->len / 2
							 : above + (all->len - above) / 2);
}

void fdar_report_slowest_take(void *user, const struct fdar_profile_session *told)
{
	struct fdar_report_slowest *slowest = user;
	const struct fdar_walk_session *session = told->session;
	struct fdar_report_session kept = { .side = slowest->side,
					    .key = session->key,
					    .begin_ns = session->begin_ns,
					    .lifetime_ns = session->end_ns - session->begin_ns,
					    .busy_ns = told->busy_ns,
					    .running_ns = told->running_ns,
					    .calls = told->calls,
					    .finished = session->state == FDAR_SESSION_FINISHED };

	if (slowest->label && g_strcmp0(slowest->label, told->label) != 0)
		return;
	add_candidate(slowest, session, told->busy_ns);
	if (is_known(slowest->sessions, session))
		return;
	if (slowest->sessions->len >= FDAR_REPORT_SESSIONS) {
		guint least = fastest(slowest->sessions);

		if (g_array_index(slowest->sessions, struct fdar_report_session, least).busy_ns >=
		    kept.busy_ns)
			return;
		g_array_remove_index_fast(slowest->sessions, least);
	}
	kept.peer = g_strdup(session->peer);
	kept.label = g_strdup(told->label);
	/* What a queue or the processor is waited for has the wait's own name. */
	kept.function = told->below && told->function && strcmp(told->below, told->function) != 0
				? g_strdup_printf("%s in %s", told->function, told->below)
				: g_strdup(told->function);
	g_array_append_val(slowest->sessions, kept);
}

/* ---- what was run ---- */

struct facts {
	GArray *rows;
	GStringChunk *texts;
	struct fdar_recording_info info[2];
};

static void add(struct facts *facts, const char *name, char *baseline, char *subject)
{
	char *values[] = { baseline, subject };
	struct fdar_report_fact row = { .name = name };

	if (baseline || subject) {
		for (unsigned i = 0; i < 2; i++)
			row.values[i] =
				values[i] ? g_string_chunk_insert(facts->texts, values[i]) : "";
		g_array_append_val(facts->rows, row);
	}
	g_free(baseline);
	g_free(subject);
}

/* The same of what a function says of each recording; the second path is NULL of one. */
static void add_of(struct facts *facts, const char *name, const char *const paths[2],
		   char *(*value)(const char *path))
{
	add(facts, name, value(paths[0]), paths[1] ? value(paths[1]) : NULL);
}

static char *command_of(const struct fdar_recording_info *info)
{
	return info->command && info->command[0] ? g_strjoinv(" ", info->command) : NULL;
}

static char *functions_of(const struct fdar_recording_info *info)
{
	if (info->functions && info->functions[0])
		return g_strjoinv(" ", info->functions);
	return info->detail ? g_strdup("all") : NULL;
}

static char *losses_of(const struct fdar_recording_info *info)
{
	guint64 lost = info->discarded + info->dropped + info->calls_lost;

	if (!info->detail)
		return NULL;
	return lost || info->packets_lost ? fdar_format_count(lost + info->packets_lost)
					  : g_strdup("none");
}

static char *warnings_of(const struct fdar_recording_info *info)
{
	return info->warnings && info->warnings[0] ? g_strjoinv("; ", info->warnings) : NULL;
}

static char *count_or_none(const struct fdar_recording_info *info, guint64 count)
{
	return info->detail ? fdar_format_count(count) : NULL;
}

/* How full the machine was: of the fullest moment. */
static char *pressure_of(const struct fdar_recording_info *info)
{
	return info->cpu_pressure_ppm
		       ? g_strdup_printf("in %.0f %% of its fullest moment somebody waited for a "
					 "processor",
					 (double)info->cpu_pressure_ppm / 1e4)
		       : NULL;
}

static char *load_of(const struct fdar_diff_sessions *side)
{
	g_autofree char *rate = fdar_number_text(side->rate);
	g_autofree char *open = fdar_number_text(side->open);

	return side->rate > 0 ? g_strdup_printf("%s a second, %s open at once", rate, open) : NULL;
}

static char *price_of(const struct fdar_diff_sessions *side)
{
	g_autofree char *price = fdar_format_duration(side->price_ns);

	return side->price_ns > 0 ? g_strdup_printf("%s a session, taken out of all times", price)
				  : NULL;
}

GArray *fdar_report_facts(const char *const paths[2], const struct fdar_diff *diff,
			  GStringChunk *texts)
{
	struct facts facts = { .rows = g_array_new(FALSE, TRUE, sizeof(struct fdar_report_fact)),
			       .texts = texts };
	const struct fdar_recording_info *a = &facts.info[0], *b = &facts.info[1];

	for (unsigned i = 0; i < (diff ? 2 : 1); i++)
		fdar_recording_info_load(paths[i], &facts.info[i], NULL);
	add(&facts, "server", command_of(a), command_of(b));
	add_of(&facts, "build ids", paths, fdar_report_builds);
	add_of(&facts, "played at it", paths, fdar_report_played);
	add(&facts, "host", g_strdup(a->host), g_strdup(b->host));
	add(&facts, "recorded at", g_strdup(a->started), g_strdup(b->started));
	add(&facts, "for", a->detail ? fdar_format_duration((double)a->duration_ns) : NULL,
	    b->detail ? fdar_format_duration((double)b->duration_ns) : NULL);
	if (diff)
		add(&facts, "load", load_of(&diff->baseline), load_of(&diff->subject));
	add(&facts, "machine", pressure_of(a), pressure_of(b));
	if (diff)
		add(&facts, "price of recording", price_of(&diff->baseline),
		    price_of(&diff->subject));
	add(&facts, "detail", g_strdup(a->detail), g_strdup(b->detail));
	add(&facts, "functions", functions_of(a), functions_of(b));
	add(&facts, "calls", count_or_none(a, a->calls), count_or_none(b, b->calls));
	add(&facts, "events", count_or_none(a, a->events), count_or_none(b, b->events));
	add(&facts, "lost", losses_of(a), losses_of(b));
	add(&facts, "ended", g_strdup(a->ended), g_strdup(b->ended));
	add_of(&facts, "recording", paths, fdar_report_identity);
	add(&facts, "warnings", warnings_of(a), warnings_of(b));
	for (unsigned i = 0; i < 2; i++)
		fdar_recording_info_clear(&facts.info[i]);
	return facts.rows;
}

void fdar_report_latency(const char *path, const char *label, struct fdar_histogram *latency_ns)
{
	g_autoptr(fdar_labels) labels = fdar_labels_of_recording(path, NULL);

	if (labels)
		fdar_histogram_merge(latency_ns, fdar_labels_latency(labels, label));
}

struct fdar_syscalls *fdar_report_syscalls_of(char **runs, const char *label, enum fdar_unit unit,
					      const volatile int *stop)
{
	struct fdar_profile_input input = { .unit = unit, .stop = stop };
	struct fdar_syscalls *all = NULL;

	for (char **path = runs; *path; path++) {
		g_autoptr(fdar_syscalls) one = NULL;

		input.path = *path;
		one = fdar_profile_input_is_file(&input)
			      ? NULL
			      : fdar_syscalls_input_read(&input, label, NULL, FALSE, NULL);
		if (!one) {
			fdar_syscalls_free(all);
			return NULL;
		}
		if (all)
			fdar_syscalls_add(all, one);
		else
			all = g_steal_pointer(&one);
	}
	return all;
}
