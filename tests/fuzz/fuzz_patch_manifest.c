/* Fuzzing the manifest that a patched tree keeps: any bytes as the file, in a tree with a patched file; then
 * the patching is taken back. What is outside of the tree stays as it is. */
#include <string.h>

#include "instrument/patcher/patch_store.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STORE "tree/" FDAR_PATCH_STORE

static void put(const char *name, const char *text)
{
	scratch_put(name, (const uint8_t *)text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *outside = scratch_file("outside", (const uint8_t *)"outside", 7);
	g_autofree char *path = g_build_filename(scratch(), "tree", NULL);
	g_autofree char *says = NULL, *left = NULL;
	g_autoptr(GError) error = NULL;
	struct fdar_patch_tree tree;
	guint restored = 0;

	put("tree/a.c", "patched\n");
	put(STORE "/0", "original\n");
	scratch_put(STORE "/manifest", data, size);
	check(fdar_patch_tree_open(&tree, path, NULL), "there is a tree");
	says = fdar_patch_store_describe(&tree);
	check(says != NULL, "the tree was patched");
	check(fdar_patch_store_reverse(&tree, &restored, &error) || error, "a refusal says why");
	fdar_patch_tree_close(&tree);
	check(g_file_get_contents(outside, &left, NULL, NULL) && strcmp(left, "outside") == 0,
	      "nothing outside is touched");
	return 0;
}
