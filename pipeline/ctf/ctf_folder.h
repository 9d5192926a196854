/*
 * A directory with a trace, or a part of one: what its metadata says, or why that cannot be read.
 *
 * Place in the house: inside pipeline/, between the metadata and ctf_open.h. Of metadata that is damaged
 * or ends within a declaration, what is whole before is taken. Where it is missing altogether, the
 * packets' UUID tells whose it is: the metadata of another part of the same trace may serve.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_FOLDER_H
#define FDAR_PIPELINE_CTF_CTF_FOLDER_H

#include <glib.h>

#include "pipeline/ctf/ctf_plan.h"

/* What becomes of a trace. */
enum fdar_ctf_taken {
	FDAR_CTF_TAKEN,   /* it is understood */
	FDAR_CTF_BROKEN,  /* nobody can read it: its metadata is no metadata, or damaged */
	FDAR_CTF_UNKNOWN, /* its metadata says something that is not understood, of CTF 1.8 */
	FDAR_CTF_UNKNOWN2 /* the same of CTF 2 */
};

struct fdar_ctf_folder {
	const char *path;
	const struct fdar_event_maps *maps; /* events that are wanted besides; NULL: none */
	enum fdar_ctf_taken taken;
	struct fdar_ctf_plan *plan; /* NULL: it is broken, or was taken away */
	guint classes;              /* of the plan */
	GError *damage;             /* the plan is of a part of the metadata, NULL: of all */
	GError *broken;             /* why there is no plan */
	gboolean has_uuid;
	uint8_t uuid[16];
	uint8_t order; /* enum fdar_ctf_order, of its packets; FDAR_CTF_NATIVE: nothing says it */
	gboolean done; /* for ctf_open.c: its files were added */
};

/* Reads the metadata of the folder, whose path (and maps) is set and nothing else. FALSE and error: it is not
 * understood. To be cleared in any case. */
gboolean fdar_ctf_folder_read(struct fdar_ctf_folder *folder, GError **error);

void fdar_ctf_folder_clear(void *folder);

/* Whether they are parts of one trace: with its UUID, and its byte order (a copy of a trace from a machine
 * with another one may have kept the UUID). */
gboolean fdar_ctf_folder_same(const struct fdar_ctf_folder *a, const struct fdar_ctf_folder *b);

/* Looks at the metadata of one trace. With any answer but TAKEN, error says why. */
enum fdar_ctf_taken fdar_ctf_folder_check(const char *path, GError **error);

#endif
