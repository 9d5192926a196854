/* Routes: targets by captured port, sources by client, and what is this machine. */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "replay/play/routes.h"

static void expect_host(const struct fdar_endpoint *endpoint, const char *expected)
{
	char text[FDAR_ENDPOINT_TEXT_MAX];

	g_assert_cmpstr(fdar_endpoint_host(endpoint, text), ==, expected);
}

static struct fdar_endpoint endpoint(const char *text)
{
	struct fdar_endpoint parsed;
	g_autoptr(GError) error = NULL;

	memset(&parsed, 0, sizeof(parsed));
	fdar_endpoint_parse(text, &parsed, &error);
	g_assert_no_error(error);
	return parsed;
}

static void test_parse(void)
{
	static const char *const wrong[] = {
		"",        "80",           ":80",           "127.0.0.1",
		"host:",   "1.2.3.4:0",    "1.2.3.4:65536", "::1:80",
		"[::1]80", "1.2.3.4:http", "[]:80"
	};
	struct fdar_endpoint parsed = endpoint("[::1]:8080");

	expect_host(&parsed, "::1");
	g_assert_cmpuint(parsed.port, ==, 8080);
	parsed = endpoint("127.0.0.9:1");
	expect_host(&parsed, "127.0.0.9");
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", wrong[i]);
		g_assert_false(fdar_endpoint_parse(wrong[i], &parsed, &error));
		g_assert_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
	}
}

static void test_targets(void)
{
	struct fdar_routes routes = { 0 };
	g_autoptr(GError) error = NULL;

	g_assert_null(fdar_routes_target(&routes, 80));
	g_assert_true(fdar_routes_add_map(&routes, "80=127.0.0.1:8080", &error));
	g_assert_null(fdar_routes_target(&routes, 53));
	g_assert_true(fdar_routes_add_target(&routes, "127.0.0.2:9", &error));
	g_assert_true(fdar_routes_add_map(&routes, "53=127.0.0.1:5353", &error));
	g_assert_cmpuint(fdar_routes_target(&routes, 80)->port, ==, 8080);
	g_assert_cmpuint(fdar_routes_target(&routes, 53)->port, ==, 5353);
	g_assert_cmpuint(fdar_routes_target(&routes, 443)->port, ==, 9);
	g_assert_false(fdar_routes_add_map(&routes, "127.0.0.1:80", &error));
	g_assert_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
	fdar_routes_clear(&routes);
}

static void expect_source(const struct fdar_routes *routes, const char *target, uint64_t n,
			  const char *expected)
{
	struct fdar_endpoint to = endpoint(target);
	struct fdar_endpoint source;

	fdar_routes_source(routes, &to, n, &source);
	if (expected)
		expect_host(&source, expected);
	else
		g_assert_cmpint(source.family, ==, FDAR_FAMILY_NONE);
}

static void test_sources(void)
{
	struct fdar_routes routes = { 0 };
	g_autoptr(GError) error = NULL;

	expect_source(&routes, "127.0.0.1:80", 0, "127.1.0.1");
	expect_source(&routes, "127.0.0.1:80", 255, "127.1.1.0");
	expect_source(&routes, "127.0.0.1:80", 0x7ffffffeull - 0x7f010001ull, "127.255.255.254");
	expect_source(&routes, "127.0.0.1:80", 0x7fffffffull - 0x7f010001ull, "127.1.0.1");
	expect_source(&routes, "10.0.0.1:80", 5, NULL);
	expect_source(&routes, "[::1]:80", 5, NULL);
	g_assert_true(fdar_routes_add_sources(&routes, "16.0.0.0/8", &error));
	g_assert_true(fdar_routes_add_sources(&routes, "fd00::/64", &error));
	expect_source(&routes, "127.0.0.1:80", 0, "16.0.0.1");
	expect_source(&routes, "10.0.0.1:80", 256, "16.0.1.1");
	expect_source(&routes, "[::1]:80", 1, "fd00::2");
	fdar_routes_clear(&routes);
}

static void test_local(void)
{
	struct fdar_endpoint local = endpoint("127.0.0.1:80");
	struct fdar_endpoint also = endpoint("127.200.3.4:1");
	struct fdar_endpoint remote = endpoint("192.0.2.1:80"); /* for documentation: nobody's */
	struct fdar_endpoint multicast = endpoint("224.0.0.1:80");
	struct fdar_endpoint broadcast = endpoint("255.255.255.255:80");

	g_assert_true(fdar_endpoint_is_local(&local));
	g_assert_true(fdar_endpoint_is_local(&also));
	g_assert_false(fdar_endpoint_is_local(&remote));
	g_assert_false(fdar_endpoint_is_local(&multicast));
	g_assert_false(fdar_endpoint_is_local(&broadcast));
}

/* What a connection of ours leaves behind (TIME-WAIT) keeps its port from nobody who asks for it. */
static void test_port_again(void)
{
	struct fdar_endpoint source = { .family = FDAR_FAMILY_IPV4, .addr = { 127, 0, 0, 9 } };
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	const char *step;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd, peer;
	char byte;

	g_assert_cmpint(listen(listener, 1), ==, 0);
	g_assert_cmpint(getsockname(listener, (struct sockaddr *)&address, &length), ==, 0);
	fd = fdar_endpoint_socket(&source, AF_INET, SOCK_STREAM, &step);
	connect(fd, (struct sockaddr *)&address, length);
	peer = accept(listener, NULL, NULL);
	g_assert_cmpint(peer, >=, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
	close(fd); /* the first to close waits */
	g_assert_cmpint(read(peer, &byte, 1), ==, 0);
	close(peer);
	g_assert_true(fdar_endpoint_from_sockaddr((struct sockaddr *)&address, &source));
	fd = fdar_endpoint_socket(&source, AF_INET, SOCK_STREAM, &step);
	g_assert_cmpint(fd, >=, 0);
	close(fd);
	close(listener);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/routes/parse", test_parse);
	g_test_add_func("/routes/targets", test_targets);
	g_test_add_func("/routes/sources", test_sources);
	g_test_add_func("/routes/local", test_local);
	g_test_add_func("/routes/port_again", test_port_again);
	return g_test_run();
}
