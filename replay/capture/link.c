#include "replay/capture/link.h"

#include <pcap/pcap.h>

#include "replay/capture/tags.h"
#include "replay/capture/wireless.h"

#define TAGS_MAX 16u
/* Frames in each other (MPLS, NSH, batman-adv, TRILL): each takes some of the stack. */
#define FRAMES_MAX 16u

enum ppp_protocol { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281 };

gboolean fdar_link_ppp(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t protocol;

	if (!fdar_view_has(view, 2))
		return FALSE;
	protocol = fdar_view_u16(view, 0);
	if (protocol == 0xff03) { /* address and control, as on a serial line */
		view->at += 2;
		if (!fdar_view_has(view, 2))
			return FALSE;
		protocol = fdar_view_u16(view, 0);
	}
	/* One byte only when it is compressed (RFC 1661). */
	if (protocol >> 8 & 1) {
		protocol >>= 8;
		view->at += 1;
	} else {
		view->at += 2;
	}
	if (protocol == PPP_IPV4 || protocol == PPP_IPV6)
		return TRUE;
	return protocol == PPP_MPLS && fdar_link_mpls(view, decoded);
}

/* Cisco's framing, which LINKTYPE_PPP_HDLC may be too: address, control, ether type. */
static gboolean is_cisco(const struct fdar_view *view)
{
	return fdar_view_has(view, 4) && (fdar_view_u8(view, 0) & 0x7f) == 0x0f;
}

static gboolean pass_serial(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (is_cisco(view)) {
		view->at += 2;
		return fdar_link_ether_type(view, decoded);
	}
	return fdar_link_ppp(view, decoded);
}

/* LLC: with SNAP and an ether type behind it, or IP by its own number. */
static gboolean pass_llc(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (!fdar_view_has(view, 3))
		return FALSE;
	if (fdar_view_u16(view, 0) == 0xaaaa && fdar_view_u8(view, 2) == 3) {
		view->at += 6;
		return fdar_link_ether_type(view, decoded);
	}
	if (fdar_view_u16(view, 0) == 0x0606 && fdar_view_u8(view, 2) == 3) {
		view->at += 3;
		return TRUE;
	}
	return FALSE;
}

/* Does a known ether type stand behind the two addresses? */
static gboolean looks_like_ethernet(const struct fdar_view *view, uint32_t skip)
{
	uint32_t type;

	if (!fdar_view_has(view, skip + 14))
		return FALSE;
	type = fdar_view_u16(view, skip + 12);
	return type == FDAR_ETHER_IPV4 || type == FDAR_ETHER_IPV6 || type == FDAR_ETHER_VLAN ||
	       type == FDAR_ETHER_PROVIDER || type == FDAR_ETHER_MPLS || type == FDAR_ETHER_PPPOE;
}

gboolean fdar_link_mpls(struct fdar_view *view, struct fdar_decoded *decoded)
{
	gboolean last = FALSE;

	for (unsigned i = 0; i < TAGS_MAX && !last; i++) {
		if (!fdar_view_has(view, 4))
			return FALSE;
		last = fdar_view_u8(view, 2) & 1;
		view->at += 4;
	}
	if (!last || !fdar_view_has(view, 1))
		return FALSE;
	/* What comes next only its first bits tell (RFC 4928), or an ether type in it. */
	if (looks_like_ethernet(view, 0))
		return fdar_link_ethernet(view, decoded);
	if (fdar_view_u8(view, 0) >> 4 == 0 && looks_like_ethernet(view, 4)) {
		view->at += 4;
		return fdar_link_ethernet(view, decoded);
	}
	return fdar_view_u8(view, 0) >> 4 == 4 || fdar_view_u8(view, 0) >> 4 == 6;
}

gboolean fdar_link_nsh(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t size, next;

	if (!fdar_view_has(view, 8))
		return FALSE;
	size = (fdar_view_u8(view, 1) & 63) * 4;
	next = fdar_view_u8(view, 3);
	if (size < 8)
		return FALSE;
	view->at += size;
	if (next == 1 || next == 2)
		return TRUE;
	else if (next == 3)
		return fdar_link_ethernet(view, decoded);
	else if (next == 5)
		return fdar_link_mpls(view, decoded);
	return FALSE;
}

/* A frame in one of a mesh (batman-adv, version 15): to one station, also with the sender's address, or to all. Pieces
 * of frames are not put together. */
static gboolean pass_mesh(struct fdar_view *view, struct fdar_decoded *decoded)
{
	static const struct {
		uint8_t type, size;
	} kinds[] = { { 0x40, 10 }, { 0x42, 18 }, { 0x01, 14 } };

	if (!fdar_view_has(view, 2) || fdar_view_u8(view, 1) != 15)
		return FALSE;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (fdar_view_u8(view, 0) == kinds[i].type) {
			view->at += kinds[i].size;
			return fdar_link_ethernet(view, decoded);
		}
	return FALSE;
}

/* A frame that routing bridges carry (TRILL, RFC 6325), behind options whose words the header counts. */
static gboolean pass_trill(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (!fdar_view_has(view, 6) || fdar_view_u8(view, 0) >> 6 != 0)
		return FALSE;
	view->at += 6 + 4 * (fdar_view_u16(view, 0) >> 6 & 31);
	return fdar_link_ethernet(view, decoded);
}

gboolean fdar_link_ether_type(struct fdar_view *view, struct fdar_decoded *decoded)
{
	for (unsigned tags = 0; tags <= TAGS_MAX && fdar_view_has(view, 2); tags++) {
		uint32_t type = fdar_view_u16(view, 0);

		view->at += 2;
		switch (type) {
		case FDAR_ETHER_IPV4:
		case FDAR_ETHER_IPV6:
			return TRUE;
		case FDAR_ETHER_PPPOE: /* version, code, session, length */
			view->at += 6;
			return fdar_link_ppp(view, decoded);
		case FDAR_ETHER_MPLS:
		case FDAR_ETHER_MPLS_MULTICAST:
			return fdar_link_mpls(view, decoded);
		case FDAR_ETHER_NSH:
			return fdar_link_nsh(view, decoded);
		case FDAR_ETHER_MESH:
			return pass_mesh(view, decoded);
		case FDAR_ETHER_TRILL:
			return pass_trill(view, decoded);
		default:
			if (type <= 1500)
				return pass_llc(view, decoded);
			if (!fdar_tag_pass(view, type, decoded))
				return FALSE;
		}
	}
	return FALSE;
}

gboolean fdar_link_ethernet(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (view->frames++ == FRAMES_MAX)
		return FALSE;
	view->at += 12;
	return fdar_link_ether_type(view, decoded);
}

/* NULL: the sender's byte order, which may be this machine's or not; LOOP: network order. The
 * families of IPv6 differ between systems, so the IP header's own version decides. Some writers put
 * an ether type there. */
static gboolean pass_null(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t family;

	(void)decoded;
	if (!fdar_view_has(view, 4))
		return FALSE;
	family = fdar_view_u32(view, 0);
	if (family > 0xffff)
		family = GUINT32_SWAP_LE_BE(family);
	view->at += 4;
	return family == 2 || family == 10 || family == 24 || family == 28 || family == 30 ||
	       family == FDAR_ETHER_IPV4 || family == FDAR_ETHER_IPV6;
}

static gboolean pass_skip(struct fdar_view *view, uint32_t size, struct fdar_decoded *decoded)
{
	view->at += size;
	return fdar_link_ether_type(view, decoded);
}

/* Cooked v1: sixteen bytes, of which the last two are an ether type, or 4 for LLC. */
static gboolean pass_sll(struct fdar_view *view, struct fdar_decoded *decoded)
{
	return pass_skip(view, 14, decoded);
}

/* Cooked v2: the type comes first, its 20 bytes end with the link address. */
static gboolean pass_sll2(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t type;

	if (!fdar_view_has(view, 20))
		return FALSE;
	type = fdar_view_u16(view, 0);
	view->at += 20;
	switch (type) {
	case FDAR_ETHER_IPV4:
	case FDAR_ETHER_IPV6:
		return TRUE;
	case FDAR_ETHER_PPPOE:
		view->at += 6;
		return fdar_link_ppp(view, decoded);
	case FDAR_ETHER_MPLS:
	case FDAR_ETHER_MPLS_MULTICAST:
		return fdar_link_mpls(view, decoded);
	case 4:
		return pass_llc(view, decoded);
	default:
		return fdar_tag_pass(view, type, decoded) && fdar_link_ether_type(view, decoded);
	}
}

/* Frame relay (RFC 2427): an address of 2 to 4 bytes, a control byte, the protocol. */
static gboolean pass_frame_relay(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t at = 0, protocol;

	while (at < 4 && fdar_view_has(view, at + 1) && !(fdar_view_u8(view, at) & 1))
		at++;
	at++;
	if (!fdar_view_has(view, at + 3) || fdar_view_u8(view, at) != 3)
		return FALSE;
	at++;
	if (fdar_view_u8(view, at) == 0) /* a byte of padding */
		at++;
	if (!fdar_view_has(view, at + 1))
		return FALSE;
	protocol = fdar_view_u8(view, at);
	view->at += at + 1;
	switch (protocol) {
	case 0xcc:
	case 0x8e:
		return TRUE;
	case 0x80: /* SNAP */
		return pass_skip(view, 3, decoded);
	default:
		return FALSE;
	}
}

/* netfilter's log: a header of 4 bytes, then values with length and type in the byte order of the
 * machine that wrote them; type 9 is the packet. */
static gboolean pass_nflog(struct fdar_view *view, struct fdar_decoded *decoded)
{
	(void)decoded;
	view->at += 4;
	while (fdar_view_has(view, 4)) {
		uint32_t size = fdar_view_le16(view, 0), type = fdar_view_le16(view, 2);

		if (type > 255) {
			size = fdar_view_u16(view, 0);
			type = fdar_view_u16(view, 2);
		}
		if (size < 4)
			return FALSE;
		if (type == 9) {
			view->at += 4;
			return TRUE;
		}
		view->at += (size + 3) & ~3u;
	}
	return FALSE;
}

/* A header that tells its own length and the link type of what is in it. */
static gboolean pass_wrapped(struct fdar_view *view, uint32_t size, uint32_t link,
			     struct fdar_decoded *decoded)
{
	fdar_view_pass(view, size);
	/* One deep: nobody wraps what is wrapped. */
	return link != DLT_PPI && link != DLT_PKTAP && link != DLT_USER2 &&
	       !fdar_link_check((int)link) && fdar_link_pass((int)link, view, decoded);
}

static gboolean pass_pktap(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (fdar_view_has(view, 12) && fdar_view_le32(view, 0) >= 12)
		return pass_wrapped(view, fdar_view_le32(view, 0), fdar_view_le32(view, 8),
				    decoded);
	return FALSE;
}

/* macOS writes PKTAP with a number that is anybody's. */
static gboolean pass_user(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (fdar_view_has(view, 12) && fdar_view_le32(view, 0) >= 12 &&
	    fdar_view_has(view, fdar_view_le32(view, 0)) && fdar_view_le32(view, 4) == 1)
		return pass_pktap(view, decoded);
	decoded->kind = FDAR_DECODED_UNREAD;
	return FALSE;
}

static gboolean pass_ppi(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (fdar_view_has(view, 8) && fdar_view_le16(view, 2) >= 8)
		return pass_wrapped(view, fdar_view_le16(view, 2), fdar_view_le32(view, 4),
				    decoded);
	return FALSE;
}

static gboolean pass_pflog(struct fdar_view *view, struct fdar_decoded *decoded)
{
	(void)decoded;
	if (!fdar_view_has(view, 4))
		return FALSE;
	view->at += (fdar_view_u8(view, 0) + 3) & ~3u;
	return TRUE;
}

static gboolean pass_enc(struct fdar_view *view, struct fdar_decoded *decoded)
{
	(void)decoded;
	view->at += 12;
	return TRUE;
}

static gboolean pass_pppoe(struct fdar_view *view, struct fdar_decoded *decoded)
{
	view->at += 6;
	return fdar_link_ppp(view, decoded);
}

/* A byte that tells the direction, then PPP. */
static gboolean pass_directed(struct fdar_view *view, struct fdar_decoded *decoded)
{
	view->at += 1;
	return pass_serial(view, decoded);
}

static gboolean pass_ip(struct fdar_view *view, struct fdar_decoded *decoded)
{
	(void)view;
	(void)decoded;
	return TRUE;
}

static gboolean pass_wireless(struct fdar_view *view, struct fdar_decoded *decoded)
{
	return fdar_wireless_pass(view) && pass_llc(view, decoded);
}

static gboolean pass_radiotap(struct fdar_view *view, struct fdar_decoded *decoded)
{
	return fdar_wireless_pass_radiotap(view) && pass_llc(view, decoded);
}

static gboolean pass_avs(struct fdar_view *view, struct fdar_decoded *decoded)
{
	return fdar_wireless_pass_avs(view) && pass_llc(view, decoded);
}

static gboolean pass_prism(struct fdar_view *view, struct fdar_decoded *decoded)
{
	return fdar_wireless_pass_prism(view) && pass_llc(view, decoded);
}

/* The tag of a switch's own port to the processor (Linux: DSA), of Marvell's, behind the addresses; of Broadcom's, which has
 * no VLAN, there or in front of them. */
static gboolean pass_dsa(struct fdar_view *view, struct fdar_decoded *decoded)
{
	view->at += 12;
	fdar_tag_pass_switch(view, decoded);
	return fdar_link_ether_type(view, decoded);
}

static gboolean pass_switch(struct fdar_view *view, struct fdar_decoded *decoded)
{
	return pass_skip(view, 12 + 4, decoded);
}

static gboolean pass_switch_first(struct fdar_view *view, struct fdar_decoded *decoded)
{
	return pass_skip(view, 4 + 12, decoded);
}

/* FDDI: frame control, of which only that of LLC carries anything, two addresses. */
static gboolean pass_fddi(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (!fdar_view_has(view, 13) || (fdar_view_u8(view, 0) & 0xf0) != 0x50)
		return FALSE;
	view->at += 13;
	return pass_llc(view, decoded);
}

/* InfiniBand's global header, the ether type, two bytes that are reserved. */
static gboolean pass_infiniband(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t type;

	(void)decoded;
	if (!fdar_view_has(view, 44))
		return FALSE;
	type = fdar_view_u16(view, 40);
	view->at += 44;
	return type == FDAR_ETHER_IPV4 || type == FDAR_ETHER_IPV6;
}

static const struct {
	int link;
	gboolean (*pass)(struct fdar_view *view, struct fdar_decoded *decoded);
} kinds[] = {
	{ DLT_EN10MB, fdar_link_ethernet },
	{ DLT_LINUX_SLL, pass_sll },
	{ DLT_LINUX_SLL2, pass_sll2 },
	{ DLT_RAW, pass_ip },
	{ 101, pass_ip }, /* LINKTYPE_RAW, as some writers put it */
	{ 14, pass_ip },  /* DLT_RAW of OpenBSD */
	{ DLT_IPV4, pass_ip },
	{ DLT_IPV6, pass_ip },
	{ DLT_NULL, pass_null },
	{ DLT_LOOP, pass_null },
	{ DLT_PPP, pass_serial },
	{ DLT_PPP_SERIAL, pass_serial },
	{ DLT_PPP_ETHER, pass_pppoe },
	{ DLT_PPP_PPPD, pass_directed },
	{ DLT_PPP_WITH_DIR, pass_directed },
	{ DLT_C_HDLC, pass_serial },
	{ DLT_FRELAY, pass_frame_relay },
	{ DLT_IEEE802_11, pass_wireless },
	{ DLT_IEEE802_11_RADIO, pass_radiotap },
	{ DLT_IEEE802_11_RADIO_AVS, pass_avs },
	{ DLT_PRISM_HEADER, pass_prism },
	{ DLT_PPI, pass_ppi },
	{ DLT_PKTAP, pass_pktap },
	{ DLT_USER2, pass_user },
	{ DLT_NFLOG, pass_nflog },
	{ DLT_FDDI, pass_fddi },
	{ DLT_ATM_RFC1483, pass_llc },
	{ 100, pass_llc }, /* the same, in files */
	{ DLT_IPOIB, pass_infiniband },
	{ DLT_MPLS, fdar_link_mpls },
	{ DLT_ENC, pass_enc },
	{ DLT_PFLOG, pass_pflog },
	{ DLT_DSA_TAG_BRCM, pass_switch },
	{ DLT_DSA_TAG_BRCM_PREPEND, pass_switch_first },
	{ DLT_DSA_TAG_DSA, pass_dsa },
	{ DLT_DSA_TAG_EDSA, fdar_link_ethernet },
};

const char *fdar_link_check(int link)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].link == link)
			return NULL;
	return "Ethernet, Linux cooked, raw IP, NULL/loopback, PPP, HDLC, frame relay, 802.11, "
	       "PKTAP, PPI, NFLOG, DSA, FDDI, ATM, InfiniBand, MPLS, enc or pflog";
}

gboolean fdar_link_pass(int link, struct fdar_view *view, struct fdar_decoded *decoded)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].link == link) {
			return kinds[i].pass(view, decoded);
		}
	decoded->kind = FDAR_DECODED_UNREAD;
	return FALSE;
}
