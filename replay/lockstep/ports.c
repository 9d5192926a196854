#include "replay/lockstep/ports.h"

#include <string.h>
#include <time.h>

static gboolean is_loopback(const struct fdar_endpoint *target)
{
	static const uint8_t six[16] = { [15] = 1 };

	return target->family == FDAR_FAMILY_IPV4 ? target->addr[0] == 127
						  : memcmp(target->addr, six, sizeof(six)) == 0;
}

uint64_t fdar_ports_waiting(struct fdar_queues *queues, const struct fdar_order *order,
			    const struct fdar_routes *routes)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < order->role_count; i++) {
		const struct fdar_start *start = &order->roles[i].start;
		const struct fdar_session *session = start->script->session;
		const struct fdar_endpoint *target =
			fdar_routes_target(routes, session->server.port);
		struct fdar_queue queue;

		if (session->transport == FDAR_TCP && target &&
		    fdar_queues_look(queues, FDAR_TCP, &start->source, target, FALSE, &queue))
			count++;
	}
	return count;
}

void fdar_ports_await(struct fdar_queues *queues, const struct fdar_order *order,
		      const struct fdar_routes *routes, const volatile int *stop)
{
	struct timespec second = { .tv_sec = 1, .tv_nsec = 100000000 };

	for (unsigned i = 0; i < 60 && !*stop && fdar_ports_waiting(queues, order, routes); i++) {
		nanosleep(&second, NULL);
		if (is_loopback(&routes->routes[0].target))
			return;
	}
}
