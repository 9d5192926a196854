/*
 * The pool: addresses and ports for the clients of copies.
 *
 * Place in the house: below amplify.c. A client of a copy is given a *place*: an address and a
 * block of consecutive ports. Places are taken in turn, all addresses before the next block of
 * ports; whoever takes them sees to it that no more are alive at once than there are.
 */
#ifndef FDAR_REPLAY_REWRITE_POOL_H
#define FDAR_REPLAY_REWRITE_POOL_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"
#include "replay/rewrite/shape.h"

#define FDAR_POOL_FIRST_PORT 1024u

struct fdar_pool {
	struct fdar_prefix prefix;
	uint64_t hosts;  /* addresses that can be given */
	uint64_t places; /* hosts times blocks */
	uint32_t block;  /* ports in a block */
	GArray *skipped; /* uint64_t, sorted: numbers of addresses that are servers' */
};

/* servers: a set of struct fdar_endpoint whose addresses are not to be given. */
void fdar_pool_init(struct fdar_pool *pool, const struct fdar_prefix *prefix, GHashTable *servers);

/* How many ports a block may have at most when needed places must be there; 0: too few addresses.
 */
uint32_t fdar_pool_largest_block(const struct fdar_pool *pool, uint64_t needed);

/* Sets the block's size, 1 to FDAR_ORIGINAL_PORTS. */
void fdar_pool_set_block(struct fdar_pool *pool, uint32_t block);

/* The place that comes up for this number: number modulo places. */
void fdar_pool_place(const struct fdar_pool *pool, uint64_t number, struct fdar_identity *identity,
		     uint16_t *first_port);

void fdar_pool_clear(struct fdar_pool *pool);

#endif
