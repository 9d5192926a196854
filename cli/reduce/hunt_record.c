#include "cli/reduce/hunt_record.h"

#include <gio/gio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/samples/sample_diff.h"
#include "pipeline/samples/perf.h"
#include "pipeline/samples/sampler.h"

#define SESSIONS_MOST  600u
#define SESSIONS_GUESS 60u /* where what hurts is no processor time */
#define SESSIONS_BAD   6u
#define NORMAL_MOST    3000u /* sessions of what is normal: they are short */
#define TIMES_MOST     20u
#define ROUNDS         2u
#define PLAY_NS        ((uint64_t)30000000000)

/* Copies that do less than this of what one does hide it. */
#define LEAST_OF_ONE 0.5

gboolean fdar_hunt_record_sample(struct fdar_hunt_record *record, const char *text, GError **error)
{
	guint64 hz = 0;

	if (!g_ascii_string_to_unsigned(text, 10, 1, FDAR_SAMPLER_HZ_MAX, &hz, NULL)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "--sample %s: expected samples a second, from 1 to %u", text,
			    FDAR_SAMPLER_HZ_MAX);
		return FALSE;
	}
	record->sample_hz = (unsigned)hz;
	record->io = TRUE;
	return TRUE;
}

gboolean fdar_hunt_record_can_sample(const struct fdar_hunt_record *record, GError **error)
{
	g_autoptr(GError) cause = NULL;
	struct fdar_perf *perf;

	if (!record->sample_hz)
		return TRUE;
	/* What the kernel forbids, the server does itself. */
	perf = fdar_perf_open(record->sample_hz, FDAR_PERF_RING_LEAST, TRUE, &cause);
	fdar_perf_close(perf);
	if (perf || !g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&cause));
	return FALSE;
}

/* What hurts often makes millions of short calls: these are counted, on both sides. */
void fdar_hunt_record_options(const struct fdar_hunt_record *record, GPtrArray *arguments)
{
	g_ptr_array_add(arguments, g_strdup(record->io ? "--io" : "--min-duration=1us"));
	if (record->sample_hz)
		g_ptr_array_add(arguments, g_strdup_printf("--sample=%u", record->sample_hz));
	if (record->user)
		g_ptr_array_add(arguments, g_strconcat("--user=", record->user, NULL));
	if (record->client_pace)
		g_ptr_array_add(arguments, g_strdup("--client-pace"));
	if (record->sources)
		g_ptr_array_add(arguments, g_strconcat("--sources=", record->sources, NULL));
}

/* Sessions of what hurts. */
static guint32 sessions_bad(const struct fdar_hunt_record *record, const struct fdar_judge *judge,
			    double figure)
{
	double added_ns, wanted;

	if (!record->sample_hz)
		return SESSIONS_BAD;
	if (judge->test != FDAR_TEST_CPU)
		return SESSIONS_GUESS;
	/* From the limit on it hurts: what is above what is normal is at least the rest of that. */
	if (!(figure > judge->limit))
		figure = judge->limit;
	added_ns = judge->over > 1 ? figure - judge->limit / judge->over : figure;
	wanted = 2 * FDAR_SAMPLE_ADDED_MIN * 1e9 / ((double)record->sample_hz * MAX(added_ns, 1));
	return (guint32)CLAMP(ceil(wanted), 2 * FDAR_SAMPLE_SESSIONS_MIN, SESSIONS_MOST);
}

/* Sessions of what is normal: as many as of what hurts, and so many that samples tell what they do. */
static guint32 sessions_normal(const struct fdar_hunt_record *record,
			       const struct fdar_judge *judge, guint32 bad)
{
	double usual_ns = judge->over > 0 ? judge->limit / judge->over : judge->limit;
	double wanted;

	if (judge->test != FDAR_TEST_CPU)
		return bad;
	wanted = 2.0 * FDAR_SAMPLE_SPREAD_OF * 1e9 / ((double)record->sample_hz * MAX(usual_ns, 1));
	return MAX(bad, (guint32)MIN(ceil(wanted), NORMAL_MOST));
}

/* So many copies of sessions that there are give as many as wanted. */
static guint32 copies_of(guint32 wanted, guint32 sessions)
{
	sessions = MAX(sessions, 1);
	return MAX((wanted + sessions - 1) / sessions, 1);
}

/* Of a capture: as many as can be played. */
static guint32 sessions_in(const char *capture, const struct fdar_load_options *load)
{
	struct fdar_excerpt *excerpt = fdar_excerpt_open(capture, load, NULL);
	struct fdar_parts parts;
	guint32 sessions;

	if (!excerpt)
		return 1;
	fdar_parts_init(&parts, excerpt, FALSE);
	sessions = parts.units;
	fdar_parts_clear(&parts);
	fdar_excerpt_free(excerpt);
	return sessions;
}

/* What so many copies do, each. HURTS with a NAN where it cannot be told. */
static enum fdar_answer play_copies(const struct fdar_reducing *reducing, const char *capture,
				    guint32 copies, double *figure)
{
	struct fdar_trial_play play = { .capture = capture, .copies = copies, .limit_ns = PLAY_NS };
	struct fdar_trial trial = { 0 };

	*figure = NAN;
	if (!fdar_trial_run(reducing->trial, &play, &trial, NULL))
		return FDAR_ANSWER_HURTS;
	*figure = fdar_judge_figure(reducing->judge, &trial);
	return fdar_judge_answer(reducing->judge, &trial);
}

/* Copies, each of which does less, have to be more. FALSE: what they do together does not grow with them. */
static gboolean plan_copies(struct fdar_hunt_record *record, const struct fdar_reducing *reducing,
			    const char *smallest, guint32 least)
{
	double figure = reducing->figure, each;
	guint32 *copies = &record->copies[1];

	for (unsigned round = 0; round < ROUNDS; round++) {
		guint32 wanted = sessions_bad(record, reducing->judge, figure);
		enum fdar_answer answer;

		*copies = MAX(copies_of(wanted, reducing->kept.parts->len), least);
		if (*copies <= least)
			return TRUE;
		answer = play_copies(reducing, smallest, *copies, &each);
		if (answer == FDAR_ANSWER_NOT)
			return FALSE;
		if (isnan(each) || each >= figure * LEAST_OF_ONE)
			return TRUE;
		figure = each;
	}
	return FALSE; /* the more there are, the less each does */
}

void fdar_hunt_record_plan(struct fdar_hunt_record *record, const struct fdar_reducing *reducing,
			   const char *normal, const char *smallest,
			   const struct fdar_load_options *load)
{
	guint32 wanted = sessions_bad(record, reducing->judge, reducing->figure);
	guint32 least = MAX(reducing->result.intensity, 1);

	record->sources = reducing->trial->sources;
	record->times = 1;
	record->copies[0] = record->copies[1] = 1;
	if (record->sample_hz)
		record->copies[0] = copies_of(sessions_normal(record, reducing->judge, wanted),
					      sessions_in(normal, load));
	if (reducing->end != FDAR_REDUCE_DONE && !record->sample_hz)
		return;
	if (!plan_copies(record, reducing, smallest, least)) {
		record->times =
			MIN(copies_of(wanted, reducing->kept.parts->len * least), TIMES_MOST);
		record->copies[1] = least;
	}
}

char *fdar_hunt_record_name(guint32 number)
{
	return number ? g_strdup_printf("bad-%u", number + 1) : g_strdup("bad");
}

void fdar_hunt_record_sides(const struct fdar_hunt_record *record, const char *directory,
			    gboolean report, GPtrArray *arguments)
{
	gboolean named = report && record->times > 1;

	if (named)
		g_ptr_array_add(arguments, g_strdup("--baseline"));
	g_ptr_array_add(arguments, g_build_filename(directory, "base", NULL));
	for (guint32 i = 0; i < record->times; i++) {
		g_autofree char *name = fdar_hunt_record_name(i);

		if (named || i)
			g_ptr_array_add(arguments, g_strdup("--subject"));
		g_ptr_array_add(arguments, g_build_filename(directory, name, NULL));
	}
}

static char *words_of(GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "",
				       (const char *)g_ptr_array_index(words, i));
	return g_string_free(text, FALSE);
}

/* A line of the script for each recording of what hurts. */
static char *record_lines(const struct fdar_hunt_record *record, const char *how,
			  const char *command)
{
	GString *lines = g_string_new(NULL);

	for (guint32 i = 0; i < record->times; i++) {
		g_autofree char *name = fdar_hunt_record_name(i);

		g_string_append_printf(lines,
				       "flowdar record -o \"$dir/again/%s\" --play "
				       "\"$dir/smallest.pcap\" --clones %u %s --%s\n",
				       name, record->copies[1], how, command);
	}
	return g_string_free(lines, FALSE);
}

static char *sides_of(const struct fdar_hunt_record *record, gboolean report)
{
	g_autoptr(GPtrArray) sides = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(NULL);

	fdar_hunt_record_sides(record, "$dir/again", report, sides);
	for (guint i = 0; i < sides->len; i++) {
		const char *word = g_ptr_array_index(sides, i);

		g_string_append_printf(text, word[0] == '-' ? " %s" : " \"%s\"", word);
	}
	return g_string_free(text, FALSE);
}

gboolean fdar_hunt_record_again(const struct fdar_hunt_record *record, const char *path,
				const char *capture, char **server, GError **error)
{
	g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) command = g_string_new(NULL);
	g_autofree char *quoted_capture = g_shell_quote(capture);
	g_autofree char *how = NULL, *text = NULL, *lines = NULL, *sides = sides_of(record, FALSE);
	g_autofree char *drawn = sides_of(record, TRUE);

	for (char **word = server; *word; word++) {
		g_autofree char *quoted = g_shell_quote(*word);

		g_string_append_printf(command, " %s", quoted);
	}
	fdar_hunt_record_options(record, options);
	how = words_of(options);
	lines = record_lines(record, how, command->str);
	text = g_strdup_printf(
		"#!/bin/sh\n"
		"# What flowdar hunt found in %s, once more. Run it from where the hunt was run; "
		"the\n"
		"# results go to again/ beside this file.\n"
		"set -eu\n"
		"dir=$(cd \"$(dirname \"$0\")\" && pwd)\n"
		"mkdir \"$dir/again\"\n"
		"flowdar record -o \"$dir/again/base\" --play \"$dir/normal.pcap\" --clones %u %s "
		"--%s\n"
		"%s"
		"flowdar diff%s\n"
		"flowdar sequence --baseline \"$dir/again/base\" \"$dir/again/bad\" -o "
		"\"$dir/again/bad.svg\"\n"
		"flowdar report%s -o \"$dir/again/report.html\"\n",
		quoted_capture, record->copies[0], how, command->str, lines, sides, drawn);
	return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0700,
					error);
}

void fdar_hunt_record_first_line(const char *path)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	text[strcspn(text, "\n")] = '\0';
	printf("\n%s\n", text);
}
