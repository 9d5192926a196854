#include "instrument/patcher/patch_apply.h"

#include <gio/gio.h>
#include <string.h>

#include "instrument/patcher/patch_spatch.h"

static void match_free(gpointer data)
{
	struct fdar_patch_match *match = data;

	g_free(match->problem);
	g_free(match);
}

static void file_free(gpointer data)
{
	struct fdar_patch_file *file = data;

	g_free(file->path);
	g_clear_pointer(&file->original, g_bytes_unref);
	g_clear_pointer(&file->patched, g_bytes_unref);
	g_free(file);
}

void fdar_patch_outcome_free(struct fdar_patch_outcome *outcome)
{
	if (!outcome)
		return;
	g_free(outcome->version);
	g_ptr_array_unref(outcome->matches);
	g_ptr_array_unref(outcome->files);
	g_free(outcome);
}

/* ---- which server, which version ---- */

char *fdar_patch_version(const struct fdar_patch_tree *tree, const struct fdar_patch_set *set)
{
	g_autoptr(GBytes) content = fdar_patch_tree_read(tree, set->version_file, NULL, NULL);
	g_autoptr(GMatchInfo) found = NULL;
	GString *version;
	gsize size;
	const char *data = content ? g_bytes_get_data(content, &size) : NULL;

	if (!data || size > FDAR_PATCH_FILE_MAX ||
	    !g_regex_match_full(set->version, data, (gssize)size, 0, 0, &found, NULL))
		return NULL;
	version = g_string_new(NULL);
	for (int i = 1; i < g_match_info_get_match_count(found); i++) {
		g_autofree char *part = g_match_info_fetch(found, i);

		g_string_append_printf(version, "%s%.32s", i > 1 ? "." : "", part);
	}
	return g_string_free(version, FALSE);
}

/* ---- how often a text is in a file ---- */

/* The text without white space; lines (if asked for) gets for each byte left the line it was on. */
static GString *squeeze(const char *data, gsize size, GArray *lines)
{
	GString *text = g_string_sized_new(size);
	guint line = 1;

	for (gsize i = 0; i < size; i++) {
		if (data[i] == '\n')
			line++;
		if (g_ascii_isspace(data[i]))
			continue;
		g_string_append_c(text, data[i]);
		if (lines)
			g_array_append_val(lines, line);
	}
	return text;
}

static guint occurrences(GBytes *content, const char *what, guint *first_line)
{
	gsize size;
	const char *data = g_bytes_get_data(content, &size);
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint));
	GString *text = squeeze(data, size, lines);
	GString *want = squeeze(what, strlen(what), NULL);
	guint count = 0;

	*first_line = 0;
	for (const char *at = text->str, *end = at + text->len; want->len; at += want->len) {
		at = memmem(at, (gsize)(end - at), want->str, want->len);
		if (!at)
			break;
		if (!count++)
			*first_line = g_array_index(lines, guint, at - text->str);
	}
	g_string_free(text, TRUE);
	g_string_free(want, TRUE);
	return count;
}

/* ---- the files ---- */

/* The file of the outcome, read when it is asked for first. */
static struct fdar_patch_file *file_get(struct fdar_patch_outcome *outcome,
					const struct fdar_patch_tree *tree, const char *path,
					GError **error)
{
	struct fdar_patch_file *file;
	struct stat status;
	GBytes *content;

	for (guint i = 0; i < outcome->files->len; i++) {
		file = g_ptr_array_index(outcome->files, i);
		if (strcmp(file->path, path) == 0)
			return file;
	}
	content = fdar_patch_tree_read(tree, path, &status, error);
	if (!content)
		return NULL;
	file = g_new0(struct fdar_patch_file, 1);
	file->path = g_strdup(path);
	file->original = content;
	file->patched = g_bytes_ref(content);
	file->mode = status.st_mode & 0777;
	g_ptr_array_add(outcome->files, file);
	return file;
}

static gboolean same_step(const struct fdar_patch_rule *a, const struct fdar_patch_rule *b)
{
	return strcmp(a->patch, b->patch) == 0 && strcmp(a->file, b->file) == 0;
}

/* ---- which rules are left out ---- */

static gboolean is_for_sessions(const struct fdar_patch_rule *rule)
{
	return strstr(rule->adds, "FLOWDAR_SESSION_") != NULL;
}

static gboolean any_like(const struct fdar_patch_set *set, const struct fdar_patch_rule *like,
			 const char *const *names)
{
	for (guint i = 0; i < set->rules->len; i++) {
		const struct fdar_patch_rule *rule = g_ptr_array_index(set->rules, i);

		if (same_step(rule, like) &&
		    (names ? g_strv_contains(names, rule->name) : is_for_sessions(rule)))
			return TRUE;
	}
	return FALSE;
}

static gboolean check_names(const struct fdar_patch_set *set, const char *const *skip,
			    GError **error)
{
	for (; skip && *skip; skip++) {
		g_autoptr(GString) known = g_string_new(NULL);
		gboolean found = FALSE;

		for (guint i = 0; i < set->rules->len; i++) {
			const struct fdar_patch_rule *rule = g_ptr_array_index(set->rules, i);

			found = found || strcmp(rule->name, *skip) == 0;
			g_string_append_printf(known, "%s\"%s\"", i ? ", " : "", rule->name);
		}
		if (found)
			continue;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s has no rule \"%s\" to skip; it has %s", set->server, *skip,
			    known->str);
		return FALSE;
	}
	return TRUE;
}

static void leave_out(struct fdar_patch_outcome *outcome, const struct fdar_patch_choice *choice)
{
	for (guint i = 0; choice && i < outcome->matches->len; i++) {
		struct fdar_patch_match *match = g_ptr_array_index(outcome->matches, i);

		match->skipped =
			(choice->sessions_only && !any_like(outcome->set, match->rule, NULL)) ||
			(choice->skip && any_like(outcome->set, match->rule, choice->skip));
		match->fits = match->skipped;
	}
}

/* The rule is the first of its patch and file. */
static gboolean begins_step(const struct fdar_patch_set *set, guint index)
{
	for (guint i = 0; i < index; i++)
		if (same_step(g_ptr_array_index(set->rules, i),
			      g_ptr_array_index(set->rules, index)))
			return FALSE;
	return TRUE;
}

/* What a patch did to a file, for its rules; problem when it could not be read. */
static void judge(struct fdar_patch_outcome *outcome, const struct fdar_patch_rule *first,
		  GBytes *before, GBytes *after, const char *problem)
{
	for (guint i = 0; i < outcome->matches->len; i++) {
		struct fdar_patch_match *match = g_ptr_array_index(outcome->matches, i);
		guint old = 0, now = 0;

		if (!same_step(match->rule, first))
			continue;
		if (after) {
			old = occurrences(before, match->rule->adds, &match->line);
			now = occurrences(after, match->rule->adds, &match->line);
		}
		match->times = now > old ? now - old : 0;
		match->problem = g_strdup(problem);
		match->fits = match->times == match->rule->times ||
			      (match->times == 0 && !match->rule->needed);
		outcome->misfits += !match->fits;
	}
}

static gboolean step_run(struct fdar_patch_outcome *outcome, const struct fdar_patch_tree *tree,
			 const struct fdar_patch_rule *rule, const struct fdar_spatch *spatch,
			 GError **error)
{
	g_autoptr(GError) problem = NULL;
	struct fdar_patch_file *file = file_get(outcome, tree, rule->file, &problem);
	GBytes *after;

	if (!file) {
		judge(outcome, rule, NULL, NULL, problem->message);
		return TRUE;
	}
	after = fdar_spatch_run(spatch, rule->patch, file->patched, error);
	if (!after)
		return FALSE;
	judge(outcome, rule, file->patched, after, NULL);
	g_bytes_unref(file->patched);
	file->patched = after;
	return TRUE;
}

/* flowdar.h becomes part of the tree, so that it builds with no further option. */
static gboolean add_header(struct fdar_patch_outcome *outcome, const struct fdar_patch_tree *tree,
			   GError **error)
{
	g_autofree char *path = fdar_patch_header_path();
	g_autoptr(GError) absent = NULL;
	g_autoptr(GBytes) there = fdar_patch_tree_read(tree, outcome->set->header, NULL, &absent);
	struct fdar_patch_file *file;
	char *text;
	gsize size;

	if (there || !g_error_matches(absent, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
			    "%s/%s is there already: the tree was marked by other means",
			    tree->path, outcome->set->header);
		return FALSE;
	}
	if (!g_file_get_contents(path, &text, &size, error))
		return FALSE;
	file = g_new0(struct fdar_patch_file, 1);
	file->path = g_strdup(outcome->set->header);
	file->patched = g_bytes_new_take(text, size);
	file->mode = 0644;
	g_ptr_array_add(outcome->files, file);
	return TRUE;
}

static void forget_unchanged(struct fdar_patch_outcome *outcome)
{
	for (guint i = outcome->files->len; i-- > 0;) {
		const struct fdar_patch_file *file = g_ptr_array_index(outcome->files, i);

		if (file->original && g_bytes_equal(file->original, file->patched))
			g_ptr_array_remove_index(outcome->files, i);
	}
}

static struct fdar_patch_outcome *outcome_new(const struct fdar_patch_tree *tree,
					      const struct fdar_patch_set *set)
{
	struct fdar_patch_outcome *outcome = g_new0(struct fdar_patch_outcome, 1);

	outcome->set = set;
	outcome->version = fdar_patch_version(tree, set);
	if (!outcome->version)
		outcome->version = g_strdup("unknown");
	outcome->matches = g_ptr_array_new_with_free_func(match_free);
	outcome->files = g_ptr_array_new_with_free_func(file_free);
	for (guint i = 0; i < set->rules->len; i++) {
		struct fdar_patch_match *match = g_new0(struct fdar_patch_match, 1);

		match->rule = g_ptr_array_index(set->rules, i);
		g_ptr_array_add(outcome->matches, match);
	}
	return outcome;
}

struct fdar_patch_outcome *fdar_patch_apply(const struct fdar_patch_tree *tree,
					    const struct fdar_patch_set *set,
					    const struct fdar_patch_choice *choice,
					    const struct fdar_patch_progress *progress,
					    GError **error)
{
	g_autoptr(fdar_patch_outcome) outcome = outcome_new(tree, set);
	struct fdar_spatch spatch = { .macros = set->macros, .stop = progress->stop };
	gboolean fine = check_names(set, choice ? choice->skip : NULL, error) &&
			fdar_spatch_begin(&spatch, error);

	leave_out(outcome, choice);
	for (guint i = 0; fine && i < set->rules->len; i++) {
		const struct fdar_patch_match *match = g_ptr_array_index(outcome->matches, i);
		const struct fdar_patch_rule *rule = match->rule;

		if (match->skipped || !begins_step(set, i))
			continue;
		if (progress->step)
			progress->step(progress->user, rule->file, i, set->rules->len);
		fine = step_run(outcome, tree, rule, &spatch, error);
	}
	fdar_spatch_end(&spatch);
	if (fine)
		forget_unchanged(outcome);
	if (!fine || !add_header(outcome, tree, error))
		return NULL;
	return g_steal_pointer(&outcome);
}
