/* A server that locks itself in, with a filter that ends it for what only we would ask: traced_locked_in.sh
 * records it. It is off its processor often, calls functions and scopes in between, and functions on a stack that is
 * not the thread's; then a second thread tells of sessions, and may ask even less. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "flowdar/flowdar.h"

static void work(int rounds)
{
	struct timespec nap = { .tv_nsec = 1000000 };

	for (int i = 0; i < rounds; i++) {
		FLOWDAR_SCOPE("round");
		syscall(SYS_nanosleep, &nap, NULL); /* nobody stands in front of that */
	}
}

static void on_other_stack(void)
{
	work(1);
}

static void coroutine(void)
{
	static ucontext_t here, there;
	static char stack[65536];

	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &here;
	makecontext(&there, on_other_stack, 0);
	there.uc_stack.ss_size = 0; /* as one that nobody is told of */
	swapcontext(&here, &there);
}

static void sessions(void *key)
{
	FLOWDAR_SESSION_BEGIN(key, "192.0.2.1:1", -1);
	for (int i = 0; i < 20; i++) {
		FLOWDAR_SESSION_RESUME(key);
		work(1);
		FLOWDAR_SESSION_SUSPEND(key);
	}
}

static void *second(void *locked)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpid, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
		sessions(locked);
	return NULL;
}

int main(void)
{
	static int keys[2];
	pthread_t thread;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrusage, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	/* What a child does that has the same memory is not done here. */
	if (vfork() == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(0);
	}
	work(20);
	sessions(&keys[0]);
	FLOWDAR_SESSION_RESUME(&keys[0]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
		puts("no filters");
		return 0;
	}
	work(20);
	coroutine();
	if (pthread_create(&thread, NULL, second, &keys[1]) != 0 || pthread_join(thread, NULL) != 0)
		return 1;
	puts("alive");
	return 0;
}
