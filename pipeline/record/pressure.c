#include "pipeline/record/pressure.h"

#include <glib.h>
#include <string.h>

#define FILE_OF_KERNEL "/proc/pressure/cpu"
#define EVERY_US       250000
#define LAST_US        20000 /* less says nothing */

/* The total of its first line: "some avg10=0.00 avg60=0.00 avg300=0.00 total=123". */
static gboolean waited_us(uint64_t *us)
{
	g_autofree char *text = NULL;
	const char *total;

	if (!g_file_get_contents(FILE_OF_KERNEL, &text, NULL, NULL))
		return FALSE;
	total = strstr(text, "total=");
	if (!total)
		return FALSE;
	*us = g_ascii_strtoull(total + strlen("total="), NULL, 10);
	return TRUE;
}

/* Between two looks. */
static void look(struct fdar_pressure *pressure, gint64 least_us)
{
	gint64 now_us = g_get_monotonic_time();
	uint64_t us;

	if ((pressure->looked_us && now_us - pressure->looked_us < least_us) || !waited_us(&us))
		return;
	if (pressure->looked_us && us >= pressure->waited_us) {
		uint64_t part = (us - pressure->waited_us) * 1000000 /
				(uint64_t)(now_us - pressure->looked_us);

		pressure->most_ppm = MAX(pressure->most_ppm, MIN(part, 1000000));
	}
	pressure->looked_us = now_us;
	pressure->waited_us = us;
}

void fdar_pressure_look(struct fdar_pressure *pressure)
{
	look(pressure, EVERY_US);
}

void fdar_pressure_end(struct fdar_pressure *pressure)
{
	look(pressure, LAST_US);
}
