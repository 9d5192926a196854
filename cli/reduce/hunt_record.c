#include "cli/reduce/hunt_record.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/samples/sample_diff.h"
#include "pipeline/samples/sampler.h"

#define SESSIONS_MOST  600u
#define SESSIONS_GUESS 60u /* where what hurts is no processor time */

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

/* What hurts often makes millions of short calls: these are counted, on both sides. */
void fdar_hunt_record_options(const struct fdar_hunt_record *record, GPtrArray *arguments)
{
	g_ptr_array_add(arguments, g_strdup(record->io ? "--io" : "--min-duration=1us"));
	if (record->sample_hz)
		g_ptr_array_add(arguments, g_strdup_printf("--sample=%u", record->sample_hz));
}

guint32 fdar_hunt_record_sessions(const struct fdar_hunt_record *record,
				  const struct fdar_judge *judge, double figure, guint32 least)
{
	double added_ns, wanted;

	if (!record->sample_hz)
		return least;
	if (judge->test != FDAR_TEST_CPU)
		return MAX(least, SESSIONS_GUESS);
	/* From the limit on it hurts: what is above what is normal is at least the rest of that. */
	if (!(figure > judge->limit))
		figure = judge->limit;
	added_ns = judge->over > 1 ? figure - judge->limit / judge->over : figure;
	wanted = 2 * FDAR_SAMPLE_ADDED_MIN * 1e9 / ((double)record->sample_hz * MAX(added_ns, 1));
	wanted = CLAMP(ceil(wanted), MAX(least, 2 * FDAR_SAMPLE_SESSIONS_MIN), SESSIONS_MOST);
	return MAX((guint32)wanted, least);
}

guint32 fdar_hunt_record_copies(guint32 wanted, guint32 sessions)
{
	sessions = MAX(sessions, 1);
	return MAX((wanted + sessions - 1) / sessions, 1);
}

static char *words_of(GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "",
				       (const char *)g_ptr_array_index(words, i));
	return g_string_free(text, FALSE);
}

gboolean fdar_hunt_record_again(const struct fdar_hunt_record *record, const char *path,
				const char *capture, char **server, GError **error)
{
	g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) command = g_string_new(NULL);
	g_autofree char *quoted_capture = g_shell_quote(capture);
	g_autofree char *how = NULL, *text = NULL;

	for (char **word = server; *word; word++) {
		g_autofree char *quoted = g_shell_quote(*word);

		g_string_append_printf(command, " %s", quoted);
	}
	fdar_hunt_record_options(record, options);
	how = words_of(options);
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
		"flowdar record -o \"$dir/again/bad\" --play \"$dir/smallest.pcap\" --clones %u %s "
		"--%s\n"
		"flowdar diff \"$dir/again/base\" \"$dir/again/bad\"\n"
		"flowdar sequence --baseline \"$dir/again/base\" \"$dir/again/bad\" -o "
		"\"$dir/again/bad.svg\"\n"
		"flowdar report \"$dir/again/base\" \"$dir/again/bad\" -o "
		"\"$dir/again/report.html\"\n",
		quoted_capture, record->copies[0], how, command->str, record->copies[1], how,
		command->str);
	return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0700,
					error);
}
