/* Who lives below a process: one that is on its way out, thread by thread, does. */
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/server/processes.h"

/* Until who started it ends. */
static void *outlive(void *nothing)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return nothing;
}

/* A child whose first thread has ended, and whose second has not; it has a child of its own. */
static pid_t start(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		if (fork() == 0) {
			for (pid_t parent = getppid(); getppid() == parent;)
				usleep(10000);
			_exit(0);
		}
		if (pthread_create(&thread, NULL, outlive, NULL) != 0)
			_exit(1);
		syscall(SYS_exit, 0);
	}
	g_assert_cmpint(pid, >, 0);
	return pid;
}

static gboolean is_zombie(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) && g_strrstr(text, ") Z ");
}

static void test_half_ended(void)
{
	pid_t pid = start(), grandchild;
	g_autoptr(GArray) children = NULL;
	g_autoptr(GArray) grandchildren = NULL;
	g_autoptr(GArray) below = NULL;
	g_autoptr(GArray) none = NULL;

	while (!is_zombie(pid))
		g_usleep(1000);
	g_assert_cmpint(waitpid(pid, NULL, WNOHANG), ==, 0);
	children = fdar_processes_children(getpid());
	g_assert_cmpuint(children->len, ==, 1);
	g_assert_cmpint(g_array_index(children, pid_t, 0), ==, pid);
	grandchildren = fdar_processes_children(pid);
	g_assert_cmpuint(grandchildren->len, ==, 1);
	grandchild = g_array_index(grandchildren, pid_t, 0);
	below = fdar_processes_below(getpid());
	g_assert_cmpuint(below->len, ==, 2);

	/* A whole zombie is none that lives. */
	kill(grandchild, SIGKILL);
	kill(pid, SIGKILL);
	g_assert_cmpint(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), ==, 0);
	none = fdar_processes_children(getpid());
	g_assert_cmpuint(none->len, ==, 0);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/processes/half-ended", test_half_ended);
	return g_test_run();
}
