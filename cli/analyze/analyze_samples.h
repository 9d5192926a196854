/*
 * flowdar analyze --by sample: functions by how often they were seen, by themselves and with what they
 * call.
 */
#ifndef FDAR_CLI_ANALYZE_ANALYZE_SAMPLES_H
#define FDAR_CLI_ANALYZE_ANALYZE_SAMPLES_H

#include "cli/analyze/analyze_tables.h"
#include "cli/kit/profile_input.h"

/* Reads the recordings (NULL-terminated) and prints. Of the request: format, limit, sort (own, total or
 * name), label, server. FALSE and error. */
gboolean fdar_analyze_samples(const struct fdar_profile_input *input, char **paths,
			      const struct fdar_analyze_request *request, FILE *out,
			      GError **error);

#endif
