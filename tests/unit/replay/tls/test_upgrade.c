/* Where connections that began in plain turn to TLS, and behind which request. */
#include <glib.h>
#include <string.h>

#include "replay/tls/upgrade.h"

/* A record with the beginning of a ClientHello of 100 bytes. */
static const uint8_t hello[] = { 0x16, 3, 1, 0, 104, 1, 0, 0, 100, 3, 3, 0xaa };

static void test_requests(void)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *name; /* NULL: it is none */
	} cases[] = {
		{ "STARTTLS\r\n", 10, "STARTTLS" },
		{ "a1 starttls\r\n", 13, "STARTTLS" },
		{ "EHLO me\r\nSTARTTLS\r\n", 19, "STARTTLS" },
		{ "STARTTLS", 8, NULL }, /* the line is not over */
		{ "NOSTARTTLS\r\n", 12, NULL },
		{ "STLS\r\n", 6, "STLS" },
		{ "AUTH TLS\r\n", 10, "AUTH TLS" },
		{ "auth ssl\n", 9, "AUTH TLS" },
		{ "AUTH PLAIN\r\n", 12, NULL },
		{ "CONNECT a.example:443 HTTP/1.1\r\n\r\n", 34, "CONNECT" },
		{ "\0\0\0\x08\x04\xd2\x16\x2f", 8, "PostgreSQL's SSLRequest" },
		{ "\0\0\0\x08\x04\xd2\x16\x30", 8, NULL }, /* asks for GSSAPI */
		{ "\x20\0\0\1\x85\xae\xff\x19\0\0\0\1\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		  "\0\0",
		  36, "MySQL's SSLRequest" },
		{ "\x20\0\0\1\x85\xa6\xff\x19\0\0\0\1\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		  "\0\0",
		  36, NULL },
		{ "\x30\x1d\2\1\1\x77\x18\x80\x16"
		  "1.3.6.1.4.1.1466.20037",
		  31, "LDAP's StartTLS" },
		{ "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", 51, "XMPP's starttls" },
		{ "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", 19, "RDP's negotiation" },
		{ "\5\1\0\1\x7f\0\0\1\x1f\x90", 10, "SOCKS" },
		{ "\4\1\x1f\x90\x7f\0\0\1\0", 9, "SOCKS" },
		{ "\4\1\x1f\x90\0\0\0\1me\0a.example\0", 21, "SOCKS" },
		{ "\4\1\x1f\x90\x7f\0\0\1me", 10, NULL }, /* the name is not over */
		{ "GET / HTTP/1.1\r\n\r\n", 18, NULL },
		{ "", 0, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
		g_autofree uint8_t *both = g_malloc(cases[i].size + sizeof(hello));

		g_assert_cmpstr(fdar_tls_upgrade(bytes, cases[i].size), ==, cases[i].name);
		/* The hello may share its segment, where it is behind a request that is known. */
		memcpy(both, bytes, cases[i].size);
		memcpy(both + cases[i].size, hello, sizeof(hello));
		g_assert_cmpuint(fdar_tls_upgrade_at(both, cases[i].size + sizeof(hello)), ==,
				 cases[i].name || !cases[i].size ? cases[i].size
								 : cases[i].size + sizeof(hello));
		/* None begins in the request itself. */
		g_assert_cmpuint(fdar_tls_upgrade_at(bytes, cases[i].size), ==, cases[i].size);
	}
}

/* A request that is as long as what may be in front of TLS, and one that is longer. */
static void test_long(void)
{
	static const char begin[] = "CONNECT ";

	for (size_t size = 16 * 1024; size < 16 * 1024 + 2; size++) {
		g_autofree uint8_t *both = g_malloc0(size + sizeof(hello));

		memset(both, 'a', size);
		memcpy(both, begin, sizeof(begin) - 1);
		both[size - 1] = '\n';
		memcpy(both + size, hello, sizeof(hello));
		g_assert_cmpuint(fdar_tls_upgrade_at(both, size + sizeof(hello)), ==,
				 size == 16 * 1024 ? size : size + sizeof(hello));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/upgrade/requests", test_requests);
	g_test_add_func("/upgrade/long", test_long);
	return g_test_run();
}
