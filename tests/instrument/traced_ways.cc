/*
 * The ways that functions are left, and the stacks they run on; compiled with hooks or patchable.
 *
 *	traced_ways WAY
 *
 * On standard output "pid PID", "call NAME ADDRESS COUNT": how often each function was called; "lost" and
 * "unwound" with what must be told of them at least.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <stdexcept>

#ifdef __clang__
#define KEPT __attribute__((noinline, used))
#else
#define KEPT __attribute__((noinline, noclone, used))
#endif
#define BARE __attribute__((no_instrument_function, patchable_function_entry(0)))

static volatile unsigned sink;
static jmp_buf back;
static ucontext_t main_context, other_context;

extern "C" {
KEPT void leaf(unsigned value)
{
	sink = value;
}

KEPT void jumper(unsigned depth)
{
	leaf(depth);
	if (depth == 0)
		longjmp(back, 1);
	jumper(depth - 1);
	sink++;
}

KEPT void jumps(void)
{
	for (volatile int i = 0; i < 100; i++)
		if (setjmp(back) == 0)
			jumper(3);
	leaf(1);
}

KEPT void thrower(unsigned depth)
{
	leaf(depth);
	if (depth == 0)
		throw std::runtime_error("on purpose");
	thrower(depth - 1);
	sink++;
}

KEPT void throws(void)
{
	for (int i = 0; i < 100; i++) {
		try {
			thrower(3);
		} catch (const std::exception &) {
			leaf(2);
		}
	}
}

KEPT void ender(unsigned depth)
{
	if (depth == 0)
		pthread_exit(nullptr);
	ender(depth - 1);
	sink++;
}

KEPT void *ends(void *nothing)
{
	leaf(3);
	ender(3);
	return nothing;
}

KEPT void sleeper(unsigned depth)
{
	if (depth > 0)
		sleeper(depth - 1);
	else
		for (;;)
			pause();
	sink++;
}

KEPT void *sleeps(void *nothing)
{
	leaf(4);
	sleeper(2);
	return nothing;
}

/* Moves its stack pointer between its two hooks. */
KEPT void grower(unsigned bytes)
{
	volatile char *room = (volatile char *)__builtin_alloca(bytes);

	room[0] = 1;
	room[bytes - 1] = 1;
	leaf(bytes);
	if (bytes > 100)
		grower(bytes / 2);
	leaf((unsigned char)room[0]);
}

/* gcc pops what it pushed for snprintf after the exit hook. */
KEPT int pusher(char *text, int a, int b, int c, int d)
{
	int length = snprintf(text, 64, "%d %d %d %d %d %d", a, b, c, d, a + b, c + d);

	leaf((unsigned)length);
	return length;
}

KEPT void handler(int number)
{
	leaf((unsigned)number);
}

static sigjmp_buf signal_back;

KEPT void jumping_handler(int number)
{
	leaf((unsigned)number);
	siglongjmp(signal_back, 1);
}

/* Throws and catches on the signal's stack. */
KEPT void throwing_handler(int number)
{
	leaf((unsigned)number);
	try {
		thrower(3);
	} catch (const std::exception &error) {
		leaf((unsigned)number);
	}
}

KEPT void coroutine(void)
{
	for (int i = 0; i < 10; i++) {
		leaf(5);
		swapcontext(&other_context, &main_context);
	}
}
}

BARE static void tell(const char *name, void *address, unsigned long count)
{
	printf("call %s 0x%lX %lu\n", name, (unsigned long)(uintptr_t)address, count);
}
#define TELL(name, count) tell(#name, (void *)(uintptr_t)name, count)

BARE static void run_thread(void *(*body)(void *), bool cancel)
{
	pthread_t thread;

	pthread_create(&thread, nullptr, body, nullptr);
	if (cancel) {
		usleep(50000);
		pthread_cancel(thread);
	}
	pthread_join(thread, nullptr);
}

BARE static void on_other_stack(void)
{
	static char stack[65536];
	stack_t other = {};
	struct sigaction action = {};

	other.ss_sp = stack;
	other.ss_size = sizeof(stack);
	sigaltstack(&other, nullptr);
	action.sa_handler = handler;
	action.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR1, &action, nullptr);
	for (int i = 0; i < 10; i++)
		raise(SIGUSR1);
	leaf(6);
}

BARE static void handle(int signal_number, void (*way)(int), void *stack, size_t bytes)
{
	stack_t other = {};
	struct sigaction action = {};

	other.ss_sp = stack;
	other.ss_size = bytes;
	sigaltstack(&other, nullptr);
	action.sa_handler = way;
	action.sa_flags = SA_ONSTACK;
	sigaction(signal_number, &action, nullptr);
}

/* Handlers that return, that jump to where the thread was, and that throw within; then the thread goes on. */
BARE static void *handlers(void *stack)
{
	handle(SIGUSR1, handler, stack, 65536);
	handle(SIGUSR2, jumping_handler, stack, 65536);
	handle(SIGALRM, throwing_handler, stack, 65536);
	for (int i = 0; i < 10; i++) {
		raise(SIGUSR1);
		if (sigsetjmp(signal_back, 1) == 0)
			raise(SIGUSR2);
		leaf(6);
		raise(SIGALRM);
	}
	return nullptr;
}

/* On a stack below the thread's own, and on one above. */
BARE static void handlers_on_both(void)
{
	static char below[65536];
	char above[65536];
	pthread_t thread;

	handlers(below);
	pthread_create(&thread, nullptr, handlers, above);
	pthread_join(thread, nullptr);
}

BARE static void coroutines(void)
{
	static char stack[262144];

	getcontext(&other_context);
	other_context.uc_stack.ss_sp = stack;
	other_context.uc_stack.ss_size = sizeof(stack);
	makecontext(&other_context, coroutine, 0);
	for (int i = 0; i < 10; i++) {
		swapcontext(&main_context, &other_context);
		leaf(7);
	}
}

/* The same, switched by hand, of which nobody is told. */
#ifdef __x86_64__
extern "C" void hand_over(void **from, void *to);
asm(".text\n"
    "hand_over:\n"
    "push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "mov %rsp, (%rdi)\n"
    "mov %rsi, %rsp\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n"
    "ret\n");

static void *hand_main, *hand_other;

extern "C" KEPT void by_hand(void)
{
	for (int i = 0; i < 10; i++) {
		leaf(5);
		hand_over(&hand_other, hand_main);
	}
}

BARE static void hands(void)
{
	static void *stack[32768];
	void **top = &stack[32760];

	top[6] = reinterpret_cast<void *>(by_hand);
	hand_other = top;
	for (int i = 0; i < 10; i++) {
		hand_over(&hand_main, hand_other);
		leaf(7);
	}
}
#else
BARE static void hands(void)
{
}
#endif

/* Coroutines that two threads take turns with: each stands still with three calls open, throws, has a signal
 * on a stack of its own, and ends by setcontext(), or never. Their stacks are gone as soon as they are not needed. */
struct routine {
	ucontext_t here;
	void *stack;
	ucontext_t *back;
	int turns;
	bool ended;
};

static constexpr int ROUTINES = 40, TURNS = 6;
static constexpr size_t ROUTINE_STACK = 65536;
static routine routines[ROUTINES];
static pthread_barrier_t both;

extern "C" {
KEPT void rest(routine *self, int depth)
{
	if (depth > 0)
		rest(self, depth - 1);
	else
		swapcontext(&self->here, self->back);
	leaf(3);
}

KEPT void work(routine *self)
{
	leaf(4);
	try {
		thrower(3);
	} catch (const std::exception &error) {
		leaf(5);
	}
	raise(SIGUSR1);
	rest(self, 2);
}

KEPT void routine_main(unsigned high, unsigned low)
{
	routine *self = reinterpret_cast<routine *>((uintptr_t)high << 32 | low);

	for (int i = 0; i < TURNS; i++) {
		work(self);
		self->turns++;
	}
	self->ended = true;
	setcontext(self->back);
}

KEPT void linked(void)
{
	leaf(6);
}

KEPT double carried(double number, double more)
{
	return number + more;
}
}

BARE static void routine_begin(routine *self)
{
	uintptr_t address = reinterpret_cast<uintptr_t>(self);

	self->stack = mmap(nullptr, ROUTINE_STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	getcontext(&self->here);
	self->here.uc_stack.ss_sp = self->stack;
	self->here.uc_stack.ss_size = ROUTINE_STACK;
	makecontext(&self->here, reinterpret_cast<void (*)()>(routine_main), 2,
		    (unsigned)(address >> 32), (unsigned)address);
}

/* Each goes on with its half, then with the other's. */
BARE static void *take_turns(void *argument)
{
	int number = argument ? 1 : 0;
	ucontext_t here;

	handle(SIGUSR1, handler,
	       mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	       65536);
	leaf(1);
	for (int round = 0; round <= TURNS; round++) {
		for (int i = 0; i < ROUTINES; i++) {
			routine *self = &routines[i];

			/* Every fourth is given up in the middle. */
			if ((i + round) % 2 != number || (i % 4 == 3 && round == TURNS))
				continue;
			self->back = &here;
			swapcontext(&here, &self->here);
			if (self->ended)
				munmap(self->stack, ROUTINE_STACK);
		}
		pthread_barrier_wait(&both);
	}
	leaf(2);
	return nullptr;
}

BARE static void contexts(void)
{
	pthread_t thread;

	pthread_barrier_init(&both, nullptr, 2);
	for (routine &one : routines)
		routine_begin(&one);
	pthread_create(&thread, nullptr, take_turns, &both);
	take_turns(nullptr);
	pthread_join(thread, nullptr);

	/* And one that returns. */
	static char stack[65536];
	getcontext(&other_context);
	other_context.uc_stack.ss_sp = stack;
	other_context.uc_stack.ss_size = sizeof(stack);
	other_context.uc_link = &main_context;
	makecontext(&other_context, linked, 0);
	swapcontext(&main_context, &other_context);
}

BARE __attribute__((noinline)) static void wipe(void)
{
	volatile char room[4096];

	for (char volatile &byte : room)
		byte = 1;
}

/* A context that is saved once and gone on with twice, when the stack below it has been another's. The thread is met
 * by a switch before it calls anything; what its calls have in vector registers stays. */
BARE static void *goes_on_twice(void *nothing)
{
	static char stacks[2][65536];
	static ucontext_t link, twins[2];
	volatile int times = 0;

	for (int i = 0; i < 2; i++) {
		getcontext(&twins[i]);
		twins[i].uc_stack.ss_sp = stacks[i];
		twins[i].uc_stack.ss_size = sizeof(stacks[i]);
		twins[i].uc_link = &link;
		makecontext(&twins[i], linked, 0);
	}
	swapcontext(&link, &twins[0]);
	wipe();
	times = times + 1;
	if (times == 1)
		setcontext(&twins[1]);
	for (int i = 0; i < 10000; i++)
		if (carried(i, 0.5) != i + 0.5)
			abort();
	return nothing;
}

BARE static void twice(void)
{
	pthread_t thread;

	pthread_create(&thread, nullptr, goes_on_twice, nullptr);
	pthread_join(thread, nullptr);
}

BARE static void vforks(void)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			leaf(8);
			_exit(0);
		}
		waitpid(pid, nullptr, 0);
	}
}

BARE int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	printf("pid %d\n", getpid());
	if (strcmp(way, "jump") == 0) {
		jumps();
		TELL(jumps, 1);
		TELL(jumper, 400);
		TELL(leaf, 401);
		printf("unwound 400\n");
	} else if (strcmp(way, "throw") == 0) {
		throws();
		TELL(throws, 1);
		TELL(thrower, 400);
		TELL(leaf, 500);
	} else if (strcmp(way, "end") == 0) {
		run_thread(ends, false);
		TELL(ends, 1);
		TELL(ender, 4);
		TELL(leaf, 1);
	} else if (strcmp(way, "cancel") == 0) {
		run_thread(sleeps, true);
		TELL(sleeps, 1);
		TELL(sleeper, 3);
		TELL(leaf, 1);
	} else if (strcmp(way, "hang") == 0) {
		pthread_t thread;

		pthread_create(&thread, nullptr, sleeps, nullptr);
		usleep(50000);
		TELL(sleeps, 1);
		TELL(sleeper, 3);
		TELL(leaf, 1);
		printf("open 4\n");
	} else if (strcmp(way, "grow") == 0) {
		char text[64];

		grower(1000);
		for (int i = 0; i < 10; i++)
			pusher(text, i, 2, 3, 4);
		TELL(grower, 5);
		TELL(pusher, 10);
		TELL(leaf, 20);
	} else if (strcmp(way, "signal") == 0) {
		on_other_stack();
		TELL(handler, 10);
		TELL(leaf, 11);
	} else if (strcmp(way, "handlers") == 0) {
		handlers_on_both();
		TELL(handler, 20);
		TELL(jumping_handler, 20);
		TELL(throwing_handler, 20);
		TELL(thrower, 80);
		TELL(leaf, 180);
		printf("unwound 20\n");
	} else if (strcmp(way, "coroutine") == 0) {
		coroutines();
		TELL(coroutine, 10);
		TELL(leaf, 20);
		printf("lost 0\n");
	} else if (strcmp(way, "hand") == 0) {
		hands();
		TELL(by_hand, 0);
		TELL(leaf, 10);
		printf("lost 11\n");
	} else if (strcmp(way, "contexts") == 0) {
		/* Each begins again as often as it was switched away; every fourth stands still at last. */
		unsigned long works = ROUTINES * TURNS, ended = ROUTINES / 4 * 3,
			      still = ROUTINES / 4;

		contexts();
		TELL(routine_main, works + ended);
		TELL(work, works + works - still);
		TELL(rest, 3 * (works + works - still));
		TELL(thrower, 4 * works);
		TELL(handler, works);
		TELL(linked, 1);
		TELL(leaf, 5 + works * (1 + 4 + 1 + 1) + 3 * (works - still));
		printf("lost 0\n");
	} else if (strcmp(way, "twice") == 0) {
		twice();
		TELL(linked, 2);
		TELL(leaf, 2);
		TELL(carried, 10000);
		printf("lost 0\n");
	} else if (strcmp(way, "vfork") == 0) {
		vforks();
		TELL(leaf, 10);
	} else {
		return 2;
	}
	fflush(stdout);
	return 0;
}
