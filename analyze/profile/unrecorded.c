#include "analyze/profile/unrecorded.h"

#include <fnmatch.h>
#include <string.h>

#include "analyze/profile/profile_build.h"

/* ---- the user's rules ---- */

static const char *file_base(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

/* glob is a rule without its exclamation mark. A rule for threads says nothing of functions. */
static gboolean fits(const char *glob, const struct fdar_profile_function *function)
{
	if (g_str_has_prefix(glob, "bin:"))
		return fnmatch(glob + strlen("bin:"), function->component, 0) == 0;
	if (!g_str_has_prefix(glob, "file:"))
		return fnmatch(glob, function->name, 0) == 0;
	glob += strlen("file:");
	return function->file && (fnmatch(glob, function->file, 0) == 0 ||
				  fnmatch(glob, file_base(function->file), 0) == 0);
}

/* As instrument/wire/control.h says: the last rule that fits decides. */
static gboolean is_left_out(const char *const *rules, const struct fdar_profile_function *function)
{
	gboolean first = TRUE, left_out = FALSE;

	for (; rules && *rules; rules++) {
		gboolean exclusion = (*rules)[0] == '!';
		const char *glob = *rules + exclusion;

		if (g_str_has_prefix(glob, "thread:"))
			continue;
		if (first)
			left_out = !exclusion;
		first = FALSE;
		if (fits(glob, function))
			left_out = exclusion;
	}
	return left_out;
}

/* ---- functions ---- */

/* Which functions have calls, by index. The caller frees it. */
static gboolean *called(const struct fdar_profile *profile)
{
	gboolean *has = g_new0(gboolean, MAX(profile->function_count, 1));

	for (uint32_t g = 0; g < profile->group_count; g++) {
		const struct fdar_profile_group *group = &profile->groups[g];

		for (uint32_t i = 1; i < group->node_count; i++)
			if (group->nodes[i].stat.calls)
				has[group->nodes[i].function] = TRUE;
	}
	return has;
}

static gboolean is_named(const struct fdar_profile_function *function)
{
	return function->kind == FDAR_FRAME_FUNCTION && function->known;
}

/* Functions of one side: those that were off there, or that the rules of either side leave out. */
static void look(const struct fdar_recorded *recorded, enum fdar_missing side,
		 const struct fdar_recorded *other, GHashTable *missing, GHashTable *calls)
{
	const struct fdar_profile *profile = recorded->profile;
	g_autofree gboolean *has = called(profile);
	enum fdar_missing there =
		side == FDAR_MISSING_BASELINE ? FDAR_MISSING_SUBJECT : FDAR_MISSING_BASELINE;

	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];
		char *key;
		guint sides;

		if (!is_named(function))
			continue;
		key = fdar_profile_fold_key(function->component, function->name);
		sides = GPOINTER_TO_UINT(g_hash_table_lookup(missing, key));
		if (function->off || is_left_out(recorded->rules, function))
			sides |= side;
		if (is_left_out(other->rules, function))
			sides |= there;
		if (has[i])
			g_hash_table_add(calls, g_strdup(key));
		if (sides)
			g_hash_table_replace(missing, key, GUINT_TO_POINTER(sides));
		else
			g_free(key);
	}
}

static gboolean is_not_in(gpointer key, gpointer value, gpointer set)
{
	(void)value;
	return !g_hash_table_contains(set, key);
}

GHashTable *fdar_unrecorded_find(const struct fdar_recorded *baseline,
				 const struct fdar_recorded *subject)
{
	GHashTable *missing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	look(baseline, FDAR_MISSING_BASELINE, subject, missing, calls);
	look(subject, FDAR_MISSING_SUBJECT, baseline, missing, calls);
	g_hash_table_foreach_remove(missing, is_not_in, calls);
	return missing;
}

gboolean fdar_unrecorded_called(GHashTable *functions, const struct fdar_profile *profile)
{
	g_autofree gboolean *has = called(profile);

	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];
		g_autofree char *key = NULL;

		if (!has[i] || !is_named(function))
			continue;
		key = fdar_profile_fold_key(function->component, function->name);
		if (g_hash_table_contains(functions, key))
			return TRUE;
	}
	return FALSE;
}
