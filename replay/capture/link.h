/*
 * Link layers: from a packet's first byte to its IP header.
 *
 * Place in the house: private to decode.h. Ethernet, Linux cooked v1 and v2, raw IP, NULL and LOOP,
 * PPP (in HDLC-like framing, with Cisco's in it, and PPPoE), Cisco HDLC, frame relay, 802.11
 * without encryption (bare, behind radiotap, AVS, Prism or PPI headers), PKTAP, NFLOG, and the
 * headers of OpenBSD's enc and pflog; tags of switches (Linux: DSA). In Ethernet: LLC/SNAP, MPLS, NSH, PPPoE,
 * batman-adv, TRILL; tags.h has those of 802.1Q, 802.1ad, VN-tag, E-tag, provider backbone bridging, HSR, MACsec
 * without encryption, CMD, DSA.
 */
#ifndef FDAR_REPLAY_LINK_H
#define FDAR_REPLAY_LINK_H

#include "replay/capture/decoded.h"
#include "replay/capture/view.h"

/* NULL when packets of this link type are read, else the types that are. */
const char *fdar_link_check(int link);

/* Each of these passes headers: TRUE when view is at an IP header then. What they tell about the network
 * goes into decoded, and that the link type is not read. */
gboolean fdar_link_pass(int link, struct fdar_view *view, struct fdar_decoded *decoded);

/* From the destination address of an Ethernet frame, from an ether type, from a PPP protocol, and
 * from an MPLS label on: for tunnels. */
gboolean fdar_link_ethernet(struct fdar_view *view, struct fdar_decoded *decoded);
gboolean fdar_link_ether_type(struct fdar_view *view, struct fdar_decoded *decoded);
gboolean fdar_link_ppp(struct fdar_view *view, struct fdar_decoded *decoded);
gboolean fdar_link_mpls(struct fdar_view *view, struct fdar_decoded *decoded);

/* From a network service header (RFC 8300) on. */
gboolean fdar_link_nsh(struct fdar_view *view, struct fdar_decoded *decoded);

#endif
