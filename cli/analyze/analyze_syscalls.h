/*
 * flowdar analyze --by syscall: system calls and waits of sessions, as strace -c counts them.
 */
#ifndef FDAR_CLI_ANALYZE_ANALYZE_SYSCALLS_H
#define FDAR_CLI_ANALYZE_ANALYZE_SYSCALLS_H

#include "cli/analyze/analyze_tables.h"
#include "cli/kit/profile_input.h"

/* Reads the recordings (NULL-terminated) and prints. Of the request: format, limit, sort (own, calls or
 * name), label, client, server. FALSE and error. */
gboolean fdar_analyze_syscalls(const struct fdar_profile_input *input, char **paths,
			       const struct fdar_analyze_request *request, FILE *out,
			       GError **error);

#endif
