#include "cli/kit/paths.h"

#include <glib.h>

char *fdar_library_dir(void)
{
	const char *told = g_getenv("FLOWDAR_LIBRARY_DIR");
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *bin = NULL, *above = NULL;

	if (told && *told)
		return g_canonicalize_filename(told, NULL);
	bin = g_path_get_dirname(program ? program : "/usr/bin/flowdar");
	above = g_path_get_dirname(bin);
	return g_build_filename(above, "lib", "flowdar", NULL);
}

char *fdar_path_name(const char *path)
{
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);

	return g_path_get_basename(absolute);
}
