#include "analyze/profile/unrecorded.h"

#include <fnmatch.h>
#include <string.h>

#include "analyze/profile/profile_build.h"
#include "analyze/profile/profile_match.h"
#include "instrument/wire/clones.h"
#include "instrument/wire/cpp_names.h"

/* ---- the user's rules ---- */

static const char *file_base(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

/* Of a rule for compilers' clones ("parse.constprop.*"), what it says of the function in the source. */
static char *without_clone(const char *glob)
{
	const char *dot = glob;

	while ((dot = strchr(dot, '.')) && !fdar_clone_word(dot + 1))
		dot++;
	return dot ? g_strndup(glob, (gsize)(dot - glob)) : g_strdup(glob);
}

static gboolean fits_name(const char *glob, const char *name)
{
	g_autofree char *plain = without_clone(glob);

	return fdar_cpp_fits(plain, name);
}

/* glob is a rule without its exclamation mark. A rule for threads says nothing of functions. */
static gboolean fits(const char *glob, const struct fdar_profile_function *function)
{
	if (g_str_has_prefix(glob, "bin:"))
		return fnmatch(glob + strlen("bin:"), function->component, 0) == 0;
	if (!g_str_has_prefix(glob, "file:"))
		return fits_name(glob, function->name);
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

/* What is found out about a function: missing on so many sides, called. Each recording finds it under
 * its own name of the binary. */
struct finding {
	const struct fdar_profile_match *match;
	GHashTable *missing;
	GHashTable *calls;
};

static void note(const struct finding *finding, const char *component, const char *name,
		 guint sides, gboolean has_calls)
{
	char *key = fdar_profile_fold_key(component, name);

	sides |= GPOINTER_TO_UINT(g_hash_table_lookup(finding->missing, key));
	if (has_calls)
		g_hash_table_add(finding->calls, g_strdup(key));
	if (sides)
		g_hash_table_replace(finding->missing, key, GUINT_TO_POINTER(sides));
	else
		g_free(key);
}

/* Functions of one side: those that were off there, or that the rules of either side leave out. */
static void look(const struct fdar_recorded *recorded, enum fdar_missing side,
		 const struct fdar_recorded *other, const struct finding *finding)
{
	const struct fdar_profile *profile = recorded->profile;
	g_autofree gboolean *has = called(profile);
	enum fdar_missing there =
		side == FDAR_MISSING_BASELINE ? FDAR_MISSING_SUBJECT : FDAR_MISSING_BASELINE;

	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];
		struct fdar_profile_function as_there = *function;
		guint sides = 0;

		if (!is_named(function))
			continue;
		as_there.component =
			side == FDAR_MISSING_BASELINE
				? fdar_profile_match_component(finding->match, function->component)
				: fdar_profile_match_baseline(finding->match, function->component);
		if (function->off || is_left_out(recorded->rules, function))
			sides |= side;
		if (is_left_out(other->rules, &as_there))
			sides |= there;
		note(finding, function->component, function->name, sides, has[i]);
		if (as_there.component != function->component)
			note(finding, as_there.component, function->name, sides, has[i]);
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
	struct fdar_profile_match match;
	const struct finding finding = { &match, missing, calls };

	fdar_profile_match_init(&match, baseline->profile, subject->profile);
	look(baseline, FDAR_MISSING_BASELINE, subject, &finding);
	look(subject, FDAR_MISSING_SUBJECT, baseline, &finding);
	fdar_profile_match_clear(&match);
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
