/*
 * Ports: those of ours that still wait out an earlier run, or are another's.
 *
 * Place in the house: before a run in lockstep (lockstep.h), which plays from the same ports as the one
 * before. Who closes first keeps the pair of addresses for a minute (TIME-WAIT); on loopback it can be had
 * again after a second (tcp_tw_reuse). A port that another program's connection of the same address has left is not
 * to be had for that minute, if that program did not set SO_REUSEADDR (Linux keeps it in the bucket of the port).
 * For one that somebody listens on there is no use in waiting.
 */
#ifndef FDAR_REPLAY_LOCKSTEP_PORTS_H
#define FDAR_REPLAY_LOCKSTEP_PORTS_H

#include <glib.h>
#include <stdint.h>

#include "replay/lockstep/order.h"
#include "replay/lockstep/queues.h"

struct fdar_ports {
	uint64_t waiting; /* of the same pair of addresses: an earlier run's */
	uint64_t taken;   /* cannot be bound: another connection of the address, over or not */
	uint64_t held;    /* cannot be bound: a server listens there, and will not leave */
	struct fdar_endpoint first_held;
};

/* How many there are. A few microseconds each. */
struct fdar_ports fdar_ports_look(struct fdar_queues *queues, const struct fdar_order *order,
				  const struct fdar_routes *routes);

/* Blocks until none waits or is taken, or on loopback until they can be had again: a minute at most, or until
 * *stop. */
void fdar_ports_await(struct fdar_queues *queues, const struct fdar_order *order,
		      const struct fdar_routes *routes, const volatile int *stop);

#endif
