/* Endpoints, prefixes and the time line. */
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

#include "replay/capture/endpoint.h"
#include "replay/sessions/timeline.h"

static struct fdar_endpoint parse(const char *text)
{
	struct fdar_prefix prefix;
	GError *error = NULL;

	fdar_prefix_parse(text, &prefix, &error);
	g_assert_no_error(error);
	return prefix.base;
}

static void test_text(void)
{
	char text[FDAR_ENDPOINT_TEXT_MAX];
	struct fdar_endpoint v4 = parse("10.1.2.3");
	struct fdar_endpoint v6 = parse("2001:db8::7");
	struct fdar_endpoint none = { 0 };
	struct fdar_endpoint long_one = parse("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255");

	v4.port = 80;
	v6.port = 443;
	long_one.port = 65535;
	g_assert_cmpstr(fdar_endpoint_text(&v4, text), ==, "10.1.2.3:80");
	g_assert_cmpstr(fdar_endpoint_text(&v6, text), ==, "[2001:db8::7]:443");
	g_assert_cmpstr(fdar_endpoint_host(&v6, text), ==, "2001:db8::7");
	g_assert_cmpstr(fdar_endpoint_text(&none, text), ==, "?:0");
	g_assert_true(g_str_has_suffix(fdar_endpoint_text(&long_one, text), "]:65535"));
}

static void test_sockaddr(void)
{
	static const char *const texts[] = { "10.1.2.3", "2001:db8::7" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct fdar_endpoint there = parse(texts[i]), back;
		struct sockaddr_storage storage;

		there.port = 4711;
		g_assert_cmpuint(fdar_endpoint_to_sockaddr(&there, &storage), >, 0);
		g_assert_true(fdar_endpoint_from_sockaddr((struct sockaddr *)&storage, &back));
		g_assert_true(fdar_endpoint_equal(&there, &back));
		back.port++;
		g_assert_false(fdar_endpoint_equal(&there, &back));
	}
}

static void test_prefix_refuses(void)
{
	static const char *const wrong[] = { "",         "10.0.0.0/33", "10.0.0.1/8",  "x/8",
					     "10.0.0/8", "10.0.0.0/",   "10.0.0.0/-1", "::1/64",
					     "::/129",   "10.0.0.0/8 ", "10.0.0.0/8/8" };

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct fdar_prefix prefix;
		g_autoptr(GError) error = NULL;

		g_assert_false(fdar_prefix_parse(wrong[i], &prefix, &error));
		g_assert_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED);
	}
}

static void check_hosts(const char *text, uint64_t hosts, const char *first, const char *last)
{
	struct fdar_prefix prefix;
	struct fdar_endpoint host;
	char name[FDAR_ENDPOINT_TEXT_MAX];
	uint64_t n;

	g_assert_true(fdar_prefix_parse(text, &prefix, NULL));
	g_assert_cmpuint(fdar_prefix_hosts(&prefix), ==, hosts);
	fdar_prefix_host(&prefix, 0, &host);
	g_assert_cmpstr(fdar_endpoint_host(&host, name), ==, first);
	g_assert_true(fdar_prefix_find(&prefix, &host, &n));
	g_assert_cmpuint(n, ==, 0);
	fdar_prefix_host(&prefix, hosts - 1, &host);
	g_assert_cmpstr(fdar_endpoint_host(&host, name), ==, last);
	g_assert_true(fdar_prefix_contains(&prefix, &host));
	g_assert_true(fdar_prefix_find(&prefix, &host, &n));
	g_assert_cmpuint(n, ==, hosts - 1);
}

static void test_prefix_hosts(void)
{
	check_hosts("16.0.0.0/8", (1u << 24) - 2, "16.0.0.1", "16.255.255.254");
	check_hosts("10.1.2.0/24", 254, "10.1.2.1", "10.1.2.254");
	check_hosts("10.1.2.4/31", 2, "10.1.2.4", "10.1.2.5");
	check_hosts("10.1.2.4", 1, "10.1.2.4", "10.1.2.4");
	check_hosts("2001:db8::/64", ((uint64_t)1 << 48) - 1, "2001:db8::1",
		    "2001:db8::ffff:ffff:ffff");
	check_hosts("2001:db8::/120", 255, "2001:db8::1", "2001:db8::ff");
	check_hosts("::1", 1, "::1", "::1");
}

static void test_prefix_contains(void)
{
	struct fdar_prefix prefix;
	struct fdar_endpoint in = parse("10.127.255.255"), out = parse("10.128.0.0");
	struct fdar_endpoint other = parse("::");
	uint64_t n;

	g_assert_true(fdar_prefix_parse("10.0.0.0/9", &prefix, NULL));
	g_assert_true(fdar_prefix_contains(&prefix, &in));
	g_assert_false(fdar_prefix_contains(&prefix, &out));
	g_assert_false(fdar_prefix_contains(&prefix, &other));
	/* The last address is the broadcast address: no host's. */
	g_assert_false(fdar_prefix_find(&prefix, &in, &n));
	g_assert_true(fdar_prefix_parse("0.0.0.0/0", &prefix, NULL));
	g_assert_true(fdar_prefix_contains(&prefix, &out));
}

static void test_timeline(void)
{
	struct fdar_timeline line;
	const uint64_t second = 1000000000;

	fdar_timeline_init(&line, 0);
	g_assert_cmpuint(fdar_timeline_at(&line, 100 * second), ==, 0);
	g_assert_cmpuint(fdar_timeline_at(&line, 101 * second), ==, second);
	/* Years of silence are five seconds. */
	g_assert_cmpuint(fdar_timeline_at(&line, 100000001 * second), ==, 6 * second);
	g_assert_cmpuint(line.squeezed_ns, ==, (100000001 - 101 - 5) * second);
	/* A packet captured a little late stands still, and takes nothing from the next. */
	g_assert_cmpuint(fdar_timeline_at(&line, 100000001 * second - 1000), ==, 6 * second);
	g_assert_cmpuint(fdar_timeline_at(&line, 100000002 * second), ==, 7 * second);
	/* The clock was set back by years: on from there. */
	g_assert_cmpuint(fdar_timeline_at(&line, 5 * second), ==, 7 * second);
	g_assert_cmpuint(fdar_timeline_at(&line, 6 * second), ==, 8 * second);
	g_assert_cmpuint(line.backward, ==, 2);
}

static void test_timeline_keeps(void)
{
	struct fdar_timeline line;

	fdar_timeline_init(&line, FDAR_TIMELINE_KEEP);
	g_assert_cmpuint(fdar_timeline_at(&line, 0), ==, 0);
	g_assert_cmpuint(fdar_timeline_at(&line, UINT64_MAX / 2), ==, UINT64_MAX / 2);
	g_assert_cmpuint(line.squeezed_ns, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/endpoint/text", test_text);
	g_test_add_func("/endpoint/sockaddr", test_sockaddr);
	g_test_add_func("/prefix/refuses", test_prefix_refuses);
	g_test_add_func("/prefix/hosts", test_prefix_hosts);
	g_test_add_func("/prefix/contains", test_prefix_contains);
	g_test_add_func("/timeline/squeezes", test_timeline);
	g_test_add_func("/timeline/keeps", test_timeline_keeps);
	return g_test_run();
}
