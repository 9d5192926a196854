#include "cli/flame/flame_input.h"

#include "cli/diff/diff_compare.h"
#include "cli/kit/cells.h"
#include "cli/kit/paths.h"
#include "cli/kit/sampled_input.h"
#include "cli/kit/print.h"
#include "viz/bars/bars.h"

static struct fdar_flame_tree *read_one(const struct fdar_flame_request *request, char **heading,
					GError **error)
{
	const struct fdar_profile_input input = { .usage = request->usage,
						  .path = request->path,
						  .listing = request->listings[1],
						  .rules = request->rules,
						  .unit = request->unit,
						  .stop = request->stop };
	g_autoptr(fdar_profile) profile = fdar_profile_input_read(&input, error);

	if (!profile)
		return NULL;
	if (heading)
		*heading = fdar_path_name(request->path);
	return fdar_flame_tree_of_profile(profile);
}

/* compared is to be cleared in either case. */
static gboolean compare(const struct fdar_flame_request *request,
			struct fdar_diff_compared *compared, char **heading, GError **error)
{
	char *paths[2][2] = { { (char *)request->baseline, NULL },
			      { (char *)request->path, NULL } };
	struct fdar_diff_side_input inputs[2];

	compared->labels[0] = request->baseline_label ? request->baseline_label : request->label;
	compared->labels[1] = request->label;
	compared->unit = request->unit;
	compared->unit_is_open = request->unit_is_open;
	for (unsigned i = 0; i < G_N_ELEMENTS(inputs); i++)
		inputs[i] = (struct fdar_diff_side_input){
			.input = { .usage = request->usage,
				   .listing = fdar_profile_input_listing(request->listings, i),
				   .rules = request->rules,
				   .unit = request->unit,
				   .stop = request->stop },
			.paths = paths[i]
		};
	if (!fdar_diff_compare(inputs, compared, error))
		return FALSE;
	if (heading)
		*heading = g_strdup(compared->diff->verdict.sentence);
	return TRUE;
}

static struct fdar_flame_tree *read_two(const struct fdar_flame_request *request, char **heading,
					GError **error)
{
	struct fdar_diff_compared compared = { 0 };
	struct fdar_flame_tree *tree = compare(request, &compared, heading, error)
					       ? fdar_flame_tree_of_diff(compared.diff)
					       : NULL;

	fdar_diff_compared_clear(&compared);
	return tree;
}

GString *fdar_flame_request_paths(const struct fdar_flame_request *request, double width,
				  char **heading, GError **error)
{
	struct fdar_diff_compared compared = { 0 };
	GString *svg = NULL;

	if (compare(request, &compared, heading, error)) {
		const struct fdar_diff_sides *sides = &compared.sides;
		g_autoptr(fdar_profile) base =
			fdar_profile_of_label(fdar_diff_side(sides, 0), compared.labels[0]);
		g_autoptr(fdar_profile) subject =
			fdar_profile_of_label(fdar_diff_side(sides, 1), compared.labels[1]);
		const struct fdar_profile *const profiles[2] = { base, subject };
		const struct fdar_bars_options options = { .title = compared.diff->verdict.sentence,
							   .width = width };

		svg = fdar_tree_svg(compared.diff, profiles, &options);
	}
	fdar_diff_compared_clear(&compared);
	return svg;
}

/* ---- samples ---- */

struct fdar_flame_tree *fdar_flame_sampled_read(const struct fdar_flame_request *request,
						GError **error)
{
	const char *paths[FDAR_FLAME_SIDES] = { request->baseline, request->path };
	const char *const labels[FDAR_FLAME_SIDES] = {
		request->baseline_label ? request->baseline_label : request->label, request->label
	};
	struct fdar_sampled *sides[FDAR_FLAME_SIDES] = { NULL, NULL };
	struct fdar_flame_tree *tree = NULL;
	gboolean good = TRUE;

	for (unsigned s = 0; s < FDAR_FLAME_SIDES && good; s++) {
		const struct fdar_profile_input input = { .usage = request->usage,
							  .path = paths[s],
							  .unit = request->unit,
							  .stop = request->stop };

		if (!paths[s])
			continue;
		sides[s] = fdar_sampled_input_read(&input, error);
		good = sides[s] != NULL;
	}
	if (good)
		tree = fdar_flame_tree_of_samples((const struct fdar_sampled *const *)sides, labels,
						  request->unit);
	for (unsigned s = 0; s < FDAR_FLAME_SIDES; s++)
		fdar_sampled_free(sides[s]);
	return tree;
}

gboolean fdar_flame_request_has_samples(const struct fdar_flame_request *request)
{
	return fdar_sampled_input_has(request->path) &&
	       (!request->baseline || fdar_sampled_input_has(request->baseline));
}

/* Waits, system calls and what is told as the server's own time are not functions of the server's. */
static gboolean has_functions(const struct fdar_flame_tree *tree)
{
	for (uint32_t i = 1; i < tree->count; i++)
		if (tree->nodes[i].frame == FDAR_FRAME_FUNCTION ||
		    tree->nodes[i].frame == FDAR_FRAME_SCOPE)
			return TRUE;
	return FALSE;
}

static struct fdar_flame_tree *read_either(const struct fdar_flame_request *request, char **heading,
					   GError **error)
{
	struct fdar_flame_tree *tree = request->baseline ? read_two(request, heading, error)
							 : read_one(request, heading, error);
	struct fdar_flame_tree *sampled;

	if (!tree || request->by == FDAR_FLAME_CALLS)
		return tree;
	if (request->by == FDAR_FLAME_EITHER &&
	    (has_functions(tree) || !fdar_flame_request_has_samples(request)))
		return tree;
	sampled = fdar_flame_sampled_read(request, error);
	fdar_flame_tree_free(tree);
	return sampled;
}

static void tell_dropped(const struct fdar_usage *usage, const struct fdar_flame_tree *tree)
{
	static const char *const sides[FDAR_FLAME_SIDES] = { ", in the baseline", "" };

	for (unsigned side = 0; side < FDAR_FLAME_SIDES; side++) {
		double dropped_ns = tree->dropped_ns[side];
		g_autofree char *time = fdar_format_duration(dropped_ns);
		g_autofree char *part = fdar_format_percent(
			dropped_ns / MAX(dropped_ns + tree->nodes[0].total_ns[side], 1));

		if (dropped_ns > 0)
			fdar_warning(usage,
				     "flowdar's own functions in the server are left out: %s (%s) "
				     "a %s%s; analyze --own lists them",
				     time, part, tree->unit, sides[side]);
	}
}

struct fdar_flame_tree *fdar_flame_request_read(const struct fdar_flame_request *request,
						char **heading, GError **error)
{
	struct fdar_flame_tree *tree = read_either(request, heading, error);

	if (tree)
		tell_dropped(request->usage, tree);
	return tree;
}
