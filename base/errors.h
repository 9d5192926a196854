/*
 * Error domains that several rooms share.
 *
 * Place in the house: the cellar, so that who reports an error need not know who reads it. Domains
 * that one room alone reports are declared there (FD_CAPTURE_ERROR, FD_RECORDING_ERROR).
 */
#ifndef FD_BASE_ERRORS_H
#define FD_BASE_ERRORS_H

#include <glib.h>

/* What goes wrong between a path and the events of its trace. Messages name the file, the byte where
 * it went wrong, and what was expected. */
#define FD_SOURCE_ERROR fd_source_error_quark()
GQuark fd_source_error_quark(void);

enum fd_source_error {
	FD_SOURCE_ERROR_MISSING, /* no such path */
	FD_SOURCE_ERROR_FORMAT,  /* not a trace, or one of a kind that cannot be read */
	FD_SOURCE_ERROR_EMPTY,   /* a trace without any event */
	FD_SOURCE_ERROR_DAMAGED  /* nothing before the damage could be read */
};

#endif
