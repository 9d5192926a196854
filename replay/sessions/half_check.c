/* What holds of a half-connection whenever a segment has been dealt with. */
#include <assert.h>

#include "replay/sessions/half_private.h"

/* A list that is longer is looked at by its ends only: checking all of it for each segment would make
 * hostile captures slow in the builds that are to look at them. */
#define CHECKED_PARTS 16u

void fdar_half_check(const struct fdar_half *half)
{
	const struct fdar_waiting_part *head = half->waiting.head;

	if (half->waiting.count <= CHECKED_PARTS)
		fdar_waiting_check(&half->waiting);
	/* What waits waits for something: what is next has been delivered, and so has what was before. */
	assert(half->state != FDAR_HALF_KNOWN || half->frozen || !head || fdar_half_at_fin(half) ||
	       fdar_seq_distance(head->segment.seq, half->next) > 0);
	/* Nothing is delivered behind the end. */
	assert(!half->fin_done || half->next == half->fin_seq);
	(void)head;
}
