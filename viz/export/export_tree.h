/*
 * Call trees for other programs: folded stacks, speedscope, pprof.
 *
 * Place in the house: beside flame.h, whose trees it writes; cli/cmd_export.c names the files. Times are
 * whole nanoseconds per session (or request, or run), as in the tree; paths without own time are left
 * out. What importers do with these files, and what they do not say, is in docs/exports.md.
 */
#ifndef FDAR_VIZ_EXPORT_EXPORT_TREE_H
#define FDAR_VIZ_EXPORT_EXPORT_TREE_H

#include <glib.h>

#include "viz/flame/flame.h"

/* "main;serve;read 1234" a line: flamegraph.pl, speedscope, Perfetto. Of two sides each line has two
 * numbers, baseline and subject: difffolded's format. ";" in a name becomes ",". The caller frees the
 * result (g_string_free), here and below. */
GString *fdar_export_folded(const struct fdar_flame_tree *tree);

/* speedscope's own JSON (https://www.speedscope.app/file-format-schema.json), a sampled profile for each
 * side, the subject first. name: of the file. */
GString *fdar_export_speedscope(const struct fdar_flame_tree *tree, const char *name);

/* profile.proto of pprof, gzipped: calls (count) and time (nanoseconds), time the default. A file has
 * one side; both of a comparison have the same sample types, so that `pprof -diff_base` takes them. NULL
 * and error (G_IO_ERROR) when it cannot be compressed. */
GByteArray *fdar_export_pprof(const struct fdar_flame_tree *tree, enum fdar_flame_side side,
			      GError **error);

#endif
