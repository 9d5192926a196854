#include "cli/reduce/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/processors.h"
#include "pipeline/server/processes.h"

#define NO_RIGHT      "root without CAP_SYS_ADMIN, as in a container"
#define LOOK_MS       20
#define DOMAIN_BYTES  64u
#define MESSAGE_BYTES 600u

/* What comes through the pipe, before the result. The domain by name: numbers of quarks are each process' own. */
struct said {
	gboolean fine;
	int code;
	char domain[DOMAIN_BYTES];
	char message[MESSAGE_BYTES];
};

/* ---- in the job ---- */

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s: %s", what,
		    g_strerror(errno));
	return FALSE;
}

static gboolean put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text);
	gboolean fine = fd >= 0 && write(fd, text, length) == (ssize_t)length;

	if (fd >= 0)
		close(fd);
	return fine;
}

/* Who we are stays: nobody gets another name by it. */
static gboolean map_users(uid_t user, gid_t group)
{
	g_autofree char *users = g_strdup_printf("%u %u 1", user, user);
	g_autofree char *groups = g_strdup_printf("%u %u 1", group, group);

	return put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", users) &&
	       put("/proc/self/gid_map", groups);
}

static gboolean bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	gboolean fine = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;

	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	fine = fine && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	if (fd >= 0)
		close(fd);
	return fine;
}

/* For a process with one thread, which this becomes by fork. */
static gboolean isolate(GError **error)
{
	uid_t user = geteuid();
	gid_t group = getegid();

	if (unshare(CLONE_NEWNET) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
			return fail(error, user ? "unshare" : NO_RIGHT);
		if (!map_users(user, group))
			return fail(error, user ? "/proc/self/uid_map" : NO_RIGHT);
	}
	return bring_up_loopback() || fail(error, "lo");
}

/* Our whole group may have heard a signal that who waits for us passes on: the second one must not end a job that still
 * has a server to end. */
static void hear_again(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		if (sigaction(signals[i], NULL, &action) != 0)
			continue;
		action.sa_flags &= ~(int)SA_RESETHAND;
		sigaction(signals[i], &action, NULL);
	}
}

/* Never returns. */
static void do_job(const struct fdar_jobs *jobs, unsigned number, int fd)
{
	g_autofree void *result = g_malloc0(MAX(jobs->size, 1));
	struct said said = { .fine = FALSE };
	GError *error = NULL;

	said.fine =
		isolate(&error) && (!jobs->job || jobs->job(jobs->user, number, result, &error));
	if (error) {
		g_strlcpy(said.domain, g_quark_to_string(error->domain), sizeof(said.domain));
		said.code = error->code;
		g_strlcpy(said.message, error->message, sizeof(said.message));
	}
	_exit(fdar_file_write_all(fd, &said, sizeof(said)) &&
			      fdar_file_write_all(fd, result, jobs->size)
		      ? 0
		      : 1);
}

/* ---- who waits for them ---- */

struct worker {
	pid_t pid;
	int fd; /* -1: all was read */
	GByteArray *got;
};

static gboolean begin(const struct fdar_jobs *jobs, unsigned number, struct worker *worker,
		      GError **error)
{
	pid_t parent = getpid();
	int ends[2];

	*worker = (struct worker){ .fd = -1 };
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(error, "pipe");
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid == 0) {
		/* Signals stay caught: a job has something to clear away. */
		hear_again();
		if (!fdar_process_end_with(parent))
			_exit(126);
		close(ends[0]);
		do_job(jobs, number, ends[1]);
	}
	close(ends[1]);
	worker->fd = ends[0];
	worker->got = g_byte_array_new();
	return worker->pid > 0 || fail(error, "fork");
}

static void read_more(struct worker *worker)
{
	guint8 buffer[4096];
	ssize_t got = read(worker->fd, buffer, sizeof(buffer));

	if (got > 0) {
		g_byte_array_append(worker->got, buffer, (guint)got);
	} else if (got == 0 || errno != EINTR) {
		close(worker->fd);
		worker->fd = -1;
	}
}

/* Until all have said what they have to say. */
static void follow(const struct fdar_jobs *jobs, struct worker *workers, unsigned count)
{
	struct pollfd looks[FDAR_JOBS_AT_ONCE_MAX];
	gboolean told = FALSE, open = TRUE;

	while (open) {
		open = FALSE;
		if (jobs->stop && *jobs->stop && !told) {
			told = TRUE;
			for (unsigned i = 0; i < count; i++)
				if (workers[i].fd >= 0 && workers[i].pid > 0)
					kill(workers[i].pid, SIGTERM);
		}
		for (unsigned i = 0; i < count; i++)
			looks[i] = (struct pollfd){ .fd = workers[i].fd, .events = POLLIN };
		poll(looks, count, LOOK_MS);
		for (unsigned i = 0; i < count; i++) {
			if (looks[i].revents & (POLLIN | POLLHUP | POLLERR))
				read_more(&workers[i]);
			open = open || workers[i].fd >= 0;
		}
	}
}

static void end(const struct fdar_jobs *jobs, struct worker *worker, void *result, GError **error)
{
	const struct said *said = (const void *)(worker->got ? worker->got->data : NULL);
	int status = 0;

	if (worker->pid > 0)
		while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
			continue;
	if (!*error && worker->got->len != sizeof(*said) + jobs->size)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "the process of a run ended, with status %d",
			    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	else if (!*error && !said->fine)
		*error = g_error_new_literal(g_quark_from_string(said->domain), said->code,
					     said->message);
	else if (!*error && jobs->size)
		memcpy(result, worker->got->data + sizeof(*said), jobs->size);
	if (worker->got)
		g_byte_array_unref(worker->got);
}

void fdar_jobs_run(const struct fdar_jobs *jobs, unsigned count, void *results, GError **errors)
{
	struct worker workers[FDAR_JOBS_AT_ONCE_MAX];

	g_assert(count <= FDAR_JOBS_AT_ONCE_MAX);
	for (unsigned i = 0; i < count; i++) {
		errors[i] = NULL;
		begin(jobs, i, &workers[i], &errors[i]);
	}
	follow(jobs, workers, count);
	for (unsigned i = 0; i < count; i++)
		end(jobs, &workers[i], (char *)results + i * jobs->size, &errors[i]);
}

gboolean fdar_jobs_check(unsigned count, gboolean by_the_clock, GError **error)
{
	unsigned processors = fdar_processors();

	if (!by_the_clock || processors >= 2 * count)
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "--jobs: answers are late where runs share processors: latency with --jobs %u "
		    "takes %u of them, and there are %u",
		    count, 2 * count, processors);
	return FALSE;
}

gboolean fdar_jobs_are_permitted(GError **error)
{
	const struct fdar_jobs nothing = { .job = NULL };
	GError *problem = NULL;

	fdar_jobs_run(&nothing, 1, NULL, &problem);
	if (!problem)
		return TRUE;
	g_propagate_error(error, problem);
	return FALSE;
}
