#include "replay/capture/wireless.h"

#define HEADER_BYTES 24u
#define PRISM_BYTES  144u

/* Bits of the frame control field: its first byte, then its second. */
#define TYPE_MASK    0x0cu
#define TYPE_DATA    0x08u
#define NO_DATA      0x40u
#define QOS          0x80u
#define BOTH_SYSTEMS 0x03u /* to and from a distribution system: a fourth address */
#define PROTECTED    0x40u
#define ORDER        0x80u

static gboolean pass_frame(struct fdar_view *view, gboolean padded)
{
	uint32_t control, flags, size = HEADER_BYTES;
	gboolean aggregate = FALSE;

	if (!fdar_view_has(view, HEADER_BYTES))
		return FALSE;
	control = fdar_view_u8(view, 0);
	flags = fdar_view_u8(view, 1);
	if ((control & TYPE_MASK) != TYPE_DATA || control & NO_DATA || flags & PROTECTED)
		return FALSE;
	if ((flags & BOTH_SYSTEMS) == BOTH_SYSTEMS)
		size += 6;
	if (control & QOS) {
		if (!fdar_view_has(view, size + 2))
			return FALSE;
		aggregate = (fdar_view_u8(view, size) & 0x80) != 0;
		size += 2;
		if (flags & ORDER)
			size += 4;
	}
	if (padded)
		size = (size + 3) & ~3u;
	/* Of several packets in a frame the first is read. */
	view->at += size + (aggregate ? 14 : 0);
	return TRUE;
}

gboolean fdar_wireless_pass(struct fdar_view *view)
{
	return pass_frame(view, FALSE);
}

/* Whether radiotap's flags say that the 802.11 header is padded to four bytes. */
static gboolean is_padded(const struct fdar_view *view, uint32_t size)
{
	uint32_t present = fdar_view_le32(view, 4);
	uint32_t at = 8, words = present;

	while (words >> 31 && at + 4 <= size && fdar_view_has(view, at + 4)) {
		words = fdar_view_le32(view, at);
		at += 4;
	}
	if (!(present & 2)) /* no flags */
		return FALSE;
	if (present & 1) /* a time stamp before them, aligned */
		at = ((at + 7) & ~7u) + 8;
	return at < size && fdar_view_has(view, at + 1) && fdar_view_u8(view, at) & 0x20;
}

gboolean fdar_wireless_pass_radiotap(struct fdar_view *view)
{
	uint32_t size;
	gboolean padded;

	if (!fdar_view_has(view, 8))
		return FALSE;
	size = fdar_view_le16(view, 2);
	if (size < 8)
		return FALSE;
	padded = is_padded(view, size);
	view->at += size;
	return pass_frame(view, padded);
}

gboolean fdar_wireless_pass_avs(struct fdar_view *view)
{
	if (!fdar_view_has(view, 8) || fdar_view_u32(view, 4) < 8 ||
	    fdar_view_u32(view, 4) > view->captured)
		return FALSE;
	view->at += fdar_view_u32(view, 4);
	return pass_frame(view, FALSE);
}

/* Some cards put AVS headers under Prism's number: these have a version in front. */
gboolean fdar_wireless_pass_prism(struct fdar_view *view)
{
	if (fdar_view_has(view, 8) && fdar_view_u32(view, 0) >> 12 == 0x80211) {
		return fdar_wireless_pass_avs(view);
	}
	view->at += PRISM_BYTES;
	return pass_frame(view, FALSE);
}
