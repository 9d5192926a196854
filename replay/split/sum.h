/*
 * Sums: SHA-256 of what comes in parts.
 *
 * Place in the house: below split.h and split_tls.h. libcrypto's, which has the processor's own
 * instructions for it. The algorithm is looked up once for all sums, in a library context without the
 * machine's configuration: it takes as long as a thousand sums.
 */
#ifndef FDAR_REPLAY_SPLIT_SUM_H
#define FDAR_REPLAY_SPLIT_SUM_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define FDAR_SUM_BYTES 32

struct fdar_sums;
struct fdar_sum;

/* NULL and error (FDAR_CAPTURE_ERROR) when libcrypto has no SHA-256. The caller owns the result, which
 * must outlive all its sums. */
struct fdar_sums *fdar_sums_new(GError **error);

/* NULL is allowed. */
void fdar_sums_free(struct fdar_sums *sums);

/* A sum of nothing yet. It ends with fdar_sum_end. */
struct fdar_sum *fdar_sum_begin(const struct fdar_sums *sums);

void fdar_sum_add(struct fdar_sum *sum, const uint8_t *bytes, size_t size);

/* Frees the sum; NULL is that of nothing. digest may be NULL. */
void fdar_sum_end(struct fdar_sum *sum, uint8_t digest[FDAR_SUM_BYTES]);

#endif
