/*
 * flowdar analyze --by thread and --by host: what each thread took, and all those of each host.
 */
#ifndef FDAR_CLI_ANALYZE_ANALYZE_THREADS_H
#define FDAR_CLI_ANALYZE_ANALYZE_THREADS_H

#include "cli/analyze/analyze_tables.h"
#include "cli/kit/profile_input.h"

/* Reads the recordings (NULL-terminated) and prints. Of the request: by, format, limit, sort (own, calls
 * or name), unit. FALSE and error. */
gboolean fdar_analyze_threads(const struct fdar_profile_input *input, char **paths,
			      const struct fdar_analyze_request *request, FILE *out,
			      GError **error);

#endif
