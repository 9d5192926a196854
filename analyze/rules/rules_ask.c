/* What is asked of rules without a trace. */
#include <fnmatch.h>

#include "analyze/rules/rules_private.h"

const struct fdar_event_maps *fdar_rules_maps(const struct fdar_rules *rules)
{
	return &rules->maps;
}

gboolean fdar_rules_have_functions(const struct fdar_rules *rules)
{
	return rules->have_functions;
}

gboolean fdar_rules_have_labels(const struct fdar_rules *rules)
{
	return rules->have_labels;
}

static gboolean matches(const GPtrArray *patterns, const char *function)
{
	for (guint i = 0; i < patterns->len; i++)
		if (fnmatch(g_ptr_array_index(patterns, i), function, 0) == 0)
			return TRUE;
	return FALSE;
}

const char *fdar_rules_component(const struct fdar_rules *rules, const char *component,
				 const char *function)
{
	for (guint i = 0; i < rules->components->len; i++) {
		const struct rule_component *said = g_ptr_array_index(rules->components, i);

		if (matches(said->functions, function))
			return said->name;
	}
	return component;
}

gboolean fdar_rules_hide(const struct fdar_rules *rules, const char *component,
			 const char *function)
{
	(void)component;
	return matches(rules->hidden, function);
}
