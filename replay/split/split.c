#include "replay/split/split.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/sessions/assembler.h"
#include "replay/capture/decode.h"
#include "replay/capture/pcap_file.h"
#include "replay/split/split_dir.h"
#include "replay/split/split_list.h"
#include "replay/sessions/timeline.h"
#include "replay/split/trex.h"

#define ETHER_HEADER  14u
#define PENDING_BYTES ((size_t)64 * 1024 * 1024) /* of all sessions */
#define FLUSH_BYTES   ((guint)1024 * 1024)       /* of one */

struct splitter {
	struct fdar_split *split;
	struct fdar_split_dir dir;
	struct fdar_timeline line;
	GQueue waiting; /* parts with records that are not written yet */
	size_t pending;
	int link;
	gboolean nanoseconds;
};

/* A session that is open. */
struct part {
	GList link; /* in splitter->waiting, while it has pending records */
	GByteArray *records;
	GChecksum *sums[2];
	uint64_t packets;
	uint64_t epoch_ns; /* of the last */
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
static void flush(struct splitter *splitter, struct part *part)
{
	g_autofree char *name = provisional_name(part->id);

	if (!part->records)
		return;
	fdar_split_dir_append(&splitter->dir, name, part->records->data, part->records->len);
	part->in_file = TRUE;
	splitter->pending -= part->records->len;
	g_clear_pointer(&part->records, g_byte_array_unref);
	g_queue_unlink(&splitter->waiting, &part->link);
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

/* The Ethernet header that stands in for another link layer's: made-up local addresses, the
 * client's ends with 1, the server's with 2. */
static void put_ether(uint8_t header[ETHER_HEADER], enum fdar_way way, uint8_t family)
{
	static const uint8_t macs[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
	static const uint8_t v4[] = { 0x08, 0x00 }, v6[] = { 0x86, 0xdd };

	memcpy(header, macs[!way], 6);
	memcpy(header + 6, macs[way], 6);
	memcpy(header + 12, family == FDAR_FAMILY_IPV6 ? v6 : v4, 2);
}

static void packet(void *user, const struct fdar_session *session, void *data, enum fdar_way way,
		   const struct fdar_packet *packet, const struct fdar_decoded *decoded,
		   uint64_t time_ns)
{
	struct splitter *splitter = user;
	struct part *part = data;
	GByteArray *records = records_of(splitter, part);
	gboolean ether = splitter->link == DLT_EN10MB;
	uint8_t head[FDAR_PCAP_RECORD_BYTES + ETHER_HEADER];
	struct fdar_decoded own = *decoded;
	guint at = records->len;
	uint32_t skip, added;

	(void)session;
	(void)time_ns;
	splitter->split->duration_ns = fdar_timeline_at(&splitter->line, packet->epoch_ns);
	/* Of a fragment: what is decoded is the datagram, the packet's own headers are needed. */
	if (decoded->was_fragmented)
		fdar_decode(splitter->link, packet, &own);
	skip = ether ? 0 : own.l3;
	added = ether ? 0 : ETHER_HEADER;
	fdar_pcap_put_record(head, packet->epoch_ns, packet->captured - skip + added,
			     packet->length - skip + added, splitter->nanoseconds);
	put_ether(head + FDAR_PCAP_RECORD_BYTES, way, own.family);
	g_byte_array_append(records, head, FDAR_PCAP_RECORD_BYTES + added);
	g_byte_array_append(records, packet->bytes + skip, packet->captured - skip);
	splitter->pending += records->len - at;

	part->broken |=
		fdar_trex_judge(records->data + at + FDAR_PCAP_RECORD_BYTES,
				packet->captured - skip + added, own.l3 - skip + added, &own);
	if (part->packets == 0 && way == FDAR_FROM_SERVER)
		part->broken |= FDAR_TREX_SIDES;
	if (part->packets > 0 && packet->epoch_ns < part->epoch_ns)
		part->broken |= FDAR_TREX_BACKWARD;
	if (++part->packets >= FDAR_TREX_PACKETS_MAX)
		part->broken |= FDAR_TREX_PACKETS;
	part->epoch_ns = packet->epoch_ns;
	if (records->len >= FLUSH_BYTES)
		flush(splitter, part);
	else if (splitter->pending > PENDING_BYTES)
		flush_all(splitter);
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	struct part *part = data;
	GChecksum **sum = &part->sums[arrival->piece.way];

	(void)user;
	(void)session;
	if (arrival->piece.kind != FDAR_PIECE_DATA)
		return;
	if (!*sum)
		*sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(*sum, arrival->bytes, arrival->piece.length);
}

static void take_digest(GChecksum *sum, uint8_t digest[32])
{
	GChecksum *own = sum ? sum : g_checksum_new(G_CHECKSUM_SHA256);
	gsize size = 32;

	g_checksum_get_digest(own, digest, &size);
	g_checksum_free(own);
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct splitter *splitter = user;
	struct part *part = data;
	struct fdar_split_session *slot =
		&g_array_index(splitter->split->sessions, struct fdar_split_session, session->id);
	g_autofree char *name = provisional_name(part->id);

	flush(splitter, part);
	slot->session = *session;
	slot->broken = part->broken;
	slot->file = final_name(session);
	fdar_split_dir_rename(&splitter->dir, name, slot->file);
	take_digest(part->sums[0], slot->digest[0]);
	take_digest(part->sums[1], slot->digest[1]);
	g_free(part);
}

static gboolean run(struct splitter *splitter, struct fdar_capture *capture,
		    const struct fdar_split_options *options, GError **error)
{
	const struct fdar_assembler_ops ops = {
		.opened = opened, .packet = packet, .arrived = arrived, .closed = closed
	};
	struct fdar_assembler_options how = { .max_gap_ns = FDAR_TIMELINE_KEEP,
					      .udp_idle_ns = options ? options->udp_idle_ns : 0 };
	struct fdar_split *split = splitter->split;
	struct fdar_assembler *assembler;
	gboolean fine;

	splitter->link = fdar_capture_link(capture);
	splitter->nanoseconds = !fdar_capture_microseconds(capture);
	assembler = fdar_assembler_new(splitter->link, &how, &ops, splitter, error);
	if (!assembler) {
		g_prefix_error(error, "%s: ", fdar_capture_name(capture));
		return FALSE;
	}
	fine = fdar_assembler_read(assembler, capture, options ? options->progress : NULL,
				   options ? options->user : NULL, error);
	split->totals = *fdar_assembler_totals(assembler);
	split->damage = g_strdup(fdar_capture_damage(capture));
	fdar_assembler_free(assembler);
	if (!fine)
		return FALSE;
	fdar_split_write_profile(split, &splitter->dir);
	fdar_split_write_sessions(split, fdar_capture_name(capture), &splitter->dir);
	return fdar_split_dir_finish(&splitter->dir, error);
}

static void session_clear(gpointer data)
{
	g_free(((struct fdar_split_session *)data)->file);
}

struct fdar_split *fdar_split_run(const char *path, const char *directory,
				  const struct fdar_split_options *options, GError **error)
{
	g_autoptr(fdar_capture) capture = fdar_capture_open(path, error);
	struct splitter splitter = { .dir = { .fd = -1 } };
	gboolean fine = FALSE;

	if (!capture)
		return NULL;
	splitter.split = g_new0(struct fdar_split, 1);
	splitter.split->sessions = g_array_new(FALSE, FALSE, sizeof(struct fdar_split_session));
	g_array_set_clear_func(splitter.split->sessions, session_clear);
	fdar_timeline_init(&splitter.line, 0);
	if (fdar_split_dir_init(&splitter.dir, directory, error))
		fine = run(&splitter, capture, options, error);
	fdar_split_dir_clear(&splitter.dir);
	if (!fine)
		g_clear_pointer(&splitter.split, fdar_split_free);
	return splitter.split;
}

void fdar_split_free(struct fdar_split *split)
{
	if (!split)
		return;
	g_array_unref(split->sessions);
	g_free(split->damage);
	g_free(split);
}
