/* Transfers: which bytes were moved for whom. */
#include <string.h>

#include "analyze/transfers/transfers.h"
#include "tests/unit/kit/event_script.h"

static gboolean on_opened(void *user, struct fdar_transfer_session *session)
{
	g_string_append_printf(user, "open %s%s\n", session->peer,
			       session->datagrams ? " datagrams" : "");
	session->user = user;
	return TRUE;
}

static gboolean on_moved(void *user, struct fdar_transfer_session *session,
			 const struct fdar_transfer *transfer)
{
	g_string_append_printf(user,
			       "%s %s %" G_GUINT64_FORMAT " at %" G_GUINT64_FORMAT " '%.*s'\n",
			       session->peer, transfer->read ? "in" : "out", transfer->bytes,
			       transfer->time_ns, (int)transfer->data_len,
			       transfer->data ? (const char *)transfer->data : "");
	g_assert_true(session->user == user);
	return strstr(session->peer, "stop") == NULL;
}

static gboolean on_closed(void *user, struct fdar_transfer_session *session)
{
	g_string_append_printf(user, "close %s%s\n", session->peer,
			       session->finished ? "" : " unfinished");
	return TRUE;
}

static const struct fdar_transfer_visitor visitor = { on_opened, on_moved, on_closed };

static char *tell(const char *text, struct fdar_transfers_summary *summary)
{
	g_autoptr(script_auto) script = script_new(text);
	GString *out = g_string_new(NULL);

	/* All of them were captured. */
	for (guint i = 0; i < script->events->len; i++) {
		struct fdar_event *event = &g_array_index(script->events, struct fdar_event, i);

		if (event->kind == FDAR_EVENT_BYTES)
			event->bytes.total = event->bytes.data_len;
	}
	fdar_transfers_of(script_events(script), script->events->len, script_name, script, &visitor,
			  out, summary);
	return g_string_free(out, FALSE);
}

/* Bytes belong to the call before them on their thread, if that moved as many, the same way. */
static void test_order(void)
{
	struct fdar_transfers_summary summary;
	g_autofree char *text =
		tell("A 1 begin:1:x:5 2 io:READ:5:4 3 bytes:read:GET1 4 io:WRITE:5:3 5 "
		     "bytes:other:abc 6 io:WRITE:5:2 7 bytes:write:ok 8 bytes:write:ok 9 end:1\n"
		     "B 1 begin:2:y:6 2 io:READ:6:-11 3 bytes:read:no 4 io:READ:6:9 9 end:2\n",
		     &summary);

	g_assert_cmpstr(text, ==,
			"open x\n"
			"open y\n"
			"x in 4 at 2 'GET1'\n"
			"x out 3 at 4 ''\n"
			"x out 2 at 6 'ok'\n"
			"close x\n"
			"y in 9 at 4 ''\n"
			"close y\n");
	g_assert_cmpuint(summary.sessions, ==, 2);
	g_assert_cmpuint(summary.transfers, ==, 4);
	g_assert_cmpuint(summary.bytes, ==, 18);
	g_assert_cmpuint(summary.captured, ==, 6);
}

/* The visitor has enough: what is open is closed, and nothing more is told. */
static void test_stop(void)
{
	struct fdar_transfers_summary summary;
	g_autofree char *text = tell("A 1 begin:1:stop:5 2 io:READ:5:1 3 io:READ:5:1 4 io:READ:5:1 "
				     "5 begin:2:z:6\n",
				     &summary);

	g_assert_cmpstr(text, ==,
			"open stop\n"
			"stop in 1 at 2 ''\n"
			"close stop unfinished\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/transfers/order", test_order);
	g_test_add_func("/transfers/stop", test_stop);
	return g_test_run();
}
