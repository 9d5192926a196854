/*
 * The file of a calibration (docs/formats/calibration.md): JSON, small, written whole.
 */
#ifndef FDAR_CLI_DIFF_CALIBRATION_FILE_H
#define FDAR_CLI_DIFF_CALIBRATION_FILE_H

#include <glib.h>

#include "analyze/diff/calibration.h"

#define FDAR_CALIBRATION_NAME "calibration.json" /* in the folder of flowdar calibrate */

/* FALSE and error. */
gboolean fdar_calibration_save(const struct fdar_calibration *calibration, const char *path,
			       GError **error);

/* path may be the file, or the folder it is in. FALSE and error (the file, and what was expected) when it
 * is no calibration, or not whole. The caller clears calibration in any case. */
gboolean fdar_calibration_load(const char *path, struct fdar_calibration *calibration,
			       GError **error);

#endif
