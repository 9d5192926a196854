/* Socket addresses as text, and those of real sockets. */
#include <glib.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "provider/address.h"

static void check(const void *address, socklen_t length, const char *expected)
{
	char text[FDAR_ADDRESS_TEXT_MAX];

	fdar_address_format(address, length, text);
	g_assert_cmpstr(text, ==, expected);
}

static void test_ip4(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };

	in.sin_addr.s_addr = htonl(0x01020304);
	check(&in, sizeof(in), "1.2.3.4:80");
	check(&in, sizeof(in) - 1, "");
	check(&in, 1, "");
	check(&in, 0, "");
	g_assert_cmpuint(fdar_address_length(&in), ==, sizeof(in));
}

static void test_ip6(void)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(65535) };

	in6.sin6_addr = in6addr_loopback;
	check(&in6, sizeof(in6), "[::1]:65535");
	check(&in6, sizeof(in6) - 1, "");
	inet_pton(AF_INET6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &in6.sin6_addr);
	check(&in6, sizeof(in6), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	inet_pton(AF_INET6, "::ffff:9.8.7.6", &in6.sin6_addr);
	check(&in6, sizeof(in6), "9.8.7.6:65535");
}

static void test_unix(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const socklen_t head = offsetof(struct sockaddr_un, sun_path);
	char longest[FDAR_ADDRESS_TEXT_MAX];
	char large[4000] = "";

	check(&un, head, "unix:");
	strcpy(un.sun_path, "/run/x");
	check(&un, sizeof(un), "unix:/run/x");
	check(&un, head + 4, "unix:/run");
	memcpy(un.sun_path, "\0name", 5);
	check(&un, head + 5, "unix:@name");
	memset(un.sun_path, 'p', sizeof(un.sun_path));
	memset(longest, 0, sizeof(longest));
	memcpy(longest, "unix:", 5);
	memset(longest + 5, 'p', sizeof(un.sun_path));
	check(&un, sizeof(un), longest);
	/* Longer than any address: what is beyond one is not looked at. */
	memcpy(large, &un, sizeof(un));
	check(large, sizeof(large), longest);
}

static void test_other_families(void)
{
	struct sockaddr other = { .sa_family = AF_NETLINK };

	check(&other, sizeof(other), "family:16");
	g_assert_cmpuint(fdar_address_length(&other), ==, 0);
}

static void test_descriptors(void)
{
	char text[FDAR_ADDRESS_TEXT_MAX];
	int pair[2], ends[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	fdar_address_of_peer(pair[0], text);
	g_assert_cmpstr(text, ==, "unix:");
	fdar_address_of_peer(-1, text);
	g_assert_cmpstr(text, ==, "");
	g_assert_cmpint(pipe(ends), ==, 0);
	fdar_address_of_peer(ends[0], text);
	g_assert_cmpstr(text, ==, "");
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(ends[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/ip4", test_ip4);
	g_test_add_func("/address/ip6", test_ip6);
	g_test_add_func("/address/unix", test_unix);
	g_test_add_func("/address/other-families", test_other_families);
	g_test_add_func("/address/descriptors", test_descriptors);
	return g_test_run();
}
