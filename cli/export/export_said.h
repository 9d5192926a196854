/*
 * `flowdar export`: what was written, in a line for each file, on standard error.
 */
#ifndef FDAR_CLI_EXPORT_EXPORT_SAID_H
#define FDAR_CLI_EXPORT_EXPORT_SAID_H

#include <glib.h>

/* "PATH: WHAT, BYTES"; bytes 0: without. Nothing of what went to standard output (path "-"). */
void fdar_export_said(const char *path, guint64 bytes, const char *what, ...) G_GNUC_PRINTF(3, 4);

#endif
