#include "provider/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static sa_family_t family_of(const void *address)
{
	sa_family_t family;

	memcpy(&family, (const char *)address + offsetof(struct sockaddr, sa_family),
	       sizeof(family));
	return family;
}

socklen_t fdar_address_length(const void *address)
{
	switch (family_of(address)) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	case AF_UNIX:
		return sizeof(struct sockaddr_un);
	default:
		return 0;
	}
}

static void unix_format(const struct sockaddr_un *address, size_t length, char *text)
{
	size_t room = length - offsetof(struct sockaddr_un, sun_path);
	const char *path = address->sun_path;
	size_t used = 0;

	memcpy(text, "unix:", 5);
	text += 5;
	if (room > 0 && path[0] == '\0') {
		/* An abstract name: all of the length counts, as far as it prints. */
		while (used + 1 < room && path[used + 1] > ' ' && path[used + 1] < 0x7f)
			used++;
		if (used > 0)
			*text++ = '@';
		path++;
	} else {
		used = strnlen(path, room);
	}
	memcpy(text, path, used);
	text[used] = '\0';
}

void fdar_address_format(const void *address, socklen_t length, char *text)
{
	union {
		sa_family_t family;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
		struct sockaddr_un local;
	} copy;
	char ip[INET6_ADDRSTRLEN];

	text[0] = '\0';
	if (length < sizeof(sa_family_t))
		return;
	memset(&copy, 0, sizeof(copy));
	memcpy(&copy, address, length < sizeof(copy) ? length : sizeof(copy));
	switch (family_of(&copy)) {
	case AF_INET:
		if (length >= sizeof(copy.ip4) &&
		    inet_ntop(AF_INET, &copy.ip4.sin_addr, ip, sizeof(ip)))
			snprintf(text, FDAR_ADDRESS_TEXT_MAX, "%s:%u", ip,
				 ntohs(copy.ip4.sin_port));
		break;
	case AF_INET6:
		if (length < sizeof(copy.ip6) ||
		    !inet_ntop(AF_INET6, &copy.ip6.sin6_addr, ip, sizeof(ip)))
			break;
		/* A client of a dual-stack socket is the IPv4 client it is in the capture. */
		if (IN6_IS_ADDR_V4MAPPED(&copy.ip6.sin6_addr))
			snprintf(text, FDAR_ADDRESS_TEXT_MAX, "%s:%u", ip + strlen("::ffff:"),
				 ntohs(copy.ip6.sin6_port));
		else
			snprintf(text, FDAR_ADDRESS_TEXT_MAX, "[%s]:%u", ip,
				 ntohs(copy.ip6.sin6_port));
		break;
	case AF_UNIX:
		unix_format(&copy.local, length < sizeof(copy.local) ? length : sizeof(copy.local),
			    text);
		break;
	default:
		snprintf(text, FDAR_ADDRESS_TEXT_MAX, "family:%u", family_of(&copy));
	}
}

void fdar_address_of_peer(int fd, char *text)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	text[0] = '\0';
	if (fd >= 0 && getpeername(fd, (struct sockaddr *)&address, &length) == 0)
		fdar_address_format(&address, length, text);
}
