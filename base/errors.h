/*
 * Error domains that several rooms share.
 *
 * Place in the house: the cellar, so that who reports an error need not know who reads it. Domains
 * that one room alone reports are declared there (FDAR_CAPTURE_ERROR, FDAR_RECORDING_ERROR).
 */
#ifndef FDAR_BASE_ERRORS_H
#define FDAR_BASE_ERRORS_H

#include <glib.h>

/* What goes wrong between a path and the events of its trace. Messages name the file, the byte where
 * it went wrong, and what was expected. */
#define FDAR_SOURCE_ERROR fdar_source_error_quark()
GQuark fdar_source_error_quark(void);

enum fdar_source_error {
	FDAR_SOURCE_ERROR_MISSING, /* no such path */
	FDAR_SOURCE_ERROR_FORMAT,  /* not a trace, or one of a kind that cannot be read */
	FDAR_SOURCE_ERROR_EMPTY,   /* a trace without any event */
	FDAR_SOURCE_ERROR_DAMAGED, /* nothing before the damage could be read */
	FDAR_SOURCE_ERROR_STUCK    /* who was to read it did not come back */
};

/* Whether the system had no descriptor or memory to give (G_FILE_ERROR): that says nothing of the file. Never damage. */
gboolean fdar_error_is_shortage(const GError *error);

#endif
