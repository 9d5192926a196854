/*
 * A network interface without a link layer (tun), whose other end turns round what it gets: a packet from
 * A to B comes back as one from B to A. So with A as its address, a server of this machine is at B, too,
 * and what goes between them passes through the interface. IPv4.
 *
 *	tun_back NAME
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char packet[65536];
	struct ifreq wish = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (argc != 2 || strlen(argv[1]) >= sizeof(wish.ifr_name))
		return 2;
	memcpy(wish.ifr_name, argv[1], strlen(argv[1]));
	if (fd < 0 || ioctl(fd, TUNSETIFF, &wish) != 0) {
		perror("tun");
		return 1;
	}
	printf("there is %s\n", argv[1]);
	fflush(stdout);
	while ((n = read(fd, packet, sizeof(packet))) > 0) {
		char from[4];

		if (n < 20 || packet[0] >> 4 != 4)
			continue;
		/* Sums do not change by the order of what they are of. */
		memcpy(from, packet + 12, 4);
		memcpy(packet + 12, packet + 16, 4);
		memcpy(packet + 16, from, 4);
		if (write(fd, packet, (size_t)n) != n)
			break;
	}
	perror("tun");
	return 1;
}
