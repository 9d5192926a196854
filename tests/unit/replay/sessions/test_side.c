/* Side connections: what FTP's lines say, and lines that only look like it. */
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

#include "replay/sessions/side.h"

static const struct {
	const char *line;
	enum fdar_way way;
	const char *endpoint; /* NULL: none */
} lines[] = {
	{ "227 Entering Passive Mode (127,0,0,1,117,48).\r", FDAR_FROM_SERVER, "127.0.0.1:30000" },
	{ "227 Entering Passive Mode 10,1,2,3,4,1", FDAR_FROM_SERVER, "10.1.2.3:1025" },
	{ "227 Entering Passive Mode (127,0,0,1,0,0)", FDAR_FROM_SERVER, NULL },
	{ "227 Entering Passive Mode (127,0,0,256,1,1)", FDAR_FROM_SERVER, NULL },
	{ "227 Entering Passive Mode (127,0,0,1,1", FDAR_FROM_SERVER, NULL },
	{ "227 no digits here at all", FDAR_FROM_SERVER, NULL },
	{ "227 Entering Passive Mode (99999999999999999999,0,0,1,1,1)", FDAR_FROM_SERVER, NULL },
	{ "229 Entering Extended Passive Mode (|||6446|)", FDAR_FROM_SERVER, "?:6446" },
	{ "229 Entering Extended Passive Mode (|||66446|)", FDAR_FROM_SERVER, NULL },
	{ "229 Entering Extended Passive Mode (|||)", FDAR_FROM_SERVER, NULL },
	{ "229 Entering Extended Passive Mode (", FDAR_FROM_SERVER, NULL },
	{ "229 Entering Extended Passive Mode", FDAR_FROM_SERVER, NULL },
	{ "PORT 192,168,0,2,200,21\r", FDAR_FROM_CLIENT, "192.168.0.2:51221" },
	{ "port 192,168,0,2,200,21", FDAR_FROM_CLIENT, "192.168.0.2:51221" },
	{ "PORT 192,168,0,2,200,21", FDAR_FROM_SERVER, NULL },
	{ "PORT ,,,,,", FDAR_FROM_CLIENT, NULL },
	{ "EPRT |1|132.235.1.2|6275|", FDAR_FROM_CLIENT, "132.235.1.2:6275" },
	{ "EPRT |2|1080::8:800:200c:417a|5282|", FDAR_FROM_CLIENT, "[1080::8:800:200c:417a]:5282" },
	{ "EPRT |1|nonsense|6275|", FDAR_FROM_CLIENT, NULL },
	{ "EPRT 1111", FDAR_FROM_CLIENT, NULL },
	{ "227", FDAR_FROM_SERVER, NULL },
	{ "", FDAR_FROM_SERVER, NULL },
	{ "HTTP/1.1 227 (1,2,3,4,5,6)", FDAR_FROM_SERVER, NULL },
};

static void test_lines(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		/* A copy of just the size, so that reading beyond it is found. */
		size_t length = strlen(lines[i].line);
		g_autofree char *line = g_memdup2(lines[i].line, length ? length : 1);
		struct fdar_endpoint endpoint;
		char text[FDAR_ENDPOINT_TEXT_MAX];
		gboolean found = fdar_side_parse(line, length, lines[i].way, &endpoint);

		g_test_message("%s", lines[i].line);
		g_assert_cmpint(found, ==, lines[i].endpoint != NULL);
		if (!found)
			continue;
		if (endpoint.family == FDAR_FAMILY_NONE)
			g_snprintf(text, sizeof(text), "?:%u", endpoint.port);
		else
			fdar_endpoint_text(&endpoint, text);
		g_assert_cmpstr(text, ==, lines[i].endpoint);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/side/lines", test_lines);
	return g_test_run();
}
