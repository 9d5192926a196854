/*
 * What `flowdar verify` found, as a table or JSON, and what follows from it.
 */
#ifndef FDAR_CLI_VERIFY_VERIFY_VIEW_H
#define FDAR_CLI_VERIFY_VERIFY_VIEW_H

#include <glib.h>

#include "cli/kit/table.h"
#include "cli/verify/ladder.h"
#include "cli/verify/trex_rung.h"

/* What follows from all rungs. */
enum fdar_verified {
	FDAR_VERIFIED_FREE,    /* one server: it hurts on no rung */
	FDAR_VERIFIED_FIXED,   /* it hurt before, and does on no rung now */
	FDAR_VERIFIED_HURTS,   /* on one rung, at least */
	FDAR_VERIFIED_UNKNOWN, /* there are rungs that cannot be told */
	FDAR_VERIFIED_NOTHING  /* it did not hurt before either */
};

struct fdar_verify_result {
	const struct fdar_ladder *before; /* NULL: there is one server only */
	const struct fdar_ladder *now;
	const struct fdar_trex_rung *trex;
	const char *profile; /* the directory that keeps it; NULL: it was only checked */
};

enum fdar_verified fdar_verify_conclude(const struct fdar_verify_result *result);

void fdar_verify_print(const struct fdar_verify_result *result, enum fdar_format format);

#endif
