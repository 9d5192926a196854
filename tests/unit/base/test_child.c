/* What a forked process keeps and gives up. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child: its exit status, 0 when all is well. */
static int in_child(int (*run)(void))
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(run());
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	return status;
}

static guint count_open(void)
{
	guint count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Two of them, the wrong way round, with the fewest descriptors that it can do with. */
static int keeps(void)
{
	struct rlimit few = { 8, 8 };
	int ends[2], kept[2];
	char byte = 0;

	close_range(3, ~0U, 0);
	if (pipe(ends) != 0 || ends[0] != 3 || ends[1] != 4)
		return 1;
	kept[0] = ends[1];
	kept[1] = ends[0];
	setrlimit(RLIMIT_NOFILE, &few);
	if (!fdar_child_keep(kept, 2) || count_open() != 5)
		return 2;
	return write(FDAR_CHILD_FIRST, "x", 1) == 1 && read(FDAR_CHILD_FIRST + 1, &byte, 1) == 1 &&
			       byte == 'x' && read(0, &byte, 1) == 0
		       ? 0
		       : 3;
}

static void test_keep(void)
{
	g_assert_cmpint(in_child(keeps), ==, 0);
}

static int is_limited(void)
{
	static const struct fdar_child_limits limits = { .data_bytes = 64 << 20, .cpu_s = 7 };
	void *volatile memory;
	struct rlimit now;
	int fd = memfd_create("limited", MFD_CLOEXEC);

	fdar_child_limit(&limits);
	signal(SIGXFSZ, SIG_IGN);
	if (fd < 0 || write(fd, "x", 1) == 1 || errno != EFBIG)
		return 1;
	if (getrlimit(RLIMIT_CPU, &now) != 0 || now.rlim_cur != 7 || now.rlim_max != 7)
		return 2;
	if (getrlimit(RLIMIT_CORE, &now) != 0 || now.rlim_cur)
		return 3;
	memory = malloc(128 << 20);
	return FDAR_CHILD_SHADOWED || !memory ? 0 : 4;
}

static void test_limits(void)
{
	g_assert_cmpint(in_child(is_limited), ==, 0);
}

static int ignores_stops(void)
{
	fdar_child_ignore_stops();
	return raise(SIGINT) || raise(SIGTERM) || raise(SIGHUP) || raise(SIGQUIT);
}

static int ends_of_others(void)
{
	fdar_child_ignore_stops();
	raise(SIGUSR1);
	return 1;
}

static void test_signals(void)
{
	int status;

	g_assert_cmpint(in_child(ignores_stops), ==, 0);
	status = in_child(ends_of_others);
	g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
}

static int has_no_rights(void)
{
	if (!fdar_child_drop_rights())
		return 1;
	return setresuid(0, 0, 0) == 0 || geteuid() == 0 || open("/etc/shadow", O_RDONLY) >= 0;
}

static void test_rights(void)
{
	if (getuid() != 0) {
		g_test_skip("needs root, to have rights that can be dropped");
		return;
	}
	g_assert_cmpint(in_child(has_no_rights), ==, 0);
}

static int has_other_parent(void)
{
	return fdar_child_end_with(getppid() + 1, SIGKILL) ||
	       !fdar_child_end_with(getppid(), SIGKILL);
}

static void test_parent(void)
{
	g_assert_cmpint(in_child(has_other_parent), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/child/keep", test_keep);
	g_test_add_func("/child/limits", test_limits);
	g_test_add_func("/child/signals", test_signals);
	g_test_add_func("/child/rights", test_rights);
	g_test_add_func("/child/parent", test_parent);
	return g_test_run();
}
