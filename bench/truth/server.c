/*
 * A small server with a known culprit, for bench/truth/run.sh. The functions that it works with are
 * generated (functions.awk): f0 calls the others as a tree. What is wrong with it comes by environment,
 * so that one binary serves all cases:
 *
 *	TRUTH_SERVER=loop|pool|fork|udp|pipeline   how it serves
 *	TRUTH_KIND=spin|sleep|calls|new            what is wrong; not set: nothing
 *	TRUTH_AT=N       in function fN (spin, sleep)
 *	TRUTH_NS=N       by so much a call (spin, sleep), or a function (new)
 *	TRUTH_PART=N     in so many per cent of the sessions
 *	TRUTH_SEED=N     of the noise
 *
 * server PORT; 0: any, told on standard output.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <flowdar/flowdar.h>

#define HELPER static inline __attribute__((always_inline, unused, no_instrument_function))
#define WORK   __attribute__((noinline, noclone))

enum kind { NOTHING, SPIN, SLEEP, CALLS, NEW };

struct job {
	int fd;
	int hit; /* the session is one of those that something is wrong with */
	struct job *next;
};

static enum kind wrong;
static int wrong_at;
static long wrong_ns;
static unsigned wrong_part = 100;
static double loops_per_ns = 1;
static __thread uint64_t noise = 88172645463325252u;
static volatile uint64_t sink;

HELPER uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Works, rather than waits for a clock: who is kept from the processor takes longer for it. */
HELPER void spin(double ns)
{
	uint64_t value = sink;

	for (uint64_t loops = (uint64_t)(ns * loops_per_ns); loops; loops--) {
		value = value * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(value));
	}
	sink = value;
}

HELPER double random_part(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 7;
	noise ^= noise << 17;
	return (double)(noise >> 11) / 9007199254740992.0;
}

/* What function number at does itself. */
HELPER void work(const struct job *job, int at, double ns)
{
	spin(ns * (0.7 + 0.6 * random_part()));
	if (at != wrong_at || !job->hit)
		return;
	if (wrong == SPIN)
		spin((double)wrong_ns);
	if (wrong == SLEEP) {
		struct timespec time = { wrong_ns / 1000000000, wrong_ns % 1000000000 };

		nanosleep(&time, NULL);
	}
}

#include "functions.h"

/* About a microsecond, called once a request; twice when that is what is wrong. */
WORK void digest(void)
{
	spin(1000);
}

WORK void audit(void)
{
	spin((double)wrong_ns);
}

WORK void scan(void)
{
	spin((double)wrong_ns);
}

WORK void escape(void)
{
	spin((double)wrong_ns);
}

WORK void answer(const struct job *job)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

	if (send(job->fd, text, sizeof(text) - 1, MSG_NOSIGNAL) < 0)
		sink++;
}

WORK void serve(struct job *job)
{
	f0(job);
	digest();
	if (wrong == CALLS && job->hit)
		digest();
	if (wrong == NEW && job->hit) {
		audit();
		scan();
		escape();
	}
}

/* FALSE: the client is gone. */
WORK int take(struct job *job)
{
	char text[8192];

	return recv(job->fd, text, sizeof(text), 0) > 0;
}

HELPER struct job *job_new(int fd)
{
	static unsigned count;
	struct job *job = calloc(1, sizeof(*job));

	job->fd = fd;
	job->hit = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) * 37u % 100 < wrong_part;
	return job;
}

HELPER void job_end(struct job *job)
{
	close(job->fd);
	free(job);
}

/* ---- ways to serve ---- */

#define OPEN_MAX 256

static void loop_serve(int listener)
{
	struct pollfd fds[OPEN_MAX] = { { .fd = listener, .events = POLLIN } };
	struct job *jobs[OPEN_MAX];
	nfds_t count = 1;

	for (;;) {
		poll(fds, count, -1);
		if (fds[0].revents && count < OPEN_MAX) {
			int fd = accept(listener, NULL, NULL);

			if (fd >= 0) {
				fds[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
				jobs[count++] = job_new(fd);
			}
		}
		for (nfds_t i = 1; i < count; i++) {
			if (!fds[i].revents)
				continue;
			if (take(jobs[i])) {
				serve(jobs[i]);
				answer(jobs[i]);
				continue;
			}
			job_end(jobs[i]);
			fds[i] = fds[--count];
			jobs[i--] = jobs[count];
		}
	}
}

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *first, *last;
	const char *name;
};

#define QUEUE(NAME)                                                                   \
	{                                                                             \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL, NAME \
	}

static struct queue accepted = QUEUE("accepted"), taken = QUEUE("taken"), done = QUEUE("done");

static void queue_put(struct queue *queue, struct job *job)
{
	job->next = NULL;
	FLOWDAR_HANDOFF_PUT(job, queue->name);
	pthread_mutex_lock(&queue->lock);
	if (queue->first)
		queue->last->next = job;
	else
		queue->first = job;
	queue->last = job;
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

static struct job *queue_take(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	while (!queue->first)
		pthread_cond_wait(&queue->more, &queue->lock);
	struct job *job = queue->first;
	queue->first = job->next;
	pthread_mutex_unlock(&queue->lock);
	FLOWDAR_HANDOFF_TAKE(job, queue->name);
	return job;
}

static void converse(struct job *job)
{
	while (take(job)) {
		serve(job);
		answer(job);
	}
}

static void *pool_worker(void *unused)
{
	for (;;) {
		struct job *job = queue_take(&accepted);

		converse(job);
		FLOWDAR_SESSION_END(job);
		job_end(job);
	}
	return unused;
}

static void *take_worker(void *unused)
{
	for (;;) {
		struct job *job = queue_take(&accepted);

		if (take(job)) {
			queue_put(&taken, job);
		} else {
			FLOWDAR_SESSION_END(job);
			job_end(job);
		}
	}
	return unused;
}

static void *serve_worker(void *unused)
{
	for (;;) {
		struct job *job = queue_take(&taken);

		serve(job);
		queue_put(&done, job);
	}
	return unused;
}

static void *answer_worker(void *unused)
{
	for (;;) {
		struct job *job = queue_take(&done);

		answer(job);
		queue_put(&accepted, job);
	}
	return unused;
}

static void threads_serve(int listener, int pipeline)
{
	void *(*const pool[])(void *) = { pool_worker, pool_worker, pool_worker, NULL };
	void *(*const stages[])(void *) = { take_worker,  take_worker,  take_worker,   take_worker,
					    serve_worker, serve_worker, answer_worker, NULL };
	pthread_t thread;

	for (void *(*const *worker)(void *) = pipeline ? stages : pool; *worker; worker++)
		pthread_create(&thread, NULL, *worker, NULL);
	for (;;) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		int fd = accept(listener, (struct sockaddr *)&peer, &length);

		if (fd < 0)
			continue;
		struct job *job = job_new(fd);
		FLOWDAR_SESSION_BEGIN(job, (struct sockaddr *)&peer, fd);
		queue_put(&accepted, job);
	}
}

static void fork_serve(int listener)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		struct job *job = job_new(fd);
		if (fork() == 0) {
			close(listener);
			noise += (uint64_t)getpid();
			converse(job);
			close(fd);
			exit(0);
		}
		job_end(job);
	}
}

static void udp_serve(int fd)
{
	for (;;) {
		char text[4096];
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		ssize_t got =
			recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &length);

		if (got < 0)
			continue;
		struct job *job = job_new(-1);
		serve(job);
		if (sendto(fd, text, (size_t)got, 0, (struct sockaddr *)&peer, length) < 0)
			sink++;
		free(job);
	}
}

/* ---- setting up ---- */

HELPER long number_of(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? atol(text) : otherwise;
}

static void set_up(void)
{
	static const char *const kinds[] = { "", "spin", "sleep", "calls", "new" };
	const char *kind = getenv("TRUTH_KIND");

	for (unsigned i = 1; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			wrong = (enum kind)i;
	wrong_at = (int)number_of("TRUTH_AT", -1);
	wrong_ns = number_of("TRUTH_NS", 0);
	wrong_part = (unsigned)number_of("TRUTH_PART", 100);
	noise += (uint64_t)number_of("TRUTH_SEED", 1) * 2654435761u;
	loops_per_ns = (double)number_of("TRUTH_LOOPS_PER_US", 1000) / 1000;
}

/* So many loops take a microsecond here: told once, and the same for all runs of a comparison. */
static void calibrate(void)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		uint64_t begin = now_ns();

		spin(1000000);
		uint64_t took = now_ns() - begin;
		best = took < best ? took : best;
	}
	printf("%.0f\n", 1e9 / (double)best);
}

static int listen_at(int port, int udp)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0), one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || (!udp && listen(fd, 256)) ||
	    getsockname(fd, (struct sockaddr *)&address, &length)) {
		perror("server");
		exit(1);
	}
	printf("listening on %d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	const char *server = getenv("TRUTH_SERVER");

	set_up();
	if (argc > 1 && strcmp(argv[1], "calibrate") == 0) {
		calibrate();
		return 0;
	}
	server = server ? server : "loop";
	int udp = strcmp(server, "udp") == 0;
	int fd = listen_at(argc > 1 ? atoi(argv[1]) : 0, udp);
	if (udp)
		udp_serve(fd);
	else if (strcmp(server, "fork") == 0)
		fork_serve(fd);
	else if (strcmp(server, "loop") == 0)
		loop_serve(fd);
	else
		threads_serve(fd, strcmp(server, "pipeline") == 0);
	return 0;
}
