/* Several SYNs of one half with different numbers: part of half.h. */
#include "replay/sessions/half_private.h"

const uint32_t *fdar_half_preferred(const struct fdar_half *half, uint32_t seq)
{
	int32_t best = fdar_seq_distance(seq, half->isn + 1);
	const uint32_t *found = NULL;

	if (half->offset > 0)
		return NULL;
	for (unsigned i = 0; i < half->others; i++) {
		int32_t distance = fdar_seq_distance(seq, half->other_isns[i] + 1);

		if (distance < 0 || distance > FDAR_HALF_GUESS_WINDOW ||
		    (best >= 0 && best <= distance))
			continue;
		best = distance;
		found = &half->other_isns[i];
	}
	return found;
}

gboolean fdar_half_has_other(const struct fdar_half *half, uint32_t isn)
{
	for (unsigned i = 0; i < half->others; i++) {
		if (half->other_isns[i] == isn)
			return TRUE;
	}
	return FALSE;
}

void fdar_half_remember(struct fdar_half *half, uint32_t isn)
{
	if (fdar_half_has_other(half, isn))
		return;
	half->others = (uint8_t)MIN(half->others + 1, FDAR_HALF_OTHERS);
	for (unsigned i = half->others - 1u; i > 0; i--)
		half->other_isns[i] = half->other_isns[i - 1];
	half->other_isns[0] = isn;
}

gboolean fdar_half_begins_at(const struct fdar_half *half, uint32_t isn)
{
	return half->state == FDAR_HALF_UNKNOWN || isn + 1 == half->next - (uint32_t)half->offset;
}
