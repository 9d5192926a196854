#include "replay/rewrite/amplify.h"

#include <gio/gio.h>
#include <string.h>

#include "replay/capture/checksum.h"
#include "replay/rewrite/merge.h"
#include "replay/rewrite/original.h"
#include "replay/capture/pcap_file.h"
#include "replay/rewrite/pool.h"
#include "replay/rewrite/variants.h"

#define REPORT_PACKETS  262144u
#define DURATION_MAX_NS ((uint64_t)1 << 62)

/* A clone: where it is in its current copy. */
struct clone {
	uint64_t start_ns;             /* of its copy, on the output's unscaled time line */
	const struct fdar_shape *next; /* packet of the original */
	uint64_t left;                 /* packets of this copy, that one included */
	struct fdar_original *own;     /* this copy's packets; NULL: the original's */
	uint64_t copy;                 /* number of its copy, in order of starts over all clones */
	uint64_t random; /* what its sequence numbers are moved by is derived from this */
	uint32_t rounds; /* copies to come after this one */
	uint32_t host;   /* whose identity is below; UINT32_MAX: nobody's */
	uint16_t first_port;
	uint8_t family;
	struct fdar_identity identity;
};

struct amplifier {
	const struct fdar_amplify_options *options;
	const struct fdar_original *original;
	struct fdar_variants *variants; /* NULL: all copies are of the original */
	GError *error;                  /* why a copy could not be begun */
	struct fdar_pool pools[2];      /* IPv4, IPv6 */
	struct fdar_pcap_writer *writer;
	struct clone *clones;
	struct fdar_merge merge;
	uint8_t *frame; /* where a packet is made that gets another link layer */
	uint64_t period_ns;
	uint64_t written;
	uint64_t last_ns;
};

/* The step and finalizer of SplitMix64: spreads consecutive numbers evenly, 0 too. */
static uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15u;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	value ^= value >> 31;
	return value;
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* When each clone starts, in order: so copies start in the order of their numbers, and of any span
 * of a period no more than one round's copies are alive. */
static uint64_t *make_phases(const struct amplifier *amplifier)
{
	const struct fdar_amplify_options *options = amplifier->options;
	uint64_t *phases = g_new0(uint64_t, options->clones);

	for (uint32_t i = 0; i < options->clones; i++) {
		if (options->phase == FDAR_PHASE_UNIFORM)
			phases[i] = (uint64_t)((unsigned __int128)amplifier->period_ns * i /
					       options->clones);
		else if (options->phase == FDAR_PHASE_RANDOM)
			phases[i] = mix(options->seed ^ mix(i + 1)) % amplifier->period_ns;
	}
	qsort(phases, options->clones, sizeof(*phases), by_time);
	return phases;
}

static void become(struct amplifier *amplifier, struct clone *clone,
		   const struct fdar_original_session *session)
{
	gboolean v6 = session->client.family == FDAR_FAMILY_IPV6;

	clone->host = session->host;
	clone->family = session->client.family;
	fdar_pool_place(&amplifier->pools[v6],
			clone->copy * amplifier->original->hosts[v6] + session->host,
			&clone->identity, &clone->first_port);
}

/* How far the copy's sequence numbers are moved: so that a client which takes a place again does
 * not seem to go on with the connections of the one before. */
static void set_moves(const struct clone *clone, uint32_t session_id,
		      const struct fdar_original_session *session, struct fdar_moves *moves)
{
	uint64_t random = session->fixed ? 0 : mix(clone->random + session_id);

	moves->ids = (uint16_t)(clone->random >> 48);
	moves->port = (uint16_t)(clone->first_port + session->port);
	moves->moved[FDAR_FROM_CLIENT] = (uint32_t)random;
	moves->moved[FDAR_FROM_SERVER] = (uint32_t)(random >> 32);
}

static uint64_t scaled(const struct amplifier *amplifier, uint64_t time_ns)
{
	double speed = amplifier->options->speed;

	return speed == 1.0 ? time_ns : (uint64_t)((long double)time_ns / speed);
}

/* A copy in Ethernet of a packet of another link layer. */
static void copy_to_ether(struct amplifier *amplifier, const struct fdar_shape *shape,
			  const struct fdar_identity *identity, const struct fdar_moves *moves,
			  uint8_t *out)
{
	const uint8_t *frame = fdar_original_frame(shape);

	fdar_shape_copy(shape, frame, identity, moves, amplifier->frame);
	fdar_pcap_put_ether(out, shape->way == FDAR_FROM_CLIENT, frame[shape->strip] >> 4 == 6);
	memcpy(out + FDAR_PCAP_ETHER_BYTES, amplifier->frame + shape->strip,
	       shape->captured - shape->strip);
}

/* Writes the clone's next packet. FALSE when writing fails. */
static gboolean emit(struct amplifier *amplifier, struct clone *clone, uint64_t time_ns)
{
	const struct fdar_original *original = amplifier->original;
	const struct fdar_shape *shape = clone->next;
	const struct fdar_original_session *session =
		&g_array_index(original->sessions, struct fdar_original_session, shape->session);
	uint64_t at_ns = scaled(amplifier, time_ns);
	struct fdar_moves moves;
	gboolean convert = original->mixed && shape->strip != FDAR_SHAPE_ETHERNET;
	uint32_t gone = convert ? (uint32_t)shape->strip - FDAR_PCAP_ETHER_BYTES : 0;
	uint8_t *out = fdar_pcap_writer_reserve(amplifier->writer, original->epoch_ns + at_ns,
						shape->captured - gone, shape->length - gone);

	if (!out)
		return FALSE;
	if (clone->host != session->host || clone->family != session->client.family)
		become(amplifier, clone, session);
	set_moves(clone, shape->session, session, &moves);
	if (convert)
		copy_to_ether(amplifier, shape, &clone->identity, &moves, out);
	else
		fdar_shape_copy(shape, fdar_original_frame(shape), &clone->identity, &moves, out);
	amplifier->written++;
	amplifier->last_ns = at_ns;
	return TRUE;
}

/* The packets of a copy that are its own. */
static void load_own(struct amplifier *amplifier, struct clone *clone, uint64_t copy)
{
	uint32_t clones = amplifier->options->clones;

	fdar_original_free(clone->own);
	clone->own = NULL;
	/* The first one is the original. */
	if (!amplifier->options->rewrite || copy == 0 || amplifier->error)
		return;
	clone->own = fdar_variants_load(amplifier->variants, (uint32_t)(copy % clones),
					(uint32_t)(copy / clones), &amplifier->error);
}

static void start_copy(struct amplifier *amplifier, struct clone *clone, uint64_t copy)
{
	const struct fdar_original *original;

	load_own(amplifier, clone, copy);
	original = clone->own ? clone->own : amplifier->original;
	clone->copy = copy;
	clone->random = mix(amplifier->options->seed + copy);
	clone->next = (const void *)original->records;
	clone->left = original->packets;
	clone->host = UINT32_MAX;
}

static void start_clones(struct amplifier *amplifier)
{
	uint32_t count = amplifier->options->clones;
	uint64_t *phases = make_phases(amplifier);

	amplifier->clones = g_new0(struct clone, count);
	for (uint32_t i = 0; i < count; i++) {
		amplifier->clones[i].start_ns = phases[i];
		amplifier->clones[i].rounds = amplifier->options->repeat - 1;
		start_copy(amplifier, &amplifier->clones[i], i);
	}
	fdar_merge_init(&amplifier->merge, phases, count);
	g_free(phases);
}

/* The time of the clone's next packet; FDAR_MERGE_DONE when it has none left. */
static uint64_t advance(struct amplifier *amplifier, struct clone *clone)
{
	const struct fdar_original *original = amplifier->original;

	if (--clone->left > 0) {
		clone->next = fdar_original_next(clone->next);
		/* What it will want when all others had their turn: it is in nobody's cache. */
		for (unsigned i = 1; i < 4; i++)
			__builtin_prefetch((const uint8_t *)clone->next + (size_t)64 * i);
	} else {
		if (clone->rounds == 0)
			return FDAR_MERGE_DONE;
		clone->rounds--;
		clone->start_ns += amplifier->period_ns;
		start_copy(amplifier, clone, clone->copy + amplifier->options->clones);
	}
	return clone->start_ns + clone->next->time_ns - original->first_ns;
}

static gboolean report(const struct amplifier *amplifier, uint64_t total, GError **error)
{
	const struct fdar_amplify_options *options = amplifier->options;

	if (!options->writing || amplifier->written % REPORT_PACKETS ||
	    options->writing(amplifier->written, total, options->user))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "writing was stopped");
	return FALSE;
}

static gboolean mix_copies(struct amplifier *amplifier, uint64_t total, GError **error)
{
	struct fdar_merge *merge = &amplifier->merge;

	while (merge->winner.time != FDAR_MERGE_DONE) {
		struct clone *clone = &amplifier->clones[merge->winner.stream];

		/* A failure comes out of fdar_pcap_writer_finish. */
		if (!emit(amplifier, clone, merge->winner.time))
			return TRUE;
		fdar_merge_next(merge, advance(amplifier, clone));
		if (amplifier->error || !report(amplifier, total, error))
			break;
	}
	if (!amplifier->error)
		return merge->winner.time == FDAR_MERGE_DONE;
	g_propagate_error(error, g_steal_pointer(&amplifier->error));
	return FALSE;
}

static gboolean fail_pool(const struct amplifier *amplifier, unsigned family, uint64_t needed,
			  GError **error)
{
	char text[FDAR_ENDPOINT_TEXT_MAX];
	const struct fdar_pool *pool = &amplifier->pools[family];

	g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_LIMIT,
		    "sources %s/%u: too few addresses for the %" G_GUINT64_FORMAT
		    " clients of %u clones at once, each with ports of its own",
		    fdar_endpoint_host(&pool->prefix.base, text), (unsigned)pool->prefix.bits,
		    needed, amplifier->options->clones);
	return FALSE;
}

/* Sees to it that there are as many places as clients can be alive at once, and as many ports in
 * each as a client needs. */
static gboolean prepare_pools(struct amplifier *amplifier, struct fdar_original *original,
			      GError **error)
{
	static const char *const defaults[] = { "16.0.0.0/8", "2001:db8:16::/64" };
	uint32_t block = FDAR_ORIGINAL_PORTS;

	for (unsigned f = 0; f < 2; f++) {
		struct fdar_prefix prefix = amplifier->options->sources[f];
		uint64_t needed = (uint64_t)amplifier->options->clones * original->hosts[f];
		uint32_t largest;

		if (prefix.base.family == FDAR_FAMILY_NONE &&
		    !fdar_prefix_parse(defaults[f], &prefix, error))
			return FALSE;
		fdar_pool_init(&amplifier->pools[f], &prefix, original->servers);
		largest = fdar_pool_largest_block(&amplifier->pools[f], needed);
		if (largest == 0 && needed > 0)
			return fail_pool(amplifier, f, needed, error);
		if (needed > 0)
			block = MIN(block, largest);
	}
	if (!fdar_original_assign_ports(original, block, error))
		return FALSE;
	for (unsigned f = 0; f < 2; f++)
		fdar_pool_set_block(&amplifier->pools[f], original->ports);
	return TRUE;
}

static gboolean write_copies(struct amplifier *amplifier, const char *output, GError **error)
{
	const struct fdar_original *original = amplifier->original;
	const struct fdar_amplify_options *options = amplifier->options;
	uint64_t copies = (uint64_t)options->clones * options->repeat;

	amplifier->period_ns =
		original->duration_ns + MAX(original->duration_ns / original->packets, 1);
	if (amplifier->period_ns > DURATION_MAX_NS / options->repeat) {
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_LIMIT,
			    "%u rounds of %.0f s each would last longer than times can tell",
			    options->repeat, (double)amplifier->period_ns / 1e9);
		return FALSE;
	}
	amplifier->writer = fdar_pcap_writer_new(output, original->link, TRUE, error);
	if (!amplifier->writer)
		return FALSE;
	if (original->mixed)
		amplifier->frame = g_malloc(FDAR_PCAP_SNAPLEN);
	start_clones(amplifier);
	return mix_copies(amplifier, copies * original->packets, error) &&
	       fdar_pcap_writer_finish(amplifier->writer, error);
}

static void fill_result(const struct amplifier *amplifier, struct fdar_original *original,
			struct fdar_amplified *result)
{
	uint64_t copies = (uint64_t)amplifier->options->clones * amplifier->options->repeat;
	uint32_t hosts = original->hosts[0] + original->hosts[1];

	*result = (struct fdar_amplified){
		.packets = amplifier->written,
		.bytes = fdar_pcap_writer_bytes(amplifier->writer),
		.sessions = copies * original->sessions->len,
		.clients = copies * hosts,
		.duration_ns = amplifier->last_ns,
		.captured_sessions = original->sessions->len,
		.captured_clients = hosts,
		.captured_duration_ns = original->duration_ns,
		.totals = original->totals,
		.nested = original->nested,
		.damage = g_steal_pointer(&original->damage),
	};
}

gboolean fdar_amplify_run(const char *path, const char *output,
			  const struct fdar_amplify_options *options, struct fdar_amplified *result,
			  GError **error)
{
	struct fdar_load_options load = { .capture = options->capture,
					  .server_ports = options->server_ports,
					  .max_gap_ns = options->max_gap_ns,
					  .udp_idle_ns = options->udp_idle_ns,
					  .progress = options->reading,
					  .user = options->user };
	gboolean anew = options->tls_keys || options->redact || options->rewrite;
	struct amplifier amplifier = { .options = options };
	struct fdar_original *original = NULL;
	gboolean fine;

	if (!anew)
		original = fdar_original_load(path, &load, error);
	else if ((amplifier.variants = fdar_variants_open(path, options, error)))
		original = fdar_variants_load(amplifier.variants, 0, 0, error);
	if (!original) {
		fdar_variants_free(amplifier.variants);
		return FALSE;
	}
	amplifier.original = original;
	fine = prepare_pools(&amplifier, original, error) &&
	       write_copies(&amplifier, output, error);
	if (fine)
		fill_result(&amplifier, original, result);
	if (fine && anew)
		fdar_variants_tell(amplifier.variants, result);
	for (unsigned f = 0; f < 2; f++)
		fdar_pool_clear(&amplifier.pools[f]);
	fdar_pcap_writer_free(amplifier.writer);
	for (uint32_t i = 0; amplifier.clones && i < options->clones; i++)
		fdar_original_free(amplifier.clones[i].own);
	g_free(amplifier.clones);
	g_free(amplifier.frame);
	fdar_merge_clear(&amplifier.merge);
	fdar_original_free(original);
	fdar_variants_free(amplifier.variants);
	return fine;
}

void fdar_amplified_clear(struct fdar_amplified *result)
{
	g_clear_pointer(&result->damage, g_free);
}
