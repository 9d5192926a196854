/* Samples on other stacks than a thread's own: handlers of signals, coroutines; and code that no file has. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "pipeline/samples/perf.h"
#include "pipeline/samples/sampler.h"

#define FEW_PAGES 64
#define STACK_NS  200000000

static volatile unsigned spin_counter;

/* Not static: their names are in the symbol table whatever is stripped of it. */
void spin_for(long ns);
void in_handler(int number);
void in_coroutine(void);

__attribute__((noinline)) void spin_for(long ns)
{
	struct timespec now;

	do {
		for (unsigned i = 0; i < 100000; i++)
			spin_counter += i;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while (now.tv_sec == 0 && now.tv_nsec < ns);
}

__attribute__((noinline)) void in_handler(int number)
{
	spin_for(STACK_NS);
	spin_counter += (unsigned)number;
}

__attribute__((noinline)) void in_coroutine(void)
{
	spin_for(STACK_NS);
	spin_counter++;
}

static void raise_on(int flags)
{
	struct sigaction action = { .sa_handler = in_handler, .sa_flags = flags };
	stack_t other = { .ss_sp = g_malloc(65536), .ss_size = 65536 };

	sigaltstack(&other, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
}

static void switch_to_coroutine(void)
{
	static ucontext_t here, there;

	getcontext(&there);
	there.uc_stack.ss_sp = g_malloc(65536);
	there.uc_stack.ss_size = 65536;
	there.uc_link = &here;
	makecontext(&there, in_coroutine, 0);
	swapcontext(&here, &there);
}

/* As programs that compile while they run do. */
static char *map_path(pid_t pid)
{
	return g_strdup_printf("/tmp/perf-%d.map", (int)pid);
}

static void tell_of(const void *code)
{
	g_autofree char *path = map_path(getpid());
	g_autofree char *line =
		g_strdup_printf("%" G_GINTPTR_MODIFIER "x 1000 by_the_map\n", (guintptr)code);

	g_assert_true(g_file_set_contents(path, line, -1, NULL));
}

/* Code that no file has: counts down from its argument. */
static void run_generated(gboolean is_told)
{
	static const uint8_t code[] = {
		0x48, 0xff, 0xcf, 0x75, 0xfb, 0xc3
	}; /* dec rdi; jnz; ret */
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*generated)(uint64_t) = NULL;

	memcpy(page, code, sizeof(code));
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	memcpy(&generated, &page, sizeof(page));
	if (is_told)
		tell_of(page);
	for (struct timespec now = { 0 }; now.tv_sec == 0 && now.tv_nsec < STACK_NS;
	     clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now))
		generated(10000000);
}

static int on_other_stack(const char *which)
{
	if (strcmp(which, "handler") == 0)
		raise_on(0);
	else if (strcmp(which, "altstack") == 0)
		raise_on(SA_ONSTACK);
	else if (strcmp(which, "coroutine") == 0)
		switch_to_coroutine();
	else
		run_generated(strcmp(which, "told") == 0);
	raise(SIGSTOP); /* what it says is read while it is there */
	return 0;
}

static gboolean has_function(const fdar_samples *samples, uint32_t node, const char *name)
{
	for (; node; node = g_array_index(samples->nodes, struct fdar_sample_node, node).parent)
		if (strcmp(fdar_samples_function_of(samples, node)->name, name) == 0)
			return TRUE;
	return FALSE;
}

/* What samples say of them: how many are in inner, of these with outer, and of these cut. */
struct told {
	guint inner, outer, cut;
};

static struct told stacks_told(const char *which, const char *inner, const char *outer)
{
	struct fdar_sampler *sampler = fdar_sampler_start(999, NULL, 0, NULL);
	struct told told = { 0 };
	g_autofree char *path = NULL;
	fdar_samples *samples;
	pid_t child = fork();

	if (child == 0) {
		execl("/proc/self/exe", "test_other_stacks", "--stack", which, NULL);
		_exit(1);
	}
	path = map_path(child);
	waitpid(child, NULL, WUNTRACED);
	samples = fdar_sampler_take(sampler);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
	for (guint i = 0; i < samples->samples->len; i++) {
		const struct fdar_sample *sample =
			&g_array_index(samples->samples, struct fdar_sample, i);

		if (!has_function(samples, sample->node, inner))
			continue;
		told.inner++;
		told.outer += has_function(samples, sample->node, outer) ? 1 : 0;
		told.cut += sample->flags & FDAR_SAMPLE_CUT ? 1 : 0;
	}
	g_test_message("%s: %u samples in %s, %u of them with %s, %u cut", which, told.inner, inner,
		       told.outer, outer, told.cut);
	fdar_samples_free(samples);
	fdar_sampler_free(sampler);
	g_assert_cmpuint(told.inner, >=, 30);
	return told;
}

/* Each is right, or called cut: what is on another stack than where the thread was is in no copy. */
static void test_other_stacks(void)
{
	g_autoptr(GError) error = NULL;
	struct fdar_perf *perf = fdar_perf_open(999, FEW_PAGES, FALSE, &error);
	struct told told;

	fdar_perf_close(perf);
	if (!perf) {
		g_test_skip(error->message);
		return;
	}
	told = stacks_told("handler", "in_handler", "main");
	g_assert_cmpuint(told.outer, >=, told.inner * 9 / 10);
	g_assert_cmpuint(told.cut, <=, told.inner / 10);
	told = stacks_told("altstack", "in_handler", "main");
	g_assert_cmpuint(told.outer + told.cut, >=, told.inner);
	told = stacks_told("coroutine", "in_coroutine", "main");
	g_assert_cmpuint(told.outer + told.cut, >=, told.inner);
	told = stacks_told("generated", "generated code", "main");
	g_assert_cmpuint(told.outer + told.cut, >=, told.inner);
	told = stacks_told("told", "by_the_map", "main");
	g_assert_cmpuint(told.outer + told.cut, >=, told.inner);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--stack") == 0)
		return on_other_stack(argv[2]);
	/* Of the sampled program: it looks for leaks at its end, in a process of its own. */
	g_setenv("ASAN_OPTIONS", "detect_leaks=0", TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/samples/other_stacks", test_other_stacks);
	return g_test_run();
}
