#include "cli/verify/trex_rung.h"

#include "cli/reduce/child.h"
#include "replay/split/split.h"
#include "replay/split/trex.h"

/* One template as T-Rex meets it: a file with one session that breaks no rule. NULL when it is;
 * what is wrong otherwise. The caller frees it. */
static char *check_template(const char *path, const char *work)
{
	g_autofree char *directory = g_build_filename(work, "template", NULL);
	g_autoptr(fdar_split) split = NULL;
	g_autoptr(GError) error = NULL;
	char *wrong = NULL;

	split = fdar_split_run(path, directory, NULL, &error);
	if (!split)
		return g_strdup(error->message);
	if (split->sessions->len != 1 || split->damage)
		wrong = g_strdup_printf("%s: is not one whole session", path);
	else if (split->rejected)
		wrong = g_strdup_printf("%s: breaks a rule", path);
	fdar_child_remove(directory);
	return wrong;
}

/* The rules that sessions break, with how many of them do. */
static char *reasons(const struct fdar_split *split)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < FDAR_TREX_RULES; i++) {
		unsigned count = 0;

		for (guint s = 0; s < split->sessions->len; s++)
			count += (g_array_index(split->sessions, struct fdar_split_session, s)
					  .broken >>
				  i) &
				 1;
		if (count)
			g_string_append_printf(text, "%s%u that %s", text->len ? ", " : "", count,
					       fdar_trex_rule_text(1u << i));
	}
	return g_string_free(text, FALSE);
}

static void check(struct fdar_trex_rung *rung, const struct fdar_split *split,
		  const char *directory, const char *work)
{
	g_autofree uint8_t *seen = g_malloc0(MAX(split->templates, 1));

	for (guint i = 0; i < split->sessions->len; i++) {
		const struct fdar_split_session *one =
			&g_array_index(split->sessions, struct fdar_split_session, i);
		g_autofree char *path = g_build_filename(directory, one->file, NULL);

		if (one->template == FDAR_SPLIT_NO_TEMPLATE || one->template >= split->templates ||
		    seen[one->template]++)
			continue;
		rung->why = check_template(path, work);
		if (rung->why)
			return;
	}
	rung->checked = split->templates > 0;
}

gboolean fdar_trex_rung_climb(struct fdar_trex_rung *rung, const char *capture,
			      const char *directory, const char *work, GError **error)
{
	g_autofree char *mine = g_build_filename(work, "trex", NULL);
	const char *target = directory ? directory : mine;
	g_autoptr(fdar_split) split = fdar_split_run(capture, target, NULL, error);

	*rung = (struct fdar_trex_rung){ 0 };
	if (!split)
		return FALSE;
	rung->templates = split->templates;
	rung->refused = split->rejected;
	rung->sessions = split->sessions->len - split->rejected;
	check(rung, split, target, work);
	if (!rung->why && rung->refused)
		rung->why = reasons(split);
	if (!directory)
		fdar_child_remove(mine);
	return TRUE;
}

void fdar_trex_rung_clear(struct fdar_trex_rung *rung)
{
	g_clear_pointer(&rung->why, g_free);
}
