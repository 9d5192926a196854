/*
 * A referee for the times that flowdar tells: LD_PRELOADed into a server, it notes of each of the server's own
 * threads how long it was there, how long it ran, and how long it waited for a processor, as the kernel says;
 * and how long it ran inside of calls that wait: what it takes to go to sleep and to be woken.
 * A line a thread, added to the file $THREAD_TIMES when the thread or its process ends:
 *
 *	PID TID WALL-NS CPU-NS RUN-QUEUE-NS CPU-IN-WAITS-NS LOOKED-NS BEFORE-NS NAME
 *
 * LOOKED-NS: of WALL-NS, what the referee itself took at the thread's begin and end. The first thread counts
 * from main() on, and a forked child's from where fork() returns; BEFORE-NS is what such a child had waited for
 * a processor until then, not in WALL-NS: on a full machine it may be long. The referee has to be the first of
 * the preloaded libraries: what others do inside of fork() is no work of the server's.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 256 };

struct times {
	long tid;
	const long long *in_waits;
	long long wall, cpu, queue, looked, before;
	char name[32];
};

/* What a thread ran in calls that wait, so far; its address is in the thread's entry. */
static __thread long long in_waits;

/* Of the threads that are there; a tid of 0 is a free place. */
static struct times threads[THREADS_MAX];
static pthread_mutex_t threads_mutex = PTHREAD_MUTEX_INITIALIZER;
static char file_path[512]; /* servers write over their environment */

static long long wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* All but the wall clock. */
static struct times times_now(long tid)
{
	struct times now = { .tid = tid };
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/schedstat", tid);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%lld %lld", &now.cpu, &now.queue) != 2)
			now.cpu = now.queue = 0;
		fclose(file);
	}
	snprintf(path, sizeof(path), "/proc/self/task/%ld/comm", tid);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%31s", now.name) != 1)
			now.name[0] = '\0';
		fclose(file);
	}
	return now;
}

/* To look takes time. A fork's child has it in a function of the server's, a thread before its first and
 * behind its last one: the clock is read first here and last at the end, and what that took is told apart. */
static void thread_begins(bool forked)
{
	long long began = wall_ns();

	pthread_mutex_lock(&threads_mutex);
	for (int i = 0; i < THREADS_MAX; i++) {
		if (threads[i].tid == 0) {
			in_waits = 0;
			threads[i] = times_now(syscall(SYS_gettid));
			threads[i].wall = began;
			threads[i].in_waits = &in_waits;
			threads[i].looked = wall_ns() - began;
			threads[i].before = forked ? threads[i].queue : 0;
			break;
		}
	}
	pthread_mutex_unlock(&threads_mutex);
}

/* Called with the mutex. */
static void times_write(struct times *begin)
{
	long long looks = wall_ns(), ended;
	int length, fd = open(file_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	struct times now = times_now(begin->tid);
	char line[192];

	ended = wall_ns();
	length = snprintf(line, sizeof(line), "%d %ld %lld %lld %lld %lld %lld %lld %s\n",
			  (int)getpid(), begin->tid, ended - begin->wall, now.cpu - begin->cpu,
			  now.queue - begin->queue, *begin->in_waits, begin->looked + ended - looks,
			  begin->before, now.name);
	if (fd < 0 || write(fd, line, (size_t)length) != length)
		perror("thread_times");
	if (fd >= 0)
		close(fd);
	begin->tid = 0;
}

static void thread_ends(void *nothing)
{
	long tid = syscall(SYS_gettid);

	(void)nothing;
	pthread_mutex_lock(&threads_mutex);
	for (int i = 0; i < THREADS_MAX; i++)
		if (threads[i].tid == tid)
			times_write(&threads[i]);
	pthread_mutex_unlock(&threads_mutex);
}

__attribute__((destructor)) static void process_ends(void)
{
	if (!file_path[0])
		return;
	pthread_mutex_lock(&threads_mutex);
	for (int i = 0; i < THREADS_MAX; i++)
		if (threads[i].tid != 0)
			times_write(&threads[i]);
	pthread_mutex_unlock(&threads_mutex);
}

static void child_begins(void)
{
	pthread_mutex_init(&threads_mutex, NULL);
	memset(threads, 0, sizeof(threads));
	thread_begins(true);
}

pid_t fork(void)
{
	pid_t (*next)(void), pid;

	*(void **)&next = dlsym(RTLD_NEXT, "fork");
	pid = next();
	if (pid == 0 && file_path[0])
		child_begins();
	return pid;
}

int daemon(int nochdir, int noclose)
{
	int (*next)(int, int), result;

	*(void **)&next = dlsym(RTLD_NEXT, "daemon");
	result = next(nochdir, noclose);
	if (result == 0 && file_path[0])
		child_begins();
	return result;
}

struct start {
	void *(*run)(void *);
	void *data;
};

static void *thread_run(void *data)
{
	struct start start = *(struct start *)data;
	void *result;

	free(data);
	thread_begins(false);
	pthread_cleanup_push(thread_ends, NULL);
	result = start.run(start.data);
	pthread_cleanup_pop(1);
	return result;
}

/* A tracer's threads are none of the server's; and what they opened here would come to where a server that
 * has closed 0 to 2 puts its connections at that moment. */
static bool is_tracers(const void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) && info.dli_fname &&
	       (strstr(info.dli_fname, "/liblttng-ust") || strstr(info.dli_fname, "/libflowdar"));
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *data)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	struct start *start;

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	if (!file_path[0] || is_tracers(__builtin_return_address(0)))
		return next(thread, attr, run, data);
	start = malloc(sizeof(*start));
	if (!start)
		return next(thread, attr, run, data);
	*start = (struct start){ run, data };
	return next(thread, attr, thread_run, start);
}

static int (*server_main)(int, char **, char **);

static int main_run(int argc, char **argv, char **environment)
{
	thread_begins(false);
	return server_main(argc, argv, environment);
}

/* What a program's first instructions call. */
int __libc_start_main(int (*run)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	int (*next)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
		    void (*)(void), void *);

	*(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
	if (getenv("THREAD_TIMES")) {
		snprintf(file_path, sizeof(file_path), "%s", getenv("THREAD_TIMES"));
		server_main = run;
		run = main_run;
	}
	return next(run, argc, argv, init, fini, rtld_fini, stack_end);
}

static long long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* The call by that name that comes next, with what it runs counted. */
#define WAIT(type, name, ...)                                       \
	do {                                                        \
		static __typeof__(&(name)) next_;                   \
		long long began_ = cpu_ns();                        \
		type result_;                                       \
                                                                    \
		if (!next_)                                         \
			*(void **)&next_ = dlsym(RTLD_NEXT, #name); \
		result_ = next_(__VA_ARGS__);                       \
		in_waits += cpu_ns() - began_;                      \
		return result_;                                     \
	} while (0)

int epoll_wait(int epoll, struct epoll_event *events, int most, int ms)
{
	WAIT(int, epoll_wait, epoll, events, most, ms);
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
	WAIT(int, poll, fds, count, ms);
}

int select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *most)
{
	WAIT(int, select, count, in, out, odd, most);
}

int usleep(useconds_t us)
{
	WAIT(int, usleep, us);
}

int accept(int fd, struct sockaddr *address, socklen_t *length)
{
	WAIT(int, accept, fd, address, length);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	WAIT(ssize_t, recv, fd, buffer, size, flags);
}

/* Without the destructors. */
void _exit(int status)
{
	void (*next)(int);

	process_ends();
	*(void **)&next = dlsym(RTLD_NEXT, "_exit");
	next(status);
	__builtin_unreachable();
}
