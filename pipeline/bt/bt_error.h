/*
 * What libbabeltrace2 has to say about a failure, in one line.
 *
 * Place in the house: inside pipeline/, for the parts that call libbabeltrace2. The library keeps a
 * stack of causes per thread; the deepest one says what is wrong, the others who asked.
 */
#ifndef FDAR_PIPELINE_BT_BT_ERROR_H
#define FDAR_PIPELINE_BT_BT_ERROR_H

#include <glib.h>

/* Takes this thread's error off babeltrace2 and sets error (FDAR_SOURCE_ERROR, code) to
 * "path: message". The message says which stream file it is about where babeltrace2 knows. */
void fdar_bt_error_take(const char *path, int code, GError **error);

/* Takes this thread's error off babeltrace2 and forgets it. */
void fdar_bt_error_drop(void);

#endif
