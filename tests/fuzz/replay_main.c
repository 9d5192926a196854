/* Runs a fuzz target over the files and directories named on the command line, without a fuzzer:
 * a corpus as a plain test. A file without a word is fine. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static unsigned run_file(const char *path)
{
	g_autofree char *bytes = NULL;
	g_autoptr(GError) error = NULL;
	gsize size;

	if (!g_file_get_contents(path, &bytes, &size, &error)) {
		fprintf(stderr, "%s\n", error->message);
		exit(1);
	}
	/* Exactly as long as it is, so that the sanitizer sees what lies behind. */
	{
		guint8 *exact = g_memdup2(bytes, size);

		LLVMFuzzerTestOneInput(exact, size);
		g_free(exact);
	}
	return 1;
}

static unsigned run(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	unsigned count = 0;
	const char *name;

	if (!dir)
		return run_file(path);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		count += run_file(file);
	}
	g_dir_close(dir);
	return count;
}

int main(int argc, char **argv)
{
	unsigned count = 0;

	for (int i = 1; i < argc; i++)
		count += run(argv[i]);
	printf("%u files\n", count);
	return count == 0;
}
