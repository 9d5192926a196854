/* Key logs: which lines count, and what two logs have of one connection. */
#include "replay/tls/keylog.h"

#include <string.h>

static void test_lines(void)
{
	static const char random[] =
		"00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff";
	g_autofree char *secret = g_strnfill(64, 'a');
	g_autofree char *text =
		g_strdup_printf("# a comment\r\nEXPORTER_SECRET %s %s\r\n"
				"CLIENT_TRAFFIC_SECRET_0 %s %s\r\nCLIENT_TRAFFIC_SECRET_1 %s %s\n"
				"CLIENT_RANDOM %s abc\nSERVER_TRAFFIC_SECRET_0 00 %s\n",
				random, secret, random, secret, random, secret, random, secret);
	uint8_t bytes[FDAR_TLS_RANDOM] = { 0,    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
					   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	g_autofree char *later = g_strdup_printf("CLIENT_TRAFFIC_SECRET_0 %s %064d", random, 0);
	struct fdar_tls_keys *keys = fdar_tls_keys_new(), *more = fdar_tls_keys_new();
	g_autofree char *other = g_strdup_printf("SERVER_TRAFFIC_SECRET_0 %s %s", random, secret);
	const struct fdar_tls_secrets *found;
	g_autoptr(GError) error = NULL;

	memcpy(bytes + 16, bytes, 16);
	g_assert_cmpuint(fdar_tls_keys_add(keys, text, strlen(text)), ==, 1);
	/* What two logs have of a connection comes together. */
	g_assert_cmpuint(fdar_tls_keys_add(more, other, strlen(other)), ==, 1);
	fdar_tls_keys_merge(keys, more);
	fdar_tls_keys_free(more);
	g_assert_cmpuint(fdar_tls_keys_add(keys, later, strlen(later)), ==, 1);
	g_assert_cmpuint(fdar_tls_keys_count(keys), ==, 1);
	found = fdar_tls_keys_find(keys, bytes);
	g_assert_nonnull(found);
	g_assert_cmpuint(found->traffic[0].size, ==, 32);
	g_assert_cmpuint(found->traffic[1].size, ==, 32);
	g_assert_cmphex(found->traffic[0].bytes[31], ==, 0xaa);
	g_assert_cmpuint(found->master.size, ==, 0);
	g_assert_false(fdar_tls_keys_load(keys, "/dev/null", &error));
	g_assert_nonnull(strstr(error->message, "no line of a TLS key log"));
	fdar_tls_keys_free(keys);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keylog/lines", test_lines);
	return g_test_run();
}
