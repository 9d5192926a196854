#include "base/errors.h"

G_DEFINE_QUARK(fdar_source_error, fdar_source_error)

gboolean fdar_error_is_shortage(const GError *error)
{
	return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_MFILE) ||
	       g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NFILE) ||
	       g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM);
}
