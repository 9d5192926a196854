#include "replay/split/split.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/sessions/assembler.h"
#include "replay/capture/decode.h"
#include "replay/capture/pcap_file.h"
#include "replay/split/split_dir.h"
#include "replay/split/split_history.h"
#include "replay/sessions/sides.h"
#include "replay/split/split_list.h"
#include "replay/split/sum.h"
#include "replay/sessions/timeline.h"
#include "replay/split/trex.h"

#define PENDING_BYTES ((size_t)64 * 1024 * 1024) /* of all sessions */
#define FLUSH_BYTES   ((guint)1024 * 1024)       /* of one */

struct splitter {
	struct fdar_split *split;
	struct fdar_split_dir dir;
	struct fdar_timeline line;
	GQueue waiting; /* parts with records that are not written yet */
	size_t pending;
	int link; /* of packets that do not say theirs */
	const struct fdar_capture *capture;
	struct fdar_sums *sums;
	struct fdar_tls_keys *keys; /* those given, and those of the capture so far */
	size_t secrets;             /* bytes of the capture's that are in there */
	size_t missing; /* how many there were when the first session began that has none; SIZE_MAX: all have */
	gboolean *late; /* see split_once */
	gboolean nanoseconds;
};

/* A session that is open. */
struct part {
	GList link; /* in splitter->waiting, while it has pending records */
	GByteArray *records;
	struct fdar_sum *sums[2];
	uint64_t packets;
	uint64_t epoch_ns; /* of the last */
	uint64_t written;  /* bytes of records that are in the file */
	/* The payload of the packet at hand, and its place in the session's records. */
	const uint8_t *payload;
	uint32_t payload_bytes;
	uint64_t payload_at;
	struct fdar_history histories[2];  /* by enum fdar_way */
	struct fdar_split_tls_reader *tls; /* NULL: it is none, or has not begun yet */
	struct fdar_split_plain plain;     /* what came in front of it */
	size_t secrets;                    /* bytes of the capture's own there were when it began */
	uint32_t id;
	uint32_t broken;
	gboolean in_file; /* some records are in the file with the provisional name */
};

static char *provisional_name(uint32_t id)
{
	return g_strdup_printf("%06u", id);
}

static char *final_name(const struct fdar_session *session)
{
	char client[FDAR_ENDPOINT_TEXT_MAX], server[FDAR_ENDPOINT_TEXT_MAX];

	g_strdelimit((char *)fdar_endpoint_host(&session->client, client), ":", '-');
	g_strdelimit((char *)fdar_endpoint_host(&session->server, server), ":", '-');
	return g_strdup_printf("%06u_%s_%s.%u_%s.%u.pcap", session->id,
			       session->transport == FDAR_TCP ? "tcp" : "udp", client,
			       (unsigned)session->client.port, server,
			       (unsigned)session->server.port);
}

static void opened(void *user, const struct fdar_session *session, void **data)
{
	struct splitter *splitter = user;
	struct part *part = g_new0(struct part, 1);
	struct fdar_split_session slot = { .session = *session };

	part->id = session->id;
	part->link.data = part;
	*data = part;
	g_array_append_val(splitter->split->sessions, slot);
}

/* Writes what waits of one session. */
static void flush_to(struct splitter *splitter, struct part *part, const char *name)
{
	if (!part->records)
		return;
	fdar_split_dir_append(&splitter->dir, name, part->records->data, part->records->len);
	part->in_file = TRUE;
	splitter->pending -= part->records->len;
	part->written += part->records->len;
	g_clear_pointer(&part->records, g_byte_array_unref);
	g_queue_unlink(&splitter->waiting, &part->link);
}

static void flush(struct splitter *splitter, struct part *part)
{
	g_autofree char *name = provisional_name(part->id);

	flush_to(splitter, part, name);
}

static void flush_all(struct splitter *splitter)
{
	while (splitter->waiting.head)
		flush(splitter, splitter->waiting.head->data);
}

/* Where the records of a session are gathered; the first starts the file. */
static GByteArray *records_of(struct splitter *splitter, struct part *part)
{
	uint8_t header[FDAR_PCAP_HEADER_BYTES];

	if (part->records)
		return part->records;
	part->records = g_byte_array_new();
	g_queue_push_tail_link(&splitter->waiting, &part->link);
	if (!part->in_file) {
		fdar_pcap_put_header(header, DLT_EN10MB, splitter->nanoseconds);
		g_byte_array_append(part->records, header, sizeof(header));
		splitter->pending += sizeof(header);
	}
	return part->records;
}

/* Adds the packet, in Ethernet. Gives how many bytes were put in place of its first skip ones. */
static uint32_t add_record(struct splitter *splitter, GByteArray *records, enum fdar_way way,
			   const struct fdar_packet *packet, const struct fdar_decoded *own,
			   uint32_t *skip)
{
	int link = packet->link ? packet->link : splitter->link;
	uint32_t added = link == DLT_EN10MB ? 0 : FDAR_PCAP_ETHER_BYTES;
	uint8_t head[FDAR_PCAP_RECORD_BYTES + FDAR_PCAP_ETHER_BYTES];

	*skip = added ? own->outer_l3 : 0;
	fdar_pcap_put_record(head, packet->epoch_ns, packet->captured - *skip + added,
			     packet->length - *skip + added, splitter->nanoseconds);
	fdar_pcap_put_ether(head + FDAR_PCAP_RECORD_BYTES, way == FDAR_FROM_CLIENT,
			    packet->bytes[own->outer_l3] >> 4 == 6);
	g_byte_array_append(records, head, FDAR_PCAP_RECORD_BYTES + added);
	g_byte_array_append(records, packet->bytes + *skip, packet->captured - *skip);
	return added;
}

static void judge(struct part *part, enum fdar_way way, const struct fdar_packet *packet)
{
	if (part->packets == 0 && way == FDAR_FROM_SERVER)
		part->broken |= FDAR_TREX_SIDES;
	if (part->packets > 0 && packet->epoch_ns < part->epoch_ns)
		part->broken |= FDAR_TREX_BACKWARD;
	if (++part->packets >= FDAR_TREX_PACKETS_MAX)
		part->broken |= FDAR_TREX_PACKETS;
	part->epoch_ns = packet->epoch_ns;
}

static void packet(void *user, const struct fdar_session *session, void *data, enum fdar_way way,
		   const struct fdar_packet *packet, const struct fdar_decoded *decoded,
		   uint64_t time_ns)
{
	struct splitter *splitter = user;
	struct part *part = data;
	GByteArray *records = records_of(splitter, part);
	struct fdar_decoded own = *decoded;
	guint at = records->len;
	uint32_t skip, added;

	(void)session;
	(void)time_ns;
	splitter->split->duration_ns = fdar_timeline_at(&splitter->line, packet->epoch_ns);
	/* Of a fragment: what is decoded is the datagram, the packet's own headers are needed. */
	if (decoded->was_fragmented)
		fdar_decode(packet->link ? packet->link : splitter->link, packet, &own);
	added = add_record(splitter, records, way, packet, &own, &skip);
	splitter->pending += records->len - at;
	part->payload = decoded->was_fragmented ? NULL : fdar_decoded_payload(decoded);
	part->payload_bytes = fdar_decoded_payload_captured(decoded);
	if (part->payload)
		part->payload_at = part->written + at + FDAR_PCAP_RECORD_BYTES + added +
				   (uint64_t)(part->payload - packet->bytes) - skip;
	part->broken |= own.tunnels ? FDAR_TREX_HEADERS
				    : fdar_trex_judge(records->data + at + FDAR_PCAP_RECORD_BYTES,
						      packet->captured - skip + added,
						      own.l3 - skip + added, &own);
	judge(part, way, packet);
	if (records->len >= FLUSH_BYTES)
		flush(splitter, part);
	else if (splitter->pending > PENDING_BYTES)
		flush_all(splitter);
}

/* The secrets that the capture has in front of this packet. */
static void take_secrets(struct splitter *splitter)
{
	const char *secrets = fdar_capture_secrets(splitter->capture);
	size_t size = strlen(secrets);

	if (size > splitter->secrets)
		fdar_tls_keys_add(splitter->keys, secrets + splitter->secrets,
				  size - splitter->secrets);
	splitter->secrets = size;
}

static void read_tls(struct splitter *splitter, struct part *part,
		     const struct fdar_arrival *arrival)
{
	if (!part->tls) {
		part->tls =
			fdar_split_tls_begin(arrival, &part->plain, splitter->keys, splitter->sums);
		if (part->tls) {
			take_secrets(splitter);
			part->secrets = splitter->secrets;
		}
	}
	if (part->tls)
		fdar_split_tls_feed(part->tls, arrival);
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	const struct splitter *splitter = user;
	struct part *part = data;
	struct fdar_sum **sum = &part->sums[arrival->piece.way];
	uint64_t place = UINT64_MAX;

	if (session->transport == FDAR_TCP)
		read_tls(user, part, arrival);
	if (arrival->piece.kind != FDAR_PIECE_DATA)
		return;
	if (!*sum)
		*sum = fdar_sum_begin(splitter->sums);
	fdar_sum_add(*sum, arrival->bytes, arrival->piece.length);
	if (session->transport != FDAR_TCP)
		return;
	if (part->payload && arrival->bytes >= part->payload &&
	    arrival->bytes < part->payload + part->payload_bytes)
		place = part->payload_at + (uint64_t)(arrival->bytes - part->payload);
	fdar_history_add(&part->histories[arrival->piece.way], arrival->stream_offset,
			 arrival->piece.length, place, arrival->bytes);
}

struct read_back {
	struct splitter *splitter;
	struct part *part;
};

static gboolean read_back(void *user, uint64_t place, uint8_t *bytes, uint32_t length)
{
	struct read_back *back = user;
	struct part *part = back->part;
	g_autofree char *name = provisional_name(part->id);

	if (place < part->written)
		return place + length <= part->written &&
		       fdar_split_dir_read(&back->splitter->dir, name, place, bytes, length);
	place -= part->written;
	if (!part->records || place + length > part->records->len)
		return FALSE;
	memcpy(bytes, part->records->data + place, length);
	return TRUE;
}

static gboolean repeated(void *user, const struct fdar_session *session, void *data,
			 enum fdar_way way, uint64_t stream_offset, const uint8_t *bytes,
			 uint32_t length)
{
	struct part *part = data;
	struct read_back back = { user, part };

	(void)session;
	return fdar_history_differs(&part->histories[way], stream_offset, bytes, length, read_back,
				    &back);
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct splitter *splitter = user;
	struct part *part = data;
	struct fdar_split_session *slot =
		&g_array_index(splitter->split->sessions, struct fdar_split_session, session->id);

	slot->session = *session;
	slot->broken = part->broken;
	slot->file = final_name(session);
	if (part->in_file) {
		g_autofree char *name = provisional_name(part->id);

		flush(splitter, part);
		fdar_split_dir_rename(&splitter->dir, name, slot->file);
	} else {
		flush_to(splitter, part, slot->file);
	}
	fdar_sum_end(part->sums[0], slot->digest[0]);
	fdar_sum_end(part->sums[1], slot->digest[1]);
	if (part->tls)
		slot->tls = fdar_split_tls_end(part->tls);
	if (slot->tls && !slot->tls->info.has_keys)
		splitter->missing = MIN(splitter->missing, part->secrets);
	fdar_history_clear(&part->histories[0]);
	fdar_history_clear(&part->histories[1]);
	g_free(part);
}

static struct fdar_session *session_at(void *user, size_t index)
{
	struct splitter *splitter = user;

	return &g_array_index(splitter->split->sessions, struct fdar_split_session, index).session;
}

/* The sides of a session were guessed wrong. */
static void turned(void *user, size_t index)
{
	struct splitter *splitter = user;
	struct fdar_split_session *slot =
		&g_array_index(splitter->split->sessions, struct fdar_split_session, index);
	char *file = final_name(&slot->session);
	uint8_t digest[32];

	memcpy(digest, slot->digest[0], sizeof(digest));
	memcpy(slot->digest[0], slot->digest[1], sizeof(digest));
	memcpy(slot->digest[1], digest, sizeof(digest));
	slot->broken &= ~(uint32_t)FDAR_TREX_SIDES;
	if (slot->session.first_way == FDAR_FROM_SERVER)
		slot->broken |= FDAR_TREX_SIDES;
	fdar_split_dir_rename(&splitter->dir, slot->file, file);
	g_free(slot->file);
	slot->file = file;
}

/* Whether there are secrets that a session without any began before. */
static gboolean is_late(struct splitter *splitter)
{
	if (!splitter->late)
		return FALSE;
	take_secrets(splitter);
	*splitter->late = splitter->missing < splitter->secrets;
	return *splitter->late;
}

static gboolean run(struct splitter *splitter, struct fdar_capture *capture,
		    const struct fdar_split_options *options, GError **error)
{
	const struct fdar_assembler_ops ops = { .opened = opened,
						.packet = packet,
						.arrived = arrived,
						.repeated = repeated,
						.closed = closed };
	struct fdar_assembler_options how = { .max_gap_ns = FDAR_TIMELINE_KEEP,
					      .udp_idle_ns = options ? options->udp_idle_ns : 0 };
	struct fdar_sides_input sides = { .at = session_at,
					  .turn = turned,
					  .user = splitter,
					  .ports = options ? options->server_ports : NULL };
	struct fdar_split *split = splitter->split;
	struct fdar_assembler *assembler;
	gboolean fine;

	splitter->capture = capture;
	splitter->link = fdar_capture_link(capture);
	splitter->nanoseconds = !fdar_capture_microseconds(capture);
	assembler = fdar_assembler_new(splitter->link, &how, &ops, splitter);
	fine = fdar_assembler_read(assembler, capture, options ? options->progress : NULL,
				   options ? options->user : NULL, error);
	split->totals = *fdar_assembler_totals(assembler);
	split->damage = g_strdup(fdar_capture_damage(capture));
	fdar_assembler_free(assembler);
	if (!fine || is_late(splitter))
		return FALSE;
	sides.count = split->sessions->len;
	split->totals.views = fdar_sides_settle(&sides);
	fdar_split_write_profile(split, &splitter->dir);
	fdar_split_write_sessions(split, fdar_capture_name(capture), &splitter->dir);
	return fdar_split_dir_finish(&splitter->dir, error);
}

static void session_clear(gpointer data)
{
	g_free(((struct fdar_split_session *)data)->file);
	g_free(((struct fdar_split_session *)data)->tls);
}

/* Once through the capture. *late: secrets came behind sessions that may need them, nothing is written and keys have them
 * now; late NULL: they are not waited for. */
static struct fdar_split *split_once(const char *path, const char *directory,
				     const struct fdar_split_options *options,
				     struct fdar_tls_keys *keys, gboolean *late, GError **error)
{
	g_autoptr(fdar_capture) capture =
		fdar_capture_open_with(path, options ? &options->capture : NULL, error);
	struct splitter splitter = {
		.dir = { .fd = -1 }, .keys = keys, .missing = SIZE_MAX, .late = late
	};
	gboolean fine = FALSE;

	if (!capture)
		return NULL;
	splitter.split = g_new0(struct fdar_split, 1);
	splitter.split->sessions = g_array_new(FALSE, FALSE, sizeof(struct fdar_split_session));
	g_array_set_clear_func(splitter.split->sessions, session_clear);
	fdar_timeline_init(&splitter.line, 0);
	splitter.sums = fdar_sums_new(error);
	if (splitter.sums && fdar_split_dir_init(&splitter.dir, directory, error))
		fine = run(&splitter, capture, options, error);
	fdar_split_dir_clear(&splitter.dir);
	fdar_sums_free(splitter.sums);
	if (!fine)
		g_clear_pointer(&splitter.split, fdar_split_free);
	return splitter.split;
}

/* What comes out of a pipe is gone when it was read. */
static gboolean can_be_read_again(const char *path, const struct fdar_split_options *options)
{
	const char *const *more = options ? options->capture.more : NULL;

	for (; path; path = more ? *more++ : NULL)
		if (strcmp(path, "-") == 0 || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return FALSE;
	return TRUE;
}

struct fdar_split *fdar_split_run(const char *path, const char *directory,
				  const struct fdar_split_options *options, GError **error)
{
	struct fdar_tls_keys *keys = fdar_tls_keys_new();
	gboolean late = FALSE, again = can_be_read_again(path, options);
	struct fdar_split *split;

	if (options && options->tls_keys)
		fdar_tls_keys_merge(keys, options->tls_keys);
	split = split_once(path, directory, options, keys, again ? &late : NULL, error);
	if (late)
		split = split_once(path, directory, options, keys, NULL, error);
	fdar_tls_keys_free(keys);
	return split;
}

void fdar_split_free(struct fdar_split *split)
{
	if (!split)
		return;
	g_array_unref(split->sessions);
	g_free(split->damage);
	g_free(split);
}
