#include "replay/lockstep/ports.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static gboolean is_loopback(const struct fdar_endpoint *target)
{
	static const uint8_t six[16] = { [15] = 1 };

	return target->family == FDAR_FAMILY_IPV4 ? target->addr[0] == 127
						  : memcmp(target->addr, six, sizeof(six)) == 0;
}

/* Somebody else's connection that waits out its time keeps the port from us, whatever its other end was. */
static gboolean is_taken(const struct fdar_endpoint *source)
{
	const char *step;
	int fd = fdar_endpoint_socket(source,
				      source->family == FDAR_FAMILY_IPV4 ? AF_INET : AF_INET6,
				      SOCK_STREAM, &step);

	if (fd < 0)
		return errno == EADDRINUSE;
	close(fd);
	return FALSE;
}

struct fdar_ports fdar_ports_look(struct fdar_queues *queues, const struct fdar_order *order,
				  const struct fdar_routes *routes)
{
	struct fdar_ports ports = { 0 };

	for (uint32_t i = 0; i < order->role_count; i++) {
		const struct fdar_start *start = &order->roles[i].start;
		const struct fdar_session *session = start->script->session;
		const struct fdar_endpoint *target =
			fdar_routes_target(routes, session->server.port);
		struct fdar_queue queue;

		if (session->transport != FDAR_TCP || !target)
			continue;
		if (fdar_queues_look(queues, FDAR_TCP, &start->source, target, FALSE, &queue)) {
			ports.waiting++;
		} else if (is_taken(&start->source)) {
			if (!fdar_queues_listens(queues, &start->source))
				ports.taken++;
			else if (!ports.held++)
				ports.first_held = start->source;
		}
	}
	return ports;
}

void fdar_ports_await(struct fdar_queues *queues, const struct fdar_order *order,
		      const struct fdar_routes *routes, const volatile int *stop)
{
	struct timespec second = { .tv_sec = 1, .tv_nsec = 100000000 };

	for (unsigned i = 0; i < 60 && !*stop; i++) {
		struct fdar_ports ports = fdar_ports_look(queues, order, routes);

		/* Of our own one second is enough on loopback. */
		if (!ports.taken &&
		    (!ports.waiting || (i && is_loopback(&routes->routes[0].target))))
			return;
		nanosleep(&second, NULL);
	}
}
