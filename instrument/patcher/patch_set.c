#include "instrument/patcher/patch_set.h"

#include <gio/gio.h>
#include <string.h>

#include "instrument/patcher/patch_tree.h"

static void rule_free(gpointer data)
{
	struct fdar_patch_rule *rule = data;

	g_free(rule->name);
	g_free(rule->file);
	g_free(rule->patch);
	g_free(rule->adds);
	g_free(rule->marks);
	g_free(rule);
}

static void set_free(gpointer data)
{
	struct fdar_patch_set *set = data;

	g_free(set->server);
	g_free(set->title);
	g_free(set->made_for);
	g_free(set->version_file);
	g_clear_pointer(&set->version, g_regex_unref);
	g_free(set->header);
	g_free(set->macros);
	g_ptr_array_unref(set->rules);
	g_free(set);
}

/* PREFIX/what, of the program that is PREFIX/bin/flowdar. */
static char *beside_program(const char *variable, const char *what)
{
	const char *told = g_getenv(variable);
	g_autofree char *program = NULL, *bin = NULL, *prefix = NULL;

	if (told && *told)
		return g_strdup(told);
	program = g_file_read_link("/proc/self/exe", NULL);
	if (!program)
		return g_strdup(what);
	bin = g_path_get_dirname(program);
	prefix = g_path_get_dirname(bin);
	return g_build_filename(prefix, what, NULL);
}

char *fdar_patch_sets_directory(void)
{
	return beside_program("FLOWDAR_PATCHES", "share/flowdar/patches");
}

char *fdar_patch_header_path(void)
{
	return beside_program("FLOWDAR_HEADER", "include/flowdar/flowdar.h");
}

/* The value as it stands in the file: patterns and code have backslashes of their own. */
static char *value_of(GKeyFile *file, const char *group, const char *key)
{
	char *value = g_key_file_get_value(file, group, key, NULL);

	return value ? g_strstrip(value) : NULL;
}

/* A value that must be there; with a path that it is one within the tree. */
static char *needed(GKeyFile *file, const char *group, const char *key, gboolean path,
		    GError **error)
{
	char *value = value_of(file, group, key);

	if (value && *value && (!path || fdar_patch_path_is_inside(value)))
		return value;
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, "[%s]: \"%s\" is %s",
		    group, key, value && *value ? "no path within a source tree" : "missing");
	g_free(value);
	return NULL;
}

static struct fdar_patch_rule *rule_read(GKeyFile *file, const char *group, const char *directory,
					 GError **error)
{
	struct fdar_patch_rule *rule = g_new0(struct fdar_patch_rule, 1);
	g_autofree char *times = value_of(file, group, "times");
	g_autofree char *need = value_of(file, group, "needed");
	g_autofree char *patch = needed(file, group, "patch", TRUE, error);
	guint64 count = 1;

	rule->name = g_strdup(group);
	rule->patch = patch ? g_build_filename(directory, patch, NULL) : NULL;
	rule->needed = g_strcmp0(need, "no") != 0;
	if (patch && (rule->file = needed(file, group, "file", TRUE, error)) &&
	    (rule->adds = needed(file, group, "adds", FALSE, error)) &&
	    (rule->marks = needed(file, group, "marks", FALSE, error)) &&
	    (!times || g_ascii_string_to_unsigned(times, 10, 1, 1000, &count, error))) {
		rule->times = (guint)count;
		return rule;
	}
	rule_free(rule);
	return NULL;
}

static gboolean server_read(struct fdar_patch_set *set, GKeyFile *file, const char *directory,
			    GError **error)
{
	const char *group = "server";
	g_autofree char *macros = value_of(file, group, "macros");
	g_autofree char *version = NULL;

	if (!(set->title = needed(file, group, "title", FALSE, error)) ||
	    !(set->made_for = needed(file, group, "made-for", FALSE, error)) ||
	    !(set->version_file = needed(file, group, "version-file", TRUE, error)) ||
	    !(set->header = needed(file, group, "header", TRUE, error)) ||
	    !(version = needed(file, group, "version", FALSE, error)))
		return FALSE;
	if (macros)
		set->macros = g_build_filename(directory, macros, NULL);
	set->version = g_regex_new(version, G_REGEX_RAW, 0, error);
	return set->version != NULL;
}

static gboolean set_read(struct fdar_patch_set *set, const char *directory, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *path = g_build_filename(directory, "rules.ini", NULL);
	g_auto(GStrv) groups = NULL;
	GError *problem = NULL;

	if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &problem) &&
	    server_read(set, file, directory, &problem)) {
		groups = g_key_file_get_groups(file, NULL);
		for (char **group = groups; !problem && *group; group++) {
			struct fdar_patch_rule *rule = NULL;

			if (strcmp(*group, "server") != 0)
				rule = rule_read(file, *group, directory, &problem);
			if (rule)
				g_ptr_array_add(set->rules, rule);
		}
	}
	if (!problem)
		return TRUE;
	g_propagate_prefixed_error(error, problem, "%s: ", path);
	return FALSE;
}

static gint by_server(gconstpointer a, gconstpointer b)
{
	const struct fdar_patch_set *left = *(struct fdar_patch_set *const *)a;
	const struct fdar_patch_set *right = *(struct fdar_patch_set *const *)b;

	return strcmp(left->server, right->server);
}

/* The set of that directory, added to the list. */
static gboolean set_add(GPtrArray *sets, const char *directory, GError **error)
{
	struct fdar_patch_set *set = g_new0(struct fdar_patch_set, 1);

	set->server = g_path_get_basename(directory);
	set->rules = g_ptr_array_new_with_free_func(rule_free);
	g_ptr_array_add(sets, set);
	return set_read(set, directory, error);
}

GPtrArray *fdar_patch_sets_load_one(const char *directory, GError **error)
{
	g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(set_free);
	g_autofree char *path =
		g_canonicalize_filename(directory, NULL); /* spatch runs elsewhere */

	return set_add(sets, path, error) ? g_steal_pointer(&sets) : NULL;
}

GPtrArray *fdar_patch_sets_load(const char *directory, GError **error)
{
	g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(set_free);
	g_autoptr(GDir) dir = g_dir_open(directory, 0, error);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *of_server = g_build_filename(directory, name, NULL);
		g_autofree char *rules = g_build_filename(of_server, "rules.ini", NULL);

		if (g_file_test(rules, G_FILE_TEST_EXISTS) && !set_add(sets, of_server, error))
			return NULL;
	}
	if (!dir)
		return NULL;
	if (!sets->len) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no patches are in it",
			    directory);
		return NULL;
	}
	g_ptr_array_sort(sets, by_server);
	return g_steal_pointer(&sets);
}

const struct fdar_patch_set *fdar_patch_sets_find(const GPtrArray *sets, const char *server)
{
	for (guint i = 0; i < sets->len; i++) {
		const struct fdar_patch_set *set = g_ptr_array_index(sets, i);

		if (strcmp(set->server, server) == 0)
			return set;
	}
	return NULL;
}

char *fdar_patch_sets_names(const GPtrArray *sets)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < sets->len; i++) {
		const struct fdar_patch_set *set = g_ptr_array_index(sets, i);

		g_string_append_printf(names, "%s%s", i ? ", " : "", set->server);
	}
	return g_string_free(names, FALSE);
}
