/*
 * Tags: what may stand between an Ethernet frame's addresses and the ether type of its content.
 *
 * Place in the house: below link.c, private to the decoder.
 */
#ifndef FDAR_REPLAY_TAGS_H
#define FDAR_REPLAY_TAGS_H

#include "replay/capture/decoded.h"
#include "replay/capture/view.h"

enum fdar_ether_type {
	FDAR_ETHER_IPV4 = 0x0800,
	FDAR_ETHER_TRILL = 0x22f3,
	FDAR_ETHER_MESH = 0x4305, /* batman-adv */
	FDAR_ETHER_IPV6 = 0x86dd,
	FDAR_ETHER_VLAN = 0x8100,
	FDAR_ETHER_MPLS = 0x8847,
	FDAR_ETHER_MPLS_MULTICAST = 0x8848,
	FDAR_ETHER_PPPOE = 0x8864,
	FDAR_ETHER_PROVIDER = 0x88a8,
	FDAR_ETHER_MACSEC = 0x88e5,
	FDAR_ETHER_BACKBONE = 0x88e7,
	FDAR_ETHER_CMD = 0x8909,
	FDAR_ETHER_VNTAG = 0x8926,
	FDAR_ETHER_HSR = 0x892f,
	FDAR_ETHER_ETAG = 0x893f,
	FDAR_ETHER_NSH = 0x894f,
	FDAR_ETHER_QINQ = 0x9100,
	FDAR_ETHER_QINQ2 = 0x9200,
	FDAR_ETHER_QINQ3 = 0x9300,
	FDAR_ETHER_SWITCH = 0xdada,    /* DSA with an ether type */
	FDAR_ETHER_REDUNDANCY = 0xf1c1 /* 802.1CB */
};

/* The four bytes by which a switch's port and the processor tell one another where a frame came in (DSA): where the frame
 * had a VLAN's tag, its number is in them, and the tag is not. */
void fdar_tag_pass_switch(struct fdar_view *view, struct fdar_decoded *decoded);

/* Passes a tag of that type, to the ether type behind it; a VLAN goes into decoded. FALSE when it hides what follows or
 * is none. */
gboolean fdar_tag_pass(struct fdar_view *view, uint32_t type, struct fdar_decoded *decoded);

#endif
