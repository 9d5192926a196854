#include "replay/edit/rules.h"

#include <gio/gio.h>
#include <string.h>

#include "base/file_read.h"
#include "replay/edit/template.h"

G_DEFINE_QUARK(fdar_edit_error_quark, fdar_edit_error)

static gboolean fail(GError **error, const char *name, const char *rule, const char *what)
{
	g_set_error(error, FDAR_EDIT_ERROR, FDAR_EDIT_ERROR_RULES, "%s: [%s]: %s", name, rule,
		    what);
	return FALSE;
}

/* One key's regex. TRUE when it is not there; FALSE and error when it is none. */
static gboolean read_regex(GKeyFile *file, const char *name, const char *rule, const char *key,
			   GRegex **regex, GError **error)
{
	g_autofree char *text = g_key_file_get_value(file, rule, key, NULL);
	g_autofree char *what = NULL;
	g_autoptr(GError) wrong = NULL;

	if (!text)
		return TRUE;
	*regex = g_regex_new(text, G_REGEX_RAW | G_REGEX_MULTILINE | G_REGEX_OPTIMIZE, 0, &wrong);
	if (*regex && g_regex_get_capture_count(*regex) <= 1)
		return TRUE;
	what = *regex ? g_strdup_printf("%s: expected one group at most, what is to be replaced",
					key)
		      : g_strdup_printf("%s: %s", key, wrong->message);
	return fail(error, name, rule, what);
}

static gboolean check_keys(GKeyFile *file, const char *name, const char *rule, GError **error)
{
	static const char *const known[] = { "answer", "request", "value", "mend", NULL };
	g_auto(GStrv) keys = g_key_file_get_keys(file, rule, NULL, NULL);

	for (char **key = keys; key && *key; key++) {
		g_autofree char *what = NULL;

		if (g_strv_contains(known, *key))
			continue;
		what = g_strdup_printf("\"%s\": expected answer, request, value or mend", *key);
		return fail(error, name, rule, what);
	}
	return TRUE;
}

static gboolean read_rule(GKeyFile *file, const char *name, const char *group,
			  struct fdar_edit_rule *rule, GError **error)
{
	g_autofree char *mend = g_key_file_get_value(file, group, "mend", NULL);
	g_autofree char *wrong = NULL;

	rule->name = g_strdup(group);
	rule->mend = !mend || strcmp(mend, "yes") == 0;
	rule->value = g_key_file_get_value(file, group, "value", NULL);
	if (!check_keys(file, name, group, error) ||
	    !read_regex(file, name, group, "answer", &rule->answer, error) ||
	    !read_regex(file, name, group, "request", &rule->request, error))
		return FALSE;
	if (mend && !rule->mend && strcmp(mend, "no") != 0)
		return fail(error, name, group, "mend: expected yes or no");
	if (!rule->answer && !rule->request)
		return fail(error, name, group, "expected answer, request, or both");
	if (!rule->answer && !rule->value)
		return fail(error, name, group, "request: expected a value to put in its place");
	wrong = rule->value ? fdar_template_check(rule->value) : NULL;
	return !wrong || fail(error, name, group, wrong);
}

static struct fdar_edit_rules *read_rules(GKeyFile *file, const char *name, GError **error)
{
	g_autoptr(fdar_edit_rules) rules = g_new0(struct fdar_edit_rules, 1);
	gsize count;
	g_auto(GStrv) groups = g_key_file_get_groups(file, &count);

	if (!count || count > FDAR_EDIT_RULES_MAX) {
		g_set_error(error, FDAR_EDIT_ERROR, FDAR_EDIT_ERROR_RULES,
			    "%s: %zu rules; expected 1 to %d, each a [NAME] and its keys", name,
			    count, FDAR_EDIT_RULES_MAX);
		return NULL;
	}
	for (gsize i = 0; i < count; i++) {
		rules->count++;
		if (!read_rule(file, name, groups[i], &rules->rules[i], error))
			return NULL;
	}
	return g_steal_pointer(&rules);
}

struct fdar_edit_rules *fdar_edit_rules_parse(const char *text, size_t size, const char *name,
					      GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) wrong = NULL;

	if (!size || !g_utf8_validate(text, (gssize)size, NULL)) {
		g_set_error(error, FDAR_EDIT_ERROR, FDAR_EDIT_ERROR_RULES,
			    "%s: %s; expected rules, each a [NAME] and its keys", name,
			    size ? "is not UTF-8" : "is empty");
		return NULL;
	}
	if (g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, &wrong))
		return read_rules(file, name, error);
	g_set_error(error, FDAR_EDIT_ERROR, FDAR_EDIT_ERROR_RULES, "%s: %s", name, wrong->message);
	return NULL;
}

struct fdar_edit_rules *fdar_edit_rules_load(const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	gsize size = 0;
	g_autofree char *text = fdar_file_read(path, FDAR_EDIT_FILE_MAX, &size, &why);

	if (text)
		return fdar_edit_rules_parse(text, size, path, error);
	if (g_error_matches(why, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE))
		g_set_error(error, FDAR_EDIT_ERROR, FDAR_EDIT_ERROR_RULES,
			    "%s: is larger than 64 KiB; expected a file of rules", path);
	else
		g_set_error(error, FDAR_EDIT_ERROR, FDAR_EDIT_ERROR_RULES,
			    "%s; expected a file of rules", why->message);
	return NULL;
}

const struct fdar_edit_rule *fdar_edit_rules_listening(const struct fdar_edit_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rules[i].answer)
			return &rules->rules[i];
	return NULL;
}

void fdar_edit_rules_free(struct fdar_edit_rules *rules)
{
	for (size_t i = 0; rules && i < rules->count; i++) {
		struct fdar_edit_rule *rule = &rules->rules[i];

		g_free(rule->name);
		g_free(rule->value);
		g_clear_pointer(&rule->answer, g_regex_unref);
		g_clear_pointer(&rule->request, g_regex_unref);
	}
	g_free(rules);
}
