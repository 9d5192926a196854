#include "analyze/rules/rules.h"

#include <gio/gio.h>
#include <string.h>

#include "analyze/rules/rules_private.h"
#include "base/file_read.h"
#include "instrument/wire/events.h"

/* What a rule can do, and what it needs for that. */
static const struct {
	const char *text;
	enum fdar_event_kind kind;
	enum rule_span span;
	gboolean key; /* it cannot do without one; else the thread's session is meant */
} deeds[] = {
	{ "session-begin", FDAR_EVENT_SESSION_BEGIN, SPAN_NONE, TRUE },
	{ "session-resume", FDAR_EVENT_SESSION_RESUME, SPAN_NONE, TRUE },
	{ "session-suspend", FDAR_EVENT_SESSION_SUSPEND, SPAN_NONE, FALSE },
	{ "session-end", FDAR_EVENT_SESSION_END, SPAN_NONE, FALSE },
	{ "put", FDAR_EVENT_HANDOFF_PUT, SPAN_NONE, FALSE },
	{ "take", FDAR_EVENT_HANDOFF_TAKE, SPAN_NONE, FALSE },
	{ "request-begin", FDAR_EVENT_REQUEST_BEGIN, SPAN_NONE, FALSE },
	{ "request-end", FDAR_EVENT_REQUEST_END, SPAN_NONE, FALSE },
	{ "wait-begin", FDAR_EVENT_WAIT_BEGIN, SPAN_NONE, FALSE },
	{ "wait-end", FDAR_EVENT_WAIT_END, SPAN_NONE, FALSE },
	{ "boundary", FDAR_EVENT_BOUNDARY, SPAN_NONE, FALSE },
	{ "process-end", FDAR_EVENT_PROCESS_END, SPAN_NONE, FALSE },
	{ "session", FDAR_EVENT_SESSION_BEGIN, SPAN_SESSION, FALSE },
	{ "request", FDAR_EVENT_REQUEST_BEGIN, SPAN_REQUEST, FALSE },
};

static void rule_free(gpointer data)
{
	struct rule *rule = data;

	g_free(rule->name);
	g_free(rule->event);
	g_free(rule->function);
	g_clear_pointer(&rule->pattern, g_regex_unref);
	g_free(rule->key.capture);
	g_free(rule->key.field);
	g_free(rule->peer.capture);
	g_free(rule->what.capture);
	g_free(rule->fd.capture);
	g_free(rule->label.capture);
	g_free(rule->queue);
	g_free(rule->thread);
	g_free(rule->process);
	g_free(rule->until);
	g_free(rule);
}

static void component_free(gpointer data)
{
	struct rule_component *component = data;

	g_free(component->name);
	g_ptr_array_unref(component->functions);
	g_free(component);
}

static struct fdar_rules *rules_new(void)
{
	struct fdar_rules *rules = g_new0(struct fdar_rules, 1);

	rules->rules = g_ptr_array_new_with_free_func(rule_free);
	rules->components = g_ptr_array_new_with_free_func(component_free);
	rules->hidden = g_ptr_array_new_with_free_func(g_free);
	rules->rows = g_ptr_array_new_with_free_func(g_free);
	rules->names = g_ptr_array_new_with_free_func(g_free);
	rules->by_event = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						(GDestroyNotify)g_ptr_array_unref);
	rules->maps.rows = g_hash_table_new(g_str_hash, g_str_equal);
	return rules;
}

void fdar_rules_free(struct fdar_rules *rules)
{
	if (!rules)
		return;
	g_hash_table_unref(rules->maps.rows);
	g_hash_table_unref(rules->by_event);
	g_ptr_array_unref(rules->rules);
	g_ptr_array_unref(rules->components);
	g_ptr_array_unref(rules->hidden);
	g_ptr_array_unref(rules->rows);
	g_ptr_array_unref(rules->names);
	g_free(rules);
}

static gboolean refuse(GError **error, const char *group, const char *key, const char *expected)
{
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, "[%s] %s: expected %s",
		    group, key, expected);
	return FALSE;
}

/* ---- fields ---- */

static gboolean has_capture(const struct rule *rule, const char *name)
{
	return rule->pattern && g_regex_get_string_number(rule->pattern, name) > 0;
}

/* A capture of the pattern, by the name of the key or the one it says, or a field. */
static gboolean take_value(struct fdar_rules *rules, struct rule *rule, GKeyFile *file,
			   const char *group, const char *key, gboolean text,
			   struct rule_value *value, GError **error)
{
	static const enum fdar_event_role numbers[] = { FDAR_ROLE_ADDR, FDAR_ROLE_ADDR2 };
	static const enum fdar_event_role fds[] = { FDAR_ROLE_FD };
	static const enum fdar_event_role texts[] = { FDAR_ROLE_DATA };
	gboolean fd = value == &rule->fd;
	g_autofree char *field = g_key_file_get_string(file, group, key, NULL);
	const char *name = field ? field : key;

	if (has_capture(rule, name)) {
		value->from = RULE_CAPTURE;
		value->capture = g_strdup(name);
		return TRUE;
	}
	if (!field)
		return TRUE;
	if (!rule->event)
		return refuse(error, group, key, "nothing: functions have no fields");
	value->from = RULE_ROLE;
	value->field = text || fd ? NULL : g_strdup(field);
	return rules_role_of(rules, rule->event, field,
			     text ? texts
			     : fd ? fds
				  : numbers,
			     text || fd ? 1 : G_N_ELEMENTS(numbers), &value->role) ||
	       refuse(error, group, key,
		      "a field of the event, or a group of the pattern; of one event two keys, a "
		      "descriptor and one text can be used, and of a known event those it is known "
		      "by");
}

/* ---- groups ---- */

static gboolean take_pattern(struct fdar_rules *rules, struct rule *rule, GKeyFile *file,
			     const char *group, GError **error)
{
	static const enum fdar_event_role texts[] = { FDAR_ROLE_DATA };
	g_autofree char *match = g_key_file_get_string(file, group, "match", NULL);
	g_autofree char *text = g_key_file_get_string(file, group, "text", NULL);
	g_autoptr(GError) cause = NULL;
	enum fdar_event_role role;

	if (!match && !text)
		return TRUE;
	if (!match || !text || !rule->event)
		return refuse(error, group, match ? "match" : "text",
			      "text (a field of an event) and match (a pattern), both or none");
	rule->pattern = g_regex_new(match, G_REGEX_OPTIMIZE, 0, &cause);
	if (!rule->pattern)
		return refuse(error, group, "match", cause->message);
	if (!rules_role_of(rules, rule->event, text, texts, 1, &role) || role != FDAR_ROLE_DATA)
		return refuse(error, group, "text", "the one text field of the event");
	return TRUE;
}

static gboolean take_deed(struct rule *rule, GKeyFile *file, const char *group, gboolean *needs_key,
			  GError **error)
{
	g_autofree char *deed = g_key_file_get_string(file, group, "do", NULL);

	for (size_t i = 0; deed && i < G_N_ELEMENTS(deeds); i++) {
		if (strcmp(deeds[i].text, deed) != 0)
			continue;
		gboolean until = rule->until && deeds[i].span == SPAN_SESSION;

		if (deeds[i].span != SPAN_NONE && !rule->function && !until)
			return refuse(
				error, group, "do",
				"a function for session and request, which are from its entry "
				"to its exit");
		rule->kind = deeds[i].kind;
		rule->span = until ? SPAN_NONE : deeds[i].span;
		*needs_key = deeds[i].key;
		return TRUE;
	}
	return refuse(error, group, "do",
		      "session-begin, session-resume, session-suspend, session-end, put, take, "
		      "request-begin, request-end, wait-begin, wait-end, boundary, process-end, or "
		      "session or request of a function");
}

/* A pid namespace is a number, as LTTng's context and ls -l /proc/PID/ns/pid have it. */
static gboolean take_namespace(struct fdar_rules *rules, struct rule *rule, GKeyFile *file,
			       const char *group, GError **error)
{
	g_autofree char *text = g_key_file_get_string(file, group, "pid_ns", NULL);
	guint64 number;

	if (!g_key_file_has_key(file, group, "pid_ns", NULL))
		return TRUE;
	if (!text || !g_ascii_string_to_unsigned(text, 10, 1, UINT32_MAX, &number, NULL))
		return refuse(error, group, "pid_ns",
			      "the number of a pid namespace (the context pid_ns)");
	rule->ns = (uint32_t)number;
	rules->have_namespaces = TRUE;
	return TRUE;
}

static gboolean check_keys(GKeyFile *file, const char *group, const char *const *known,
			   GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);
	g_autofree char *list = g_strjoinv(", ", (char **)known);

	for (char **key = keys; *key; key++)
		if (!g_strv_contains(known, *key))
			return refuse(error, group, *key, list);
	return TRUE;
}

static gboolean take_wait(struct rule *rule, GKeyFile *file, const char *group, GError **error)
{
	/* No event of a rule tells that somebody was ready to run. */
	static const char *const kinds[FDAR_WAIT_PROCESSOR] = {
		[FDAR_WAIT_OTHER] = "other",   [FDAR_WAIT_IO] = "io",     [FDAR_WAIT_POLL] = "poll",
		[FDAR_WAIT_ACCEPT] = "accept", [FDAR_WAIT_COND] = "cond", [FDAR_WAIT_LOCK] = "lock",
		[FDAR_WAIT_SLEEP] = "sleep"
	};
	g_autofree char *wait = g_key_file_get_string(file, group, "wait", NULL);

	if (!wait)
		return TRUE;
	for (guint i = 0; rule->kind == FDAR_EVENT_WAIT_BEGIN && i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i], wait) != 0)
			continue;
		rule->wait = (uint8_t)i;
		return TRUE;
	}
	return refuse(error, group, "wait",
		      "with wait-begin: other, io, poll, accept, cond, lock or sleep");
}

/* When it happens, and for whom. */
static gboolean take_when(struct fdar_rules *rules, struct rule *rule, GKeyFile *file,
			  const char *group, GError **error)
{
	g_autofree char *at = g_key_file_get_string(file, group, "at", NULL);

	rule->leaving = g_strcmp0(at, "exit") == 0;
	if (at && (!rule->function || rule->span != SPAN_NONE ||
		   (!rule->leaving && strcmp(at, "entry") != 0)))
		return refuse(error, group, "at", "of a function: entry or exit");
	rule->lasts = rule->kind == FDAR_EVENT_REQUEST_BEGIN && rule->span == SPAN_NONE &&
		      g_strcmp0(rule->until, "session") == 0;
	if (rule->lasts)
		g_clear_pointer(&rule->until, g_free);
	if (rule->until && rule->kind != FDAR_EVENT_HANDOFF_TAKE &&
	    (rule->kind != FDAR_EVENT_SESSION_BEGIN || rule->span != SPAN_NONE))
		return refuse(error, group, "until",
			      "a take, session-begin or session to be of (or, of a "
			      "request-begin, session)");
	rule->forks = g_key_file_get_boolean(file, group, "forks", NULL);
	if (g_key_file_has_key(file, group, "forks", NULL) &&
	    (!rule->forks || rule->kind != FDAR_EVENT_SESSION_BEGIN || rule->span != SPAN_NONE))
		return refuse(error, group, "forks", "true, with session-begin");
	rules->have_leaving |= rule->leaving;
	rules->have_forks |= rule->forks;
	rules->have_threads |= rule->thread || rule->process;
	rules->have_addresses |= rule->function && g_str_has_prefix(rule->function, "0x");
	return take_wait(rule, file, group, error);
}

static gboolean add_rule(struct fdar_rules *rules, GKeyFile *file, const char *group,
			 GError **error)
{
	static const char *const known[] = { "event", "function", "text",    "match",  "do",
					     "key",   "object",   "queue",   "peer",   "what",
					     "fd",    "thread",   "process", "until",  "at",
					     "wait",  "label",    "forks",   "pid_ns", NULL };
	struct rule *rule = g_new0(struct rule, 1);
	g_autofree char *expected = NULL;
	gboolean needs_key = FALSE;
	const char *key = "key";

	g_ptr_array_add(rules->rules, rule);
	rule->name = g_strdup(group + strlen("rule "));
	rule->event = g_key_file_get_string(file, group, "event", NULL);
	rule->function = g_key_file_get_string(file, group, "function", NULL);
	rule->queue = g_key_file_get_string(file, group, "queue", NULL);
	rule->thread = g_key_file_get_string(file, group, "thread", NULL);
	rule->process = g_key_file_get_string(file, group, "process", NULL);
	rule->until = g_key_file_get_string(file, group, "until", NULL);
	rule->ending = NO_RULE;
	if (!check_keys(file, group, known, error))
		return FALSE;
	for (const char *c = rule->queue; c && *c; c++)
		if (g_ascii_iscntrl(*c))
			return refuse(error, group, "queue", "a name in one line");
	if (!rule->event == !rule->function)
		return refuse(error, group, "event", "an event (provider:name) or a function");
	expected = rules_event_expected(rules, rule);
	if (expected)
		return refuse(error, group, "event", expected);
	if (!take_namespace(rules, rule, file, group, error) ||
	    !take_pattern(rules, rule, file, group, error))
		return FALSE;
	if (g_key_file_has_key(file, group, "object", NULL) || has_capture(rule, "object"))
		key = "object";
	if (!take_deed(rule, file, group, &needs_key, error) ||
	    !take_when(rules, rule, file, group, error) ||
	    !take_value(rules, rule, file, group, key, FALSE, &rule->key, error) ||
	    !take_value(rules, rule, file, group, "fd", FALSE, &rule->fd, error) ||
	    !take_value(rules, rule, file, group, "peer", TRUE, &rule->peer, error) ||
	    !take_value(rules, rule, file, group, "label", TRUE, &rule->label, error) ||
	    !take_value(rules, rule, file, group, "what", TRUE, &rule->what, error))
		return FALSE;
	if (needs_key && rule->key.from == RULE_NOWHERE)
		return refuse(error, group, "key",
			      "which field, or group of the pattern, tells sessions");
	if (rule->kind == FDAR_EVENT_BOUNDARY && rule->key.from != RULE_NOWHERE)
		return refuse(error, group, "key", "nothing: a boundary is its thread's");
	if (rule->lasts && rule->key.from != RULE_NOWHERE)
		return refuse(error, group, "key",
			      "nothing with until=session: it is the thread's session that ends");
	if (rule->kind == FDAR_EVENT_PROCESS_END && rule->key.from != RULE_NOWHERE)
		return refuse(error, group, "key", "nothing: the process is meant that says it");
	if (rule->kind != FDAR_EVENT_SESSION_BEGIN && rule->label.from != RULE_NOWHERE)
		return refuse(error, group, "label", "session-begin or session to be of");
	rules->have_functions |= rule->function != NULL;
	rules->have_labels |= rule->label.from != RULE_NOWHERE;
	return TRUE;
}

static gboolean take_functions(GKeyFile *file, const char *group, const char *key,
			       GPtrArray *patterns, GError **error)
{
	g_auto(GStrv) globs = g_key_file_get_string_list(file, group, key, NULL, NULL);

	if (!globs || !*globs)
		return refuse(error, group, key,
			      "names of functions (* and ?), with ; between them");
	for (char **glob = globs; *glob; glob++)
		g_ptr_array_add(patterns, g_strdup(*glob));
	return TRUE;
}

static gboolean add_component(struct fdar_rules *rules, GKeyFile *file, const char *group,
			      GError **error)
{
	static const char *const known[] = { "functions", NULL };
	struct rule_component *component = g_new0(struct rule_component, 1);

	component->name = g_strdup(group + strlen("component "));
	component->functions = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(rules->components, component);
	return check_keys(file, group, known, error) &&
	       take_functions(file, group, "functions", component->functions, error);
}

static gboolean add_group(struct fdar_rules *rules, GKeyFile *file, const char *group,
			  GError **error)
{
	static const char *const known[] = { "functions", NULL };

	if (g_str_has_prefix(group, "rule "))
		return add_rule(rules, file, group, error);
	if (g_str_has_prefix(group, "component "))
		return add_component(rules, file, group, error);
	if (strcmp(group, "hide") == 0)
		return check_keys(file, group, known, error) &&
		       take_functions(file, group, "functions", rules->hidden, error);
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE,
		    "[%s]: expected [rule NAME], [component NAME] or [hide]", group);
	return FALSE;
}

/* What ends what others began or took. */
static gboolean find_endings(struct fdar_rules *rules, GError **error)
{
	for (guint i = 0; i < rules->rules->len; i++) {
		struct rule *rule = g_ptr_array_index(rules->rules, i);
		g_autofree char *group = g_strconcat("rule ", rule->name, NULL);

		for (guint j = 0; rule->until && j < rules->rules->len; j++)
			if (strcmp(((const struct rule *)g_ptr_array_index(rules->rules, j))->name,
				   rule->until) == 0)
				rule->ending = j;
		if (rule->until && rule->ending == NO_RULE && strcmp(rule->until, "take") == 0)
			rule->ending = ANY_TAKE;
		if (rule->until && rule->ending == NO_RULE)
			return refuse(error, group, "until", "the name of a rule, or take");
	}
	return TRUE;
}

/* A key's field may be a text: then it is the event's text, where that is not another one's. */
static void find_text_keys(struct fdar_rules *rules)
{
	static const enum fdar_event_role texts[] = { FDAR_ROLE_DATA };

	for (guint i = 0; i < rules->rules->len; i++) {
		struct rule *rule = g_ptr_array_index(rules->rules, i);
		enum fdar_event_role role;

		if (rule->key.field && !fdar_event_map_find(rule->event))
			rule->key.text =
				rules_role_of(rules, rule->event, rule->key.field, texts, 1, &role);
	}
}

static GKeyFile *load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *text = NULL;
	gsize length;

	text = fdar_file_read(path, FDAR_RULES_BYTES_MAX, &length, error);
	if (!text)
		return NULL;
	if (!g_utf8_validate_len(text, length, NULL)) {
		g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE,
			    "expected a key file in UTF-8 of at most %u bytes",
			    FDAR_RULES_BYTES_MAX);
		return NULL;
	}
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, error))
		return NULL;
	return g_steal_pointer(&file);
}

struct fdar_rules *fdar_rules_load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = load(path, error);
	g_autoptr(fdar_rules) rules = rules_new();
	g_auto(GStrv) groups = file ? g_key_file_get_groups(file, NULL) : NULL;
	gboolean ok = file != NULL;

	for (char **group = groups; ok && *group; group++)
		ok = add_group(rules, file, *group, error);
	ok = ok && find_endings(rules, error);
	if (!ok) {
		if (error && *error && (*error)->domain != G_IO_ERROR) /* whose say it */
			g_prefix_error(error, "%s: ", path);
		return NULL;
	}
	find_text_keys(rules);
	rules_events_index(rules);
	return g_steal_pointer(&rules);
}

gboolean fdar_rules_load_of(const char *recording, const char *path, struct fdar_rules **rules,
			    GError **error)
{
	g_autofree char *own = g_build_filename(recording, "rules", NULL);

	*rules = NULL;
	if (!path && !g_file_test(own, G_FILE_TEST_IS_REGULAR))
		return TRUE;
	*rules = fdar_rules_load(path ? path : own, error);
	return *rules != NULL;
}
