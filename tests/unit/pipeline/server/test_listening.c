/* Where a child listens is found, and only once it does. */
#include "pipeline/server/listening.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that listens on a free port of the address, tells it through the pipe and waits. */
static pid_t start(int family, gboolean wildcard, unsigned *port)
{
	int tell[2];
	pid_t child;
	uint16_t got = 0;

	g_assert_cmpint(pipe(tell), ==, 0);
	child = fork();
	if (child == 0) {
		struct sockaddr_storage address = { .ss_family = (sa_family_t)family };
		struct sockaddr_in *four = (struct sockaddr_in *)&address;
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
		socklen_t length = family == AF_INET ? sizeof(*four) : sizeof(*six);
		int fd = socket(family, SOCK_STREAM, 0);

		if (family == AF_INET)
			four->sin_addr.s_addr = htonl(wildcard ? INADDR_ANY : INADDR_LOOPBACK);
		else
			six->sin6_addr = wildcard ? in6addr_any : in6addr_loopback;
		if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 ||
		    listen(fd, 1) != 0 ||
		    getsockname(fd, (struct sockaddr *)&address, &length) != 0)
			_exit(1);
		got = ntohs(family == AF_INET ? four->sin_port : six->sin6_port);
		if (write(tell[1], &got, sizeof(got)) != sizeof(got))
			_exit(1);
		pause();
		_exit(0);
	}
	close(tell[1]);
	g_assert_cmpint((int)read(tell[0], &got, sizeof(got)), ==, sizeof(got));
	close(tell[0]);
	*port = got;
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void test_none(void)
{
	g_assert_null(fdar_listening_below(getpid()));
}

static void assert_found(int family, gboolean wildcard, const char *host)
{
	unsigned port;
	pid_t child = start(family, wildcard, &port);
	g_autofree char *expected = g_strdup_printf("%s:%u", host, port);
	g_autofree char *found = fdar_listening_below(getpid());

	end(child);
	g_assert_cmpstr(found, ==, expected);
}

static void test_found(void)
{
	assert_found(AF_INET, FALSE, "127.0.0.1");
	assert_found(AF_INET, TRUE, "127.0.0.1");
	if (access("/proc/net/if_inet6", R_OK) != 0) {
		g_test_skip("no IPv6 here");
		return;
	}
	assert_found(AF_INET6, FALSE, "[::1]");
	assert_found(AF_INET6, TRUE, "[::1]");
}

/* A server without SO_REUSEADDR whose client is gone: its side of the connection is kept, and nobody can bind to the port. */
static void test_at(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	int other = socket(AF_INET, SOCK_STREAM, 0), taken;
	g_autofree char *where = NULL;
	char byte;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(bind(server, (struct sockaddr *)&address, length), ==, 0);
	g_assert_cmpint(getsockname(server, (struct sockaddr *)&address, &length), ==, 0);
	where = g_strdup_printf("127.0.0.1:%u", ntohs(address.sin_port));
	g_assert_false(fdar_listening_at(where));
	g_assert_cmpint(listen(server, 1), ==, 0);
	g_assert_true(fdar_listening_at(where));
	g_assert_false(fdar_listening_at("127.0.0.2:1"));
	g_assert_cmpint(connect(client, (struct sockaddr *)&address, length), ==, 0);
	taken = accept(server, NULL, NULL);
	g_assert_cmpint(taken, >=, 0);
	close(taken);
	g_assert_cmpint((int)read(client, &byte, 1), ==, 0);
	close(client);
	close(server);
	g_assert_cmpint(bind(other, (struct sockaddr *)&address, length), !=, 0);
	g_assert_false(fdar_listening_at(where));
	close(other);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/listening/none", test_none);
	g_test_add_func("/listening/found", test_found);
	g_test_add_func("/listening/at", test_at);
	return g_test_run();
}
