#include "cli/flame/flame_input.h"

#include "cli/diff/diff_sides.h"
#include "viz/bars/bars.h"

static struct fdar_flame_tree *read_one(const struct fdar_flame_request *request, char **heading,
					GError **error)
{
	const struct fdar_profile_input input = { .usage = request->usage,
						  .path = request->path,
						  .listing = request->listings[1],
						  .unit = request->unit,
						  .stop = request->stop };
	g_autoptr(fdar_profile) profile = fdar_profile_input_read(&input, error);

	if (!profile)
		return NULL;
	if (heading)
		*heading = g_path_get_basename(request->path);
	return fdar_flame_tree_of_profile(profile);
}

/* sides are to be cleared in either case. NULL and error. */
static struct fdar_diff *compare(const struct fdar_flame_request *request,
				 struct fdar_diff_sides *sides, char **heading, GError **error)
{
	char *paths[2][2] = { { (char *)request->baseline, NULL },
			      { (char *)request->path, NULL } };
	struct fdar_diff_side_input inputs[2];
	struct fdar_diff_options options = { .label = request->label };
	struct fdar_diff *diff = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(inputs); i++)
		inputs[i] = (struct fdar_diff_side_input){
			.input = { .usage = request->usage,
				   .listing = fdar_profile_input_listing(request->listings, i),
				   .unit = request->unit,
				   .stop = request->stop },
			.paths = paths[i]
		};
	if (fdar_diff_sides_read(inputs, sides, error)) {
		fdar_diff_sides_options(sides, &options);
		diff = fdar_diff_new(fdar_diff_side(sides, 0), fdar_diff_side(sides, 1), &options,
				     error);
	}
	if (diff && heading)
		*heading = g_strdup(diff->verdict.sentence);
	return diff;
}

static struct fdar_flame_tree *read_two(const struct fdar_flame_request *request, char **heading,
					GError **error)
{
	struct fdar_diff_sides sides = { 0 };
	g_autoptr(fdar_diff) diff = compare(request, &sides, heading, error);

	fdar_diff_sides_clear(&sides);
	return diff ? fdar_flame_tree_of_diff(diff) : NULL;
}

GString *fdar_flame_request_paths(const struct fdar_flame_request *request, double width,
				  char **heading, GError **error)
{
	struct fdar_diff_sides sides = { 0 };
	g_autoptr(fdar_diff) diff = compare(request, &sides, heading, error);
	GString *svg = NULL;

	if (diff) {
		g_autoptr(fdar_profile) base = fdar_profile_flatten(fdar_diff_side(&sides, 0));
		g_autoptr(fdar_profile) subject = fdar_profile_flatten(fdar_diff_side(&sides, 1));
		const struct fdar_profile *const profiles[2] = { base, subject };
		const struct fdar_bars_options options = { .title = diff->verdict.sentence,
							   .width = width };

		svg = fdar_tree_svg(diff, profiles, &options);
	}
	fdar_diff_sides_clear(&sides);
	return svg;
}

struct fdar_flame_tree *fdar_flame_request_read(const struct fdar_flame_request *request,
						char **heading, GError **error)
{
	return request->baseline ? read_two(request, heading, error)
				 : read_one(request, heading, error);
}
