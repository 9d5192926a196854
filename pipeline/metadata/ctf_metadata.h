/*
 * The text of a trace's metadata file.
 *
 * Place in the house: inside pipeline/, under ctf_trace.h. The file is plain text, or text cut into
 * packets (CTF 1.8, section 7.1), as LTTng writes it.
 */
#ifndef FDAR_PIPELINE_METADATA_CTF_METADATA_H
#define FDAR_PIPELINE_METADATA_CTF_METADATA_H

#include <glib.h>

#define FDAR_CTF_METADATA_MAX (32u << 20) /* bytes of the file */

/* The text of the file trace/metadata. The caller frees it (g_string_free). NULL and error
 * (FDAR_SOURCE_ERROR) when it cannot be read, is too long, is no metadata of CTF 1.8, or a packet of
 * it is damaged, compressed, encrypted or has a checksum. */
GString *fdar_ctf_metadata_read(const char *trace, GError **error);

/* The same from bytes in memory; path is for messages. */
GString *fdar_ctf_metadata_unpack(const char *bytes, gsize length, const char *path,
				  GError **error);

#endif
