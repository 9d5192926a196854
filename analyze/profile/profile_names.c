/* Functions of a profile: what they are called, where they come from. */
#include "analyze/profile/profile_build_private.h"
#include "analyze/profile/profile_private.h"
#include "instrument/wire/events.h"

#define DEPTH_MAX 1024 /* a clone's other calls are looked for so far out */

uint32_t *profile_place(GArray *array, uint32_t index)
{
	if (index >= array->len) {
		guint old = array->len;

		g_array_set_size(array, MAX(index + 1, array->len * 2));
		for (guint i = old; i < array->len; i++)
			g_array_index(array, uint32_t, i) = FDAR_PROFILE_NONE;
	}
	return &g_array_index(array, uint32_t, index);
}

static void name_address(const struct fdar_profile_builder *builder, const struct sample *sample,
			 struct fdar_profile_function *function, char number[24])
{
	if (builder->source.symbols) {
		const struct fdar_symbol *symbol =
			fdar_symbols_lookup(builder->source.symbols, sample->pid, sample->addr);

		function->name = symbol->function;
		function->component = symbol->component;
		function->known = symbol->known;
		function->build_id = symbol->build_id;
		function->soname = symbol->soname;
		function->program = symbol->program;
		if (builder->source.component && symbol->known)
			function->component =
				builder->source.component(builder->source.naming, symbol->component,
							  symbol->function);
		return;
	}
	g_snprintf(number, 24, "0x%" G_GINT64_MODIFIER "x", sample->addr);
	function->name = number;
	function->component = "unknown";
}

uint32_t profile_function_seen(struct fdar_profile_builder *builder,
			       const struct fdar_profile_function *like,
			       const struct sample *sample)
{
	uint32_t function = profile_function_add(builder->profile, like);

	if (function >= builder->samples->len)
		g_array_set_size(builder->samples, function + 1);
	if (sample)
		g_array_index(builder->samples, struct sample, function) = *sample;
	return function;
}

static const struct fdar_symbol *symbol_of(const struct fdar_profile_builder *builder,
					   const struct fdar_walk_path *path)
{
	if (path->kind != FDAR_FRAME_FUNCTION || !builder->source.symbols)
		return NULL;
	return fdar_symbols_lookup(builder->source.symbols, path->pid, path->addr);
}

static void note_clone(struct fdar_profile_builder *builder, const struct fdar_walk_path *path,
		       uint32_t function)
{
	const struct fdar_symbol *symbol = symbol_of(builder, path);

	if (function >= builder->clones->len)
		g_array_set_size(builder->clones, function + 1);
	if (symbol && symbol->clone)
		g_array_index(builder->clones, guint8, function) = TRUE;
}

/* Few functions have many paths: what they are called is put together once. */
static uint32_t function_at(struct fdar_profile_builder *builder, const struct sample *sample)
{
	const struct fdar_symbol *symbol =
		fdar_symbols_lookup(builder->source.symbols, sample->pid, sample->addr);
	uint32_t index = fdar_intern_add(&builder->symbols, (uintptr_t)symbol, 0);

	if (index == builder->symbol_functions->len) {
		struct fdar_profile_function function = { .name = symbol->function,
							  .component = symbol->component,
							  .kind = FDAR_FRAME_FUNCTION,
							  .known = symbol->known,
							  .build_id = symbol->build_id,
							  .soname = symbol->soname,
							  .program = symbol->program };

		if (builder->source.component && symbol->known)
			function.component =
				builder->source.component(builder->source.naming, symbol->component,
							  symbol->function);
		uint32_t made = profile_function_seen(builder, &function, sample);

		g_array_append_val(builder->symbol_functions, made);
	}
	uint32_t function = g_array_index(builder->symbol_functions, uint32_t, index);
	g_array_index(builder->samples, struct sample, function) = *sample;
	return function;
}

static uint32_t make_function(struct fdar_profile_builder *builder,
			      const struct fdar_walk_path *path)
{
	struct sample sample = { path->pid, path->addr };
	struct fdar_profile_function function = { .kind = path->kind, .wait = path->wait };
	char number[24];

	if (path->kind == FDAR_FRAME_FUNCTION && builder->source.symbols)
		return function_at(builder, &sample);
	if (path->kind == FDAR_FRAME_FUNCTION) {
		name_address(builder, &sample, &function, number);
		return profile_function_seen(builder, &function, &sample);
	}
	if (path->kind == FDAR_FRAME_INFERRED) {
		function.name = FDAR_PROFILE_INFERRED;
		function.component = FDAR_PROFILE_INFERRED_BY;
		function.known = TRUE;
		return profile_function_seen(builder, &function, NULL);
	}
	function.name = builder->source.text(builder->source.texts, path->name);
	function.component = path->kind != FDAR_FRAME_WAIT       ? FDAR_COMPONENT_PROGRAM
			     : path->wait == FDAR_WAIT_PROCESSOR ? "kernel"
								 : "libc";
	function.known = TRUE;
	function.program = path->kind != FDAR_FRAME_WAIT;
	return profile_function_seen(builder, &function, NULL);
}

uint32_t profile_function_at(struct fdar_profile_builder *builder, uint32_t pid, uint64_t addr)
{
	struct fdar_walk_path path = { .pid = pid, .addr = addr, .kind = FDAR_FRAME_FUNCTION };

	return make_function(builder, &path);
}

char *fdar_profile_fold_key(const char *component, const char *name)
{
	return g_strconcat(component, "\n", name, NULL);
}

gboolean profile_is_folded(struct fdar_profile_builder *builder, uint32_t index)
{
	const struct fdar_profile_function *function = &builder->profile->functions[index];
	uint32_t *place;

	if ((!builder->source.folded && !builder->source.hidden) ||
	    function->kind != FDAR_FRAME_FUNCTION)
		return FALSE;
	place = profile_place(builder->folds, index);
	/* One without a name may get it later: then it is told all the same. */
	if (*place == FDAR_PROFILE_NONE && !function->known) {
		*place = 0;
	} else if (*place == FDAR_PROFILE_NONE) {
		g_autofree char *key = fdar_profile_fold_key(function->component, function->name);

		*place = (builder->source.folded &&
			  g_hash_table_contains(builder->source.folded, key)) ||
			 (builder->source.hidden &&
			  builder->source.hidden(builder->source.naming, function->component,
						 function->name));
	}
	return *place == 1;
}

uint32_t profile_function_folded(struct fdar_profile_builder *builder)
{
	struct fdar_profile_function function = { .name = "(functions not recorded on both sides)",
						  .component = "unknown",
						  .kind = FDAR_FRAME_SCOPE,
						  .known = TRUE };

	return profile_function_seen(builder, &function, NULL);
}

/* Frames beyond FDAR_WALK_PATHS_MAX have path 0: together they are one function. */
static uint32_t other_paths(struct fdar_profile_builder *builder)
{
	struct fdar_profile_function function = { .name = "(other call paths)",
						  .component = "unknown",
						  .kind = FDAR_FRAME_SCOPE };

	return profile_function_seen(builder, &function, NULL);
}

uint32_t profile_function_of(struct fdar_profile_builder *builder, uint32_t path,
			     const struct fdar_walk_path *what)
{
	uint32_t *place = profile_place(builder->path_functions, path);

	if (*place == FDAR_PROFILE_NONE) {
		*place = path ? make_function(builder, what) : other_paths(builder);
		note_clone(builder, what, *place);
	}
	return *place;
}

/* ---- clones ---- */

static uint32_t find_outer(struct fdar_profile_builder *builder, uint32_t path)
{
	struct fdar_walk_path what = fdar_walk_path(builder->walk, path);
	uint32_t function = profile_function_of(builder, path, &what), outer = 0;

	if (!g_array_index(builder->clones, guint8, function))
		return 0;
	for (int depth = 0; what.parent && depth < DEPTH_MAX; depth++) {
		path = what.parent;
		what = fdar_walk_path(builder->walk, path);
		if (profile_function_of(builder, path, &what) == function)
			outer = path;
	}
	return outer;
}

uint32_t profile_path_outer(struct fdar_profile_builder *builder, uint32_t path)
{
	if (*profile_place(builder->path_outer, path) == FDAR_PROFILE_NONE) {
		uint32_t outer = path ? find_outer(builder, path) : 0;

		*profile_place(builder->path_outer, path) = outer;
	}
	return *profile_place(builder->path_outer, path);
}

gboolean profile_path_is_part(struct fdar_profile_builder *builder, uint32_t path)
{
	struct fdar_walk_path what = fdar_walk_path(builder->walk, path);
	struct fdar_walk_path caller = fdar_walk_path(builder->walk, what.parent);
	const struct fdar_symbol *symbol = symbol_of(builder, &what);

	return symbol && symbol->part && what.parent &&
	       profile_function_of(builder, what.parent, &caller) ==
		       profile_function_of(builder, path, &what);
}

/* TRUE when another name, or another component, came of it. */
static gboolean name_function(const struct fdar_profile_builder *builder,
			      struct fdar_profile_function *function, const struct sample *sample)
{
	struct fdar_profile_function old = *function;
	GStringChunk *texts = builder->profile->texts;
	char number[24];

	if (function->kind == FDAR_FRAME_SCOPE)
		function->component = fdar_symbols_program(builder->source.symbols);
	else if (function->kind == FDAR_FRAME_FUNCTION && !function->known)
		name_address(builder, sample, function, number);
	function->name = g_string_chunk_insert_const(texts, function->name);
	function->component = g_string_chunk_insert_const(texts, function->component);
	function->build_id = g_string_chunk_insert_const(texts, function->build_id);
	function->soname = g_string_chunk_insert_const(texts, function->soname);
	return function->name != old.name || function->component != old.component;
}

void profile_functions_moved(struct fdar_profile_builder *builder, const uint32_t *moved)
{
	GArray *folds = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (guint i = 0; i < builder->path_functions->len; i++) {
		uint32_t *function = &g_array_index(builder->path_functions, uint32_t, i);

		if (*function != FDAR_PROFILE_NONE)
			*function = moved[*function];
	}
	for (guint i = 0; i < builder->folds->len; i++) {
		uint32_t folded = g_array_index(builder->folds, uint32_t, i);

		if (folded != FDAR_PROFILE_NONE)
			*profile_place(folds, moved[i]) = folded;
	}
	g_array_unref(builder->folds);
	builder->folds = folds;
	GArray *clones = g_array_new(FALSE, TRUE, sizeof(guint8));

	for (guint i = 0; i < builder->clones->len; i++) {
		if (moved[i] >= clones->len)
			g_array_set_size(clones, moved[i] + 1);
		g_array_index(clones, guint8, moved[i]) |=
			g_array_index(builder->clones, guint8, i);
	}
	g_array_unref(builder->clones);
	builder->clones = clones;
}

gboolean profile_name_again(struct fdar_profile_builder *builder)
{
	gboolean changed = FALSE;

	for (uint32_t i = 0; i < builder->profile->function_count; i++)
		changed |= name_function(builder, &builder->profile->functions[i],
					 &g_array_index(builder->samples, struct sample, i));
	return changed;
}

void profile_add_lines(struct fdar_profile_builder *builder)
{
	struct fdar_profile *profile = builder->profile;

	for (uint32_t i = 0; i < profile->function_count; i++) {
		struct fdar_profile_function *function = &profile->functions[i];
		const struct sample *sample = &g_array_index(builder->samples, struct sample, i);

		if (function->kind != FDAR_FRAME_FUNCTION || !function->known)
			continue;
		struct fdar_symbol_source source =
			fdar_symbols_locate(builder->source.symbols, sample->pid, sample->addr);
		if (source.file) {
			function->file = g_string_chunk_insert_const(profile->texts, source.file);
			function->line = source.line;
		}
	}
}
