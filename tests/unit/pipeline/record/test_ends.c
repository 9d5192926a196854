/* When killed processes ended: what the recorder saw against what is in the trace, and watching for it. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/record/record_count.h"
#include "pipeline/record/record_ends.h"
#include "pipeline/recording/recording_lists.h"
#include "pipeline/server/ends.h"

#define SECOND UINT64_C(1000000000)

static GArray *spans_of(const struct fdar_record_span *first, guint count)
{
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(*first));

	return g_array_append_vals(spans, first, count);
}

/* What becomes of the end of process 7: ended_ns 0, it is taken out. */
static struct fdar_recording_end fitted(uint64_t ended_ns, uint64_t within_ns)
{
	/* Two lives, and another's. */
	static const struct fdar_record_span all[] = { { 7, 10 * SECOND, 20 * SECOND },
						       { 8, 1, 90 * SECOND },
						       { 7, 30 * SECOND, 40 * SECOND } };
	struct fdar_recording_end end = { 7, ended_ns, within_ns, 9 };
	g_autoptr(GArray) spans = spans_of(all, G_N_ELEMENTS(all));
	g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(end));

	g_array_append_val(ends, end);
	fdar_record_ends_fit(ends, spans);
	return ends->len ? g_array_index(ends, struct fdar_recording_end, 0)
			 : (struct fdar_recording_end){ 0 };
}

static void test_fit(void)
{
	/* It lived when it said its last word. */
	g_assert_cmpuint(fitted(41 * SECOND, 5 * SECOND).within_ns, ==, SECOND);
	g_assert_cmpuint(fitted(41 * SECOND, 1000).within_ns, ==, 1000);
	g_assert_cmpuint(fitted(41 * SECOND, 1000).signal, ==, 9);
	/* The life that was on then. */
	g_assert_cmpuint(fitted(21 * SECOND, 5 * SECOND).within_ns, ==, SECOND);
	g_assert_cmpuint(fitted(21 * SECOND, 5 * SECOND).ended_ns, ==, 21 * SECOND);
	/* Clocks differ a little; but one that goes on has not ended. */
	g_assert_cmpuint(fitted(40 * SECOND - 1000, 0).ended_ns, ==, 40 * SECOND);
	g_assert_cmpuint(fitted(39 * SECOND, SECOND).ended_ns, ==, 0);
	g_assert_cmpuint(fitted(5 * SECOND, SECOND).ended_ns, ==, 0);
}

/* A child that does nothing, and ends with this process. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pid == 0)
		pause();
	g_assert_cmpint(pid, >, 0);
	return pid;
}

static uint64_t real_ns(void)
{
	return (uint64_t)g_get_real_time() * 1000;
}

static void test_watched(void)
{
	struct fdar_ends *ends = fdar_ends_new();
	uint64_t before_ns = real_ns(), after_ns, ended_ns, within_ns;
	pid_t watched = child(), other = child();

	fdar_ends_watch(ends, "watched", watched);
	fdar_ends_watch(ends, "other", 0);
	g_assert_true(fdar_ends_knows(ends, "watched"));
	g_usleep(20000);
	fdar_ends_look(ends);
	kill(watched, SIGKILL);
	kill(other, SIGKILL);
	waitpid(watched, NULL, 0);
	waitpid(other, NULL, 0);
	fdar_ends_look(ends);
	after_ns = real_ns();
	g_usleep(20000);
	fdar_ends_look(ends);
	fdar_ends_take(ends, "watched", &ended_ns, &within_ns);
	g_assert_false(fdar_ends_knows(ends, "watched"));
	/* A millisecond for two clocks that are not read at once. */
	g_assert_cmpuint(ended_ns, >=, before_ns + 20000000 - 1000000);
	g_assert_cmpuint(ended_ns, <=, after_ns + 1000000);
	g_assert_cmpuint(within_ns, <=, after_ns - before_ns - 20000000 + 1000000);
	/* Of the other is known when it was first told of, and that it has ended now. */
	fdar_ends_take(ends, "other", &ended_ns, &within_ns);
	g_assert_cmpuint(ended_ns, >=, after_ns + 20000000 - 1000000);
	g_assert_cmpuint(ended_ns - within_ns, <=, after_ns);
	/* Of one that nobody has told of, that much less. */
	fdar_ends_take(ends, "nobody", &ended_ns, &within_ns);
	g_assert_cmpuint(within_ns, <=, ended_ns);
	fdar_ends_free(ends);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Not later than when it was known to live, whatever was looked at meanwhile. */
static void test_bounds(void)
{
	struct fdar_ends *ends = fdar_ends_new();
	uint64_t listed_ns, looked_ns, ended_ns, within_ns;
	pid_t watched = child(), unseen = child();

	fdar_ends_listing(ends);
	listed_ns = real_ns();
	/* It may have ended by now: only the next look can tell. */
	g_usleep(20000);
	fdar_ends_look(ends);
	fdar_ends_watch(ends, "unseen", unseen);
	end(unseen);
	fdar_ends_take(ends, "unseen", &ended_ns, &within_ns);
	g_assert_cmpuint(ended_ns - within_ns, <=, listed_ns + 1000000);
	/* Nor can one be told from looks of whom nobody had told. */
	fdar_ends_take(ends, "nobody", &ended_ns, &within_ns);
	g_assert_cmpuint(ended_ns - within_ns, <=, listed_ns + 1000000);
	/* But one that was watched lived when that was looked at last. */
	fdar_ends_watch(ends, "watched", watched);
	g_usleep(20000);
	looked_ns = real_ns();
	fdar_ends_look(ends);
	end(watched);
	fdar_ends_take(ends, "watched", &ended_ns, &within_ns);
	g_assert_cmpuint(ended_ns - within_ns, >=, looked_ns - 1000000);
	fdar_ends_free(ends);
}

/* One end is one, though a child that was forked meanwhile has the descriptor, too. */
static void test_inherited(void)
{
	struct fdar_ends *ends = fdar_ends_new();
	struct pollfd ready = { .fd = fdar_ends_fd(ends), .events = POLLIN };
	pid_t looked = child(), taken = child(), keeper;
	uint64_t ended_ns, within_ns;

	fdar_ends_watch(ends, "looked", looked);
	fdar_ends_watch(ends, "taken", taken);
	keeper = child();
	end(looked);
	g_assert_cmpint(poll(&ready, 1, 0), ==, 1);
	fdar_ends_look(ends);
	g_assert_cmpint(poll(&ready, 1, 0), ==, 0);
	end(taken);
	fdar_ends_take(ends, "taken", &ended_ns, &within_ns);
	g_assert_cmpint(poll(&ready, 1, 0), ==, 0);
	fdar_ends_look(ends);
	end(keeper);
	fdar_ends_free(ends);
}

/* Whoever makes files and takes them away does not fill the recorder's memory. */
static void test_many(void)
{
	struct fdar_ends *ends = fdar_ends_new();
	uint64_t ended_ns, within_ns;

	for (unsigned i = 0; i <= FDAR_ENDS_KNOWN_MAX; i++) {
		g_autofree char *name = g_strdup_printf("1-%u", i);

		fdar_ends_watch(ends, name, 0);
		g_assert_true(fdar_ends_knows(ends, name) == (i < FDAR_ENDS_KNOWN_MAX));
	}
	fdar_ends_take(ends, "1-0", &ended_ns, &within_ns);
	fdar_ends_watch(ends, "1-last", 0);
	g_assert_true(fdar_ends_knows(ends, "1-last"));
	fdar_ends_free(ends);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ends/fit", test_fit);
	g_test_add_func("/ends/watched", test_watched);
	g_test_add_func("/ends/bounds", test_bounds);
	g_test_add_func("/ends/inherited", test_inherited);
	g_test_add_func("/ends/many", test_many);
	return g_test_run();
}
