/* Several runs at once: the same port for each, what they bring, and their end. */
#include "cli/reduce/jobs.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT       7777
#define PATIENCE_S 60

/* What jobs and the test have in common. */
struct common {
	atomic_uint here;
	atomic_int pids[4];
	volatile int stop;
};

struct result {
	unsigned number;
	gboolean bound, met;
};

static struct common *common_new(void)
{
	struct common *common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	g_assert_true(common != MAP_FAILED);
	return common;
}

static gboolean is_permitted(void)
{
	g_autoptr(GError) error = NULL;

	if (fdar_jobs_are_permitted(&error))
		return TRUE;
	g_assert_nonnull(error);
	g_test_skip(error->message);
	return FALSE;
}

/* Listens, connects to itself, and holds the port until all are there. */
static gboolean listen_together(void *user, unsigned number, void *found, GError **error)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	gint64 until_us = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	struct common *common = user;
	struct result *result = found;

	if (number == 2) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the third has nothing");
		return FALSE;
	}
	if (number == 3)
		kill(getpid(), SIGKILL);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result->number = number;
	result->bound = bind(server, (struct sockaddr *)&address, sizeof(address)) == 0 &&
			listen(server, 1) == 0 &&
			connect(client, (struct sockaddr *)&address, sizeof(address)) == 0;
	atomic_fetch_add(&common->here, 1);
	while (atomic_load(&common->here) < 2 && g_get_monotonic_time() < until_us)
		g_usleep(1000);
	result->met = atomic_load(&common->here) == 2;
	return TRUE;
}

static void test_together(void)
{
	struct common *common = common_new();
	const struct fdar_jobs jobs = { listen_together, common, sizeof(struct result), NULL };
	struct result results[4] = { 0 };
	GError *errors[4];

	if (is_permitted()) {
		fdar_jobs_run(&jobs, 4, results, errors);
		for (unsigned i = 0; i < 2; i++) {
			g_assert_no_error(errors[i]);
			g_assert_cmpuint(results[i].number, ==, i);
			g_assert_true(results[i].bound);
			g_assert_true(results[i].met);
		}
		g_assert_error(errors[2], G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
		g_assert_cmpstr(errors[2]->message, ==, "the third has nothing");
		g_assert_error(errors[3], G_IO_ERROR, G_IO_ERROR_FAILED);
		g_assert_nonnull(strstr(errors[3]->message, "137"));
		g_error_free(errors[2]);
		g_error_free(errors[3]);
	}
	munmap(common, sizeof(*common));
}

/* Sets the flag when both are there, as Ctrl-C would, and waits for ever. */
static gboolean wait_for_ever(void *user, unsigned number, void *result, GError **error)
{
	struct common *common = user;

	(void)result;
	(void)error;
	atomic_store(&common->pids[number], getpid());
	if (atomic_fetch_add(&common->here, 1) == 1)
		common->stop = 1;
	for (int waits = 1; waits; waits = 1)
		pause();
	return FALSE;
}

static void test_stop(void)
{
	struct common *common = common_new();
	const struct fdar_jobs jobs = { wait_for_ever, common, 0, &common->stop };
	GError *errors[2];

	if (is_permitted()) {
		fdar_jobs_run(&jobs, 2, NULL, errors);
		for (unsigned i = 0; i < 2; i++) {
			g_assert_error(errors[i], G_IO_ERROR, G_IO_ERROR_FAILED);
			g_assert_cmpint(kill(atomic_load(&common->pids[i]), 0), !=, 0);
			g_error_free(errors[i]);
		}
	}
	munmap(common, sizeof(*common));
}

static void on_term(int number)
{
	(void)number;
}

/* Ctrl-C in all of a group, and the word of who waits: it goes on, and what fails then is told in its own words. */
static gboolean hear_twice(void *user, unsigned number, void *result, GError **error)
{
	(void)user;
	(void)number;
	(void)result;
	raise(SIGTERM);
	raise(SIGTERM);
	g_quark_from_static_string("something-else-of-a-job");
	g_set_error(error, g_quark_from_static_string("a-domain-of-a-job"), 7, "heard");
	return FALSE;
}

static void test_hear(void)
{
	const struct sigaction once = { .sa_handler = on_term, .sa_flags = (int)SA_RESETHAND };
	const struct fdar_jobs jobs = { .job = hear_twice };
	struct sigaction before;
	GError *error;

	if (!is_permitted())
		return;
	sigaction(SIGTERM, &once, &before);
	fdar_jobs_run(&jobs, 1, NULL, &error);
	sigaction(SIGTERM, &before, NULL);
	g_assert_nonnull(error);
	g_assert_cmpstr(error->message, ==, "heard");
	g_assert_cmpstr(g_quark_to_string(error->domain), ==, "a-domain-of-a-job");
	g_assert_cmpint(error->code, ==, 7);
	g_error_free(error);
}

static void test_check(void)
{
	unsigned processors = g_get_num_processors();
	g_autoptr(GError) error = NULL;

	g_assert_true(fdar_jobs_check(processors + 1, FALSE, NULL));
	g_assert_false(fdar_jobs_check(processors, TRUE, &error));
	g_assert_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jobs/together", test_together);
	g_test_add_func("/jobs/stop", test_stop);
	g_test_add_func("/jobs/hear", test_hear);
	g_test_add_func("/jobs/check", test_check);
	return g_test_run();
}
