#include "cli/export/export_said.h"

#include <stdio.h>
#include <string.h>

#include "cli/kit/table.h"

void fdar_export_said(const char *path, guint64 bytes, const char *what, ...)
{
	g_autofree char *size = fdar_format_bytes(bytes), *text = NULL;
	va_list values;

	if (strcmp(path, "-") == 0)
		return;
	va_start(values, what);
	text = g_strdup_vprintf(what, values);
	va_end(values);
	fprintf(stderr, "%s: %s%s%s\n", path, text, bytes ? ", " : "", bytes ? size : "");
}
