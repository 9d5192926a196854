#include "provider/control.h"
#include "provider/processor.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <time.h>

#include "flowdar/flowdar.h"
#include "instrument/wire/events.h"

#if __has_include(<sys/rseq.h>) && defined(__x86_64__)
#include <sys/rseq.h>
#define HAS_RSEQ 1
#endif

#define LEAST_NS 2000u /* shorter ones are lost among what reading the clocks takes */
#define SLEEPS   3u

struct fdar_processor flowdar_control_processor;

/* Since when the rest counts; wall_ns 0: nothing is known yet. */
static __thread struct {
	uint64_t wall_ns;
	uint64_t on_ns; /* by the thread's own clock */
	long preempted;
	bool waits;
} since __attribute__((tls_model("initial-exec")));

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void arm(void);

void flowdar_control_processor_end(void)
{
	if (!fdar_control_own_memory()) {
		if (__atomic_load_n(&flowdar_control_processor.armed, __ATOMIC_RELAXED))
			arm();
		return;
	}
	__atomic_store_n(&flowdar_control_processor.ended, 1, __ATOMIC_RELAXED);
	if (!__atomic_exchange_n(&flowdar_control_processor.armed, 0, __ATOMIC_ACQ_REL))
		return;
	if (FLOWDAR_ENABLED(off_cpu))
		flowdar_link_.off_cpu.write("", FDAR_OFF_CPU_WATCHED, 1);
}

#ifdef HAS_RSEQ
/* A sequence of no byte: no thread is ever in it, wherever it has jumped to. The kernel wants the signature
 * before where it would send one that was (up to 6.18 it looks before it knows that nobody is). */
static const uint32_t signature[2] = { RSEQ_SIG, 0 };
static struct rseq_cs nowhere = { .start_ip = 1, .post_commit_offset = 0 };

#pragma weak __rseq_offset
#pragma weak __rseq_size

static bool is_there(void)
{
	return &__rseq_offset && &__rseq_size && __rseq_size > 0;
}

static void arm(void)
{
	char *thread = __builtin_thread_pointer();

	*(volatile uint64_t *)(thread + flowdar_control_processor.word_at) =
		flowdar_control_processor.armed;
}

/* Off the processor, by a call: newer kernels may look at interrupted threads alone. One such sleep in a
 * thousand is over before the thread is off, and an interrupt may come into one anywhere: most count. */
static bool is_noticed(void)
{
	struct timespec moment = { .tv_nsec = 1 };
	volatile uint64_t *word;
	unsigned noticed = 0;

	word = (volatile uint64_t *)((char *)__builtin_thread_pointer() + __rseq_offset +
				     offsetof(struct rseq, rseq_cs));
	for (unsigned i = 0; i < SLEEPS; i++) {
		*word = (uintptr_t)&nowhere;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
		noticed += *word != (uintptr_t)&nowhere;
	}
	*word = 0;
	return noticed > SLEEPS / 2;
}

void fdar_processor_begin(void)
{
	int saved_errno = errno;

	if (__atomic_load_n(&flowdar_control_processor.armed, __ATOMIC_RELAXED) ||
	    fdar_processor_ended() || !is_there())
		return;
	nowhere.abort_ip = (uintptr_t)&signature[1];
	if (is_noticed()) {
		flowdar_control_processor.word_at =
			__rseq_offset + (intptr_t)offsetof(struct rseq, rseq_cs);
		__atomic_store_n(&flowdar_control_processor.armed, (uintptr_t)&nowhere,
				 __ATOMIC_RELEASE);
	}
	errno = saved_errno;
}
#else
static void arm(void)
{
}

void fdar_processor_begin(void)
{
}
#endif

static long preemptions(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

/* Armed first: what comes in between is noticed the next time. */
static uint64_t restart(void)
{
	uint64_t wall_ns, on_ns, off_ns;

	arm();
	wall_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	on_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	off_ns = wall_ns - since.wall_ns - (on_ns - since.on_ns);
	if (!since.wall_ns || (int64_t)off_ns < 0)
		off_ns = 0;
	since.wall_ns = wall_ns;
	since.on_ns = on_ns;
	return off_ns;
}

uint64_t flowdar_control_off_ns(unsigned *why)
{
	int saved_errno = errno;
	uint64_t off_ns = restart();
	long before = since.preempted;

	since.preempted = preemptions();
	*why = since.preempted > before ? FDAR_OFF_CPU_PREEMPTED : FDAR_OFF_CPU_BLOCKED;
	errno = saved_errno;
	return since.waits || off_ns < LEAST_NS ? 0 : off_ns;
}

void flowdar_control_off(uint64_t ns, unsigned why)
{
	if (FLOWDAR_ENABLED(off_cpu) && flowdar_control_before_now())
		flowdar_link_.off_cpu.write(why == FDAR_OFF_CPU_PREEMPTED ? "processor" : "blocked",
					    why, ns);
}

void fdar_processor_restart(void)
{
	int saved_errno = errno;

	if (!flowdar_control_processor.armed)
		return;
	since.wall_ns = 0;
	since.waits = false;
	restart();
	since.preempted = preemptions();
	errno = saved_errno;
}

void fdar_processor_wait(void)
{
	since.waits = true;
}

void fdar_processor_waited(void)
{
	int saved_errno = errno;

	if (since.waits && fdar_processor_switched())
		restart();
	since.waits = false;
	errno = saved_errno;
}

void fdar_processor_tell(void)
{
	if (flowdar_control_processor.armed && FLOWDAR_ENABLED(off_cpu))
		flowdar_link_.off_cpu.write("", FDAR_OFF_CPU_WATCHED, 0);
}
