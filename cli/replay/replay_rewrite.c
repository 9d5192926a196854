#include "cli/replay/replay_rewrite.h"

#include <stdio.h>

/* Values of answers can be had only from answers that are waited for. */
gboolean fdar_replay_rewrite_read(struct fdar_replay_rewrite *rewrite, const char *path,
				  enum fdar_pace_wait wait, const char *word, GError **error)
{
	const struct fdar_edit_rule *listening;

	if (!path)
		return TRUE;
	rewrite->rules = fdar_edit_rules_load(path, error);
	if (!rewrite->rules)
		return FALSE;
	listening = fdar_edit_rules_listening(rewrite->rules);
	if (!listening || wait == FDAR_PACE_ANSWER)
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "%s: [%s] takes values from answers, which --wait %s does not wait for", path,
		    listening->name, word);
	return FALSE;
}

struct fdar_edit *fdar_replay_rewrite_begin(struct fdar_replay_rewrite *rewrite, guint64 seed)
{
	if (rewrite->rules)
		rewrite->edit = fdar_edit_new(rewrite->rules, seed);
	return rewrite->edit;
}

void fdar_replay_rewrite_print(const struct fdar_replay_rewrite *rewrite, enum fdar_format format)
{
	g_autofree char *text = NULL;

	if (!rewrite->edit)
		return;
	text = fdar_edit_counts_text(fdar_edit_counts(rewrite->edit));
	fprintf(format == FDAR_FORMAT_TABLE ? stdout : stderr, "rewritten: %s\n", text);
}

void fdar_replay_rewrite_clear(struct fdar_replay_rewrite *rewrite)
{
	g_clear_pointer(&rewrite->edit, fdar_edit_free);
	g_clear_pointer(&rewrite->rules, fdar_edit_rules_free);
}
