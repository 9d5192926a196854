#include "analyze/profile/profile_match.h"

#include <string.h>

struct binary {
	const char *component;
	const char *build_id;
	const char *soname;
	gboolean program;
	GHashTable *functions; /* names of those that have one */
	struct binary *other;  /* its pair, or NULL */
};

static void binary_free(gpointer data)
{
	struct binary *binary = data;

	g_hash_table_unref(binary->functions);
	g_free(binary);
}

static struct binary *find(const GPtrArray *binaries, const char *component)
{
	for (guint i = 0; i < binaries->len; i++) {
		struct binary *binary = g_ptr_array_index(binaries, i);

		if (strcmp(binary->component, component) == 0)
			return binary;
	}
	return NULL;
}

/* Of functions and scopes: what waits and queues are in is no file. */
static GPtrArray *binaries_of(const struct fdar_profile *profile)
{
	GPtrArray *binaries = g_ptr_array_new_with_free_func(binary_free);

	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];
		struct binary *binary;

		if (function->kind != FDAR_FRAME_FUNCTION && !function->program)
			continue;
		binary = find(binaries, function->component);
		if (!binary) {
			binary = g_new0(struct binary, 1);
			binary->component = function->component;
			binary->build_id = "";
			binary->soname = "";
			binary->functions = g_hash_table_new(g_str_hash, g_str_equal);
			g_ptr_array_add(binaries, binary);
		}
		if (!*binary->build_id)
			binary->build_id = function->build_id;
		if (!*binary->soname)
			binary->soname = function->soname;
		binary->program |= function->program;
		if (function->known)
			g_hash_table_add(binary->functions, (gpointer)function->name);
	}
	return binaries;
}

/* ---- pairs ---- */

typedef gboolean (*same_fn)(const struct binary *left, const struct binary *right);

static gboolean same_build(const struct binary *left, const struct binary *right)
{
	return *left->build_id && strcmp(left->build_id, right->build_id) == 0;
}

static gboolean same_component(const struct binary *left, const struct binary *right)
{
	return left->program == right->program && strcmp(left->component, right->component) == 0;
}

static gboolean same_file(const struct binary *left, const struct binary *right)
{
	return same_build(left, right) && same_component(left, right);
}

static gboolean same_soname(const struct binary *left, const struct binary *right)
{
	return !left->program && !right->program && *left->soname &&
	       strcmp(left->soname, right->soname) == 0;
}

static void join(struct binary *left, struct binary *right)
{
	left->other = right;
	right->other = left;
}

static void pair_by(const GPtrArray *lefts, const GPtrArray *rights, same_fn same)
{
	for (guint i = 0; i < lefts->len; i++) {
		struct binary *left = g_ptr_array_index(lefts, i);

		for (guint j = 0; j < rights->len && !left->other; j++) {
			struct binary *right = g_ptr_array_index(rights, j);

			if (!right->other && same(left, right))
				join(left, right);
		}
	}
}

static guint in_common(const struct binary *left, const struct binary *right)
{
	GHashTableIter all;
	gpointer name;
	guint count = 0;

	g_hash_table_iter_init(&all, left->functions);
	while (g_hash_table_iter_next(&all, &name, NULL))
		if (g_hash_table_contains(right->functions, name))
			count++;
	return count;
}

static guint programs_left(const GPtrArray *binaries)
{
	guint count = 0;

	for (guint i = 0; i < binaries->len; i++) {
		const struct binary *binary = g_ptr_array_index(binaries, i);

		count += binary->program && !binary->other;
	}
	return count;
}

/* The two programs that have the most in common; FALSE: there are none that have anything. */
static gboolean pair_likest(const GPtrArray *lefts, const GPtrArray *rights)
{
	gboolean only = programs_left(lefts) == 1 && programs_left(rights) == 1;
	struct binary *best_left = NULL, *best_right = NULL;
	guint most = 0;

	for (guint i = 0; i < lefts->len; i++) {
		struct binary *left = g_ptr_array_index(lefts, i);

		for (guint j = 0; j < rights->len && left->program && !left->other; j++) {
			struct binary *right = g_ptr_array_index(rights, j);
			guint common;

			if (!right->program || right->other)
				continue;
			common = in_common(left, right) + (only ? 1 : 0);
			if (common <= most)
				continue;
			most = common;
			best_left = left;
			best_right = right;
		}
	}
	if (best_left)
		join(best_left, best_right);
	return best_left != NULL;
}

void fdar_profile_match_init(struct fdar_profile_match *match, const struct fdar_profile *baseline,
			     const struct fdar_profile *subject)
{
	g_autoptr(GPtrArray) lefts = binaries_of(baseline), rights = binaries_of(subject);

	/* One file may go by two names: ours in it are told apart from the server's. */
	pair_by(lefts, rights, same_file);
	pair_by(lefts, rights, same_build);
	pair_by(lefts, rights, same_component);
	pair_by(lefts, rights, same_soname);
	while (pair_likest(lefts, rights))
		;
	match->subject = subject;
	match->renamed = g_hash_table_new(g_str_hash, g_str_equal);
	match->baseline = g_hash_table_new(g_str_hash, g_str_equal);
	match->same = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < lefts->len; i++) {
		const struct binary *left = g_ptr_array_index(lefts, i);

		if (!left->other)
			continue;
		if (same_build(left, left->other))
			g_hash_table_add(match->same, (gpointer)left->component);
		if (strcmp(left->component, left->other->component) == 0)
			continue;
		g_hash_table_insert(match->renamed, (gpointer)left->component,
				    (gpointer)left->other->component);
		g_hash_table_insert(match->baseline, (gpointer)left->other->component,
				    (gpointer)left->component);
	}
}

void fdar_profile_match_clear(struct fdar_profile_match *match)
{
	g_clear_pointer(&match->renamed, g_hash_table_unref);
	g_clear_pointer(&match->baseline, g_hash_table_unref);
	g_clear_pointer(&match->same, g_hash_table_unref);
}

/* ---- names ---- */

const char *fdar_profile_match_component(const struct fdar_profile_match *match,
					 const char *component)
{
	const char *other = g_hash_table_lookup(match->renamed, component);

	return other ? other : component;
}

const char *fdar_profile_match_baseline(const struct fdar_profile_match *match,
					const char *component)
{
	const char *other = g_hash_table_lookup(match->baseline, component);

	return other ? other : component;
}

#define IN " in " /* "0x1a2b in nginx": of an address without a name (symbols.h) */

/* What the subject's addresses without a name say of the file; NULL: none of them does. */
static const char *file_of(const struct fdar_profile *profile, const char *component)
{
	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];
		const char *in = function->known ? NULL : strstr(function->name, IN);

		if (in && strcmp(function->component, component) == 0)
			return in + strlen(IN);
	}
	return NULL;
}

char *fdar_profile_match_name(const struct fdar_profile_match *match,
			      const struct fdar_profile_function *function)
{
	const char *in = function->known ? NULL : strstr(function->name, IN), *file = NULL;

	if (in && g_hash_table_contains(match->same, function->component))
		file = file_of(match->subject,
			       fdar_profile_match_component(match, function->component));
	if (!file)
		return g_strdup(function->name);
	return g_strdup_printf("%.*s%s", (int)(in + strlen(IN) - function->name), function->name,
			       file);
}
