#include "replay/split/split_tls.h"

#include "replay/tls/upgrade.h"

/* Without secrets: so many bytes are looked at for the hellos. */
#define HELLO_BYTES ((uint64_t)64 * 1024)

struct fdar_split_tls_reader {
	struct fdar_tls *tls;
	const struct fdar_sums *all_sums;
	struct fdar_sum *sums[2];
	uint64_t bytes[2];
	uint64_t seen;
	const char *upgrade;
	uint32_t skip; /* bytes of the first arrival that are still plain */
};

static void on_data(void *user, unsigned way, const uint8_t *bytes, size_t size)
{
	struct fdar_split_tls_reader *reader = user;

	fdar_sum_add(reader->sums[way], bytes, size);
	reader->bytes[way] += size;
}

static void on_missing(void *user, unsigned way, size_t size)
{
	(void)user;
	(void)way;
	(void)size;
}

static void on_ended(void *user, unsigned way)
{
	(void)user;
	(void)way;
}

static void on_refused(void *user)
{
	struct fdar_split_tls_reader *reader = user;

	fdar_sum_end(reader->sums[0], NULL);
	reader->sums[0] = fdar_sum_begin(reader->all_sums);
	reader->bytes[0] = 0;
}

/* Where TLS begins in an arrival; its length: not in it. */
static size_t begins_at(const struct fdar_arrival *arrival, const struct fdar_split_plain *plain)
{
	size_t length = arrival->piece.length;

	if (arrival->piece.way != FDAR_FROM_CLIENT || plain->bytes > FDAR_TLS_PLAIN_MAX)
		return length;
	if (!plain->bytes && fdar_tls_begins(arrival->bytes, length))
		return 0;
	return fdar_tls_upgrade_at(arrival->bytes, length);
}

struct fdar_split_tls_reader *fdar_split_tls_begin(const struct fdar_arrival *arrival,
						   struct fdar_split_plain *plain,
						   struct fdar_tls_keys *keys,
						   const struct fdar_sums *sums)
{
	static const struct fdar_tls_ops ops = { on_data, on_missing, on_ended, on_refused };
	struct fdar_split_tls_reader *reader;
	size_t at;

	if (arrival->piece.kind != FDAR_PIECE_DATA || plain->bytes > FDAR_TLS_PLAIN_MAX)
		return NULL;
	at = begins_at(arrival, plain);
	plain->bytes += at;
	if (arrival->piece.way == FDAR_FROM_CLIENT && at)
		plain->upgrade = fdar_tls_upgrade(arrival->bytes, at);
	if (at == arrival->piece.length)
		return NULL;
	reader = g_new0(struct fdar_split_tls_reader, 1);
	reader->upgrade = plain->upgrade;
	reader->skip = (uint32_t)at;
	reader->tls = fdar_tls_new(keys, &ops, reader);
	reader->all_sums = sums;
	for (unsigned way = 0; way < 2; way++)
		reader->sums[way] = fdar_sum_begin(sums);
	return reader;
}

void fdar_split_tls_feed(struct fdar_split_tls_reader *reader, const struct fdar_arrival *arrival)
{
	const struct fdar_tls_info *info = fdar_tls_info(reader->tls);

	if (!info->has_keys && (info->suite || reader->seen > HELLO_BYTES))
		return;
	reader->seen += arrival->piece.length;
	if (arrival->piece.kind == FDAR_PIECE_DATA)
		fdar_tls_feed(reader->tls, arrival->piece.way, arrival->bytes + reader->skip,
			      arrival->piece.length - reader->skip);
	else if (arrival->piece.kind == FDAR_PIECE_GAP)
		fdar_tls_gap(reader->tls, arrival->piece.way, arrival->piece.length);
	reader->skip = 0;
}

struct fdar_split_tls *fdar_split_tls_end(struct fdar_split_tls_reader *reader)
{
	struct fdar_split_tls *result = NULL;

	if (fdar_tls_info(reader->tls)->is_tls) {
		result = g_new0(struct fdar_split_tls, 1);
		result->info = *fdar_tls_info(reader->tls);
		result->upgrade = reader->upgrade;
	}
	for (unsigned way = 0; way < 2; way++) {
		fdar_sum_end(reader->sums[way], result ? result->digest[way] : NULL);
		if (result)
			result->bytes[way] = reader->bytes[way];
	}
	fdar_tls_free(reader->tls);
	g_free(reader);
	return result;
}
