/* How many sessions there were, of what processes tell. */
#include "cli/record/sessions_seen.h"

static void tell_process(struct fdar_sessions_seen *seen, uint32_t pid, uint64_t parent)
{
	struct fdar_event event = { .kind = FDAR_EVENT_PROCESS, .pid = pid };

	event.process.parent = parent;
	fdar_sessions_seen_add(seen, &event);
}

static void tell_begin(struct fdar_sessions_seen *seen, uint32_t pid, uint64_t key,
		       const char *peer, int32_t fd)
{
	struct fdar_event event = { .kind = FDAR_EVENT_SESSION_BEGIN, .pid = pid };

	event.session.key = key;
	event.session.peer = peer;
	event.session.fd = fd;
	fdar_sessions_seen_add(seen, &event);
}

static void tell_end(struct fdar_sessions_seen *seen, uint32_t pid, uint64_t key)
{
	struct fdar_event event = { .kind = FDAR_EVENT_SESSION_END, .pid = pid };

	event.session.key = key;
	fdar_sessions_seen_add(seen, &event);
}

static void assert_count(struct fdar_sessions_seen *seen, guint64 expected)
{
	g_assert_cmpuint(fdar_sessions_seen_count(seen), ==, expected);
	fdar_sessions_seen_free(seen);
}

/* The parent has done with each before its child begins it, or after. */
static void test_forked(void)
{
	struct fdar_sessions_seen *seen = fdar_sessions_seen_new();

	tell_process(seen, 1, 0);
	for (uint32_t i = 0; i < 40; i++) {
		g_autofree char *peer = g_strdup_printf("127.0.0.1:%u", 2000 + i);

		tell_begin(seen, 1, i, peer, 20);
		if (i % 2)
			tell_end(seen, 1, i);
		tell_process(seen, 100 + i, 1);
		tell_begin(seen, 100 + i, i, peer, 20);
		if (!(i % 2))
			tell_end(seen, 1, i);
	}
	assert_count(seen, 40);
}

/* A child of a child: the one between said nothing of the session. */
static void test_grandchild(void)
{
	struct fdar_sessions_seen *seen = fdar_sessions_seen_new();

	tell_begin(seen, 1, 7, "127.0.0.1:2000", 20);
	tell_end(seen, 1, 7);
	tell_process(seen, 2, 1);
	tell_process(seen, 3, 2);
	tell_begin(seen, 3, 7, "127.0.0.1:2000", 20);
	assert_count(seen, 1);
}

/* Workers beside each other count for themselves, whatever their keys are; so does who comes again. */
static void test_others(void)
{
	struct fdar_sessions_seen *seen = fdar_sessions_seen_new();

	tell_process(seen, 2, 1);
	tell_process(seen, 3, 1);
	tell_begin(seen, 2, 7, "", 20);
	tell_end(seen, 2, 7);
	tell_begin(seen, 3, 7, "", 20);
	tell_end(seen, 3, 7);
	tell_begin(seen, 3, 8, "", 20);
	tell_begin(seen, 3, 9, "", -1);
	tell_begin(seen, 3, 9, "", -1);
	assert_count(seen, 5);
}

/* A process that is said to be its own parent, or its child's child, ends no search. */
static void test_circle(void)
{
	struct fdar_sessions_seen *seen = fdar_sessions_seen_new();

	tell_process(seen, 1, 1);
	tell_process(seen, 2, 3);
	tell_process(seen, 3, 2);
	tell_begin(seen, 1, 1, "a", 5);
	tell_begin(seen, 2, 1, "b", 5);
	assert_count(seen, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sessions-seen/forked", test_forked);
	g_test_add_func("/sessions-seen/grandchild", test_grandchild);
	g_test_add_func("/sessions-seen/others", test_others);
	g_test_add_func("/sessions-seen/circle", test_circle);
	return g_test_run();
}
