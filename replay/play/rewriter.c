#include "replay/play/rewriter.h"

#include <string.h>
#include <time.h>

struct fdar_rewriter {
	struct fdar_edit_session *session;
	const struct fdar_script *script;
	GArray *pieces; /* struct fdar_edit_piece, of the message at hand */
	uint64_t first; /* of the script: the message's first piece */
	uint64_t told;  /* pieces of the server before this one are known to the session */
	const uint8_t *bytes;
};

struct fdar_rewriter *fdar_rewriter_new(struct fdar_edit *edit, const struct fdar_start *start)
{
	struct fdar_rewriter *rewriter = g_new0(struct fdar_rewriter, 1);
	const struct fdar_edit_who who = { .client = start->client,
					   .input = start->input,
					   .clone = start->clone,
					   .round = start->round,
					   .session = start->script->session->id };

	rewriter->session = fdar_edit_begin(edit, &who);
	rewriter->script = start->script;
	rewriter->pieces = g_array_new(FALSE, FALSE, sizeof(struct fdar_edit_piece));
	return rewriter;
}

void fdar_rewriter_free(struct fdar_rewriter *rewriter)
{
	if (!rewriter)
		return;
	fdar_edit_end(rewriter->session);
	g_array_unref(rewriter->pieces);
	g_free(rewriter);
}

void fdar_rewriter_heard(struct fdar_rewriter *rewriter, const uint8_t *bytes, size_t size)
{
	fdar_edit_heard(rewriter->session, bytes, size);
}

/* What the captured server said before that piece, and had not been told. */
static void tell_captured(struct fdar_rewriter *rewriter, uint64_t piece)
{
	for (; rewriter->told < piece; rewriter->told++) {
		const struct fdar_piece *one = &rewriter->script->pieces[rewriter->told];

		if (one->way == FDAR_FROM_SERVER && one->kind == FDAR_PIECE_DATA && one->length)
			fdar_edit_captured(rewriter->session,
					   fdar_script_payload(rewriter->script, one), one->length);
	}
}

/* From a piece on until the server has a word, or the client ends. */
static void collect(struct fdar_rewriter *rewriter, uint64_t first)
{
	const struct fdar_script *script = rewriter->script;
	gboolean datagrams = script->session->transport == FDAR_UDP;
	size_t all = 0;

	g_array_set_size(rewriter->pieces, 0);
	rewriter->first = first;
	for (uint64_t i = first; i < script->count; i++) {
		const struct fdar_piece *piece = &script->pieces[i];
		struct fdar_edit_piece one = { .size = piece->length };

		if (piece->kind != FDAR_PIECE_DATA || piece->way != FDAR_FROM_CLIENT)
			break;
		all += piece->length;
		if (i > first && (datagrams || all > FDAR_EDIT_MESSAGE_MAX))
			break;
		one.bytes =
			piece->length ? fdar_script_payload(script, piece) : (const uint8_t *)"";
		g_array_append_val(rewriter->pieces, one);
	}
}

const uint8_t *fdar_rewriter_piece(struct fdar_rewriter *rewriter, uint64_t piece, size_t *size)
{
	struct fdar_edit_piece *pieces;
	uint64_t index;
	size_t all, from;

	if (piece < rewriter->first || piece >= rewriter->first + rewriter->pieces->len) {
		tell_captured(rewriter, piece);
		collect(rewriter, piece);
		rewriter->bytes =
			fdar_edit_message(rewriter->session,
					  (struct fdar_edit_piece *)(void *)rewriter->pieces->data,
					  rewriter->pieces->len, (int64_t)time(NULL), &all);
	}
	pieces = (struct fdar_edit_piece *)(void *)rewriter->pieces->data;
	index = piece - rewriter->first;
	from = index ? pieces[index - 1].to : 0;
	*size = pieces[index].to - from;
	return *size ? rewriter->bytes + from : (const uint8_t *)"";
}
