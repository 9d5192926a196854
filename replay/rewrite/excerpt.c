#include "replay/rewrite/excerpt.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/capture/pcap_file.h"
#include "replay/rewrite/remade.h"
#include "replay/rewrite/original.h"

struct fdar_excerpt {
	struct fdar_original *original;
	struct fdar_sessions *sessions;
	uint32_t *exchanges; /* of each session */
};

static uint32_t count_exchanges(const struct fdar_sessions *sessions,
				const struct fdar_session *session)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	struct fdar_remade_walk walk = { 0 };
	uint32_t count = 0;

	if (fdar_sessions_tls(sessions, session) || session->odd & FDAR_ODD_VIEW)
		return 1;
	for (uint64_t i = 0; i < session->pieces; i++) {
		const struct fdar_piece *piece = &pieces[i];

		if (piece->kind == FDAR_PIECE_GAP || piece->syn || piece->urgent)
			return 1;
		count = MAX(count, fdar_remade_exchange(&walk, piece) + 1);
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
	return excerpt->exchanges[session];
}

/* Whether something of it is left out. */
static gboolean is_cut(const struct fdar_excerpt *excerpt, const struct fdar_excerpt_part *part)
{
	if (!part->exchanges || excerpt->exchanges[part->session] == 1)
		return FALSE;
	return memchr(part->exchanges, 0, excerpt->exchanges[part->session]) != NULL;
}

/* What is being written. */
struct writing {
	const struct fdar_excerpt *excerpt;
	struct fdar_pcap_writer *writer;
	uint8_t *whole;    /* by session: its packets are copied */
	gboolean ethernet; /* packets of other link layers are put into it */
	GArray *anew;      /* struct fdar_remade_packet, by time */
	guint next;        /* of these */
};

static uint64_t epoch_of(const struct writing *writing, uint64_t time_ns)
{
	const struct fdar_original *original = writing->excerpt->original;

	return original->epoch_ns + (time_ns - original->first_ns);
}

/* FALSE: writing fails, which fdar_pcap_writer_finish tells. */
static gboolean copy(const struct writing *writing, const struct fdar_shape *shape)
{
	const uint8_t *frame = fdar_original_frame(shape);
	gboolean convert =
		writing->ethernet && (writing->excerpt->original->mixed
					      ? shape->strip > 0
					      : writing->excerpt->original->link != DLT_EN10MB);
	uint32_t from = convert ? shape->strip : 0, more = convert ? FDAR_PCAP_ETHER_BYTES : 0;
	uint8_t *out;

	/* The snap length left no room for the link layer that takes the place. */
	if (shape->captured <= from || shape->captured - from + more > FDAR_PCAP_SNAPLEN)
		return TRUE;
	out = fdar_pcap_writer_reserve(writing->writer, epoch_of(writing, shape->time_ns),
				       shape->captured - from + more, shape->length - from + more);
	if (!out)
		return FALSE;
	if (convert)
		fdar_pcap_put_ether(out, shape->way == FDAR_FROM_CLIENT, frame[from] >> 4 == 6);
	memcpy(out + more, frame + from, shape->captured - from);
	return TRUE;
}

/* Those that are due before a time. */
static gboolean put_anew(struct writing *writing, uint64_t before_ns)
{
	for (; writing->next < writing->anew->len; writing->next++) {
		const struct fdar_remade_packet *packet =
			&g_array_index(writing->anew, struct fdar_remade_packet, writing->next);
		uint32_t bytes = fdar_remade_bytes(packet);
		uint8_t *out;

		if (packet->time_ns > before_ns)
			break;
		out = fdar_pcap_writer_reserve(writing->writer, epoch_of(writing, packet->time_ns),
					       bytes, bytes);
		if (!out)
			return FALSE;
		fdar_remade_write(packet, writing->excerpt->sessions, out);
	}
	return TRUE;
}

static void write_all(struct writing *writing)
{
	const struct fdar_original *original = writing->excerpt->original;
	const struct fdar_shape *shape = (const void *)original->records;

	for (uint64_t i = 0; i < original->packets; i++) {
		if (writing->whole[shape->session] &&
		    (!put_anew(writing, shape->time_ns) || !copy(writing, shape)))
			return;
		shape = fdar_original_next(shape);
	}
	put_anew(writing, UINT64_MAX);
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct fdar_remade_packet *one = a, *other = b;

	if (one->time_ns != other->time_ns)
		return one->time_ns < other->time_ns ? -1 : 1;
	if (one->session != other->session)
		return one->session < other->session ? -1 : 1;
	return one->number < other->number ? -1 : one->number > other->number;
}

gboolean fdar_excerpt_write(const struct fdar_excerpt *excerpt,
			    const struct fdar_excerpt_part *parts, size_t count, const char *output,
			    GError **error)
{
	struct writing writing = { .excerpt = excerpt };
	size_t sessions = fdar_sessions_count(excerpt->sessions);
	gboolean fine = FALSE;

	writing.whole = g_malloc0(sessions);
	writing.anew = g_array_new(FALSE, FALSE, sizeof(struct fdar_remade_packet));
	for (size_t i = 0; i < count; i++) {
		if (is_cut(excerpt, &parts[i]))
			fdar_remade_session(excerpt->sessions, parts[i].session, parts[i].exchanges,
					    writing.anew);
		else
			writing.whole[parts[i].session] = 1;
	}
	writing.ethernet = writing.anew->len > 0 || excerpt->original->mixed;
	g_array_sort(writing.anew, by_time);
	writing.writer =
		fdar_pcap_writer_new(output,
				     writing.ethernet ? DLT_EN10MB : excerpt->original->link, TRUE,
				     error);
	if (writing.writer) {
		write_all(&writing);
		fine = fdar_pcap_writer_finish(writing.writer, error);
	}
	fdar_pcap_writer_free(writing.writer);
	g_array_unref(writing.anew);
	g_free(writing.whole);
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
