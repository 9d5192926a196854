#include "ticks/timers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "provider/control.h"
#include "ticks/next.h"
#include "ticks/ring.h"

#define PAGE         4096u
#define SECOND_NS    1000000000u
#define THREADS_MAX  4096u /* more have no timer */
#define NEAR_THE_TOP 4     /* the last few are what programs take that count from there */

static struct {
	int number; /* atomic: the signal; 0: none */
	uint64_t period_ns;
	pid_t pid; /* whose all this is: a child of vfork() has the same memory, and no timers */
	pthread_key_t key; /* whose destructor runs when a thread ends */
	bool started;
	int timers
		[THREADS_MAX]; /* atomic: the kernel's number of a thread's timer and 1; 0: free */
} state;

/* Where this thread's is, and 1. */
static __thread volatile unsigned place_and_1 __attribute__((tls_model("initial-exec")));

/* ---- a sample ---- */

/* In the order of asm/perf_regs.h. */
static const uint8_t registers[FDAR_TICKS_REGISTERS] = {
	REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_RIP,
	REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15
};

static size_t page_rest(uintptr_t at)
{
	return PAGE - at % PAGE;
}

/* By the kernel, for which nothing that is not there is a fault: page by page. */
static void copy_stack(struct fdar_tick *tick, uintptr_t at)
{
	size_t first = page_rest(at);
	struct iovec to = { tick->bytes, sizeof(tick->bytes) };
	struct iovec from[3] = {
		{ (void *)at, first },
		{ (void *)(at + first), PAGE },
		{ (void *)(at + first + PAGE), sizeof(tick->bytes) - PAGE - first },
	};
	long n = syscall(SYS_process_vm_readv, getpid(), &to, 1, from, 3, 0);

	tick->length = n > 0 ? (uint32_t)n : 0;
	if (n >= 0 || errno == EFAULT)
		return;
	/* It is forbidden; what is on this page is there, as a stack that is in use. */
	tick->length = (uint32_t)first;
	memcpy(tick->bytes, (const void *)at, first);
}

/* Whether what the program is about to go on from is behind a system call. */
static bool is_behind_call(uintptr_t ip)
{
	uint8_t before[2] = { 0, 0 };
	struct iovec to = { before, sizeof(before) };
	struct iovec from = { (void *)(ip - sizeof(before)), sizeof(before) };

	return syscall(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0) == sizeof(before) &&
	       before[0] == 0x0f && before[1] == 0x05;
}

static void take(const ucontext_t *context, int overrun)
{
	const greg_t *now = context->uc_mcontext.gregs;
	uint64_t turn;
	struct fdar_tick *tick = fdar_ring_begin(&turn);

	if (!tick)
		return;
	tick->kind = FDAR_TICK_SAMPLE;
	tick->tid = (uint32_t)syscall(SYS_gettid);
	tick->weight = 1 + (overrun > 0 ? (uint32_t)overrun : 0);
	for (unsigned i = 0; i < FDAR_TICKS_REGISTERS; i++)
		tick->registers[i] = (uint64_t)now[registers[i]];
	copy_stack(tick, (uintptr_t)now[REG_RSP]);
	tick->flags = is_behind_call((uintptr_t)now[REG_RIP]) ? FDAR_TICK_SYSTEM : 0;
	fdar_ring_end(tick, turn);
}

static void delete_timer(unsigned place)
{
	int timer = __atomic_exchange_n(&state.timers[place], 0, __ATOMIC_SEQ_CST);

	if (timer)
		syscall(SYS_timer_delete, timer - 1);
}

static void disarm(void)
{
	unsigned place = place_and_1;

	place_and_1 = 0;
	if (place)
		delete_timer(place - 1);
}

/* Somebody else's signal of that number is nothing to us, and ends nobody. */
static void on_signal(int number, siginfo_t *info, void *context)
{
	int saved_errno = errno;

	(void)number;
	if (info->si_code == SI_TIMER && info->si_value.sival_ptr == &state) {
		if (flowdar_control_ended())
			disarm();
		else if (flowdar_control_recording() &&
			 __atomic_load_n(&state.number, __ATOMIC_RELAXED))
			take(context, info->si_overrun);
	}
	errno = saved_errno;
}

/* ---- the signal ---- */

int fdar_timers_own(void)
{
	return __atomic_load_n(&state.number, __ATOMIC_RELAXED);
}

static bool is_free(int number)
{
	struct sigaction action;

	return fdar_next_sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
	       action.sa_handler == SIG_DFL;
}

int fdar_timers_signal(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
	int number = SIGRTMAX - NEAR_THE_TOP;

	while (number > SIGRTMIN && !is_free(number))
		number--;
	action.sa_sigaction = on_signal;
	memset(&action.sa_mask, 0xff, sizeof(action.sa_mask));
	if (number <= SIGRTMIN || fdar_next_sigaction(number, &action, NULL) != 0)
		number = 0;
	if (!number)
		fdar_ring_without(FDAR_TICKS_NO_SIGNAL);
	__atomic_store_n(&state.number, number, __ATOMIC_RELEASE);
	return number;
}

/* What is on its way to a thread is dropped by ignoring the signal for a moment. */
void fdar_timers_yield(uint32_t reason)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction usual = { .sa_handler = SIG_DFL };
	int number;

	if (getpid() != state.pid)
		return;
	number = __atomic_exchange_n(&state.number, 0, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < THREADS_MAX; i++)
		delete_timer(i);
	if (!number)
		return;
	fdar_next_sigaction(number, &ignore, NULL);
	fdar_next_sigaction(number, &usual, NULL);
	fdar_ring_without(reason);
}

/* ---- threads ---- */

static void on_thread_end(void *unused)
{
	(void)unused;
	disarm();
}

void fdar_timers_start(unsigned hz)
{
	state.pid = getpid();
	state.period_ns = SECOND_NS / hz;
	state.started = pthread_key_create(&state.key, on_thread_end) == 0;
}

/* Anywhere in the period, but on whole ticks of the kernel, which looks at timers no more often: so a thread that lives
 * shorter than that has its part, too. (Its only tick, if it has one, is a sample for as many of all threads as a
 * tick is of a period.) */
static uint64_t first_ns(void)
{
	struct timespec now, tick;
	uint64_t mixed, tick_ns = 1;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0 && tick.tv_nsec > 0)
		tick_ns = (uint64_t)tick.tv_nsec;
	mixed = ((uint64_t)now.tv_nsec + (uint64_t)syscall(SYS_gettid)) *
		UINT64_C(0x9e3779b97f4a7c15);
	return 1 + (mixed >> 20) % state.period_ns / tick_ns * tick_ns;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ (time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS) };
}

/* A place in the list, for a timer that is made. THREADS_MAX: there is none. */
static unsigned place_take(int timer)
{
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		int expected = 0;

		if (!__atomic_load_n(&state.timers[i], __ATOMIC_RELAXED) &&
		    __atomic_compare_exchange_n(&state.timers[i], &expected, timer + 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return i;
	}
	syscall(SYS_timer_delete, timer);
	return THREADS_MAX;
}

/* Who gives the signal up after this has read what it is finds the timer in the list, or is found here: nobody is
 * sent a signal that has no handler any more. */
static bool arm(int number)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = number };
	struct itimerspec when = { timespec_of(state.period_ns), timespec_of(first_ns()) };
	unsigned place;
	int timer = 0;

	event.sigev_value.sival_ptr = &state;
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	if (syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0)
		return false;
	place = place_take(timer);
	if (place == THREADS_MAX)
		return false;
	place_and_1 = place + 1;
	pthread_setspecific(state.key, &state);
	if (__atomic_load_n(&state.number, __ATOMIC_SEQ_CST) == number &&
	    syscall(SYS_timer_settime, timer, 0, &when, NULL) == 0)
		return true;
	disarm();
	return fdar_timers_own() != number;
}

void fdar_timers_arm(void)
{
	int number = fdar_timers_own(), saved_errno = errno;

	if (number && state.started && !place_and_1 && getpid() == state.pid && !arm(number))
		fdar_ring_without(FDAR_TICKS_NO_TIMER);
	errno = saved_errno;
}

void fdar_timers_forked(void)
{
	memset(state.timers, 0, sizeof(state.timers));
	place_and_1 = 0;
	state.pid = getpid();
}
