#include "cli/replay/replay_wait.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LOOK_AGAIN_US 50000
#define LISTENING     0x0a /* TCP_LISTEN in the kernel's tables */

/* Whether a table of the kernel's has a listening socket of that port, at the address or at all of them. */
static gboolean table_has(const char *path, const char *address, uint16_t port)
{
	FILE *table = fopen(path, "re");
	char line[512], local[64];
	unsigned local_port, state;
	gboolean found = FALSE;

	while (table && !found && fgets(line, sizeof(line), table))
		found = sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", local, &local_port,
			       &state) == 3 &&
			state == LISTENING && local_port == port &&
			(strspn(local, "0") == strlen(local) || strcmp(local, address) == 0);
	if (table)
		fclose(table);
	return found;
}

static gboolean is_here(const struct sockaddr_storage *at)
{
	const struct sockaddr_in *four = (const void *)at;
	const struct sockaddr_in6 *six = (const void *)at;

	return at->ss_family == AF_INET ? (ntohl(four->sin_addr.s_addr) >> 24) == 127
					: IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static gboolean listens_here(const struct sockaddr_storage *at, uint16_t port)
{
	const struct sockaddr_in *four = (const void *)at;
	char address[16];

	/* Loopback of IPv6 is 15 bytes of 0 and a 1: the last of four words. */
	if (at->ss_family != AF_INET)
		return table_has("/proc/net/tcp6", "00000000000000000000000001000000", port);
	snprintf(address, sizeof(address), "%08X", four->sin_addr.s_addr);
	return table_has("/proc/net/tcp", address, port) || table_has("/proc/net/tcp6", "", port);
}

static gboolean takes_connection(const struct sockaddr_storage *at, socklen_t length)
{
	const struct timeval limit = { .tv_sec = 1 };
	int fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	gboolean taken;

	if (fd < 0)
		return FALSE;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	taken = connect(fd, (const struct sockaddr *)at, length) == 0;
	close(fd);
	return taken;
}

gboolean fdar_replay_wait(const struct fdar_routes *routes, uint64_t for_ns,
			  const volatile int *stop, GError **error)
{
	gint64 end_us = g_get_monotonic_time() + (gint64)(for_ns / 1000);

	for (size_t i = 0; i < routes->count; i++) {
		const struct fdar_endpoint *target = &routes->routes[i].target;
		struct sockaddr_storage at;
		socklen_t length = fdar_endpoint_to_sockaddr(target, &at);
		char text[FDAR_ENDPOINT_TEXT_MAX];

		while (!(is_here(&at) ? listens_here(&at, target->port)
				      : takes_connection(&at, length))) {
			if (*stop || g_get_monotonic_time() >= end_us) {
				g_set_error(error, G_IO_ERROR,
					    *stop ? G_IO_ERROR_CANCELLED : G_IO_ERROR_TIMED_OUT,
					    "nobody listens on %s: is the server up?",
					    fdar_endpoint_text(target, text));
				return FALSE;
			}
			g_usleep(LOOK_AGAIN_US);
		}
	}
	return TRUE;
}
