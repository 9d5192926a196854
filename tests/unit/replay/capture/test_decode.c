/* Decoding: every link type, tag and header on the way to a port, and headers that lie. */
#include "tests/unit/kit/packets.h"

#include <pcap/pcap.h>

#include "replay/sessions/session.h"

#define V4A "10.0.0.1"
#define V4B "10.0.0.2"
#define V6A "2001:db8::1"
#define V6B "2001:db8::2"

static GByteArray *hello(const char *src, const char *dst)
{
	return ip(src, dst, 6, tcp(src, 1111, dst, 80, 1000, 2000, ACK | PSH, NULL, 0, "hello", 5));
}

static struct fdar_decoded decode(int link, const GByteArray *frame)
{
	struct fdar_packet packet = as_packet(frame, 1, 0);
	struct fdar_decoded decoded;

	g_assert_null(fdar_decode_check_link(link));
	fdar_decode(link, &packet, &decoded);
	return decoded;
}

static void check_hello(int link, GByteArray *frame)
{
	struct fdar_decoded decoded;

	/* Padding behind the packet is not payload. */
	put_zeros(frame, 7);
	decoded = decode(link, frame);
	g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_TCP);
	g_assert_cmpuint(decoded.src.port, ==, 1111);
	g_assert_cmpuint(decoded.dst.port, ==, 80);
	g_assert_cmpuint(decoded.seq, ==, 1000);
	g_assert_cmpuint(decoded.ack, ==, 2000);
	g_assert_cmpuint(decoded.flags, ==, ACK | PSH);
	g_assert_cmpuint(fdar_decoded_payload_length(&decoded), ==, 5);
	assert_bytes(fdar_decoded_payload(&decoded), fdar_decoded_payload_captured(&decoded),
		     "hello");
	g_assert_cmpuint(frame->data[decoded.l3] >> 4, ==, decoded.family);
	g_byte_array_unref(frame);
}

/* The packet behind a header of the given bytes ("hex digits"), where XXXX is its ether type. */
static GByteArray *behind(const char *hex, GByteArray *packet)
{
	GByteArray *frame = g_byte_array_new();

	for (; *hex; hex += 2) {
		if (*hex == ' ') {
			hex--;
		} else if (*hex == 'X') {
			put16(frame, packet->data[0] >> 4 == 6 ? 0x86dd : 0x0800);
			hex += 2;
		} else if (*hex == 'P') {
			put16(frame, packet->data[0] >> 4 == 6 ? 0x0057 : 0x0021);
			hex += 2;
		} else {
			put8(frame, (unsigned)(g_ascii_xdigit_value(hex[0]) * 16 +
					       g_ascii_xdigit_value(hex[1])));
		}
	}
	g_byte_array_append(frame, packet->data, packet->len);
	g_byte_array_unref(packet);
	return frame;
}

static void test_links(void)
{
	static const struct {
		int link;
		const char *header;
	} links[] = {
		{ DLT_EN10MB, "000000000000 000000000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 8100 0064 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 88a8 0064 8100 0065 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 9100 0064 8100 0065 8100 0066 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 8864 1100 0001 0033 PPPP" },
		{ DLT_EN10MB, "000000000000 000000000000 8100 0064 8864 1100 0001 0033 PPPP" },
		{ DLT_LINUX_SLL, "0000 0001 0006 0000000000000000 XXXX" },
		{ DLT_LINUX_SLL, "0000 0001 0006 0000000000000000 8100 0064 XXXX" },
		{ DLT_LINUX_SLL2, "XXXX 0000 00000001 0001 00 06 0000000000000000" },
		{ DLT_LINUX_SLL2, "8100 0000 00000001 0001 00 06 0000000000000000 0064 XXXX" },
		{ DLT_RAW, "" },
		{ 101, "" },
		{ DLT_NULL, "02000000" },
		{ DLT_NULL, "00000002" },
		{ DLT_NULL, "1e000000" },
		{ DLT_LOOP, "00000002" },
		{ DLT_LOOP, "0000001c" },
		{ DLT_PPP, "ff03 PPPP" },
		{ DLT_PPP, "PPPP" },
		{ DLT_PPP_ETHER, "1100 0001 0033 PPPP" },
		/* LLC and SNAP, MPLS, VN-tag, E-tag, PBB, MACsec in clear, CMD, NSH, five tags. */
		{ DLT_EN10MB, "000000000000 000000000000 0040 aaaa03 000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 0040 060603" },
		{ DLT_EN10MB, "000000000000 000000000000 8847 00010040 00020140" },
		{ DLT_EN10MB, "000000000000 000000000000 8847 00010140 00000000"
			      "000000000000 000000000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 8926 80010002 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 893f 000000000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 88e7 00000005"
			      "000000000000 000000000000 XXXX" },
		{ DLT_EN10MB,
		  "000000000000 000000000000 88e5 2000 00000001 0011223344550001 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 88e5 0000 00000001 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 8909 0101 0001 0064 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 8100 0001 8100 0002 8100 0003 8100 0004"
			      "8100 0005 XXXX" },
		/* NSH, HSR, a redundancy tag, batman-adv (one station, with the sender, all), TRILL without and with an
		 * option, switches' tags. */
		{ DLT_EN10MB, "000000000000 000000000000 894f 0046 0103 000000ff"
			      "00000000000000000000000000000000 000000000000 000000000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 892f 0034 0001 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 f1c1 0000 0001 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 4305 400f3201 000000000000"
			      "000000000000 000000000000 XXXX" },
		{ DLT_EN10MB,
		  "000000000000 000000000000 4305 420f3201 000000000000 000000000000 0100"
		  "000000000000 000000000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 4305 010f3200 00000007 000000000000"
			      "000000000000 000000000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 22f3 0014 0001 0002"
			      "000000000000 000000000000 8100 0001 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 22f3 0054 0001 0002 00000000"
			      "000000000000 000000000000 XXXX" },
		{ DLT_EN10MB, "000000000000 000000000000 dada 0000 c0080000 XXXX" },
		{ DLT_DSA_TAG_EDSA, "000000000000 000000000000 dada 0000 40080064 8100 0001 XXXX" },
		{ DLT_DSA_TAG_DSA, "000000000000 000000000000 c0080000 XXXX" },
		{ DLT_DSA_TAG_BRCM, "000000000000 000000000000 20000001 XXXX" },
		{ DLT_DSA_TAG_BRCM_PREPEND, "20000001 000000000000 000000000000 XXXX" },
		{ DLT_FDDI, "57 000000000000 000000000000 aaaa03 000000 XXXX" },
		{ DLT_ATM_RFC1483, "aaaa03 000000 XXXX" },
		{ 100, "aaaa03 000000 XXXX" },
		{ DLT_IPOIB, "60000000 00000000 0000000000000000 0000000000000000 0000000000000000"
			     "0000000000000000 XXXX 0000" },
		{ DLT_MPLS, "00010040 00020140" },
		/* PKTAP by the number that macOS gives it. */
		{ 149, "10000000 01000000 01000000 00000000 000000000000 000000000000 XXXX" },
		{ DLT_NULL, "00000800" },
		{ DLT_NULL, "dd860000" },
		{ DLT_PPP_SERIAL, "0f00 XXXX" },
		{ DLT_PPP_SERIAL, "8f00 XXXX" },
		{ DLT_PPP_SERIAL, "ff03 PPPP" },
		{ DLT_C_HDLC, "0f00 XXXX" },
		{ DLT_FRELAY, "1841 03 cc" },
		{ DLT_FRELAY, "1841 03 00 80 000000 XXXX" },
		{ DLT_IEEE802_11, "0802 0000 000000000000 000000000000 000000000000 0000"
				  "aaaa03 000000 XXXX" },
		{ DLT_IEEE802_11, "8801 0000 000000000000 000000000000 000000000000 0000 0000"
				  "aaaa03 000000 XXXX" },
		{ DLT_IEEE802_11_RADIO, "0000 0900 02000000 00"
					"0802 0000 000000000000 000000000000 000000000000 0000"
					"aaaa03 000000 XXXX" },
		/* Radiotap with a time stamp, and padding behind the header of 26 bytes. */
		{ DLT_IEEE802_11_RADIO, "0000 1100 03000000 0000000000000000 20"
					"8801 0000 000000000000 000000000000 000000000000 0000"
					"0000 0000 aaaa03 000000 XXXX" },
		{ DLT_PPI, "00 00 0800 69000000"
			   "0802 0000 000000000000 000000000000 000000000000 0000"
			   "aaaa03 000000 XXXX" },
		{ DLT_PKTAP, "10000000 01000000 01000000 00000000"
			     "000000000000 000000000000 XXXX" },
		{ DLT_NFLOG, "02000000 0800 0100 00000000 0400 0900" },
		{ DLT_NFLOG, "0a000000 0008 0001 00000000 0004 0009" },
		{ DLT_ENC, "02000000 00000000 00000000" },
		{ DLT_PFLOG, "05 02 00 00 00 000000" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_test_message("link type %d behind %s", links[i].link, links[i].header);
		check_hello(links[i].link, behind(links[i].header, hello(V4A, V4B)));
		check_hello(links[i].link, behind(links[i].header, hello(V6A, V6B)));
	}
	check_hello(DLT_IPV4, hello(V4A, V4B));
	check_hello(DLT_IPV6, hello(V6A, V6B));
	/* A PPP protocol in one byte. */
	check_hello(DLT_PPP, behind("21", hello(V4A, V4B)));
	g_assert_nonnull(fdar_decode_check_link(DLT_USB));
}

/* A switch's tag that stands for a VLAN's is that VLAN; one of a frame without is none, whatever number it has. */
static void test_switched_vlans(void)
{
	static const struct {
		int link;
		const char *header;
		gboolean tagged;
	} frames[] = {
		{ DLT_EN10MB, "000000000000 000000000000 8100 0064 XXXX", TRUE },
		{ DLT_EN10MB, "000000000000 000000000000 8100 e064 XXXX", TRUE },
		{ DLT_EN10MB, "000000000000 000000000000 dada 0000 e0080064 XXXX", TRUE },
		{ DLT_EN10MB, "000000000000 000000000000 dada 0000 6008a064 XXXX", TRUE },
		{ DLT_DSA_TAG_EDSA, "000000000000 000000000000 dada 0000 20080064 XXXX", TRUE },
		{ DLT_DSA_TAG_DSA, "000000000000 000000000000 e0080064 XXXX", TRUE },
		{ DLT_DSA_TAG_DSA, "000000000000 000000000000 c0080000 8100 0064 XXXX", TRUE },
		{ DLT_EN10MB, "000000000000 000000000000 dada 0000 c0080001 XXXX", FALSE },
		{ DLT_DSA_TAG_DSA, "000000000000 000000000000 40080064 XXXX", FALSE },
		{ DLT_EN10MB, "000000000000 000000000000 8100 e000 XXXX", FALSE },
	};
	uint32_t net = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
		g_autoptr(GByteArray) frame = behind(frames[i].header, hello(V4A, V4B));
		struct fdar_decoded decoded = decode(frames[i].link, frame);

		g_test_message("%s", frames[i].header);
		g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_TCP);
		net = i ? net : decoded.net;
		g_assert_cmpuint(net, !=, 0);
		g_assert_cmpuint(decoded.net, ==, frames[i].tagged ? net : 0);
	}
}

/* Frames in frames, of bridges that route: a packet full of them takes no more of the stack than a few. */
static void test_nested(void)
{
	static const uint8_t bridged[] = { [12] = 0x22, 0xf3, 0, 0x14, 0, 1, 0, 2 };

	for (unsigned depth = 15; depth < 10000; depth *= 5) {
		GByteArray *inner = behind("000000000000 000000000000 XXXX", hello(V4A, V4B));
		GByteArray *frame = g_byte_array_new();
		struct fdar_decoded decoded;

		for (unsigned i = 0; i < depth; i++)
			g_byte_array_append(frame, bridged, sizeof(bridged));
		g_byte_array_append(frame, inner->data, inner->len);
		g_byte_array_unref(inner);
		decoded = decode(DLT_EN10MB, frame);
		g_assert_cmpint(decoded.kind, ==,
				depth == 15 ? FDAR_DECODED_TCP : FDAR_DECODED_NOT_IP);
		g_byte_array_unref(frame);
	}
}

/* An IPv6 packet whose TCP segment lies behind extension headers, given as bytes. */
static GByteArray *extended(unsigned first, const char *hex)
{
	GByteArray *segment = tcp(V6A, 1111, V6B, 80, 1000, 2000, ACK | PSH, NULL, 0, "hello", 5);
	GByteArray *all = behind(hex, segment);
	GByteArray *packet = ip_part(V6A, V6B, first, 0, 0, all->data, all->len);

	g_byte_array_unref(all);
	return packet;
}

static void test_ipv6_headers(void)
{
	static const char routing[] = "06 02 00 00 00000000 20010db8000000000000000000000009";

	check_hello(DLT_RAW, extended(0, "06 00 0104 00000000"));  /* hop-by-hop */
	check_hello(DLT_RAW, extended(43, routing));               /* routing */
	check_hello(DLT_RAW, extended(60, "06 00 0104 00000000")); /* destination */
	check_hello(DLT_RAW, extended(0, "3c 00 010400000000 06 00 0104 00000000"));
	check_hello(DLT_RAW, extended(51, "06 02 0000 00000001 00000002 00000003")); /* AH */
	check_hello(DLT_RAW, extended(44, "06 00 0000 00000007")); /* atomic fragment */
}

static void test_ipv4_options(void)
{
	GByteArray *packet = hello(V4A, V4B);
	static const uint8_t nops[] = { 1, 1, 1, 1 };
	GByteArray *optioned = g_byte_array_new();

	g_byte_array_append(optioned, packet->data, 20);
	g_byte_array_append(optioned, nops, 4);
	g_byte_array_append(optioned, packet->data + 20, packet->len - 20);
	optioned->data[0] = 0x46;
	set16(optioned, 2, optioned->len);
	g_byte_array_unref(packet);
	check_hello(DLT_RAW, optioned);
}

/* What is between an outer header and the packet. The first few bytes of a UDP header are in it. */
static GByteArray *tunnelled(const char *src, const char *dst, unsigned protocol, const char *hex,
			     GByteArray *inner)
{
	GByteArray *all = behind(hex, inner);
	GByteArray *packet;

	if (protocol == 17)
		set16(all, 4, all->len);
	if (protocol == 17 && get16(all->data + 2) == 2152)
		set16(all, 10, all->len - 16);
	if (protocol == 17 && get16(all->data + 2) == 1701 && all->data[8] & 0x40)
		set16(all, 10, all->len - 8);
	packet = ip_part(src, dst, protocol, 1, 0, all->data, all->len);
	g_byte_array_unref(all);
	return packet;
}

static void test_tunnels(void)
{
	static const struct {
		unsigned protocol;
		const char *header;
	} tunnels[] = {
		{ 47, "0000 XXXX" },
		{ 47, "b000 XXXX 00000000 00000007 00000001" },
		{ 47, "0000 6558 000000000000 000000000000 XXXX" },
		{ 47, "3001 880b 00400001 00000001 PPPP" },
		{ 47, "0000 8847 00010140" },
		{ 47, "1000 88be 00000001 1001 0000 00000000 000000000000 000000000000 XXXX" },
		{ 47, "0000 88be 000000000000 000000000000 XXXX" },
		{ 47, "1000 22eb 00000001 2001 0000 00000000 00000000"
		      "000000000000 000000000000 XXXX" },
		{ 97, "3000 000000000000 000000000000 XXXX" },
		{ 137, "00010140" },
		{ 17, "c000 12b5 0000 0000 08000000 00002a00 000000000000 000000000000 XXXX" },
		{ 17, "c000 2118 0000 0000 08000000 00002a00 000000000000 000000000000 XXXX" },
		{ 17, "c000 12b6 0000 0000 0c000003 00002a00 000000000000 000000000000 XXXX" },
		{ 47, "0000 894f 0046 0101 000000ff 00000000000000000000000000000000" },
		{ 17, "c000 12b6 0000 0000 0c000004 00002a00 0042 0203 000000ff"
		      "000000000000 000000000000 XXXX" },
		{ 17, "c000 12b6 0000 0000 0c000005 00002a00 00010140" },
		{ 17, "c000 17c1 0000 0000 0000894f 00002a00 0042 0201 000000ff" },
		{ 17, "c000 17c1 0000 0000 00006558 00002a00 000000000000 000000000000 XXXX" },
		{ 17, "c000 17c1 0000 0000 0100 XXXX 00002a00 01020300" },
		{ 17, "c000 0868 0000 0000 30ff 0000 00000001" },
		{ 17, "c000 0868 0000 0000 34ff 0000 00000001 0000 00 85 01 1000 00" },
		{ 17, "c000 19eb 0000 0000 00010140" },
		{ 17, "c000 10f5 0000 0000 80010203 00000001" },
		{ 17, "10f5 10f5 0000 0000 48000000 00002a00" },
		{ 17, "c000 17c0 0000 0000 00040000" },
		{ 17, "c000 17c0 0000 0000 0229 0000 0000000000000000" },
		{ 17, "c000 17c0 0000 0000" },
		{ 17, "06a5 06a5 0000 0000 0002 0001 0002 PPPP" },
		{ 17, "c000 06a5 0000 0000 4802 0000 0001 0002 0003 0004 ff03 PPPP" },
		{ 17, "06a5 c000 0000 0000 0202 0001 0002 0003 000000 PPPP" },
		{ 17, "06a5 06a5 0000 0000 0003 0000 00000001 000000000000 000000000000 XXXX" },
		{ 17, "06a5 06a5 0000 0000 0003 0000 00000001 40000001 000000000000 000000000000 "
		      "XXXX" },
		{ 115, "00000001 000000000000 000000000000 XXXX" },
		{ 115, "00000001 08000800 000000000000 000000000000 XXXX" },
		{ 115, "00000001 deadbeef 08000045 000000000000 000000000000 8100 0007 XXXX" },
		{ 115, "00000001 deadbeef 0badcafe 40000001 000000000000 000000000000 XXXX" },
		{ 17, "c000 12b5 0000 0000 0c000003 00002a00 000000000000 000000000000 XXXX" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(tunnels); i++) {
		for (unsigned outer = 0; outer < 2; outer++) {
			const char *src = outer ? "fd00::1" : "192.0.2.1";
			const char *dst = outer ? "fd00::2" : "192.0.2.2";

			g_test_message("%s in %u %s", src, tunnels[i].protocol, tunnels[i].header);
			check_hello(DLT_RAW, tunnelled(src, dst, tunnels[i].protocol,
						       tunnels[i].header, hello(V4A, V4B)));
			check_hello(DLT_RAW, tunnelled(src, dst, tunnels[i].protocol,
						       tunnels[i].header, hello(V6A, V6B)));
		}
	}
	for (unsigned outer = 0; outer < 2; outer++) { /* 4in4, 6in4, 4in6, 6in6 */
		const char *src = outer ? "fd00::1" : "192.0.2.1";
		const char *dst = outer ? "fd00::2" : "192.0.2.2";

		check_hello(DLT_RAW, tunnelled(src, dst, 4, "", hello(V4A, V4B)));
		check_hello(DLT_RAW, tunnelled(src, dst, 41, "", hello(V6A, V6B)));
	}
	/* Teredo, with an origin; and a tunnel in a tunnel. */
	check_hello(DLT_RAW, tunnelled("192.0.2.1", "192.0.2.2", 17,
				       "c000 0dd8 0000 0000 0000 1234 01020304", hello(V6A, V6B)));
	check_hello(DLT_RAW,
		    tunnelled("192.0.2.1", "192.0.2.2", 47, "0000 XXXX",
			      tunnelled("198.51.100.1", "198.51.100.2", 4, "", hello(V4A, V4B))));
}

/* A datagram to a tunnel's port that is no tunnel is a datagram. */
static void test_no_tunnels(void)
{
	static const unsigned ports[] = {
		4789, 8472, 4790, 6081, 2152, 3544, 6635, 1701, 4341, 6080
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
		g_autoptr(GByteArray) packet =
			ip(V4A, V4B, 17, udp(V4A, 40000, V4B, ports[i], "a question", 10));
		struct fdar_decoded decoded = decode(DLT_RAW, packet);

		g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_UDP);
		g_assert_cmpuint(decoded.dst.port, ==, ports[i]);
		g_assert_cmpuint(fdar_decoded_payload_length(&decoded), ==, 10);
	}
}

/* Where a source route leads is where it goes to. */
static void test_routes(void)
{
	GByteArray *packet = hello(V4A, "10.0.0.9");
	static const uint8_t route[] = { 1, 131, 7, 4, 10, 0, 0, 2 };
	GByteArray *routed = g_byte_array_new();
	g_autoptr(GByteArray) segments = NULL;
	struct fdar_decoded decoded;

	g_byte_array_append(routed, packet->data, 20);
	g_byte_array_append(routed, route, sizeof(route));
	g_byte_array_append(routed, packet->data + 20, packet->len - 20);
	routed->data[0] = 0x47;
	set16(routed, 2, routed->len);
	decoded = decode(DLT_RAW, routed);
	g_assert_cmpuint(decoded.dst.addr[3], ==, 2);
	g_assert_cmpuint(decoded.dst_at, ==, 24);
	g_byte_array_unref(routed);
	g_byte_array_unref(packet);
	segments = extended(43, "06 02 04 01 00000000 20010db8000000000000000000000077");
	decoded = decode(DLT_RAW, segments);
	g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_TCP);
	g_assert_cmpuint(decoded.dst.addr[15], ==, 0x77);
	g_assert_cmpuint(decoded.dst_at, ==, 48);
}

/* Who is away from home says by a destination option who it is, behind padding or behind other headers,
 * too; what is sent to it names its home in a routing header of type 2 (RFC 6275, 6.3 and 6.4). */
static void test_home_address(void)
{
	static const struct {
		unsigned first;
		const char *headers;
		unsigned src_at, dst_at;
	} ways[] = {
		{ 60, "06 02 01 02 0000 c910 20010db8000000000000000000000077", 48, 24 },
		{ 60, "06 02 0000 0000 c910 20010db8000000000000000000000077", 48, 24 },
		{ 60, "06 02 c910 20010db8000000000000000000000077 01 02 0000", 44, 24 },
		{ 0, "3c 00 01 04 00000000 06 02 01 02 0000 c910 20010db8000000000000000000000077",
		  56, 24 },
		{ 43, "06 02 02 01 00000000 20010db8000000000000000000000077", 8, 48 },
		{ 43,
		  "3c 02 02 01 00000000 20010db8000000000000000000000077 "
		  "06 02 01 02 0000 c910 20010db8000000000000000000000077",
		  72, 48 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autoptr(GByteArray) packet = extended(ways[i].first, ways[i].headers);
		struct fdar_decoded decoded = decode(DLT_RAW, packet);

		g_test_message("%s", ways[i].headers);
		g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_TCP);
		g_assert_cmpuint(decoded.src_at, ==, ways[i].src_at);
		g_assert_cmpuint(decoded.dst_at, ==, ways[i].dst_at);
		g_assert_cmpint(memcmp(decoded.src.addr, packet->data + ways[i].src_at, 16), ==, 0);
		g_assert_cmpint(memcmp(decoded.dst.addr, packet->data + ways[i].dst_at, 16), ==, 0);
	}
}

static void check_kind(int link, GByteArray *frame, enum fdar_decoded_kind kind)
{
	g_assert_cmpint(decode(link, frame).kind, ==, kind);
	g_byte_array_unref(frame);
}

static void test_not_ours(void)
{
	GByteArray *packet;

	check_kind(DLT_EN10MB, behind("000000000000 000000000000 0806", hello(V4A, V4B)),
		   FDAR_DECODED_NOT_IP);
	check_kind(DLT_EN10MB, behind("0000", hello(V4A, V4B)), FDAR_DECODED_NOT_IP);
	check_kind(DLT_NULL, behind("00000007", hello(V4A, V4B)), FDAR_DECODED_NOT_IP);
	check_kind(DLT_RAW, ip(V4A, V4B, 1, udp(V4A, 1, V4B, 2, "x", 1)), FDAR_DECODED_OTHER);
	check_kind(DLT_RAW, ip(V6A, V6B, 58, udp(V6A, 1, V6B, 2, "x", 1)), FDAR_DECODED_OTHER);
	/* No next header at all. */
	check_kind(DLT_RAW, ip(V6A, V6B, 59, udp(V6A, 1, V6B, 2, "x", 1)), FDAR_DECODED_OTHER);
	/* More tags than anybody stacks. */
	check_kind(DLT_EN10MB,
		   behind("000000000000 000000000000"
			  "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001"
			  "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001"
			  "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 XXXX",
			  hello(V4A, V4B)),
		   FDAR_DECODED_NOT_IP);
	/* A chain of headers without end. */
	packet = extended(0, "00 00 010400000000 00 00 010400000000 00 00 010400000000"
			     "00 00 010400000000 00 00 010400000000 00 00 010400000000"
			     "00 00 010400000000 00 00 010400000000 00 00 010400000000"
			     "00 00 010400000000 00 00 010400000000 00 00 010400000000"
			     "00 00 010400000000 00 00 010400000000 00 00 010400000000"
			     "00 00 010400000000 06 00 010400000000");
	check_kind(DLT_RAW, packet, FDAR_DECODED_MALFORMED);
}

static void check_poked(const char *src, const char *dst, guint at, unsigned value)
{
	GByteArray *packet = hello(src, dst);

	packet->data[at] = (uint8_t)value;
	g_test_message("%s, byte %u is %u", src, at, value);
	check_kind(DLT_RAW, packet, FDAR_DECODED_MALFORMED);
}

static void test_malformed(void)
{
	check_poked(V4A, V4B, 0, 0x44);  /* a header of 16 bytes */
	check_poked(V4A, V4B, 3, 19);    /* shorter than its header */
	check_poked(V4A, V4B, 3, 39);    /* too short for TCP */
	check_poked(V4A, V4B, 32, 0x40); /* a TCP header of 16 bytes */
	check_poked(V4A, V4B, 32, 0xf0); /* one longer than the segment */
	check_poked(V6A, V6B, 5, 19);
	check_poked(V6A, V6B, 52, 0x40);
	check_poked(V6A, V6B, 6, 0); /* hop-by-hop options that run over the end */
}

/* Cut anywhere: all that is read lies within what there is (the sanitizer looks too). */
static void test_cut(void)
{
	const char *const ends[][2] = { { V4A, V4B }, { V6A, V6B } };

	for (unsigned v = 0; v < 2; v++) {
		g_autoptr(GByteArray) frame = ether(hello(ends[v][0], ends[v][1]));
		guint headers = 14 + (v ? 40 : 20) + 20;

		for (guint captured = 0; captured <= frame->len; captured++) {
			g_autofree uint8_t *exact = g_memdup2(frame->data, captured);
			struct fdar_packet packet = { .bytes = exact,
						      .captured = captured,
						      .length = frame->len };
			struct fdar_decoded decoded;

			fdar_decode(DLT_EN10MB, &packet, &decoded);
			if (captured < headers) {
				g_assert_cmpint(decoded.kind, !=, FDAR_DECODED_TCP);
				continue;
			}
			g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_TCP);
			g_assert_cmpuint(fdar_decoded_payload_length(&decoded), ==, 5);
			g_assert_cmpuint(fdar_decoded_payload_captured(&decoded), ==,
					 captured - headers);
		}
	}
}

/* A kernel hands segments of over 64 KiB to the card with a length of 0. */
static void test_offload(void)
{
	GByteArray *packet = hello(V4A, V4B);
	struct fdar_packet lying;
	struct fdar_decoded decoded;

	set16(packet, 2, 0);
	decoded = decode(DLT_RAW, packet);
	g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_TCP);
	g_assert_cmpuint(fdar_decoded_payload_length(&decoded), ==, 5);
	lying = as_packet(packet, 1, 0);
	lying.length = UINT32_MAX;
	fdar_decode(DLT_RAW, &lying, &decoded);
	g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_MALFORMED);
	g_byte_array_unref(packet);
}

static void test_udp(void)
{
	GByteArray *packet = ip(V6A, V6B, 17, udp(V6A, 53, V6B, 4444, "answer", 6));
	struct fdar_decoded decoded = decode(DLT_RAW, packet);

	g_assert_cmpint(decoded.kind, ==, FDAR_DECODED_UDP);
	assert_bytes(fdar_decoded_payload(&decoded), fdar_decoded_payload_captured(&decoded),
		     "answer");
	/* UDP's own length counts, not the packet's. */
	set16(packet, 44, 8 + 3);
	decoded = decode(DLT_RAW, packet);
	g_assert_cmpuint(fdar_decoded_payload_length(&decoded), ==, 3);
	set16(packet, 44, 0); /* a jumbogram */
	decoded = decode(DLT_RAW, packet);
	g_assert_cmpuint(fdar_decoded_payload_length(&decoded), ==, 6);
	set16(packet, 44, 7);
	g_assert_cmpint(decode(DLT_RAW, packet).kind, ==, FDAR_DECODED_MALFORMED);
	set16(packet, 44, 8 + 7);
	g_assert_cmpint(decode(DLT_RAW, packet).kind, ==, FDAR_DECODED_MALFORMED);
	g_byte_array_unref(packet);
}

static gboolean fast_open(const char *options, unsigned size)
{
	g_autoptr(GByteArray) packet =
		ip(V4A, V4B, 6, tcp(V4A, 1, V4B, 2, 1, 0, SYN, options, size, NULL, 0));

	return decode(DLT_RAW, packet).fast_open;
}

/* What a SYN says of windows and segments; others do not say it, and what is cut is not said. */
static void test_windows(void)
{
	static const char options[] = "\x02\x04\x05\xb4\x01\x03\x03\x07";
	g_autoptr(GByteArray) syn =
		ip("10.0.0.1", "10.0.0.2", 6,
		   tcp("10.0.0.1", 1, "10.0.0.2", 2, 1, 0, SYN, options, 8, NULL, 0));
	g_autoptr(GByteArray) ack =
		ip("10.0.0.1", "10.0.0.2", 6,
		   tcp("10.0.0.1", 1, "10.0.0.2", 2, 1, 0, ACK, options, 8, NULL, 0));
	struct fdar_decoded decoded;

	set16(syn, 20 + 14, 512);
	decoded = decode(DLT_RAW, syn);
	g_assert_cmpuint(decoded.window, ==, 512);
	g_assert_cmpuint(decoded.mss, ==, 1460);
	g_assert_cmpuint(decoded.scale, ==, 7);
	decoded = decode(DLT_RAW, ack);
	g_assert_cmpuint(decoded.mss, ==, 0);
	g_assert_cmpuint(decoded.scale, ==, FDAR_DECODED_NO_SCALE);
}

static void test_fast_open(void)
{
	g_assert_true(fast_open("\x02\x04\x05\xb4\x01\x01\x22\x02", 8));
	g_assert_true(fast_open("\xfe\x04\xf9\x89", 4));
	g_assert_false(fast_open("\xfe\x04\xf9\x88", 4));
	g_assert_false(fast_open("\x02\x04\x05\xb4", 4));
	g_assert_false(fast_open("\x00\x00\x22\x02", 4)); /* behind the end of options */
	g_assert_false(fast_open("\x03\x00\x22\x02", 4)); /* an option of no length */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decode/links", test_links);
	g_test_add_func("/decode/switched-vlans", test_switched_vlans);
	g_test_add_func("/decode/nested", test_nested);
	g_test_add_func("/decode/ipv6-headers", test_ipv6_headers);
	g_test_add_func("/decode/ipv4-options", test_ipv4_options);
	g_test_add_func("/decode/tunnels", test_tunnels);
	g_test_add_func("/decode/no-tunnels", test_no_tunnels);
	g_test_add_func("/decode/routes", test_routes);
	g_test_add_func("/decode/home-address", test_home_address);
	g_test_add_func("/decode/not-ours", test_not_ours);
	g_test_add_func("/decode/malformed", test_malformed);
	g_test_add_func("/decode/cut", test_cut);
	g_test_add_func("/decode/offload", test_offload);
	g_test_add_func("/decode/udp", test_udp);
	g_test_add_func("/decode/fast-open", test_fast_open);
	g_test_add_func("/decode/windows", test_windows);
	return g_test_run();
}
