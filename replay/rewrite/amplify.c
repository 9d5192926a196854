#include "replay/rewrite/amplify.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "replay/capture/checksum.h"
#include "replay/rewrite/anew.h"
#include "replay/rewrite/merge.h"
#include "replay/rewrite/original.h"
#include "replay/capture/pcap_file.h"
#include "replay/rewrite/pool.h"
#include "replay/sessions/timeline.h"

#define REPORT_PACKETS  262144u
#define DURATION_MAX_NS ((uint64_t)1 << 62)

/* A clone: where it is in its current copy. */
struct clone {
	uint64_t start_ns;             /* of its copy, on the output's unscaled time line */
	const struct fdar_shape *next; /* packet of the original */
	uint64_t left;                 /* packets of this copy, that one included */
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
	struct fdar_pool pools[2]; /* IPv4, IPv6 */
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
	gboolean convert = original->mixed && shape->strip;
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

static void start_copy(const struct amplifier *amplifier, struct clone *clone, uint64_t copy)
{
	clone->copy = copy;
	clone->random = mix(amplifier->options->seed + copy);
	clone->next = (const void *)amplifier->original->records;
	clone->left = amplifier->original->packets;
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
		if (!report(amplifier, total, error))
			return FALSE;
	}
	return TRUE;
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
		.damage = g_steal_pointer(&original->damage),
	};
}

/* Reads a capture and writes copies of it. */
static gboolean run(const char *path, const char *output,
		    const struct fdar_amplify_options *options, struct fdar_amplified *result,
		    GError **error)
{
	struct fdar_load_options load = { .capture = options->capture,
					  .server_ports = options->server_ports,
					  .max_gap_ns = options->max_gap_ns,
					  .udp_idle_ns = options->udp_idle_ns,
					  .progress = options->reading,
					  .user = options->user };
	struct fdar_original *original = fdar_original_load(path, &load, error);
	struct amplifier amplifier = { .options = options, .original = original };
	gboolean fine;

	if (!original)
		return FALSE;
	fine = prepare_pools(&amplifier, original, error) &&
	       write_copies(&amplifier, output, error);
	if (fine)
		fill_result(&amplifier, original, result);
	for (unsigned f = 0; f < 2; f++)
		fdar_pool_clear(&amplifier.pools[f]);
	fdar_pcap_writer_free(amplifier.writer);
	g_free(amplifier.clones);
	g_free(amplifier.frame);
	fdar_merge_clear(&amplifier.merge);
	fdar_original_free(original);
	return fine;
}

/* Whose the sides are is known already: the ports of all servers, ended by 0. */
static uint16_t *server_ports(const struct fdar_sessions *sessions)
{
	g_autofree uint8_t *seen = g_new0(uint8_t, UINT16_MAX + 1);
	uint16_t *ports = g_new0(uint16_t, UINT16_MAX + 2);
	size_t count = 0;

	for (size_t i = 0; i < fdar_sessions_count(sessions); i++) {
		uint16_t port = fdar_sessions_get(sessions, i)->server.port;

		if (port && !seen[port])
			ports[count++] = port;
		seen[port] = 1;
	}
	return ports;
}

/* What the copies' file cannot tell of the capture. */
static void tell_of_capture(const struct fdar_sessions *sessions, struct fdar_amplified *result)
{
	result->totals = *fdar_sessions_totals(sessions);
	g_free(result->damage);
	result->damage = g_strdup(fdar_sessions_damage(sessions));
	for (size_t i = 0; i < fdar_sessions_count(sessions); i++) {
		const struct fdar_session_tls *tls =
			fdar_sessions_tls(sessions, fdar_sessions_get(sessions, i));

		result->decrypted += tls && tls->decrypted;
	}
}

/* By way of a file that has the sessions anew. */
static gboolean run_anew(const char *path, const char *output,
			 const struct fdar_amplify_options *options, struct fdar_amplified *result,
			 GError **error)
{
	struct fdar_load_options load = { .capture = options->capture,
					  .server_ports = options->server_ports,
					  .max_gap_ns = FDAR_TIMELINE_KEEP,
					  .udp_idle_ns = options->udp_idle_ns,
					  .tls_keys = options->tls_keys,
					  .progress = options->reading,
					  .user = options->user };
	struct fdar_amplify_options own = *options;
	g_autoptr(fdar_sessions) sessions = fdar_sessions_load(path, &load, error);
	g_autofree uint16_t *ports = sessions ? server_ports(sessions) : NULL;
	const char *home = g_getenv("TMPDIR");
	g_autofree char *folder =
		g_build_filename(home && *home ? home : "/var/tmp", "flowdar-anew.XXXXXX", NULL);
	g_autofree char *file = NULL;
	gboolean fine;

	if (!sessions)
		return FALSE;
	if (!g_mkdtemp(folder)) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s: %s", folder,
			    g_strerror(errno));
		return FALSE;
	}
	file = g_build_filename(folder, "anew.pcap", NULL);
	own.capture = (struct fdar_capture_options){ 0 };
	own.server_ports = ports;
	fine = fdar_anew_write(sessions, options->redact, file, error) &&
	       run(file, output, &own, result, error);
	if (fine)
		tell_of_capture(sessions, result);
	g_unlink(file);
	g_rmdir(folder);
	return fine;
}

gboolean fdar_amplify_run(const char *path, const char *output,
			  const struct fdar_amplify_options *options, struct fdar_amplified *result,
			  GError **error)
{
	return (options->tls_keys || options->redact ? run_anew : run)(path, output, options,
								       result, error);
}

void fdar_amplified_clear(struct fdar_amplified *result)
{
	g_clear_pointer(&result->damage, g_free);
}
