/* Fuzzing the manifest: with the first byte even, the rest is the file; otherwise it gets the last line
 * with the right check sum, so that what is behind it is reached, too. */
#include <string.h>

#include "pipeline/recording/manifest.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct fdar_manifest *manifest)
{
	for (guint i = 0; i < manifest->files->len; i++) {
		const struct fdar_manifest_file *file = g_ptr_array_index(manifest->files, i);

		check(fdar_manifest_find(manifest, file->path) == file, "each file is found");
		check(file->path[0] != '/' && !strstr(file->path, "/../") &&
			      !g_str_has_prefix(file->path, "../"),
		      "no path leads out");
		check(strlen(file->sha256) == 64, "each has a check sum");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString) text = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_manifest) manifest = NULL;

	if (!size)
		return 0;
	text = g_string_new_len((const char *)data + 1, (gssize)size - 1);
	if (data[0] & 1) {
		g_autofree char *sum =
			g_compute_checksum_for_data(G_CHECKSUM_SHA256, data + 1, size - 1);

		g_string_append_printf(text, "end %s\n", sum);
	}
	manifest = fdar_manifest_parse(text->str, text->len, "manifest", &error);
	check(manifest || error, "a refusal says why");
	if (manifest)
		look(manifest);
	return 0;
}
