/* Fuzzing what the recorder reads of the server's processes: any bytes as the file of one of them, with the
 * first words right when the first byte is odd. */
#include <string.h>

#include "instrument/wire/control.h"
#include "pipeline/server/control_counters.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fdar_control_files *files;
	struct fdar_control_counters counters = { 0 };
	struct fdar_control_counts counts;
	g_autofree char *folder = g_build_filename(scratch(), "counters", NULL);
	g_autofree char *path = NULL;
	g_autoptr(GArray) processes = NULL;

	if (!files && !(files = fdar_control_files_make(folder)))
		abort();
	memcpy(&counters, data, MIN(size, sizeof(counters)));
	if (size && data[0] & 1) {
		counters.magic = FDAR_CONTROL_MAGIC;
		counters.struct_bytes = sizeof(counters);
		size = MAX(size, sizeof(counters));
	}
	path = scratch_file("counters/1-1", (const uint8_t *)&counters,
			    MIN(size, sizeof(counters)));
	fdar_control_files_read(files);
	fdar_control_files_count(files, &counts);
	processes = fdar_control_files_processes(files);
	check(processes->len >= (counts.processes > 0), "who is counted is there");
	fdar_control_files_unflushed(files, counters.flushed);
	/* What was taken as ended is gone, and would be kept. */
	fdar_control_files_free(g_steal_pointer(&files));
	return 0;
}
