#include "cli/replay/left_out.h"

#include "cli/kit/table.h"

void fdar_left_out_print(FILE *out, const struct fdar_capture_totals *totals, const char *label)
{
	struct fdar_left_out left[FDAR_LEFT_OUT_KINDS];

	fdar_capture_left_out(totals, left);
	for (size_t i = 0; i < FDAR_LEFT_OUT_KINDS; i++) {
		g_autofree char *count = fdar_format_count(left[i].packets);

		if (left[i].packets)
			fprintf(out, "  packets left out%s%s, %s: %s\n", label ? " of " : "",
				label ? label : "", left[i].text, count);
	}
}
