/* compare [--packed COPY] TRACE...: reads each with both decoders; fails when they differ, or ours refuses
 * one. With COPY, a folder that is not there yet, our decoder reads a packed copy of the trace. */
#include <stdio.h>
#include <string.h>

#include "pipeline/source/export.h"
#include "tests/ctf/compare.h"
#include "tests/ctf/pack.h"

/* FALSE when it is not. */
static gboolean tell(const char *path, struct compared compared)
{
	gboolean same = compared.ours && !compared.difference;

	if (!compared.ours)
		printf("%s: refused: %s\n", path, compared.refusal ? compared.refusal : "no trace");
	else if (compared.difference)
		printf("%s: differs: %s\n", path, compared.difference);
	else
		printf("%s: %" G_GUINT64_FORMAT " events, the same\n", path, compared.events);
	compared_clear(&compared);
	return same;
}

static gboolean tell_packed(const char *path, const char *copy)
{
	const struct pack_options options = { .level = 1 };
	g_autoptr(GError) error = NULL;
	struct fdar_export result;

	if (!fdar_export_ctf(path, copy, NULL, NULL, &result, &error) ||
	    !pack_traces(copy, &options)) {
		printf("%s: %s\n", path, error ? error->message : "nothing was packed");
		return FALSE;
	}
	fdar_export_clear(&result);
	return tell(path, compare_packed(copy, path));
}

int main(int argc, char **argv)
{
	gboolean ok = TRUE;

	if (argc == 4 && strcmp(argv[1], "--packed") == 0)
		return !tell_packed(argv[3], argv[2]);
	for (int i = 1; i < argc; i++)
		ok &= tell(argv[i], compare_decoders(argv[i]));
	return !ok;
}
