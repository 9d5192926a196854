#include "pipeline/recording/detail.h"

#include <string.h>

static const char *const detail_names[] = { "session", "io", "function", "all" };

gboolean fdar_detail_parse(const char *text, enum fdar_detail *detail)
{
	for (size_t i = 0; i < G_N_ELEMENTS(detail_names); i++) {
		if (strcmp(text, detail_names[i]) == 0) {
			*detail = (enum fdar_detail)i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *fdar_detail_name(enum fdar_detail detail)
{
	return detail_names[detail];
}
