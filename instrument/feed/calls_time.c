/* Clocks and chance: the same in every run. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "feed/baton.h"
#include "feed/next.h"
#include "feed/script.h"
#include "feed/times.h"

#define S_NS ((uint64_t)1000000000)
/* A machine that has run for a while. */
#define UP_NS        (1000 * S_NS)
#define CHANCE_BYTES 65536

/* ---- clocks ---- */

static bool is_ours(clockid_t clock)
{
	return fdar_feed_header() && !fdar_feed_header()->real_time &&
	       (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
		clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
		clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME);
}

static uint64_t shown_ns(clockid_t clock, uint64_t now_ns)
{
	return now_ns + (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE
				 ? fdar_feed_header()->epoch_ns
				 : UP_NS);
}

FDAR_FEED_CALL int clock_gettime(clockid_t clock, struct timespec *now)
{
	uint64_t ns;

	if (!is_ours(clock) || fdar_feed_is_tracer(__builtin_return_address(0)))
		return FDAR_NEXT(clock_gettime)(clock, now);
	ns = shown_ns(clock, fdar_clock_tick());
	*now = (struct timespec){ (time_t)(ns / S_NS), (long)(ns % S_NS) };
	return 0;
}

FDAR_FEED_CALL int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	uint64_t ns;

	if (!is_ours(CLOCK_REALTIME) || fdar_feed_is_tracer(__builtin_return_address(0)))
		return FDAR_NEXT(gettimeofday)(now, zone);
	ns = shown_ns(CLOCK_REALTIME, fdar_clock_tick());
	*now = (struct timeval){ (time_t)(ns / S_NS), (suseconds_t)(ns % S_NS / 1000) };
	return 0;
}

FDAR_FEED_CALL time_t time(time_t *now)
{
	time_t seconds;

	if (!is_ours(CLOCK_REALTIME) || fdar_feed_is_tracer(__builtin_return_address(0)))
		return FDAR_NEXT(time)(now);
	seconds = (time_t)(shown_ns(CLOCK_REALTIME, fdar_clock_tick()) / S_NS);
	if (now)
		*now = seconds;
	return seconds;
}

uint64_t fdar_span_ns(const struct timespec *span)
{
	return (uint64_t)span->tv_sec * S_NS + (uint64_t)span->tv_nsec;
}

uint64_t fdar_moment_ns(clockid_t clock, const struct timespec *moment)
{
	uint64_t at_ns = fdar_span_ns(moment), now_ns;
	struct timespec now;

	if (is_ours(clock)) {
		now_ns = shown_ns(clock, fdar_clock_ns());
	} else {
		FDAR_NEXT(clock_gettime)(clock, &now);
		now_ns = fdar_span_ns(&now);
	}
	return fdar_clock_ns() + (at_ns > now_ns ? at_ns - now_ns : 0);
}

/* ---- sleeping ---- */

static bool never(void *user)
{
	(void)user;
	return false;
}

static int sleep_until(uint64_t deadline_ns)
{
	return fdar_baton_wait(never, NULL, deadline_ns, true) == FDAR_WAKE_SIGNAL ? EINTR : 0;
}

FDAR_FEED_CALL int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span,
				   struct timespec *left)
{
	if (!fdar_baton_has())
		return FDAR_NEXT(clock_nanosleep)(clock, flags, span, left);
	if (left)
		*left = (struct timespec){ 0, 0 };
	return sleep_until(flags & TIMER_ABSTIME ? fdar_moment_ns(clock, span)
						 : fdar_clock_ns() + fdar_span_ns(span));
}

FDAR_FEED_CALL int nanosleep(const struct timespec *span, struct timespec *left)
{
	if (!fdar_baton_has())
		return FDAR_NEXT(nanosleep)(span, left);
	errno = clock_nanosleep(CLOCK_MONOTONIC, 0, span, left);
	return errno ? -1 : 0;
}

FDAR_FEED_CALL int usleep(useconds_t span_us)
{
	struct timespec span = { (time_t)(span_us / 1000000), (long)(span_us % 1000000) * 1000 };

	return fdar_baton_has() ? nanosleep(&span, NULL) : FDAR_NEXT(usleep)(span_us);
}

FDAR_FEED_CALL unsigned sleep(unsigned seconds)
{
	struct timespec span = { (time_t)seconds, 0 };

	if (!fdar_baton_has())
		return FDAR_NEXT(sleep)(seconds);
	nanosleep(&span, NULL);
	return 0;
}

/* ---- chance ---- */

/* Marsaglia, "Xorshift RNGs" (2003). */
static void draw(uint8_t *bytes, size_t length)
{
	static uint64_t state = 88172645463325252u;

	for (size_t i = 0; i < length; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		bytes[i] = (uint8_t)(state >> 32);
	}
}

FDAR_FEED_CALL ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
	if (!fdar_feed_header())
		return FDAR_NEXT(getrandom)(bytes, length, flags);
	draw(bytes, length);
	return (ssize_t)length;
}

FDAR_FEED_CALL int getentropy(void *bytes, size_t length)
{
	if (!fdar_feed_header())
		return FDAR_NEXT(getentropy)(bytes, length);
	draw(bytes, length);
	return 0;
}

static bool is_chance(const char *path)
{
	return fdar_feed_header() && path &&
	       (strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0);
}

/* A file of it, in memory, that is read in the place of the device. */
static int open_chance(void)
{
	uint8_t bytes[CHANCE_BYTES];
	int fd = memfd_create("chance", MFD_CLOEXEC);

	if (fd < 0)
		return fd;
	draw(bytes, sizeof(bytes));
	if (FDAR_NEXT(write)(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) ||
	    lseek(fd, 0, SEEK_SET) != 0)
		fdar_feed_refuse("no memory for chance");
	return fd;
}

FDAR_FEED_CALL FILE *fopen(const char *path, const char *mode)
{
	int fd;

	if (!is_chance(path))
		return FDAR_NEXT(fopen)(path, mode);
	fd = open_chance();
	return fd < 0 ? NULL : fdopen(fd, "r");
}

FDAR_FEED_CALL FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

FDAR_FEED_CALL int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = (mode_t)va_arg(arguments, int);
	va_end(arguments);
	return is_chance(path) ? open_chance() : FDAR_NEXT(open)(path, flags, mode);
}

FDAR_FEED_CALL int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = (mode_t)va_arg(arguments, int);
	va_end(arguments);
	return is_chance(path) ? open_chance() : FDAR_NEXT(open)(path, flags | O_LARGEFILE, mode);
}
