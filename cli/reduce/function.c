#include "cli/reduce/function.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "cli/reduce/child.h"

/* What a recorder may take from SIGTERM to the end of its recording. */
#define GRACE_MS 60000u

static void remove_tree(const char *path)
{
	const char *const arguments[] = { "rm", "-rf", "--", path, NULL };

	g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
		     NULL, NULL);
}

/* The server's command, recorded into that directory. The caller frees it. */
static GPtrArray *recorded(const struct fdar_trial_options *options, const char *name,
			   const char *directory)
{
	const char *const before[] = { "record",   "-q",       "-o",          directory,
				       "--detail", "function", "--functions", name };
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	char *self = g_file_read_link("/proc/self/exe", NULL);

	g_ptr_array_add(words, self ? self : g_strdup("flowdar"));
	for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
		g_ptr_array_add(words, g_strdup(before[i]));
	if (options->user.name)
		g_ptr_array_add(words, g_strconcat("--user=", options->user.name, NULL));
	g_ptr_array_add(words, g_strdup("--"));
	for (char *const *word = options->server; *word; word++)
		g_ptr_array_add(words, g_strdup(*word));
	g_ptr_array_add(words, NULL);
	return words;
}

/* As it is called, or with its arguments behind. */
static gboolean is_it(const char *found, const char *name)
{
	size_t length = strlen(name);

	return found && strncmp(found, name, length) == 0 &&
	       (!found[length] || found[length] == '(');
}

static double number(JsonObject *object, const char *name)
{
	return json_object_has_member(object, name) ? json_object_get_double_member(object, name)
						    : 0;
}

/* Waits of a function have rows of their own, and are in its total, too. */
static void add_row(JsonObject *row, const char *name, struct fdar_trial *trial)
{
	const char *waits = json_object_get_string_member_with_default(row, "waits_in", "");

	if (*waits ||
	    !is_it(json_object_get_string_member_with_default(row, "function", NULL), name))
		return;
	trial->function_ns += number(row, "total_ns");
	trial->function_calls += (uint64_t)number(row, "calls");
}

/* What analyze has said. FALSE when that is nothing. */
static gboolean read_said(const char *path, const char *name, struct fdar_trial *trial,
			  double *sessions)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;
	JsonObject *said;
	JsonArray *rows;

	if (!json_parser_load_from_file(parser, path, NULL))
		return FALSE;
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root) ||
	    !json_object_has_member(json_node_get_object(root), "functions"))
		return FALSE;
	said = json_node_get_object(root);
	rows = json_object_get_array_member(said, "functions");
	for (guint i = 0; rows && i < json_array_get_length(rows); i++)
		add_row(json_array_get_object_element(rows, i), name, trial);
	trial->function_lost = number(said, "discarded_events") > 0 ||
			       number(said, "lost_packets") > 0 || number(said, "lost_calls") > 0;
	*sessions = number(said, "session_count");
	return TRUE;
}

static gboolean analyze(const struct fdar_trial_options *options, const char *directory,
			const char *name, struct fdar_trial *trial)
{
	const char *arguments[] = { "analyze", "--no-cache", "--limit", "0", "--format",
				    "json",    directory,    NULL,      NULL };
	g_autofree char *said = g_build_filename(options->directory, "analyze.json", NULL);
	double sessions = 0;

	if (fdar_child_quiet(options->analyze, (char **)arguments, said) != 0 ||
	    !read_said(said, name, trial, &sessions))
		return FALSE;
	if (sessions > 0)
		return TRUE;
	arguments[7] = "--server";
	return fdar_child_quiet(options->analyze, (char **)arguments, said) == 0 &&
	       read_said(said, name, trial, &sessions);
}

gboolean fdar_function_run(const struct fdar_trial_options *options, const char *name,
			   const struct fdar_trial_play *play, struct fdar_trial *trial,
			   GError **error)
{
	g_autofree char *directory = g_build_filename(options->directory, "recording", NULL);
	g_autoptr(GPtrArray) server = recorded(options, name, directory);
	struct fdar_trial_options how = *options;
	gboolean fine;

	remove_tree(directory);
	how.server = (char *const *)server->pdata;
	how.grace_ms = GRACE_MS;
	how.recorder = TRUE;
	how.user.name = NULL; /* the recorder stays who it is */
	how.reset = NULL;
	how.kept = NULL;
	fine = fdar_trial_run(&how, play, trial, error);
	if (fine && !trial->crashed && !analyze(options, directory, name, trial)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "the recording of a run cannot be read");
		fine = FALSE;
	}
	remove_tree(directory);
	return fine;
}
