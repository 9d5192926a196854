#include "traced_waits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One end of a pipe that another thread uses when this one waits. */
static int other_end;

static void *fill(void *nothing)
{
	until_main_waits();
	if (write(other_end, "12345678", 8) != 8)
		abort();
	return nothing;
}

static void *empty(void *nothing)
{
	static char dropped[1 << 20];

	until_main_waits();
	if (read(other_end, dropped, sizeof(dropped)) < 0)
		abort();
	return nothing;
}

static pthread_t another(void *(*run)(void *), int end)
{
	pthread_t thread;

	other_end = end;
	if (pthread_create(&thread, NULL, run, NULL) != 0)
		abort();
	return thread;
}

static void pipes(void)
{
	static char big[1 << 16];
	int ends[2], event = eventfd(0, 0);
	char data[8];
	pthread_t other;

	if (pipe(ends) < 0)
		abort();
	said("write, pipe", write(ends[1], "text", 4));
	said("read, pipe", read(ends[0], data, sizeof(data)));
	other = another(fill, ends[1]);
	said("read, pipe, late", read(ends[0], data, sizeof(data)));
	expect_wait("read", 1, ends[0], 8);
	thread_done(other);
	said("write, pipe, all that fits", write(ends[1], big, sizeof(big)));
	other = another(empty, ends[0]);
	said("write, pipe, full", write(ends[1], "text", 4));
	expect_wait("write", 1, ends[1], 4);
	thread_done(other);
	other = another(fill, event);
	said("read, eventfd, late", read(event, data, sizeof(data)));
	expect_wait("read", 1, event, 8);
	thread_done(other);
	fcntl(event, F_SETFL, O_NONBLOCK);
	said("read, eventfd, not blocking", read(event, data, sizeof(data)));
	close(event);
	close(ends[1]);
	said("read, pipe, until the end", read(ends[0], big, sizeof(big)) >= 0);
	said("read, pipe, the end", read(ends[0], data, sizeof(data)));
	close(ends[0]);
}

static void epolls(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct timespec zero = { 0, 0 }, soon = { .tv_nsec = 1000000 };
	int epoll = epoll_create1(0), ends[2];

	if (pipe(ends) < 0)
		abort();
	epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
	said("epoll_pwait2, until the timeout", epoll_pwait2(epoll, &event, 1, &soon, NULL));
	expect_wait("epoll_pwait2", 2, epoll, 0);
	said("epoll_pwait2, not to wait", epoll_pwait2(epoll, &event, 1, &zero, NULL));
	said("write, pipe", write(ends[1], "text", 4));
	said("epoll_pwait2, ready", epoll_pwait2(epoll, &event, 1, NULL, NULL));
	expect_wait("epoll_pwait2", 2, epoll, 1);
	said("epoll_pwait2, ready, not to wait", epoll_pwait2(epoll, &event, 1, &zero, NULL));
	expect_wait("epoll_pwait2", 2, epoll, 1);
	close(epoll);
	close_both(ends);
}

static void messages(void)
{
	struct iovec part;
	char data[16];
	struct mmsghdr two[2] = { 0 };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
		abort();
	part = (struct iovec){ data, sizeof(data) };
	two[0].msg_hdr = two[1].msg_hdr = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1 };
	said("sendmmsg, not to wait", sendmmsg(ends[0], two, 2, MSG_DONTWAIT));
	said("recvmmsg, two", recvmmsg(ends[1], two, 2, 0, NULL));
	expect_wait("recvmmsg", 1, ends[1], 2);
	said("recvmmsg, not to wait", recvmmsg(ends[1], two, 2, MSG_DONTWAIT, NULL));
	said("sendmmsg", sendmmsg(ends[0], two, 1, 0));
	expect_wait("sendmmsg", 1, ends[0], 1);
	said("recvmmsg, one is enough", recvmmsg(ends[1], two, 2, MSG_WAITFORONE, NULL));
	expect_wait("recvmmsg", 1, ends[1], 1); /* for SO_RCVLOWAT is in use in this process */
	later_send(ends[0], "late");
	said("recvmmsg, late", recvmmsg(ends[1], two, 2, MSG_WAITFORONE, NULL));
	expect_wait("recvmmsg", 1, ends[1], 1);
	later_done();
	said("its length", two[0].msg_len);
	close_both(ends);
}

/* A child that ends when its parent waits. */
static pid_t child_of(int status)
{
	pid_t child = fork();

	if (child < 0)
		abort();
	if (child == 0) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/stat", getppid());
		until_waits(path);
		_exit(status);
	}
	return child;
}

static void children(void)
{
	siginfo_t info = { 0 };
	int status = 0;
	pid_t child;

	while (waitpid(-1, &status, WNOHANG) >= 0) /* of earlier tests */
		sched_yield();
	errno = 0;
	said("waitpid, no child", waitpid(-1, &status, 0));
	child = child_of(3);
	said("waitpid, not to wait", waitpid(child, &status, WNOHANG));
	said("waitpid", waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
	expect_wait("waitpid", 0, -1, child);
	child = child_of(4);
	said("wait", wait(&status) == child && WEXITSTATUS(status) == 4);
	expect_wait("wait", 0, -1, child);
	child = child_of(5);
	said("waitid", waitid(P_PID, (id_t)child, &info, WEXITED));
	expect_wait("waitid", 0, -1, 0);
	said("its status", info.si_status);
	child = fork();
	if (child == 0)
		_exit(6);
	do {
		usleep(5000);
		expect_wait("usleep", 6, -1, 0);
		info.si_pid = 0;
	} while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		 info.si_pid == 0);
	said("wait4, ended already", wait4(child, &status, 0, NULL) == child);
}

static void *sleep_until_joined(void *value)
{
	until_main_waits();
	return value;
}

static void joins(void)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, sleep_until_joined, &other_end);
	said("pthread_join", pthread_join(thread, &result));
	expect_wait("pthread_join", 0, -1, 0);
	said("its result", result == &other_end);
	said("pthread_join, oneself", pthread_join(pthread_self(), NULL));
	expect_wait("pthread_join", 0, -1, EDEADLK);
}

static void signals(void)
{
	struct timespec soon = { .tv_nsec = 1000000 };
	sigset_t one, before, none;
	siginfo_t info;
	int number;

	sigemptyset(&none);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &one, &before);
	raise(SIGUSR1);
	said("sigwait", sigwait(&one, &number));
	expect_wait("sigwait", 0, -1, 0);
	said("sigtimedwait, timeout", sigtimedwait(&one, &info, &soon));
	expect_wait("sigtimedwait", 0, -1, -1);
	raise(SIGUSR1);
	said("sigwaitinfo", sigwaitinfo(&one, &info));
	expect_wait("sigwaitinfo", 0, -1, SIGUSR1);
	raise(SIGUSR1);
	said("sigsuspend", sigsuspend(&none));
	expect_wait("sigsuspend", 0, -1, -1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void clocks(void)
{
	struct timespec past = { .tv_sec = 1 };
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *found;
	sem_t semaphore;

	sem_init(&semaphore, 0, 1);
	said("sem_clockwait, free", sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past));
	said("sem_clockwait, past", sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past));
	expect_wait("sem_clockwait", 4, -1, -1);
	said("getaddrinfo", getaddrinfo("127.0.0.1", NULL, &hints, &found));
	expect_wait("getaddrinfo", 0, -1, 0);
	freeaddrinfo(found);
}

/* A server that has locked itself in and allows no recvmsg() and sendmsg(): they are tried in place
 * of its read() and write(), and must not be its results. */
static void locked_in(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_recvmsg, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 5, .filter = filter };
	int ends[2], status;
	char data[8];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		abort();
	child = fork();
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(2);
		_exit(write(ends[0], "text", 4) == 4 && read(ends[1], data, 8) == 4 ? 0 : 1);
	}
	while (waitpid(child, &status, WNOHANG) == 0)
		sched_yield();
	said("locked in", status);
	close_both(ends);
}

void waits_of_others(void)
{
	pipes();
	epolls();
	messages();
	children();
	joins();
	signals();
	clocks();
	locked_in();
}
