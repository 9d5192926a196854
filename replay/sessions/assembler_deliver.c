/* What the assembler's own parts call: a piece to whom it is for, counted on its way, and the two sides. */
#include "replay/sessions/assembler_private.h"

void fdar_flow_set_sides(struct fdar_flow *flow, gboolean low_is_client)
{
	flow->low_is_client = low_is_client != FALSE;
	flow->session.client = low_is_client ? flow->key.low : flow->key.high;
	flow->session.server = low_is_client ? flow->key.high : flow->key.low;
}

static void count_arrival(struct fdar_flow *flow, const struct fdar_arrival *arrival)
{
	const struct fdar_piece *piece = &arrival->piece;
	struct fdar_way_totals *totals = &flow->session.way[piece->way];

	switch (piece->kind) {
	case FDAR_PIECE_DATA:
		totals->bytes += piece->length;
		totals->pieces++;
		if (flow->last_way != piece->way + 1u)
			totals->messages++;
		flow->last_way = (uint8_t)(piece->way + 1u);
		break;
	case FDAR_PIECE_GAP:
		totals->gap_bytes += piece->length;
		break;
	default:
		break;
	}
	flow->session.pieces++;
}

void fdar_assembler_deliver(struct fdar_assembler *assembler, struct fdar_flow *flow,
			    const struct fdar_arrival *arrival)
{
	struct fdar_session *session = &flow->session;

	count_arrival(flow, arrival);
	if (session->ended == FDAR_ENDED_RST && arrival->piece.kind == FDAR_PIECE_DATA)
		session->odd |= FDAR_ODD_AFTER_END;
	if (arrival->piece.kind == FDAR_PIECE_FIN && session->ended != FDAR_ENDED_RST) {
		if (session->ended == FDAR_ENDED_OPEN)
			session->ended_by = arrival->piece.way;
		session->ended =
			session->ended == FDAR_ENDED_HALF ? FDAR_ENDED_FIN : FDAR_ENDED_HALF;
	}
	if (assembler->ops->arrived)
		assembler->ops->arrived(assembler->user, session, flow->data, arrival);
}
