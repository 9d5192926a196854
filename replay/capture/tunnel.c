#include "replay/capture/tunnel.h"

#include <netinet/in.h>

#include "replay/capture/link.h"

enum tunnel_port {
	PORT_L2TP = 1701,
	PORT_GTP = 2152,
	PORT_TEREDO = 3544,
	PORT_LISP = 4341,
	PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790,
	PORT_GUE = 6080,
	PORT_GENEVE = 6081,
	PORT_MPLS = 6635,
	PORT_VXLAN_LINUX = 8472
};

enum gre_type {
	GRE_IPV4 = 0x0800,
	GRE_IPV6 = 0x86dd,
	GRE_MPLS = 0x8847,
	GRE_ETHERNET = 0x6558,
	GRE_PPP = 0x880b,
	GRE_WCCP = 0x883e,
	GRE_NSH = 0x894f,
	GRE_ERSPAN = 0x88be,
	GRE_ERSPAN3 = 0x22eb
};

#define LISP_INSTANCE 0x08u
#define LISP_RESERVED 0x04u
#define LISP_KEYS     0x03u /* it is encrypted (RFC 8061) */

enum protocol { PROTOCOL_ETHERIP = 97, PROTOCOL_L2TP = 115, PROTOCOL_MPLS = 137 };

/* Bits of a GRE header's first two bytes. */
#define GRE_CHECKSUM 0x8000u
#define GRE_ROUTING  0x4000u
#define GRE_KEY      0x2000u
#define GRE_SEQUENCE 0x1000u
#define GRE_ACK      0x0080u

typedef gboolean (*pass_fn)(struct fdar_view *view, struct fdar_decoded *decoded);

static void cover(struct fdar_decoded *inner, uint32_t at)
{
	if (inner->covers < FDAR_COVERS_MAX)
		inner->cover_at[inner->covers++] = at;
}

/* ERSPAN: without a sequence number there is no header (type I). */
static gboolean pass_erspan(struct fdar_view *view, uint32_t type, gboolean numbered)
{
	if (type == GRE_ERSPAN) {
		if (numbered)
			view->at += 8;
		return TRUE;
	}
	if (!fdar_view_has(view, 12))
		return FALSE;
	view->at += fdar_view_u8(view, 11) & 1 ? 20 : 12;
	return TRUE;
}

/* The numbers between GRE's type and what it carries. */
static gboolean pass_gre(struct fdar_view *view, struct fdar_decoded *inner, uint32_t flags)
{
	gboolean enhanced = (flags & 7) == 1;

	if ((flags & 7) > 1 || flags & GRE_ROUTING)
		return FALSE;
	if (flags & GRE_CHECKSUM && fdar_view_has(view, 8))
		cover(inner, view->at + 4);
	view->at += 4;
	if (flags & GRE_CHECKSUM)
		view->at += 4;
	if (flags & GRE_KEY) {
		if (!fdar_view_has(view, 4))
			return FALSE;
		/* PPTP's has a length in it. */
		inner->net = fdar_net_mix(inner->net, IPPROTO_GRE,
					  fdar_view_u32(view, 0) & (enhanced ? 0xffff : ~0u));
		view->at += 4;
	}
	if (flags & GRE_SEQUENCE)
		view->at += 4;
	if (enhanced && flags & GRE_ACK)
		view->at += 4;
	return TRUE;
}

static gboolean pass_ip(struct fdar_view *view, struct fdar_decoded *inner)
{
	(void)inner;
	return fdar_view_has(view, 1);
}

static enum fdar_tunnel enter(struct fdar_view *view, struct fdar_decoded *inner, pass_fn pass)
{
	return pass(view, inner) ? FDAR_TUNNEL_IP : FDAR_TUNNEL_NONE;
}

static enum fdar_tunnel enter_gre(struct fdar_view *view, struct fdar_decoded *inner)
{
	uint32_t flags, type;

	if (!fdar_view_has(view, 4))
		return FDAR_TUNNEL_NONE;
	flags = fdar_view_u16(view, 0);
	type = fdar_view_u16(view, 2);
	if (!pass_gre(view, inner, flags))
		return FDAR_TUNNEL_NONE;
	switch (type) {
	case GRE_IPV4:
	case GRE_IPV6:
		return enter(view, inner, pass_ip);
	case GRE_MPLS:
		return enter(view, inner, fdar_link_mpls);
	case GRE_ETHERNET:
		return enter(view, inner, fdar_link_ethernet);
	case GRE_PPP:
		return enter(view, inner, fdar_link_ppp);
	case GRE_NSH:
		return enter(view, inner, fdar_link_nsh);
	case GRE_ERSPAN:
	case GRE_ERSPAN3:
		return pass_erspan(view, type, (flags & GRE_SEQUENCE) != 0)
			       ? enter(view, inner, fdar_link_ethernet)
			       : FDAR_TUNNEL_NONE;
	case GRE_WCCP: /* in its second version with a header of its own */
		if (fdar_view_has(view, 1) && fdar_view_u8(view, 0) >> 4 != 4)
			view->at += 4;
		return enter(view, inner, pass_ip);
	default:
		return FDAR_TUNNEL_NONE;
	}
}

/* GTP's header ends with a chain of extensions, where it says so. */
static gboolean pass_gtp(struct fdar_view *view, struct fdar_decoded *inner)
{
	uint32_t flags, next;

	if (!fdar_view_has(view, 12))
		return FALSE;
	flags = fdar_view_u8(view, 0);
	if ((flags & 0xf0) != 0x30 || fdar_view_u8(view, 1) != 0xff ||
	    fdar_view_u16(view, 2) + 8 != view->length - view->at)
		return FALSE;
	inner->net = fdar_net_mix(inner->net, PORT_GTP, fdar_view_u32(view, 4));
	next = flags & 4 ? fdar_view_u8(view, 11) : 0;
	view->at += flags & 7 ? 12 : 8;
	while (next) {
		uint32_t size;

		if (!fdar_view_has(view, 4))
			return FALSE;
		size = fdar_view_u8(view, 0) * 4;
		if (size == 0 || !fdar_view_has(view, size))
			return FALSE;
		next = fdar_view_u8(view, size - 1);
		view->at += size;
	}
	return TRUE;
}

/* Bits of a header of L2TP: not data, a length, numbers, an offset, and those that are 0. */
#define L2TP_CONTROL  0x8000u
#define L2TP_LENGTH   0x4000u
#define L2TP_NUMBERS  0x0800u
#define L2TP_OFFSET   0x0200u
#define L2TP_RESERVED 0x34f0u

#define ETHERNET_FILLED 60u /* the shortest frame, without its checksum */

/* Whether an IP packet starts here that ends where what it is in does, but for what fills up the
 * shortest of Ethernet's frames. */
static gboolean is_all_ip(const struct fdar_view *view, uint32_t frame_at)
{
	uint32_t size, version, left;

	if (!fdar_view_has(view, 20))
		return FALSE;
	version = fdar_view_u8(view, 0) >> 4;
	if (version != 4 && version != 6)
		return FALSE;
	size = version == 4 ? fdar_view_u16(view, 2) : 40 + fdar_view_u16(view, 4);
	left = view->length - view->at;
	return size == left || (size < left && view->length - frame_at <= ETHERNET_FILLED);
}

/* Data of L2TP's third version, behind what says so, of Ethernet. How long the cookie and the sublayer
 * behind the session's number are is not said in the packet: they are what leaves a whole frame. Session
 * 0 is that of control messages. */
static gboolean pass_l2tp3(struct fdar_view *view, struct fdar_decoded *inner)
{
	static const uint32_t sizes[] = { 0, 4, 8, 12 };
	uint32_t session;

	if (!fdar_view_has(view, 4) || !fdar_view_u32(view, 0))
		return FALSE;
	session = fdar_view_u32(view, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		uint32_t frame_at = view->at + 4 + sizes[i];
		struct fdar_view frame = *view;
		struct fdar_decoded found = *inner;

		frame.at = frame_at;
		found.net = fdar_net_mix(inner->net, PORT_L2TP, session);
		if (!fdar_link_ethernet(&frame, &found) || !is_all_ip(&frame, frame_at))
			continue;
		*view = frame;
		*inner = found;
		return TRUE;
	}
	return FALSE;
}

/* Data of L2TP over UDP: of its second version, which is PPP, or of its third. */
static pass_fn pass_l2tp(struct fdar_view *view, struct fdar_decoded *inner)
{
	uint32_t flags, at = 2;

	if (!fdar_view_has(view, 6))
		return NULL;
	flags = fdar_view_u16(view, 0);
	if (flags == 3 && fdar_view_u16(view, 2) == 0) {
		view->at += 4;
		return pass_l2tp3;
	}
	if (flags & (L2TP_CONTROL | L2TP_RESERVED) || (flags & 15) != 2)
		return NULL;
	if (flags & L2TP_LENGTH) {
		if (fdar_view_u16(view, at) != view->length - view->at)
			return NULL;
		at += 2;
	}
	if (!fdar_view_has(view, at + 4))
		return NULL;
	inner->net = fdar_net_mix(inner->net, PORT_L2TP, fdar_view_u32(view, at));
	at += 4;
	if (flags & L2TP_NUMBERS)
		at += 4;
	if (flags & L2TP_OFFSET) {
		if (!fdar_view_has(view, at + 2))
			return NULL;
		at += 2 + fdar_view_u16(view, at);
	}
	view->at += at;
	return fdar_link_ppp;
}

/* Teredo: authentication and origin may come first. */
static gboolean pass_teredo(struct fdar_view *view)
{
	if (fdar_view_has(view, 4) && fdar_view_u16(view, 0) == 1)
		view->at += 4 + fdar_view_u8(view, 2) + fdar_view_u8(view, 3) + 9;
	if (fdar_view_has(view, 2) && fdar_view_u16(view, 0) == 0)
		view->at += 8;
	return fdar_view_has(view, 1) && fdar_view_u8(view, 0) >> 4 == 6;
}

static pass_fn pass_vxlan(struct fdar_view *view, struct fdar_decoded *inner, gboolean generic)
{
	uint32_t flags, next;

	if (!fdar_view_has(view, 8))
		return NULL;
	flags = fdar_view_u8(view, 0);
	next = fdar_view_u8(view, 3);
	/* Many use the port of the plain one, too, and say what follows. */
	if (flags == 0x0c && next >= 1 && next <= 5 && !(fdar_view_u16(view, 1)))
		generic = TRUE;
	/* The flag of the network identifier is set; the policy extension may be there. */
	if (!(flags & 8) || fdar_view_u8(view, 7) != 0 || (!generic && (flags & 0x77) != 0) ||
	    (!generic && flags == 8 && fdar_view_u16(view, 2)))
		return NULL;
	inner->net = fdar_net_mix(inner->net, PORT_VXLAN, fdar_view_u32(view, 4) >> 8);
	view->at += 8;
	if (!generic || !(flags & 4) || next == 3)
		return fdar_link_ethernet;
	switch (next) {
	case 1:
	case 2:
		return pass_ip;
	case 4:
		return fdar_link_nsh;
	case 5:
		return fdar_link_mpls;
	default:
		return NULL;
	}
}

static pass_fn pass_geneve(struct fdar_view *view, struct fdar_decoded *inner)
{
	uint32_t type, size;

	if (!fdar_view_has(view, 8))
		return NULL;
	type = fdar_view_u16(view, 2);
	size = 8 + (fdar_view_u8(view, 0) & 63) * 4;
	if (fdar_view_u8(view, 0) >> 6 != 0 || fdar_view_u8(view, 7) != 0 ||
	    !fdar_view_has(view, size))
		return NULL;
	inner->net = fdar_net_mix(inner->net, PORT_GENEVE, fdar_view_u32(view, 4) >> 8);
	view->at += size;
	if (type == GRE_ETHERNET)
		return fdar_link_ethernet;
	if (type == GRE_NSH)
		return fdar_link_nsh;
	return type == GRE_IPV4 || type == GRE_IPV6 ? pass_ip : NULL;
}

/* LISP (RFC 9300): flags, a nonce or versions, the instance where it has one. */
static gboolean pass_lisp(struct fdar_view *view, struct fdar_decoded *inner)
{
	uint32_t flags;

	if (!fdar_view_has(view, 8))
		return FALSE;
	flags = fdar_view_u8(view, 0);
	if (flags & (LISP_RESERVED | LISP_KEYS))
		return FALSE;
	if (flags & LISP_INSTANCE)
		inner->net = fdar_net_mix(inner->net, PORT_LISP, fdar_view_u32(view, 4) >> 8);
	view->at += 8;
	return TRUE;
}

/* Generic UDP encapsulation, as Linux has it: a header that names the protocol; its second kind has none at all. */
static gboolean pass_gue(struct fdar_view *view)
{
	uint32_t first, protocol;

	if (!fdar_view_has(view, 4))
		return FALSE;
	first = fdar_view_u8(view, 0);
	protocol = fdar_view_u8(view, 1);
	if (first >> 6 == 1)
		return TRUE;
	if (first >> 5 != 0 || (protocol != IPPROTO_IPIP && protocol != IPPROTO_IPV6))
		return FALSE;
	view->at += 4 + first * 4;
	return TRUE;
}

/* What follows in a datagram to one of the tunnels' ports; NULL when it is no tunnel. */
static pass_fn pass_udp(struct fdar_view *view, struct fdar_decoded *inner, uint32_t src,
			uint32_t dst)
{
	switch (dst) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
	case PORT_VXLAN_GPE:
		return pass_vxlan(view, inner, dst == PORT_VXLAN_GPE);
	case PORT_GENEVE:
		return pass_geneve(view, inner);
	case PORT_GTP:
		return pass_gtp(view, inner) ? pass_ip : NULL;
	case PORT_MPLS:
		return fdar_link_mpls;
	case PORT_LISP:
		return pass_lisp(view, inner) ? pass_ip : NULL;
	case PORT_GUE:
		return pass_gue(view) ? pass_ip : NULL;
	default:
		/* Answers go to a port of the asker's, which is often the same. */
		if (src == PORT_L2TP || dst == PORT_L2TP)
			return pass_l2tp(view, inner);
		if (src != PORT_TEREDO && dst != PORT_TEREDO)
			return NULL;
		return pass_teredo(view) ? pass_ip : NULL;
	}
}

static enum fdar_tunnel enter_udp(struct fdar_view *view, struct fdar_decoded *inner)
{
	uint32_t src, dst;
	gboolean sure, there;
	pass_fn pass;

	if (!fdar_view_has(view, 8))
		return FDAR_TUNNEL_NONE;
	src = fdar_view_u16(view, 0);
	dst = fdar_view_u16(view, 2);
	if (fdar_view_u16(view, 6))
		cover(inner, view->at + 6);
	view->at += 8;
	pass = pass_udp(view, inner, src, dst);
	if (!pass)
		return FDAR_TUNNEL_NONE;
	sure = pass == fdar_link_ethernet && dst != PORT_VXLAN_LINUX;
	there = pass(view, inner);
	if (sure)
		return there ? FDAR_TUNNEL_SURE : FDAR_TUNNEL_OTHER;
	return there ? FDAR_TUNNEL_IP : FDAR_TUNNEL_NONE;
}

enum fdar_tunnel fdar_tunnel_pass(struct fdar_view *view, struct fdar_decoded *inner)
{
	if (inner->tunnels >= FDAR_TUNNELS_MAX)
		return FDAR_TUNNEL_NONE;
	switch (inner->protocol) {
	case IPPROTO_UDP:
		return enter_udp(view, inner);
	case IPPROTO_GRE:
		return enter_gre(view, inner);
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return enter(view, inner, pass_ip);
	case PROTOCOL_ETHERIP: /* version 3, reserved bits */
		if (!fdar_view_has(view, 2) || fdar_view_u8(view, 0) != 0x30)
			return FDAR_TUNNEL_NONE;
		view->at += 2;
		return enter(view, inner, fdar_link_ethernet);
	case PROTOCOL_MPLS:
		return enter(view, inner, fdar_link_mpls);
	case PROTOCOL_L2TP:
		return enter(view, inner, pass_l2tp3);
	default:
		return FDAR_TUNNEL_NONE;
	}
}
