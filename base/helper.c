#include "base/helper.h"

#include <string.h>

#include "base/pages.h"

#define SOME (FDAR_HELPER_LOTS / 2)
#define ROOM ((size_t)FDAR_HELPER_LOTS * FDAR_HELPER_BYTES)

struct lot {
	size_t length;
	fdar_helper_fn work;
	void *user;
};

struct fdar_helper {
	GThread *thread;
	char *bytes; /* of all lots */
	struct lot lots[FDAR_HELPER_LOTS];
	unsigned next; /* the sender's: where the next one goes */
	GMutex lock;   /* of what follows, and of lots that pass from one to the other */
	GCond changed; /* there is something to do, or it is time to end */
	GCond done;
	unsigned first, count; /* sent: what the thread is at is the first, until it is done */
	gboolean waited_for;   /* nobody goes on before all is done */
	gboolean stop;
};

/* ---- in the thread ---- */

/* To be woken for each lot costs more than a lot: when there are some, or when somebody waits. */
static gboolean is_due(const struct fdar_helper *helper)
{
	return helper->count >= SOME || helper->waited_for || helper->stop;
}

/* FALSE: it is to end. */
static gboolean wait_for_work(struct fdar_helper *helper)
{
	while (!helper->count && !helper->stop) {
		do
			g_cond_wait(&helper->changed, &helper->lock);
		while (!is_due(helper));
	}
	return helper->count > 0;
}

static gpointer help(gpointer data)
{
	struct fdar_helper *helper = data;

	g_mutex_lock(&helper->lock);
	while (wait_for_work(helper)) {
		const struct lot *lot = &helper->lots[helper->first];
		const char *bytes = helper->bytes + (size_t)helper->first * FDAR_HELPER_BYTES;

		g_mutex_unlock(&helper->lock);
		lot->work(lot->user, bytes, lot->length);
		g_mutex_lock(&helper->lock);
		helper->first = (helper->first + 1) % FDAR_HELPER_LOTS;
		helper->count--;
		/* Likewise: who has no room goes on when there is some. */
		if (helper->count == SOME || !helper->count)
			g_cond_signal(&helper->done);
	}
	g_mutex_unlock(&helper->lock);
	return NULL;
}

/* ---- beside it ---- */

struct fdar_helper *fdar_helper_new(void)
{
	struct fdar_helper *helper = g_new0(struct fdar_helper, 1);

	g_mutex_init(&helper->lock);
	g_cond_init(&helper->changed);
	g_cond_init(&helper->done);
	helper->bytes = fdar_pages_new(ROOM);
	helper->thread = g_thread_new("helper", help, helper);
	return helper;
}

void fdar_helper_send(struct fdar_helper *helper, const void *bytes, size_t length,
		      fdar_helper_fn work, void *user)
{
	g_return_if_fail(length <= FDAR_HELPER_BYTES);
	g_mutex_lock(&helper->lock);
	while (helper->count == FDAR_HELPER_LOTS)
		g_cond_wait(&helper->done, &helper->lock);
	g_mutex_unlock(&helper->lock);
	memcpy(helper->bytes + (size_t)helper->next * FDAR_HELPER_BYTES, bytes, length);
	helper->lots[helper->next] = (struct lot){ length, work, user };
	helper->next = (helper->next + 1) % FDAR_HELPER_LOTS;
	g_mutex_lock(&helper->lock);
	if (++helper->count == SOME)
		g_cond_signal(&helper->changed);
	g_mutex_unlock(&helper->lock);
}

void fdar_helper_drain(struct fdar_helper *helper)
{
	g_mutex_lock(&helper->lock);
	helper->waited_for = TRUE;
	/* Not for nothing: the thread would have the lock for a moment, and a child that is made then for ever. */
	if (helper->count)
		g_cond_signal(&helper->changed);
	while (helper->count)
		g_cond_wait(&helper->done, &helper->lock);
	helper->waited_for = FALSE;
	g_mutex_unlock(&helper->lock);
}

void fdar_helper_free(struct fdar_helper *helper)
{
	if (!helper)
		return;
	g_mutex_lock(&helper->lock);
	helper->stop = TRUE;
	g_cond_signal(&helper->changed);
	g_mutex_unlock(&helper->lock);
	g_thread_join(helper->thread);
	fdar_pages_free(helper->bytes, ROOM);
	g_mutex_clear(&helper->lock);
	g_cond_clear(&helper->changed);
	g_cond_clear(&helper->done);
	g_free(helper);
}
