/* Fuzzing calibration.json: any bytes as the file. */
#include "cli/diff/calibration_file.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *path = scratch_file("calibration.json", data, size);
	g_autoptr(GError) error = NULL;
	struct fdar_calibration calibration;
	gboolean fine = fdar_calibration_load(path, &calibration, &error);

	check(fine || error, "a refusal says why");
	if (fine) {
		check(calibration.runs >= FDAR_CALIBRATION_RUNS_MIN, "there are runs enough");
		check(calibration.function_ratio >= 1 && calibration.function_ns >= 0,
		      "figures are what they can be");
		check(calibration.program != NULL, "there is a program");
	}
	fdar_calibration_clear(&calibration);
	return 0;
}
