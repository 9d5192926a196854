/* C++ through patched frames: exceptions, cancelled threads, backtraces. Each check says so when it fails. */
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#define NOINLINE __attribute__((noinline))
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			std::printf("FAILED line %d: %s\n", __LINE__, #condition);                 \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

static int failures;
static volatile int zero;

/* Throws, and is destroyed, in functions that are patched themselves. */
struct Counted {
	static int alive;
	NOINLINE Counted()
	{
		alive++;
	}
	NOINLINE ~Counted()
	{
		alive--;
	}
};
int Counted::alive;

NOINLINE static int fall(int depth)
{
	Counted counted;

	if (depth == 0)
		throw std::runtime_error("bottom");
	return fall(depth - 1) + 1;
}

NOINLINE static int catch_at(int depth, int more)
{
	Counted counted;

	if (depth > 0)
		return catch_at(depth - 1, more) + zero;
	try {
		return fall(more);
	} catch (const std::runtime_error &error) {
		return error.what() == std::string("bottom") ? more : -1;
	}
}

NOINLINE static int rethrow(int depth)
{
	Counted counted;

	try {
		if (depth == 0)
			throw 42;
		return rethrow(depth - 1) + zero;
	} catch (int value) {
		if (depth == 5)
			return value;
		throw;
	}
}

NOINLINE static double tail_thrower(double x)
{
	if (x > 0)
		throw x * 2;
	return x;
}

NOINLINE static double tail_caller(double x)
{
	return tail_thrower(x + 1); /* a jump, when optimised */
}

/* The call is the last instruction: it returns to the next function, if it did. */
[[noreturn]] NOINLINE static void never_returns(int value)
{
	throw value + zero;
}

NOINLINE static void ends_in_call(int value)
{
	never_returns(value + 1);
}

NOINLINE static int follows(int value)
{
	Counted counted;

	try {
		ends_in_call(value);
	} catch (int thrown) {
		return thrown;
	}
	return 0;
}

static void exceptions()
{
	for (int i = 0; i < 200; i++) {
		CHECK(catch_at(i % 7, i % 30) == i % 30);
		CHECK(Counted::alive == 0);
	}
	CHECK(rethrow(9) == 42);
	CHECK(Counted::alive == 0);
	for (int i = 1; i < 50; i++) {
		try {
			tail_caller(i);
			CHECK(false);
		} catch (double value) {
			CHECK(value == (i + 1) * 2);
		}
	}
	for (int i = 0; i < 10; i++)
		CHECK(follows(i) == i + 1);
	try {
		fall(900);
		CHECK(false);
	} catch (const std::exception &) {
	}
	CHECK(Counted::alive == 0);
}

extern "C" {
NOINLINE int frame_three(void **addresses)
{
	int count = backtrace(addresses, 64);

	return count + zero;
}
NOINLINE int frame_two(void **addresses)
{
	return frame_three(addresses) + zero;
}
NOINLINE int frame_one(void **addresses)
{
	return frame_two(addresses) + zero;
}
}

/* The names, in order, among what is there. */
static void backtraces()
{
	static const char *const wanted[] = { "frame_three", "frame_two", "frame_one", "main" };
	void *addresses[64];
	int count = frame_one(addresses), at = 0;

	for (int i = 0; i < count && at < 4; i++) {
		Dl_info info;

		if (dladdr(static_cast<char *>(addresses[i]) - 1, &info) && info.dli_sname &&
		    std::strcmp(info.dli_sname, wanted[at]) == 0)
			at++;
	}
	CHECK(at == 4);
	CHECK(count < 40);
}

static pthread_barrier_t ready;

NOINLINE static void wait_for_ever(int depth)
{
	Counted counted;

	if (depth > 0) {
		wait_for_ever(depth - 1);
	} else {
		pthread_barrier_wait(&ready);
		for (;;)
			pause();
	}
	zero = 0;
}

static void *cancelled(void *)
{
	wait_for_ever(10);
	return nullptr;
}

NOINLINE static void leave(int depth)
{
	Counted counted;

	if (depth > 0)
		leave(depth - 1);
	else
		pthread_exit(&failures);
	zero = 0;
}

static void *exiting(void *)
{
	leave(10);
	return nullptr;
}

static void threads()
{
	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		void *result;

		pthread_barrier_init(&ready, nullptr, 2);
		pthread_create(&thread, nullptr, cancelled, nullptr);
		pthread_barrier_wait(&ready);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		CHECK(result == PTHREAD_CANCELED);
		CHECK(Counted::alive == 0);
		pthread_create(&thread, nullptr, exiting, nullptr);
		pthread_join(thread, &result);
		CHECK(result == &failures);
		CHECK(Counted::alive == 0);
		pthread_barrier_destroy(&ready);
	}
}

int main()
{
	exceptions();
	backtraces();
	threads();
	std::printf("unwinding: %s\n", failures ? "FAILED" : "ok");
	return failures != 0;
}
