#include "replay/rewrite/excerpt.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/capture/pcap_file.h"
#include "replay/rewrite/anew.h"
#include "replay/rewrite/original.h"

struct fdar_excerpt {
	struct fdar_original *original;
	struct fdar_sessions *sessions;
	uint32_t *exchanges; /* of each session; 0: nothing can be left out of it */
};

static uint32_t count_exchanges(const struct fdar_sessions *sessions,
				const struct fdar_session *session)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	struct fdar_anew_walk walk = { 0 };
	uint32_t count = 0;

	if (fdar_sessions_tls(sessions, session) || session->odd & FDAR_ODD_VIEW)
		return 0;
	for (uint64_t i = 0; i < session->pieces; i++) {
		const struct fdar_piece *piece = &pieces[i];

		if (piece->kind == FDAR_PIECE_GAP || piece->syn || piece->urgent)
			return 0;
		count = MAX(count, fdar_anew_exchange(&walk, piece) + 1);
	}
	return MAX(count, 1);
}

struct fdar_excerpt *fdar_excerpt_open(const char *path, const struct fdar_load_options *options,
				       GError **error)
{
	struct fdar_excerpt *excerpt = g_new0(struct fdar_excerpt, 1);
	size_t count;

	excerpt->sessions = fdar_sessions_load(path, options, error);
	if (excerpt->sessions)
		excerpt->original = fdar_original_load(path, options, error);
	if (!excerpt->original) {
		fdar_excerpt_free(excerpt);
		return NULL;
	}
	count = fdar_sessions_count(excerpt->sessions);
	/* The file was changed between the two readings. */
	if (count != excerpt->original->sessions->len) {
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_DAMAGED,
			    "%s: had %u sessions, and then %u: it changes while it is read", path,
			    (unsigned)count, excerpt->original->sessions->len);
		fdar_excerpt_free(excerpt);
		return NULL;
	}
	excerpt->exchanges = g_new(uint32_t, count);
	for (size_t i = 0; i < count; i++)
		excerpt->exchanges[i] =
			count_exchanges(excerpt->sessions, fdar_sessions_get(excerpt->sessions, i));
	return excerpt;
}

const struct fdar_sessions *fdar_excerpt_sessions(const struct fdar_excerpt *excerpt)
{
	return excerpt->sessions;
}

uint32_t fdar_excerpt_exchanges(const struct fdar_excerpt *excerpt, uint32_t session)
{
	return MAX(excerpt->exchanges[session], 1);
}

gboolean fdar_excerpt_can_cut(const struct fdar_excerpt *excerpt, uint32_t session)
{
	return excerpt->exchanges[session] > 0;
}

/* Whether something of it is left out. */
static gboolean is_cut(const struct fdar_excerpt *excerpt, const struct fdar_excerpt_part *part)
{
	if (!fdar_excerpt_can_cut(excerpt, part->session))
		return FALSE;
	if (part->cut && part->cut->count)
		return TRUE;
	return part->exchanges &&
	       memchr(part->exchanges, 0, excerpt->exchanges[part->session]) != NULL;
}

/* What is being written. */
struct writing {
	const struct fdar_excerpt *excerpt;
	struct fdar_pcap_writer *writer;
	struct fdar_anew *anew; /* of sessions that are cut */
	uint8_t *whole;         /* by session: its packets are copied */
	gboolean ethernet;      /* packets of other link layers are put into it */
	uint64_t epoch_ns;      /* of time 0 on the time line */
};

/* FALSE: writing fails, which fdar_pcap_writer_finish tells. */
static gboolean copy(const struct writing *writing, const struct fdar_shape *shape)
{
	const uint8_t *frame = fdar_original_frame(shape);
	gboolean convert =
		writing->ethernet && (writing->excerpt->original->mixed
					      ? shape->strip != FDAR_SHAPE_ETHERNET
					      : writing->excerpt->original->link != DLT_EN10MB);
	uint32_t from = convert ? shape->strip : 0, more = convert ? FDAR_PCAP_ETHER_BYTES : 0;
	uint8_t *out;

	/* The snap length left no room for the link layer that takes the place. */
	if (shape->captured <= from || shape->captured - from + more > FDAR_PCAP_SNAPLEN)
		return TRUE;
	out = fdar_pcap_writer_reserve(writing->writer, writing->epoch_ns + shape->time_ns,
				       shape->captured - from + more, shape->length - from + more);
	if (!out)
		return FALSE;
	if (convert)
		fdar_pcap_put_ether(out, shape->way == FDAR_FROM_CLIENT, frame[from] >> 4 == 6);
	memcpy(out + more, frame + from, shape->captured - from);
	return TRUE;
}

static void write_all(struct writing *writing)
{
	const struct fdar_original *original = writing->excerpt->original;
	const struct fdar_shape *shape = (const void *)original->records;

	for (uint64_t i = 0; i < original->packets; i++) {
		if (writing->whole[shape->session] &&
		    (!fdar_anew_put(writing->anew, writing->writer, writing->epoch_ns,
				    shape->time_ns) ||
		     !copy(writing, shape)))
			return;
		shape = fdar_original_next(shape);
	}
	fdar_anew_put(writing->anew, writing->writer, writing->epoch_ns, UINT64_MAX);
}

/* Which sessions are copied, and what of the others is written anew. ones: memory for those that keep all exchanges. */
static void sort_out(struct writing *writing, const struct fdar_excerpt_part *parts, size_t count,
		     const uint8_t **keep, const struct fdar_cut **cuts, GPtrArray *ones)
{
	for (size_t i = 0; i < count; i++) {
		const struct fdar_excerpt_part *part = &parts[i];
		uint8_t *all;

		if (!is_cut(writing->excerpt, part)) {
			writing->whole[part->session] = 1;
			continue;
		}
		writing->ethernet = TRUE;
		cuts[part->session] = part->cut;
		keep[part->session] = part->exchanges;
		if (part->exchanges)
			continue;
		all = g_malloc(writing->excerpt->exchanges[part->session]);
		memset(all, 1, writing->excerpt->exchanges[part->session]);
		g_ptr_array_add(ones, all);
		keep[part->session] = all;
	}
}

gboolean fdar_excerpt_write(const struct fdar_excerpt *excerpt,
			    const struct fdar_excerpt_part *parts, size_t count, const char *output,
			    GError **error)
{
	const struct fdar_original *original = excerpt->original;
	size_t sessions = fdar_sessions_count(excerpt->sessions);
	g_autofree const uint8_t **keep = g_new0(const uint8_t *, sessions);
	g_autofree const struct fdar_cut **cuts = g_new0(const struct fdar_cut *, sessions);
	g_autofree uint8_t *whole = g_malloc0(sessions);
	g_autoptr(GPtrArray) ones = g_ptr_array_new_with_free_func(g_free);
	const struct fdar_anew_how how = { .segment = FDAR_ANEW_JOINED,
					   .keep = keep,
					   .cuts = cuts };
	struct writing writing = { .excerpt = excerpt,
				   .whole = whole,
				   .ethernet = original->mixed,
				   .epoch_ns = original->epoch_ns - original->first_ns };
	gboolean fine = FALSE;

	sort_out(&writing, parts, count, keep, cuts, ones);
	writing.anew = fdar_anew_new(excerpt->sessions, &how);
	writing.writer =
		fdar_pcap_writer_new(output, writing.ethernet ? DLT_EN10MB : original->link, TRUE,
				     error);
	if (writing.writer) {
		write_all(&writing);
		fine = fdar_pcap_writer_finish(writing.writer, error);
	}
	fdar_pcap_writer_free(writing.writer);
	fdar_anew_free(writing.anew);
	return fine;
}

void fdar_excerpt_free(struct fdar_excerpt *excerpt)
{
	if (!excerpt)
		return;
	fdar_original_free(excerpt->original);
	fdar_sessions_free(excerpt->sessions);
	g_free(excerpt->exchanges);
	g_free(excerpt);
}
