#include "base/child.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534u

/* All but these. */
static void close_others(const int *fds, guint count)
{
	unsigned from = 0, next;

	do {
		next = ~0U;
		for (guint i = 0; i < count; i++)
			if ((unsigned)fds[i] >= from && (unsigned)fds[i] < next)
				next = (unsigned)fds[i];
		if (next > from)
			close_range(from, next == ~0U ? next : next - 1, 0);
		from = next + 1;
	} while (next != ~0U);
}

/* There may be few numbers that can be had (RLIMIT_NOFILE). */
gboolean fdar_child_keep(const int *fds, guint count)
{
	int null, high[FDAR_CHILD_FDS_MAX];

	if (count > FDAR_CHILD_FDS_MAX)
		return FALSE;
	close_others(fds, count);
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		return FALSE;
	for (guint i = 0; i < count; i++) {
		high[i] = fcntl(fds[i], F_DUPFD, FDAR_CHILD_FIRST + (int)count);
		if (high[i] < 0)
			return FALSE;
	}
	for (int fd = 0; fd < FDAR_CHILD_FIRST; fd++)
		if (dup2(null, fd) != fd)
			return FALSE;
	for (guint i = 0; i < count; i++)
		if (dup2(high[i], FDAR_CHILD_FIRST + (int)i) < 0)
			return FALSE;
	return close_range(FDAR_CHILD_FIRST + count, ~0U, 0) == 0;
}

void fdar_child_ignore_stops(void)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	for (guint i = 0; i < G_N_ELEMENTS(stops); i++)
		signal(stops[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit limit = { value, value }, now;

	if (getrlimit(resource, &now) == 0 && now.rlim_max < value)
		limit.rlim_max = now.rlim_max;
	if (getrlimit(resource, &now) == 0 && now.rlim_cur < value)
		limit.rlim_cur = now.rlim_cur;
	setrlimit(resource, &limit);
}

void fdar_child_limit(const struct fdar_child_limits *limits)
{
	limit(RLIMIT_CORE, 0);
	if (!limits->writes)
		limit(RLIMIT_FSIZE, 0);
	if (limits->cpu_s)
		limit(RLIMIT_CPU, limits->cpu_s);
	if (limits->address_bytes && !FDAR_CHILD_SHADOWED)
		limit(RLIMIT_AS, limits->address_bytes);
	if (limits->data_bytes && !FDAR_CHILD_SHADOWED)
		limit(RLIMIT_DATA, limits->data_bytes);
}

/* A kernel without that ends whom it likes. */
void fdar_child_go_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1000", 4);
	close(fd);
}

void fdar_child_allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

gboolean fdar_child_drop_rights(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
			       setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return FALSE;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

gboolean fdar_child_end_with(pid_t parent, int signal)
{
	return prctl(PR_SET_PDEATHSIG, signal) == 0 && getppid() == parent;
}

/* ---- between the two ---- */

gboolean fdar_child_send(int socket, const void *bytes, size_t length, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { (void *)bytes, length };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		*CMSG_FIRSTHDR(&header) = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
							    .cmsg_level = SOL_SOCKET,
							    .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &fd, sizeof(fd));
	}
	return sendmsg(socket, &header, MSG_NOSIGNAL) == (ssize_t)length;
}

int fdar_child_descriptor(struct msghdr *header)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

gint64 fdar_child_cpu_ns(pid_t pid)
{
	struct timespec used = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return 0;
	return (gint64)used.tv_sec * 1000000000 + used.tv_nsec;
}

gboolean fdar_child_is_stopped(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofree char *stat = NULL;
	const char *name_end =
		g_file_get_contents(path, &stat, NULL, NULL) ? strrchr(stat, ')') : NULL;

	return name_end && (g_str_has_prefix(name_end, ") T") || g_str_has_prefix(name_end, ") t"));
}
