/*
 * The text of a trace's metadata file.
 *
 * Place in the house: inside pipeline/, under ctf_trace.h. The file is plain text, or text cut into
 * packets (CTF 1.8, section 7.1), as LTTng writes that of CTF 1.8.
 */
#ifndef FDAR_PIPELINE_METADATA_CTF_METADATA_H
#define FDAR_PIPELINE_METADATA_CTF_METADATA_H

#include <glib.h>

#define FDAR_CTF_METADATA_MAX (32u << 20) /* bytes of the file */

#define FDAR_CTF2_SEPARATOR '\x1e' /* before each fragment of CTF 2's (RFC 7464) */

/* Whether the text is that of CTF 2, a sequence of JSON texts: its first byte says so. */
gboolean fdar_ctf_metadata_is_json(const char *text, gsize length);

/* The text of the file trace/metadata. The caller frees it (g_string_free). NULL and error
 * (FDAR_SOURCE_ERROR) when it cannot be read, is too long, is no metadata of CTF, or a packet of
 * it is damaged, compressed, encrypted or has a checksum: the code is DAMAGED when it was metadata once,
 * so that nobody else needs to be asked, FORMAT otherwise. With damage, which is NULL before, packets
 * that are whole before the damaged one are taken, and damage says what is wrong with that. */
GString *fdar_ctf_metadata_read(const char *trace, GError **damage, GError **error);

/* The same from bytes in memory; path is for messages. */
GString *fdar_ctf_metadata_unpack(const char *bytes, gsize length, const char *path,
				  GError **damage, GError **error);

/* How much of a text of TSDL are whole declarations, if it ends within one; all of it otherwise. */
gsize fdar_ctf_metadata_whole(const char *text, gsize length);

#endif
