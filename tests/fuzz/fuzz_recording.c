/* Fuzzing recording.json: any bytes as the file; what was read is written and read again, the same. */
#include <string.h>

#include "pipeline/recording/recording.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdar_recording_info info = { 0 }, again = { 0 };
	g_autoptr(GError) error = NULL;

	scratch_put("recording.json", data, size);
	if (!fdar_recording_info_load(scratch(), &info, &error)) {
		check(error != NULL && !info.ended, "a refusal says why, and leaves nothing");
		return 0;
	}
	fdar_recording_info_whole(&info);
	check(fdar_recording_info_save(&info, scratch(), NULL), "what was read can be written");
	check(fdar_recording_info_load(scratch(), &again, NULL), "and read again");
	check(strcmp(info.ended, again.ended) == 0 && info.events == again.events &&
		      info.calls_missing == again.calls_missing,
	      "the same");
	check((info.ends ? info.ends->len : 0) == (again.ends ? again.ends->len : 0),
	      "as many processes were killed");
	for (guint i = 1; info.ends && i < info.ends->len; i++)
		check(g_array_index(info.ends, struct fdar_recording_end, i - 1).ended_ns <=
			      g_array_index(info.ends, struct fdar_recording_end, i).ended_ns,
		      "ends are in order");
	fdar_recording_info_clear(&info);
	fdar_recording_info_clear(&again);
	return 0;
}
