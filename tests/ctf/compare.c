#include "tests/ctf/compare.h"

#include <string.h>

#include "pipeline/source/source.h"
#include "pipeline/recording/trace_find.h"

#define BATCH 700 /* events; no divisor of anything */

/* A decoder and the batch of it that is in hand. */
struct side {
	const struct fdar_decoder_ops *ops;
	struct fdar_decoder_env env;
	void *decoder;
	struct fdar_event batch[BATCH];
	gssize count, at;
	GError *error;
};

static gboolean side_open(struct side *side, const struct fdar_decoder_ops *ops,
			  const GPtrArray *traces)
{
	side->ops = ops;
	side->env.texts = fdar_texts_new();
	side->env.homes = fdar_homes_new();
	side->decoder = ops->open(traces, &side->env, &side->error);
	return side->decoder != NULL;
}

static void side_close(struct side *side)
{
	if (side->decoder)
		side->ops->close(side->decoder);
	fdar_texts_free(side->env.texts);
	fdar_homes_free(side->env.homes);
	g_free(side->env.damage);
	g_free(side->env.back_at);
	g_clear_error(&side->error);
	g_free(side);
}

/* NULL at the end, good or bad. */
static const struct fdar_event *side_next(struct side *side)
{
	if (side->at < side->count)
		return &side->batch[side->at++];
	if (side->count < 0 || !side->decoder)
		return NULL;
	side->count = side->ops->read(side->decoder, side->batch, BATCH, &side->error);
	side->at = 0;
	if (side->count <= 0) {
		side->count = -1;
		return NULL;
	}
	return &side->batch[side->at++];
}

static char *describe(const struct side *side, const struct fdar_event *event)
{
	if (!event)
		return g_strdup_printf("the end%s%s", side->error ? ": " : "",
				       side->error ? side->error->message : "");
	return g_strdup_printf("%" G_GUINT64_FORMAT
			       " kind %u pid %u tid %u addr %" G_GINT64_MODIFIER
			       "x %" G_GINT64_MODIFIER
			       "x fd %d wait %u name \"%s\" data %u \"%.*s\"",
			       event->time_ns, event->kind, event->pid, event->tid, event->addr,
			       event->addr2, event->fd, event->wait,
			       fdar_texts_get(side->env.texts, event->name), event->data_len,
			       (int)event->data_len, event->data);
}

/* The number's place: of a MODULE it is a text, whose id is each side's own. */
static gboolean same_number(const struct side *left, const struct fdar_event *a,
			    const struct side *right, const struct fdar_event *b)
{
	if (a->kind != FDAR_EVENT_MODULE)
		return a->fd == b->fd;
	return strcmp(fdar_texts_get(left->env.texts, (uint32_t)a->module.event_name),
		      fdar_texts_get(right->env.texts, (uint32_t)b->module.event_name)) == 0;
}

static gboolean same(const struct side *left, const struct fdar_event *a, const struct side *right,
		     const struct fdar_event *b)
{
	return a->time_ns == b->time_ns && a->kind == b->kind && a->pid == b->pid &&
	       a->tid == b->tid && a->addr == b->addr && a->addr2 == b->addr2 &&
	       same_number(left, a, right, b) && a->wait == b->wait && a->data_len == b->data_len &&
	       memcmp(a->data, b->data, a->data_len + 1) == 0 &&
	       fdar_homes_get(left->env.homes, a->home).ns ==
		       fdar_homes_get(right->env.homes, b->home).ns &&
	       strcmp(fdar_texts_get(left->env.texts, a->name),
		      fdar_texts_get(right->env.texts, b->name)) == 0;
}

static void set_difference(struct compared *compared, const struct side *ours,
			   const struct fdar_event *a, const struct side *theirs,
			   const struct fdar_event *b)
{
	g_autofree char *left = describe(ours, a), *right = describe(theirs, b);

	compared->difference = g_strdup_printf("event %" G_GUINT64_FORMAT
					       ":\n  ours:        %s\n  babeltrace2: %s",
					       compared->events, left, right);
}

static void compare_events(struct compared *compared, struct side *ours, struct side *theirs)
{
	const struct fdar_event *a, *b;

	for (;; compared->events++) {
		a = side_next(ours);
		b = side_next(theirs);
		if (!a && !b)
			break;
		if (!a || !b || !same(ours, a, theirs, b)) {
			set_difference(compared, ours, a, theirs, b);
			return;
		}
	}
	if (ours->env.discarded != theirs->env.discarded ||
	    ours->env.packets_lost != theirs->env.packets_lost)
		compared->difference =
			g_strdup_printf("lost: ours: %" G_GUINT64_FORMAT
					" events and %" G_GUINT64_FORMAT
					" packets, babeltrace2: %" G_GUINT64_FORMAT
					" and %" G_GUINT64_FORMAT,
					ours->env.discarded, ours->env.packets_lost,
					theirs->env.discarded, theirs->env.packets_lost);
}

struct compared compare_packed(const char *path, const char *plain)
{
	struct side *ours = g_new0(struct side, 1), *theirs = g_new0(struct side, 1);
	struct compared compared = { 0 };
	g_autoptr(GPtrArray) left = fdar_trace_find(path, NULL);
	g_autoptr(GPtrArray) right = fdar_trace_find(plain, NULL);

	if (left && right)
		compared.ours = side_open(ours, &fdar_decoder_ctf, left);
	if (ours->error)
		compared.refusal = g_strdup(ours->error->message);
	if (compared.ours) {
		side_open(theirs, &fdar_decoder_sandboxed, right);
		compare_events(&compared, ours, theirs);
	}
	side_close(ours);
	side_close(theirs);
	return compared;
}

struct compared compare_decoders(const char *path)
{
	return compare_packed(path, path);
}

void compared_clear(struct compared *compared)
{
	g_free(compared->refusal);
	g_free(compared->difference);
}
