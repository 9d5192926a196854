#include "provider/aside.h"
#include "provider/helper.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "provider/control.h"
#include "provider/standard.h"

#define STACK_BYTES (256u << 10)
#define TICK_MS     100
#define IDLE_MS     1000 /* while nothing is recorded */
#define GONE_MS     5000
/* The functions library comes after the helper has begun; and a server that goes to the background closes
 * 0 to 2 and opens what is to be there, without saying where: so long nothing of ours gets in
 * between, if one of them is free. */
#define YOUNG_TICKS 10
#define PATH_BYTES  4096

struct helper {
	const struct fdar_control *segment; /* what the rest is about */
	uint32_t generation;
	uint32_t flush;
	uint32_t alive;
	uint64_t alive_ms; /* when it was last seen to move */
	bool gone;
	bool changed;   /* and nobody was told yet */
	unsigned young; /* ticks that it is still young for */
	int socket;     /* or -1 */
	ino_t inode;    /* of the socket: somebody may close it under us */
};

static uint32_t started; /* atomic */
static uint32_t busy;    /* atomic: it may be writing events */
static uint32_t resting; /* atomic: it is to write none */

#define REST_STEP_NS 100000
#define REST_STEPS   1000u

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static bool socket_is_ours(const struct helper *helper)
{
	struct stat status;

	return helper->socket >= 0 && fstat(helper->socket, &status) == 0 &&
	       S_ISSOCK(status.st_mode) && status.st_ino == helper->inode;
}

/* The place where a recorder finds this process. Somebody else may have taken the name, and may let go
 * of it: it is tried again at each turn. */
static void socket_open(struct helper *helper)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length;
	struct stat status;
	bool taken = fdar_aside_begin();
	int fd = fdar_aside(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	fdar_aside_end(taken);
	if (fd < 0)
		return;
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1);
	length += (socklen_t)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
				      "flowdar/%d", getpid());
	if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 4) != 0 ||
	    fstat(fd, &status) != 0) {
		close(fd);
		return;
	}
	helper->socket = fd;
	helper->inode = status.st_ino;
}

static void socket_close(struct helper *helper)
{
	if (socket_is_ours(helper))
		close(helper->socket);
	helper->socket = -1;
}

/* The superuser and our own user, nobody else. */
static bool peer_may(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void socket_hear(struct helper *helper)
{
	char path[PATH_BYTES];
	struct pollfd ready;
	ssize_t got = -1;
	bool taken;
	int fd;

	if (!socket_is_ours(helper))
		return;
	taken = fdar_aside_begin();
	fd = fdar_aside(accept4(helper->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	fdar_aside_end(taken);
	if (fd < 0)
		return;
	ready = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (peer_may(fd) && poll(&ready, 1, IDLE_MS) == 1)
		got = recv(fd, path, sizeof(path) - 1, MSG_DONTWAIT);
	if (got > 0 && path[0] == '/') {
		path[got] = '\0';
		if (fdar_control_map(path))
			socket_close(helper);
	}
	close(fd);
}

/* For a recorder to come, or until the next tick. */
static void wait_at_socket(struct helper *helper, int timeout_ms, bool may_open)
{
	struct pollfd ready;

	if (helper->socket >= 0 && !socket_is_ours(helper))
		helper->socket = -1;
	if (helper->socket < 0 && may_open)
		socket_open(helper);
	ready = (struct pollfd){ .fd = helper->socket, .events = POLLIN };
	if (poll(&ready, 1, timeout_ms) == 1 && (ready.revents & POLLIN))
		socket_hear(helper);
}

static void wait_for_change(const struct helper *helper, int timeout_ms)
{
	struct timespec most = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

	syscall(SYS_futex, &helper->segment->generation, FUTEX_WAIT, helper->generation, &most,
		NULL, 0);
}

/* Whether there still is a recorder. Has it gone, the next one may come to the socket. */
static bool alive_look(struct helper *helper)
{
	uint32_t alive = __atomic_load_n(&helper->segment->alive, __ATOMIC_RELAXED);
	bool was = helper->gone;

	if (alive != helper->alive) {
		helper->alive = alive;
		helper->alive_ms = now_ms();
		helper->gone = false;
	} else if (now_ms() - helper->alive_ms > GONE_MS) {
		helper->gone = true;
	}
	if (helper->gone != was)
		fdar_control_gone(helper->gone);
	return helper->gone != was;
}

static void segment_take(struct helper *helper, const struct fdar_control *segment)
{
	helper->segment = segment;
	helper->generation = __atomic_load_n(&segment->generation, __ATOMIC_ACQUIRE);
	helper->flush = __atomic_load_n(&segment->flush, __ATOMIC_RELAXED);
	helper->alive = __atomic_load_n(&segment->alive, __ATOMIC_RELAXED);
	helper->alive_ms = now_ms();
	helper->gone = false;
}

/* What has changed since the last look, and what is to be done about it. */
static void segment_look(struct helper *helper, bool may_open)
{
	const struct fdar_control_user *user = fdar_control_user();
	const struct fdar_control *segment = flowdar_control_segment();
	struct fdar_control_counters *counters = flowdar_control_counters();
	uint32_t generation, flush;

	if (!segment)
		return;
	if (segment != helper->segment) {
		segment_take(helper, segment);
		helper->changed = true;
	}
	generation = __atomic_load_n(&segment->generation, __ATOMIC_ACQUIRE);
	flush = __atomic_load_n(&segment->flush, __ATOMIC_RELAXED);
	if (generation != helper->generation) {
		helper->generation = generation;
		helper->changed = true;
		/* A tracing session that was not there the first time may take the event now. */
		fdar_control_tell_again();
	}
	if (alive_look(helper))
		helper->changed = true;
	flowdar_control_before_now();
	if (helper->changed && user && may_open) {
		helper->changed = false;
		user->changed();
	}
	if (flush != helper->flush) {
		helper->flush = flush;
		if (user)
			user->flush();
		if (counters)
			__atomic_store_n(&counters->flushed, flush, __ATOMIC_RELEASE);
	}
}

/* One look, one tick. Not while the process ends: a thread that ends in the middle of an event leaves
 * LTTng's packet without an end, and all of it is lost, of every process that shares the buffer. */
static void work(struct helper *helper, bool may_open)
{
	const struct fdar_control_user *user;

	__atomic_store_n(&busy, 1, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&resting, __ATOMIC_SEQ_CST)) {
		segment_look(helper, may_open);
		user = fdar_control_user();
		if (user && may_open)
			user->tick();
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

void fdar_helper_rest(void)
{
	struct timespec step = { .tv_nsec = REST_STEP_NS };

	__atomic_store_n(&resting, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < REST_STEPS && __atomic_load_n(&busy, __ATOMIC_SEQ_CST); i++)
		nanosleep(&step, NULL);
}

void fdar_helper_wake(void)
{
	__atomic_store_n(&resting, 0, __ATOMIC_RELEASE);
}

static void *helper_run(void *nothing)
{
	struct helper helper = { .young = YOUNG_TICKS, .socket = -1 };

	(void)nothing;
	prctl(PR_SET_NAME, "flowdar");
	fdar_control_never_wait();
	for (;;) {
		bool may_open = helper.young == 0 || !fdar_standard_free();
		int timeout_ms;

		work(&helper, may_open);
		timeout_ms =
			(fdar_control_user() && flowdar_control_recording()) || helper.young > 0
				? TICK_MS
				: IDLE_MS;
		helper.young -= helper.young > 0;
		if (helper.segment && !helper.gone)
			wait_for_change(&helper, timeout_ms);
		else
			wait_at_socket(&helper, timeout_ms, may_open);
	}
	return NULL;
}

void fdar_helper_forget(void)
{
	__atomic_store_n(&started, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&busy, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&resting, 0, __ATOMIC_RELAXED);
}

void fdar_helper_start(void)
{
	uint32_t no = 0;
	sigset_t all, was;
	pthread_attr_t attributes;
	pthread_t thread;

	if (!__atomic_compare_exchange_n(&started, &no, 1, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	if (pthread_attr_init(&attributes) != 0)
		return;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	pthread_create(&thread, &attributes, helper_run, NULL);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pthread_attr_destroy(&attributes);
}
