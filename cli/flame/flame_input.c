#include "cli/flame/flame_input.h"

#include "cli/diff/diff_sides.h"

static struct fdar_flame_tree *read_one(const struct fdar_flame_request *request, char **heading,
					GError **error)
{
	const struct fdar_profile_input input = { .usage = request->usage,
						  .path = request->path,
						  .unit = request->unit,
						  .stop = request->stop };
	g_autoptr(fdar_profile) profile = fdar_profile_input_read(&input, error);

	if (!profile)
		return NULL;
	if (heading)
		*heading = g_path_get_basename(request->path);
	return fdar_flame_tree_of_profile(profile);
}

static struct fdar_flame_tree *read_two(const struct fdar_flame_request *request, char **heading,
					GError **error)
{
	char *paths[2][2] = { { (char *)request->baseline, NULL },
			      { (char *)request->path, NULL } };
	struct fdar_diff_side_input inputs[2];
	struct fdar_diff_options options = { .label = request->label };
	struct fdar_diff_sides sides = { 0 };
	struct fdar_flame_tree *tree = NULL;
	g_autoptr(fdar_diff) diff = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(inputs); i++)
		inputs[i] = (struct fdar_diff_side_input){ .input = { .usage = request->usage,
								      .unit = request->unit,
								      .stop = request->stop },
							   .paths = paths[i] };
	if (fdar_diff_sides_read(inputs, &sides, error)) {
		fdar_diff_sides_options(&sides, &options);
		diff = fdar_diff_new(fdar_diff_side(&sides, 0), fdar_diff_side(&sides, 1), &options,
				     error);
	}
	fdar_diff_sides_clear(&sides);
	if (diff)
		tree = fdar_flame_tree_of_diff(diff);
	if (diff && heading)
		*heading = g_strdup(diff->verdict.sentence);
	return tree;
}

struct fdar_flame_tree *fdar_flame_request_read(const struct fdar_flame_request *request,
						char **heading, GError **error)
{
	return request->baseline ? read_two(request, heading, error)
				 : read_one(request, heading, error);
}
