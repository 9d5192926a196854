/*
 * Tunnels: IP packets in IP packets; the innermost is the one that sessions are made of.
 *
 * Place in the house: private to decode.h. IP in IP of both versions, GRE (with Ethernet, PPP,
 * MPLS, ERSPAN I to III in it), EtherIP, MPLS in IP, L2TP's third version with Ethernet in it, and over
 * UDP: VXLAN, VXLAN-GPE, Geneve, GTP-U, Teredo, MPLS and L2TP's data. Over UDP a tunnel is known by its port only if all that follows is
 * as it must be, and the inner packet fits into the outer one: anybody may use a port. RFC 2784,
 * 2890, 2637, 2003, 4213, 3378, 4023, 7348, 8926, 4380, 7510, 2661, 3931, draft-foschiano-erspan-03, 3GPP TS
 * 29.281.
 */
#ifndef FDAR_REPLAY_TUNNEL_H
#define FDAR_REPLAY_TUNNEL_H

#include "replay/capture/decoded.h"
#include "replay/capture/view.h"

#define FDAR_TUNNELS_MAX 8u

enum fdar_tunnel {
	FDAR_TUNNEL_NONE,  /* what follows the IP header is no tunnel */
	FDAR_TUNNEL_IP,    /* there is an IP header in it, which view is at: if it is a good one */
	FDAR_TUNNEL_OTHER, /* a tunnel for certain, and what is in it is not IP */
	FDAR_TUNNEL_SURE   /* as FDAR_TUNNEL_IP, and a tunnel for certain */
};

/* view is at what follows an IP header, inner has its protocol, and gets what the tunnel tells: the
 * network, and checksums that cover what is in it. */
enum fdar_tunnel fdar_tunnel_pass(struct fdar_view *view, struct fdar_decoded *inner);

#endif
