/*
 * Ports: those of ours that still wait out an earlier run.
 *
 * Place in the house: before a run in lockstep (lockstep.h), which plays from the same ports as the one
 * before. Who closes first keeps the pair of addresses for a minute (TIME-WAIT); on loopback it can be had
 * again after a second (tcp_tw_reuse).
 */
#ifndef FDAR_REPLAY_LOCKSTEP_PORTS_H
#define FDAR_REPLAY_LOCKSTEP_PORTS_H

#include <glib.h>
#include <stdint.h>

#include "replay/lockstep/order.h"
#include "replay/lockstep/queues.h"

/* How many there are. A microsecond each. */
uint64_t fdar_ports_waiting(struct fdar_queues *queues, const struct fdar_order *order,
			    const struct fdar_routes *routes);

/* Blocks until there are none, or on loopback until they can be had again: a minute at most, or until
 * *stop. */
void fdar_ports_await(struct fdar_queues *queues, const struct fdar_order *order,
		      const struct fdar_routes *routes, const volatile int *stop);

#endif
