#include "replay/split/trex.h"

#include <string.h>

#define ETHER_HEADER 14u
#define VLAN_HEADER  4u

const char *fdar_trex_rule_text(uint32_t rule)
{
	static const char *const texts[FDAR_TREX_RULES] = {
		"time goes back between its packets",
		"has 65,000 packets or more",
		"has IP fragments",
		"is not IP in Ethernet with at most one VLAN tag",
		"has packets shorter than their IP header says",
		"has packets of more than 9,238 bytes",
		"has packets with a time to live of 0",
		"has headers between IP and TCP or UDP",
		"is of the other IP version than most",
		"begins with a packet of the server",
	};

	for (unsigned i = 0; i < FDAR_TREX_RULES; i++)
		if (rule == 1u << i)
			return texts[i];
	return NULL;
}

static uint32_t get_u16(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

/* l3 is where the IP header is, known to lie within the frame: 20 or 40 bytes of it are there. */
uint32_t fdar_trex_judge(const uint8_t *frame, uint32_t captured, uint32_t l3,
			 const struct fdar_decoded *decoded)
{
	const uint8_t *ip = frame + l3;
	gboolean v6 = decoded->family == FDAR_FAMILY_IPV6;
	uint32_t header = v6 ? 40 : (uint32_t)(ip[0] & 15) * 4;
	uint32_t length = v6 ? header + get_u16(ip + 4) : get_u16(ip + 2);
	uint32_t protocol = v6 ? ip[6] : ip[9];
	uint32_t broken = 0;

	if (l3 != ETHER_HEADER &&
	    !(l3 == ETHER_HEADER + VLAN_HEADER && get_u16(frame + 12) == 0x8100))
		broken |= FDAR_TREX_LINK;
	if (decoded->kind == FDAR_DECODED_FRAGMENT || decoded->was_fragmented)
		return broken | FDAR_TREX_FRAGMENTS;
	if (length + l3 > captured || length < header + decoded->header_length)
		broken |= FDAR_TREX_CUT;
	if (captured > FDAR_TREX_PACKET_MAX)
		broken |= FDAR_TREX_JUMBO;
	if (!v6 && ip[8] == 0)
		broken |= FDAR_TREX_TTL;
	if (protocol != decoded->protocol)
		broken |= FDAR_TREX_HEADERS;
	return broken;
}

static void add_upper_bits(GString *text, const char *key, const struct fdar_endpoint *endpoint)
{
	g_string_append_printf(text, "  %s : [", key);
	for (unsigned i = 0; i < 6; i++)
		g_string_append_printf(text, "%s0x%04x", i ? "," : "",
				       get_u16(endpoint->addr + (size_t)2 * i));
	g_string_append(text, "]\n");
}

/* A double-quoted YAML scalar. */
static void add_quoted(GString *text, const char *value)
{
	g_string_append_c(text, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			g_string_append_c(text, '\\');
		if ((unsigned char)*value < ' ')
			g_string_append_printf(text, "\\x%02x", (unsigned)*value);
		else
			g_string_append_c(text, *value);
	}
	g_string_append_c(text, '"');
}

static void add_number(GString *text, const char *format, double value)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(text, g_ascii_formatd(digits, sizeof(digits), format, value));
}

char *fdar_trex_profile_text(const struct fdar_trex_profile *profile)
{
	GString *text = g_string_new("# T-Rex stateless (STF) profile, made by flowdar split.\n");

	g_string_append_printf(text, "# Play it with: t-rex-64 -f trex.yaml%s -m 1\n- duration : ",
			       profile->family == FDAR_FAMILY_IPV6 ? " --ipv6" : "");
	add_number(text, "%.6f", profile->duration_s);
	g_string_append(text, "\n"
			      "  generator :\n"
			      "          distribution : \"seq\"\n"
			      "          clients_start : \"16.0.0.1\"\n"
			      "          clients_end   : \"16.0.0.255\"\n"
			      "          servers_start : \"48.0.0.1\"\n"
			      "          servers_end   : \"48.0.0.255\"\n"
			      "          dual_port_mask : \"1.0.0.0\"\n"
			      "          tcp_aging      : 0\n"
			      "          udp_aging      : 0\n");
	if (profile->family == FDAR_FAMILY_IPV6) {
		add_upper_bits(text, "src_ipv6", &profile->client);
		add_upper_bits(text, "dst_ipv6", &profile->server);
	}
	g_string_append(text, "  cap_ipg    : true\n"
			      "  cap_info :\n");
	for (size_t i = 0; i < profile->count; i++) {
		g_string_append(text, "     - name : ");
		add_quoted(text, profile->templates[i].path);
		g_string_append(text, "\n       cps  : ");
		add_number(text, "%.9g", profile->templates[i].cps);
		g_string_append(text, "\n       ipg  : 10000\n"
				      "       rtt  : 10000\n"
				      "       w    : 1\n");
	}
	return g_string_free(text, FALSE);
}
