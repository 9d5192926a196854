/*
 * A culprit on demand, for tests with real servers: hurt() in the first lines of a server's function makes it
 * call hurt_spin() and hurt_sleep() for those who ask for it. A request that has "spin-2000" in it costs 2,000
 * us of running there, "sleep-2000" as long of sleeping, "spin-0" nothing but the call. So clients know who
 * was hurt, and for whom each call of these was.
 */
#ifndef FLOWDAR_TESTS_HURT_H
#define FLOWDAR_TESTS_HURT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HURT_FUNCTION static __attribute__((noinline, unused))
#define HURT_INLINE   static inline __attribute__((always_inline, unused, no_instrument_function))

/* Whether the word is in the text, and the number behind it. */
HURT_INLINE bool hurt_number(const char *text, size_t length, const char *word, long *number)
{
	size_t at = 0, word_length = strlen(word);

	while (at + word_length <= length &&
	       (text[at] != word[0] || memcmp(text + at, word, word_length) != 0))
		at++;
	if (at + word_length > length)
		return false;
	*number = 0;
	for (at += word_length;
	     at < length && text[at] >= '0' && text[at] <= '9' && *number < 1000000; at++)
		*number = *number * 10 + (text[at] - '0');
	return true;
}

/* By the thread's own clock: what somebody else's work on the processor takes is no spin. */
HURT_FUNCTION void hurt_spin(long us)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec < us * 1000);
}

HURT_FUNCTION void hurt_sleep(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	if (us > 0)
		nanosleep(&time, NULL);
}

HURT_INLINE void hurt(const char *text, size_t length)
{
	long us;

	if (hurt_number(text, length, "spin-", &us))
		hurt_spin(us);
	if (hurt_number(text, length, "sleep-", &us))
		hurt_sleep(us);
}

#ifdef __cplusplus
}
#endif

#endif
