/*
 * Separate debug information from servers of it, where the user has switched that on (DEBUGINFOD_URLS).
 *
 * Place in the house: for binary.h, when a file has no name for something. The asking is done by elfutils'
 * libdebuginfod, where it is installed, in this process, as the reader of files has no rights; what comes is
 * read there like any other file. What was fetched, and what was not to be had, is in the library's own
 * cache: its variables (DEBUGINFOD_CACHE_PATH, DEBUGINFOD_TIMEOUT) hold here, too.
 */
#ifndef FDAR_PIPELINE_ELF_DEBUGINFOD_H
#define FDAR_PIPELINE_ELF_DEBUGINFOD_H

/* A descriptor of the debug information of a build id, in hex, which the caller closes; -1: none. May take as
 * long as the servers do. */
int fdar_debuginfod_find(const char *build_id);

#endif
