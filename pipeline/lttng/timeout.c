#include "pipeline/lttng/timeout.h"

struct call {
	GMutex mutex;
	GCond over;
	gboolean is_over;
	int owners; /* the caller and the thread; the last one frees */
	void (*function)(void *data);
	void *data;
};

/* With the mutex held; lets go of it. */
static void leave(struct call *call)
{
	gboolean last = --call->owners == 0;

	g_mutex_unlock(&call->mutex);
	if (!last)
		return;
	g_mutex_clear(&call->mutex);
	g_cond_clear(&call->over);
	g_free(call);
}

static gpointer run(gpointer data)
{
	struct call *call = data;

	call->function(call->data);
	g_mutex_lock(&call->mutex);
	call->is_over = TRUE;
	g_cond_signal(&call->over);
	leave(call);
	return NULL;
}

gboolean fdar_timeout_call(void (*function)(void *data), void *data, int milliseconds)
{
	gint64 until = g_get_monotonic_time() + (gint64)milliseconds * 1000;
	struct call *call = g_new0(struct call, 1);
	gboolean over;

	g_mutex_init(&call->mutex);
	g_cond_init(&call->over);
	call->owners = 2;
	call->function = function;
	call->data = data;
	g_thread_unref(g_thread_new("timeout", run, call));
	g_mutex_lock(&call->mutex);
	while (!call->is_over && g_cond_wait_until(&call->over, &call->mutex, until))
		;
	over = call->is_over;
	leave(call);
	return over;
}
