#include "pipeline/source/mixed.h"

#include "base/errors.h"
#include "base/sum.h"
#include "pipeline/bt/bt_version.h"
#include "pipeline/ctf/ctf_folder.h"
#include "pipeline/packed/packed_read.h"

#define BATCH 2048u /* events of a part, at once */
#define PARTS 2u

/* What one decoder reads. */
struct part {
	const struct fdar_decoder_ops *ops;
	void *decoder;
	struct fdar_decoder_env env;
	struct fdar_event *batch;
	size_t count, at; /* of batch: how many there are, and the next one */
	gboolean ended;
};

struct mixed {
	struct fdar_decoder_env *env;
	struct part parts[PARTS];
	guint count;
	char *damage; /* the first thing that was left out, and why */
	guint damaged;
};

/* What becomes of the traces. */
struct sorted {
	GPtrArray *ours, *theirs; /* char *, borrowed */
	guint understood;         /* of ours; the others are broken */
	GError *first;            /* why the first trace is left out */
};

static void note(struct mixed *mixed, const char *what)
{
	if (!mixed->damaged++)
		mixed->damage = g_strdup(what);
}

/* ---- opening ---- */

static void leave_out(struct mixed *mixed, struct sorted *sorted, GError *why)
{
	note(mixed, why->message);
	if (sorted->first)
		g_error_free(why);
	else
		sorted->first = why;
}

/* libbabeltrace2 does not know packed streams, which only recordings have: and the metadata of those is
 * not refused as a rule. */
static GError *say_packed(const char *trace, GError *why)
{
	GError *said = g_error_new(FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
				   "%s: its streams are packed, and %s; expected a trace of "
				   "LTTng-UST (flowdar export gives one that babeltrace2 reads)",
				   trace, why->message);

	g_error_free(why);
	return said;
}

static void sort(struct mixed *mixed, struct sorted *sorted, const char *trace)
{
	GError *why = NULL;
	enum fdar_ctf_taken taken = fdar_ctf_folder_check(trace, &why);

	/* Broken ones go with those that they may belong to. */
	if (taken <= FDAR_CTF_BROKEN) {
		g_ptr_array_add(sorted->ours, (void *)trace);
		sorted->understood += taken == FDAR_CTF_TAKEN;
		g_clear_error(&why);
	} else if (fdar_packed_is_in(trace)) {
		leave_out(mixed, sorted, say_packed(trace, why));
	} else if (taken == FDAR_CTF_UNKNOWN2 && !fdar_bt_reads_ctf2()) {
		leave_out(mixed, sorted, why);
	} else {
		g_ptr_array_add(sorted->theirs, (void *)trace);
		g_clear_error(&why);
	}
}

static GError *open_part(struct mixed *mixed, const struct fdar_decoder_ops *ops,
			 const GPtrArray *traces)
{
	struct part *part = &mixed->parts[mixed->count];
	GError *error = NULL;

	if (!traces->len)
		return NULL;
	part->ops = ops;
	part->env = (struct fdar_decoder_env){ .texts = mixed->env->texts,
					       .homes = mixed->env->homes,
					       .losses = mixed->env->losses,
					       .shift_ns = mixed->env->shift_ns,
					       .maps = mixed->env->maps,
					       .shares = mixed->env->shares,
					       .go_on = mixed->env->go_on,
					       .user = mixed->env->user };
	part->decoder = ops->open(traces, &part->env, &error);
	if (!part->decoder) {
		g_clear_pointer(&part->env.damage, g_free);
		return error;
	}
	if (part->env.damage)
		note(mixed, part->env.damage);
	mixed->env->shift_ns = part->env.shift_ns;
	part->batch = g_new(struct fdar_event, BATCH);
	mixed->count++;
	return NULL;
}

static gboolean is_final(const GError *error)
{
	return error->domain != FDAR_SOURCE_ERROR;
}

/* FALSE: nobody wants to know any more, or there is nothing to read; sorted->first says why. */
static gboolean open_parts(struct mixed *mixed, struct sorted *sorted)
{
	GError *error = open_part(mixed, &fdar_decoder_ctf, sorted->ours);

	if (sorted->understood &&
	    g_error_matches(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT)) {
		/* Each is understood, but not all together. */
		g_ptr_array_extend(sorted->theirs, sorted->ours, NULL, NULL);
		g_clear_error(&error);
	}
	if (error)
		leave_out(mixed, sorted, error);
	error = open_part(mixed, &fdar_decoder_sandboxed, sorted->theirs);
	if (error && is_final(error)) {
		g_clear_error(&sorted->first);
		sorted->first = error;
		return FALSE;
	}
	if (error)
		leave_out(mixed, sorted, error);
	return mixed->count > 0;
}

static void mixed_close(void *decoder)
{
	struct mixed *mixed = decoder;

	for (guint i = 0; i < mixed->count; i++) {
		struct part *part = &mixed->parts[i];

		part->ops->close(part->decoder);
		g_free(part->env.damage);
		g_free(part->env.back_at);
		g_free(part->batch);
	}
	g_free(mixed->damage);
	g_free(mixed);
}

static void *mixed_open(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error)
{
	struct mixed *mixed = g_new0(struct mixed, 1);
	g_autoptr(GPtrArray) ours = g_ptr_array_new();
	g_autoptr(GPtrArray) theirs = g_ptr_array_new();
	struct sorted sorted = { .ours = ours, .theirs = theirs };
	gboolean ok;

	mixed->env = env;
	for (guint i = 0; i < traces->len; i++)
		sort(mixed, &sorted, g_ptr_array_index(traces, i));
	ok = open_parts(mixed, &sorted);
	if (ok) {
		g_clear_error(&sorted.first);
		return mixed;
	}
	g_propagate_error(error, sorted.first);
	mixed_close(mixed);
	return NULL;
}

/* ---- reading ---- */

static void take_counts(struct mixed *mixed)
{
	struct fdar_decoder_env *env = mixed->env;

	env->discarded = env->packets_lost = env->copies = env->untimed = env->times_back = 0;
	for (guint i = 0; i < mixed->count; i++) {
		const struct fdar_decoder_env *part = &mixed->parts[i].env;

		env->discarded = fdar_sum(env->discarded, part->discarded);
		env->packets_lost = fdar_sum(env->packets_lost, part->packets_lost);
		env->copies += part->copies;
		env->untimed += part->untimed;
		env->times_back += part->times_back;
		env->most_back_ns = MAX(env->most_back_ns, part->most_back_ns);
		if (!env->back_at)
			env->back_at = g_strdup(part->back_at);
		env->shift_ns = MAX(env->shift_ns, part->shift_ns);
		for (unsigned kind = 0; kind < FDAR_EVENT_KINDS; kind++)
			fdar_decoder_met(env->names, (uint8_t)kind, part->names[kind]);
	}
}

/* FALSE and error: nobody wants to know any more. */
static gboolean fill(struct mixed *mixed, struct part *part, GError **error)
{
	GError *failure = NULL;
	gssize n;

	if (part->ended || part->at < part->count)
		return TRUE;
	n = part->ops->read(part->decoder, part->batch, BATCH, &failure);
	part->at = 0;
	part->count = n > 0 ? (size_t)n : 0;
	part->ended = n <= 0;
	take_counts(mixed);
	if (!failure)
		return TRUE;
	if (is_final(failure)) {
		g_propagate_error(error, failure);
		return FALSE;
	}
	note(mixed, failure->message);
	g_error_free(failure);
	return TRUE;
}

static struct part *earliest(struct mixed *mixed)
{
	struct part *found = NULL;

	for (guint i = 0; i < mixed->count; i++) {
		struct part *part = &mixed->parts[i];

		if (part->at < part->count &&
		    (!found || part->batch[part->at].time_ns < found->batch[found->at].time_ns))
			found = part;
	}
	return found;
}

static gssize finish(const struct mixed *mixed, GError **error)
{
	if (!mixed->damaged)
		return 0;
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED, "%s", mixed->damage);
	if (mixed->damaged > 1)
		g_prefix_error(error, "in %u places, the first: ", mixed->damaged);
	return -1;
}

/* What events point to is their part's, until it is read again: so a batch ends with that of any. */
static gssize mixed_read(void *decoder, struct fdar_event *batch, size_t capacity, GError **error)
{
	struct mixed *mixed = decoder;
	size_t n = 0;

	for (guint i = 0; i < mixed->count; i++) {
		if (!fill(mixed, &mixed->parts[i], error))
			return -1;
	}
	while (n < capacity) {
		struct part *part = earliest(mixed);

		if (!part)
			break;
		batch[n++] = part->batch[part->at++];
		if (part->at == part->count && !part->ended)
			break;
	}
	return n ? (gssize)n : finish(mixed, error);
}

const struct fdar_decoder_ops fdar_decoder_mixed = {
	.name = "each trace by the decoder that understands it",
	.open = mixed_open,
	.read = mixed_read,
	.close = mixed_close,
};
