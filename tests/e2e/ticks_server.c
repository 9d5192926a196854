/*
 * What record_ticks.sh samples: threads, a fork, a program that is executed, and signals that the server wants for
 * itself. Each part works for as much processor time as it is told; what goes wrong is said.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PART_S        0.4
#define SHORT_S       0.0005
#define SHORT_THREADS 1600

static volatile sig_atomic_t signals, early;

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#define PART(name)                                         \
	__attribute__((noinline)) static double name(void) \
	{                                                  \
		double x = 1, end = cpu_s() + PART_S;      \
		while (cpu_s() < end)                      \
			for (int i = 0; i < 20000; i++)    \
				x = x * 1.0000001 + 0.1;   \
		return x;                                  \
	}

PART(first_thread)
PART(other_thread)
PART(forked_child)
PART(executed_program)
PART(blocks_all)
PART(after_reset)
PART(after_yield)

static void *in_thread(void *unused)
{
	(void)unused;
	other_thread();
	return NULL;
}

/* Threads that are over before the kernel has looked at their timers once, most of them. */
__attribute__((noinline)) static double in_short_thread(void)
{
	double x = 1, end = cpu_s() + SHORT_S;

	while (cpu_s() < end)
		for (int i = 0; i < 2000; i++)
			x = x * 1.0000001 + 0.1;
	return x;
}

static void *short_thread(void *unused)
{
	(void)unused;
	in_short_thread();
	return NULL;
}

static void short_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < SHORT_THREADS; i++) {
		pthread_create(&thread, NULL, short_thread, NULL);
		pthread_join(thread, NULL);
	}
}

/* Ends early: EINTR, which a server sees as an error. */
__attribute__((noinline)) static void waits(void)
{
	const struct timespec moment = { 0, 50000 };
	double end = cpu_s() + PART_S;

	while (cpu_s() < end)
		if ((poll(NULL, 0, 0) != 0 || nanosleep(&moment, NULL) != 0) && errno == EINTR)
			early++;
}

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static void each_signal(void (*handler)(int))
{
	for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
		if (signal(i, handler) != SIG_DFL)
			printf("signal %d was not free\n", i);
}

static void block(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	blocks_all();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void children(char *program)
{
	pid_t pid = vfork();

	if (pid == 0) { /* what it gives up is not its parent's */
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	pid = fork();
	if (pid == 0) {
		forked_child();
		execl(program, program, "executed", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

/* Forbids itself what only samples would need, and goes on, by threads and children. */
static int locked(void)
{
#define KILLED(call)                                       \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		KILLED(SYS_process_vm_readv),
		KILLED(SYS_timer_create),
		KILLED(SYS_timer_delete),
		KILLED(SYS_timer_settime),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };
	pthread_t thread;
	int status = 1;

	first_thread();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
		return 1;
	after_reset();
	pthread_create(&thread, NULL, in_thread, NULL);
	pthread_join(thread, NULL);
	if (fork() == 0) {
		forked_child();
		_exit(0);
	}
	wait(&status);
	printf("alive: %d\n", status);
	return 0;
}

/* More ticks than there are places, and a child. */
static int full(void)
{
	int status = 1;

	for (int i = 0; i < 4; i++)
		first_thread();
	if (fork() == 0) {
		forked_child();
		_exit(0);
	}
	wait(&status);
	printf("alive: %d\n", status);
	return 0;
}

/* Whether the kernel can say that there is no memory before it is touched (5.14 and later). */
static int populates(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return madvise(page, 4096, 23 /* MADV_POPULATE_WRITE */) != 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 1 && strcmp(argv[1], "locked") == 0)
		return locked();
	if (argc > 1 && strcmp(argv[1], "populates") == 0)
		return populates();
	if (argc > 1 && strcmp(argv[1], "full") == 0)
		return full();
	if (argc > 1) {
		executed_program();
		return 0;
	}
	pthread_create(&thread, NULL, in_thread, NULL);
	first_thread();
	pthread_join(thread, NULL);
	short_threads();
	children(argv[0]);
	waits();
	block();
	each_signal(SIG_DFL);
	after_reset();
	each_signal(on_signal);
	after_yield();
	printf("early: %d signals: %d\n", (int)early, (int)signals);
	return 0;
}
