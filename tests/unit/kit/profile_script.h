/* Profiles of event scripts, for tests. */
#ifndef TESTS_PROFILE_SCRIPT_H
#define TESTS_PROFILE_SCRIPT_H

#include <glib/gstdio.h>

#include "analyze/profile/profile_build.h"
#include "tests/unit/kit/event_script.h"

/* The peer is the label, where there is one. */
static inline const char *script_label(void *labels, const struct fdar_walk_session *session)
{
	(void)labels;
	return *session->peer ? session->peer : NULL;
}

/* The binary that all functions of a script are in. */
struct script_binary {
	const char *path;
	const char *build_id;
	const char *soname;
	gboolean nameless; /* its table has other functions only */
};

static const struct script_binary script_demo = { "/bin/not-here/demo", "de", NULL, FALSE };

/* Symbols whose table names each function as the script does. */
static inline void script_add_symbols(struct script *script, struct fdar_symbols *symbols,
				      const struct script_binary *binary, const char *path)
{
	g_autoptr(GString) table = g_string_new("fffff000 1 nobody\n");

	if (binary->soname)
		g_string_append_printf(table, "# soname %s\n", binary->soname);
	for (guint i = 1; i < script->texts->len && !binary->nameless; i++)
		g_string_append_printf(table, "%x 1 %s\n", SCRIPT_ADDRESS * i,
				       (const char *)g_ptr_array_index(script->texts, i));
	g_assert_true(g_file_set_contents(path, table->str, -1, NULL));
	fdar_symbols_add_module(symbols, 1, 0, 1u << 30, binary->path, binary->build_id);
}

/* folded: functions, in a NULL-terminated list; may be NULL. joined: calls are one event where that can
 * be. inferred: what threads do between I/O is. */
static inline struct fdar_profile *script_profile_all(const char *text, enum fdar_unit unit,
						      const char *const *folded,
						      const struct script_binary *binary,
						      gboolean joined, gboolean inferred)
{
	g_autoptr(GHashTable) fold = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *dir = g_dir_make_tmp("test-profile-XXXXXX", NULL);
	g_autofree char *table = g_strdup_printf("%s/%s.txt", dir, binary->build_id);
	g_autofree char *component = fdar_component_name(binary->path);
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(dir);
	g_autoptr(script_auto) script = script_new(text);
	struct fdar_profile_source source = { .symbols = symbols,
					      .text = script_name,
					      .texts = script,
					      .label = script_label,
					      .unit = unit,
					      .infer_work = inferred,
					      .folded = folded ? fold : NULL };
	g_autoptr(fdar_profile_builder) builder = fdar_profile_builder_new(&source);
	struct fdar_profile *profile;

	for (; folded && *folded; folded++)
		g_hash_table_add(fold, fdar_profile_fold_key(component, *folded));
	script_add_symbols(script, symbols, binary, table);
	if (joined)
		script_join_calls(script);
	fdar_walk_feed(fdar_profile_builder_walk(builder), script_events(script),
		       script->events->len);
	profile = fdar_profile_builder_finish(builder);
	g_assert_cmpint(g_remove(table), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
	return profile;
}

static inline struct fdar_profile *script_profile_in(const char *text, enum fdar_unit unit,
						     const char *const *folded,
						     const struct script_binary *binary)
{
	return script_profile_all(text, unit, folded, binary, FALSE, FALSE);
}

static inline struct fdar_profile *script_profile_of(const char *text, enum fdar_unit unit,
						     const char *const *folded, gboolean joined)
{
	return script_profile_all(text, unit, folded, &script_demo, joined, FALSE);
}

static inline struct fdar_profile *script_profile_as(const char *text, enum fdar_unit unit,
						     const char *const *folded)
{
	return script_profile_of(text, unit, folded, FALSE);
}

/* Of a trace without functions. */
static inline struct fdar_profile *script_profile_inferred(const char *text)
{
	return script_profile_all(text, FDAR_UNIT_SESSION, NULL, &script_demo, FALSE, TRUE);
}

static inline struct fdar_profile *script_profile(const char *text)
{
	return script_profile_as(text, FDAR_UNIT_SESSION, NULL);
}

#endif
