/*
 * What functions can do that may go wrong when their entries are patched and their returns lead through a
 * trampoline. Runs with patched_core preloaded, and without: the results have to be the same.
 */
#include <complex.h>
#include <dlfcn.h>
#include <immintrin.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "patched_core.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

#define NOINLINE __attribute__((noinline))
#define CHECK(condition)                                                      \
	do {                                                                  \
		if (!(condition)) {                                           \
			printf("FAILED line %d: %s\n", __LINE__, #condition); \
			__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);   \
		}                                                             \
	} while (0)

static int failures;
static volatile int zero;
static const struct patched_api *core; /* NULL: nothing is patched */

/* --- arguments and results --- */

struct small {
	long a;
	double b;
};
struct large {
	long values[9];
};

NOINLINE static double many(int a, double b, long c, float d, int e, double f, short g, double h,
			    long i, double j, int k, double l, long m, double n, double o, double p,
			    double q, long double r)
{
	return a + b * 2 + (double)c * 3 + d * 4.0 + e * 5 + f * 6 + g * 7 + h * 8 + (double)i * 9 +
	       j * 10 + k * 11 + l * 12 + (double)m * 13 + n * 14 + o * 15 + p * 16 + q * 17 +
	       (double)r * 18;
}

NOINLINE static double variadic(int count, ...)
{
	double sum = 0;
	va_list list;

	va_start(list, count);
	for (int i = 0; i < count; i++)
		sum += va_arg(list, double) + va_arg(list, int) + (double)va_arg(list, long double);
	va_end(list);
	return sum;
}

NOINLINE static struct small small_of(long a, double b)
{
	return (struct small){ a + 1, b + 1 };
}

NOINLINE static struct large large_of(struct large from, long add)
{
	for (int i = 0; i < 9; i++)
		from.values[i] += add;
	return from;
}

NOINLINE static long double long_of(long double x)
{
	return x * 3 + zero;
}

NOINLINE static __int128 wide_of(__int128 x)
{
	return x * 5 + zero;
}

NOINLINE static double complex complex_of(double complex x)
{
	return x * 2 + zero;
}

NOINLINE static long double complex long_complex_of(long double complex x)
{
	return x * 2 + zero;
}

__attribute__((noinline, target("avx"))) static __m256d vector_of(__m256d a, __m256d b)
{
	return _mm256_add_pd(a, b);
}

__attribute__((target("avx"))) static void vectors(void)
{
	for (int i = 0; i < 100; i++) {
		__m256d a = _mm256_set_pd(i, i + 1, i + 2, i + 3), b = _mm256_set1_pd(100);
		__m256d sum = vector_of(a, b);
		double got[4];

		_mm256_storeu_pd(got, sum);
		CHECK(got[0] == i + 103 && got[1] == i + 102 && got[2] == i + 101 &&
		      got[3] == i + 100);
	}
}

__attribute__((noinline, target("avx512f"))) static __m512d wide_vector_of(__m512d a, __m512d b)
{
	return _mm512_add_pd(a, b);
}

__attribute__((target("avx512f"))) static void wide_vectors(void)
{
	for (int i = 0; i < 100; i++) {
		__m512d sum = wide_vector_of(_mm512_set1_pd(i), _mm512_set1_pd(1000));
		double got[8];

		_mm512_storeu_pd(got, sum);
		CHECK(got[0] == i + 1000 && got[7] == i + 1000);
	}
}

static void arguments(void)
{
	struct large large = { { 1, 2, 3, 4, 5, 6, 7, 8, 9 } };

	for (int i = 0; i < 100; i++) {
		CHECK(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18) == 2109);
		CHECK(variadic(3, 1.5, 2, 3.0L, 4.5, 5, 6.0L, 7.5, 8, 9.0L) == 46.5);
		CHECK(small_of(i, 0.5).a == i + 1 && small_of(i, 0.5).b == 1.5);
		CHECK(large_of(large, i).values[8] == i + 9);
		CHECK(long_of(1.25L) == 3.75L);
		CHECK(wide_of(((__int128)1 << 100) + i) == ((__int128)5 << 100) + 5 * i);
		CHECK(complex_of(1 + 2 * I) == 2 + 4 * I);
		CHECK(long_complex_of(1.0L + 2 * I) == 2.0L + 4 * I);
	}
	if (__builtin_cpu_supports("avx"))
		vectors();
	if (__builtin_cpu_supports("avx512f"))
		wide_vectors();
}

/* --- ways of calling and leaving --- */

NOINLINE static int even(int n);

NOINLINE static int odd(int n)
{
	return n == 0 ? 0 : even(n - 1); /* a jump, when optimised */
}

NOINLINE static int even(int n)
{
	return n == 0 ? 1 : odd(n - 1);
}

static int (*volatile hidden_tail)(int) = even;

NOINLINE static int tail(int n)
{
	return hidden_tail(n);
}

NOINLINE static long deep(long n)
{
	return n == 0 ? 0 : deep(n - 1) + 1 + zero;
}

static void *deep_thread(void *nothing)
{
	(void)nothing;
	CHECK(deep(1000000) == 1000000);
	return NULL;
}

static void recursion(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	CHECK(tail(1000) == 1 && tail(1001) == 0);
	CHECK(deep(10000) == 10000);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)512 << 20);
	CHECK(pthread_create(&thread, &attributes, deep_thread, NULL) == 0);
	pthread_join(thread, NULL);
}

static jmp_buf home;

NOINLINE static void jump(int depth)
{
	if (depth == 0)
		longjmp(home, 7);
	jump(depth - 1);
	zero = 0;
}

NOINLINE static int jump_home(int depth)
{
	volatile int before = depth;
	int value = setjmp(home);

	if (value == 0)
		jump(depth);
	return value + before;
}

static void jumps(void)
{
	for (int i = 0; i < 20000; i++)
		CHECK(jump_home(i % 20) == 7 + i % 20);
}

#if defined(__x86_64__)
__attribute__((naked, noinline, used)) static long naked(long a __attribute__((unused)))
{
	__asm__("lea 5(%rdi), %rax\n ret");
}
#endif

__attribute__((noreturn, noinline)) static void never(int code)
{
	_exit(code + zero);
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

NOINLINE static pid_t vfork_true(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(9);
	}
	return pid;
}

NOINLINE static pid_t fork_in(int depth)
{
	pid_t pid;

	if (depth > 0) {
		pid = fork_in(depth - 1);
		return pid + zero;
	}
	pid = fork();
	return pid;
}

static void processes(void)
{
	pid_t pid;

	CHECK(naked(4) == 9);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		never(5);
	CHECK(status_of(pid) == 5);
	pid = fork_in(5);
	if (pid == 0)
		_exit(deep(100) == 100 ? 6 : 1);
	CHECK(status_of(pid) == 6);
	for (int i = 0; i < 5; i++)
		CHECK(status_of(vfork_true()) == 0);
	CHECK(deep(10) == 10);
}

/* --- signals --- */

static volatile int alarms;

NOINLINE static int in_handler(int n)
{
	return n <= 0 ? 1 : in_handler(n - 1) + 1;
}

static void on_alarm(int number)
{
	(void)number;
	if (in_handler(10) == 11)
		alarms++;
}

static void signals(void)
{
	static char stack[65536];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval timer = { { 0, 300 }, { 0, 300 } };

	for (int on_stack = 0; on_stack < 2; on_stack++) {
		if (on_stack)
			sigaltstack(&alternate, NULL);
		action.sa_flags = SA_RESTART | (on_stack ? SA_ONSTACK : 0);
		alarms = 0;
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &timer, NULL);
		for (int i = 0; i < 2000000 && alarms < 100; i++)
			CHECK(even(10) == 1 && deep(20) == 20);
		setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 0 }, { 0, 0 } }, NULL);
		CHECK(alarms > 10);
	}
	signal(SIGALRM, SIG_DFL);
}

/* --- coroutines --- */

static ucontext_t main_context, other_context;
static int steps;

NOINLINE static void yield(int depth)
{
	if (depth > 0)
		yield(depth - 1);
	else
		swapcontext(&other_context, &main_context);
	zero = 0;
}

NOINLINE static void resume(int depth)
{
	if (depth > 0)
		resume(depth - 1);
	else
		swapcontext(&main_context, &other_context);
	zero = 0;
}

static void coroutine(void)
{
	for (int i = 0; i < 10; i++) {
		CHECK(deep(50) == 50);
		steps++;
		yield(i % 4);
	}
}

NOINLINE static void run_coroutine(char *stack, size_t bytes)
{
	steps = 0;
	getcontext(&other_context);
	other_context.uc_stack.ss_sp = stack;
	other_context.uc_stack.ss_size = bytes;
	other_context.uc_link = &main_context;
	makecontext(&other_context, coroutine, 0);
	for (int i = 0; i < 11; i++) {
		resume(i % 5);
		CHECK(deep(5) == 5);
	}
	CHECK(steps == 10);
}

static void *resume_thread(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < 6; i++)
		resume(i % 3);
	return NULL;
}

/* Begun by one thread, finished by another. */
static void hand_over(char *stack, size_t bytes)
{
	pthread_t thread;

	steps = 0;
	getcontext(&other_context);
	other_context.uc_stack.ss_sp = stack;
	other_context.uc_stack.ss_size = bytes;
	other_context.uc_link = &main_context;
	makecontext(&other_context, coroutine, 0);
	for (int i = 0; i < 5; i++)
		resume(2);
	pthread_create(&thread, NULL, resume_thread, NULL);
	pthread_join(thread, NULL);
	CHECK(steps == 10);
}

static void coroutines(void)
{
	static char in_data[131072];
	char on_stack[131072];
	char *in_heap = malloc(131072);

	for (int i = 0; i < 10; i++) {
		run_coroutine(in_data, sizeof(in_data));
		run_coroutine(in_heap, 131072);
		run_coroutine(on_stack, sizeof(on_stack));
		hand_over(in_heap, 131072);
		hand_over(on_stack, sizeof(on_stack));
	}
	free(in_heap);
}

/* --- plugins --- */

static void plugins(const char *path)
{
	for (int i = 0; i < 20; i++) {
		void *plugin = dlopen(path, RTLD_NOW);
		int (*twice)(int) = NULL;

		CHECK(plugin);
		if (!plugin) {
			puts(dlerror());
			return;
		}
		*(void **)&twice = dlsym(plugin, "plugin_twice");
		CHECK(twice(4) == 8);
		if (core) {
			core->scan();
			CHECK(core->modules() == 2);
			CHECK(core->set(i % 3 != 0) == core->sites());
		}
		CHECK(twice(5) == 10);
		if (core && i % 3 != 0 && i == 1)
			CHECK(core->entered((const void *)twice) == 1);
		dlclose(plugin);
		if (core && i % 2) {
			core->scan();
			CHECK(core->modules() == 1);
		}
	}
	if (core) {
		core->scan();
		core->set(true);
	}
}

/* --- switching --- */

static volatile int stop;

NOINLINE static long work(long n)
{
	return even((int)(n % 50)) + deep(n % 30) +
	       (long)many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18);
}

static void *working(void *nothing)
{
	(void)nothing;
	for (long i = 0; !stop; i++)
		CHECK(work(i) == (i % 50 % 2 == 0) + i % 30 + 2109);
	return NULL;
}

static void *blocking(void *nothing)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	return working(nothing);
}

static void soak(double seconds)
{
	pthread_t threads[3];
	struct timeval begin, now;
	uint64_t switched = 0, toggles = 0;

	if (!core)
		return;
	stop = 0;
	pthread_create(&threads[0], NULL, working, NULL);
	pthread_create(&threads[1], NULL, blocking, NULL);
	pthread_create(&threads[2], NULL, working, NULL);
	usleep(20000);
	core->scan(); /* with PATCHED=late the first: the threads run through nops */
	gettimeofday(&begin, NULL);
	do {
		for (unsigned i = 0; i < 50; i++) {
			CHECK(core->set(true) == core->sites());
			CHECK(core->set_some(false, 3, i % 3) > 0);
			CHECK(core->set(false) == core->sites());
			toggles += 3;
			switched += 2 * core->sites() + core->sites() / 3;
		}
		gettimeofday(&now, NULL);
	} while ((double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_usec - begin.tv_usec) / 1e6 <
		 seconds);
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("soak: %lu changes, %lu sites switched\n", toggles, switched);
	core->set(true);
}

/* Where code may not be changed, functions go on as they are. */
static void refused(void)
{
	prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	CHECK(core->set(true) == 0);
	CHECK(strcmp(core->status(), "refused") == 0);
	CHECK(deep(10) == 10);
}

static void everything(const char *plugin)
{
	arguments();
	recursion();
	jumps();
	processes();
	signals();
	coroutines();
	plugins(plugin);
}

/* patched_calls MODE [SECONDS]: the path of the plugin for everything, "soak", or "refused". */
int main(int argc, char **argv)
{
	const struct patched_api *(*find)(void) = NULL;
	struct patched_counts counts, after;

	*(void **)&find = dlsym(RTLD_DEFAULT, PATCHED_CORE);
	core = find && getenv("PATCHED") ? find() : NULL;
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "refused") == 0) {
		refused();
		return failures != 0;
	}
	if (strcmp(argv[1], "soak") != 0)
		everything(argv[1]);
	soak(argc > 2 ? atof(argv[2]) : 0.2);
	if (core) {
		core->counts(&counts);
		CHECK(counts.entered > 10000 && counts.lost == 0);
		if (strcmp(argv[1], "soak") != 0 && strcmp(getenv("PATCHED"), "on") == 0)
			CHECK(core->entered((const void *)jump_home) == 20000);
		core->set(false);
		core->counts(&counts);
		CHECK(deep(10) == 10);
		core->counts(&after);
		CHECK(after.entered == counts.entered);
	}
	printf("calls: %s\n", failures ? "FAILED" : "ok");
	return failures != 0;
}
