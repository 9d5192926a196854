#include "replay/capture/tags.h"

#define DSA_TAGGED       0x20u
#define MACSEC_SCI       0x20u
#define MACSEC_ENCRYPTED 0x0cu /* the bits E and C */

/* A tag of VLAN 0 has a priority only. */
static void note_vlan(struct fdar_decoded *decoded, uint32_t tag)
{
	if (tag & 0xfff)
		decoded->net = fdar_net_mix(decoded->net, FDAR_ETHER_VLAN, tag & 0xfff);
}

void fdar_tag_pass_switch(struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (fdar_view_has(view, 4) && fdar_view_u8(view, 0) & DSA_TAGGED)
		note_vlan(decoded, fdar_view_u16(view, 2));
	view->at += 4;
}

gboolean fdar_tag_pass(struct fdar_view *view, uint32_t type, struct fdar_decoded *decoded)
{
	uint32_t control;

	switch (type) {
	case FDAR_ETHER_VLAN:
	case FDAR_ETHER_PROVIDER:
	case FDAR_ETHER_QINQ:
	case FDAR_ETHER_QINQ2:
	case FDAR_ETHER_QINQ3:
		if (!fdar_view_has(view, 2))
			return FALSE;
		note_vlan(decoded, fdar_view_u16(view, 0));
		view->at += 2;
		return TRUE;
	case FDAR_ETHER_VNTAG:
	case FDAR_ETHER_HSR: /* path and size, a number */
	case FDAR_ETHER_REDUNDANCY:
		view->at += 4;
		return TRUE;
	case FDAR_ETHER_ETAG:
	case FDAR_ETHER_CMD:
		view->at += 6;
		return TRUE;
	case FDAR_ETHER_SWITCH:
		view->at += 2;
		fdar_tag_pass_switch(view, decoded);
		return TRUE;
	case FDAR_ETHER_BACKBONE: /* a service tag, and the customer's addresses */
		if (!fdar_view_has(view, 4))
			return FALSE;
		decoded->net = fdar_net_mix(decoded->net, FDAR_ETHER_BACKBONE,
					    fdar_view_u32(view, 0) & 0xffffff);
		view->at += 4 + 12;
		return TRUE;
	case FDAR_ETHER_MACSEC:
		if (!fdar_view_has(view, 6))
			return FALSE;
		control = fdar_view_u8(view, 0);
		view->at += control & MACSEC_SCI ? 14 : 6;
		return !(control & MACSEC_ENCRYPTED);
	default:
		return FALSE;
	}
}
