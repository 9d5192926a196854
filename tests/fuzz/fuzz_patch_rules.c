/* Fuzzing rules.ini of a set of patches: any bytes as the file. */
#include "instrument/patcher/patch_set.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) sets = NULL;
	g_autofree char *names = NULL;

	scratch_put("server/rules.ini", data, size);
	sets = fdar_patch_sets_load(scratch(), &error);
	check(sets || error, "a refusal says why");
	if (!sets)
		return 0;
	names = fdar_patch_sets_names(sets);
	for (guint i = 0; i < sets->len; i++) {
		const struct fdar_patch_set *set = g_ptr_array_index(sets, i);

		check(fdar_patch_sets_find(sets, set->server) == set, "each set is found");
		for (guint rule = 0; rule < set->rules->len; rule++)
			check(((const struct fdar_patch_rule *)g_ptr_array_index(set->rules, rule))
					      ->file[0] != '/',
			      "no rule leads out of the tree");
	}
	return 0;
}
