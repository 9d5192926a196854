#include "provider/aside.h"
#include "provider/control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "flowdar/flowdar.h"
#include "instrument/wire/events.h"
#include "provider/counters.h"
#include "provider/helper.h"
#include "provider/processor.h"
#include "provider/standard.h"

#define GONE_NS    UINT64_C(5000000000) /* alive stands still so long: there is no recorder */
#define LOOK_S     1                    /* at the gate: how often alive is looked at */
#define SPINS_MOST 1000u

/* At the end: 100 ms for a thread that tells who this process is. */
#define TELLING_STEP_NS 100000
#define TELLING_STEPS   1000u

/* Whether the process event is in the recording. */
enum identity {
	IDENTITY_UNTOLD = 0,
	IDENTITY_TELLING = 1, /* some thread is at it */
	IDENTITY_TOLD = 2
};

static struct {
	const struct fdar_control *segment;   /* atomic */
	const struct fdar_control_user *user; /* atomic */
	uint32_t identity;                    /* atomic; enum identity */
	uint32_t gone;                        /* atomic */
	uint32_t forks;                       /* atomic: by this process and its fathers */
	uint32_t counted;                     /* atomic: among those that have told who they are */
	uint32_t ending;                      /* atomic: its end was told */
	pid_t pid;                            /* of the process that this is the state of */
	struct fdar_control_birth birth;
} state;

/* A page that children find empty, however they were made (MADV_WIPEONFORK); NULL: the kernel has none. A child
 * that a raw clone() made has LTTng's buffers and its parent's name: it must say nothing. */
struct here {
	uint32_t known; /* atomic: 1, this process is who state says */
	uint32_t noted; /* atomic: 1, it is not, and has counters of its own that stay empty */
};
static struct here *here;

/* The fork that this thread is in, 0: none; in daemon(). */
static __thread volatile uint32_t forking __attribute__((tls_model("initial-exec")));
static __thread volatile int daemonizing __attribute__((tls_model("initial-exec")));

const void *fdar_control_attention;

/* This thread is at the gate, or never waits there. */
static __thread volatile int passes_gate __attribute__((tls_model("initial-exec")));

/* This thread is in the user's event function: the event is its own. */
static __thread volatile int asks_user __attribute__((tls_model("initial-exec")));

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const struct fdar_control *flowdar_control_segment(void)
{
	return __atomic_load_n(&state.segment, __ATOMIC_ACQUIRE);
}

const struct fdar_control_user *fdar_control_user(void)
{
	return __atomic_load_n(&state.user, __ATOMIC_ACQUIRE);
}

static bool recording_of(const struct fdar_control *segment)
{
	return !segment || __atomic_load_n(&segment->recording_on, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&state.gone, __ATOMIC_RELAXED);
}

bool flowdar_control_recording(void)
{
	return recording_of(flowdar_control_segment());
}

bool flowdar_control_ended(void)
{
	return __atomic_load_n(&state.gone, __ATOMIC_RELAXED);
}

void fdar_control_gone(bool gone)
{
	__atomic_store_n(&state.gone, gone, __ATOMIC_RELAXED);
}

void fdar_control_never_wait(void)
{
	passes_gate = 1;
}

/* Until the gate is open, or nobody is there to open it. */
static void gate_wait(const struct fdar_control *segment)
{
	struct timespec most = { LOOK_S, 0 };
	uint64_t began = monotonic_ns(), seen_at = began;
	uint32_t alive = __atomic_load_n(&segment->alive, __ATOMIC_RELAXED);
	int saved_errno = errno;

	passes_gate = 1;
	while (__atomic_load_n(&segment->gate, __ATOMIC_ACQUIRE) == FDAR_CONTROL_WAIT) {
		uint32_t now_alive = __atomic_load_n(&segment->alive, __ATOMIC_RELAXED);
		uint64_t now = monotonic_ns();

		if (now_alive != alive) {
			alive = now_alive;
			seen_at = now;
		}
		if (now - seen_at > GONE_NS) {
			fdar_control_gone(true);
			break;
		}
		syscall(SYS_futex, &segment->gate, FUTEX_WAIT, FDAR_CONTROL_WAIT, &most, NULL, 0);
	}
	passes_gate = 0;
	fdar_processor_restart();
	fdar_control_add(waited_ns, monotonic_ns() - began);
	errno = saved_errno;
}

/* The process event, before any other of this process in this recording. Who comes while another
 * thread is writing it waits a moment; not for ever, the other may be below us on this very stack. */
static void identity_tell(const struct fdar_control *segment)
{
	uint32_t untold = IDENTITY_UNTOLD;
	char name[FDAR_CONTROL_NAME_BYTES + 1];

	/* A child of vfork() is not who it would say it is. */
	if (!FLOWDAR_ENABLED(process) || state.pid != getpid())
		return;
	if (!__atomic_compare_exchange_n(&state.identity, &untold, IDENTITY_TELLING, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
		for (unsigned spins = 0; spins < SPINS_MOST; spins++)
			if (__atomic_load_n(&state.identity, __ATOMIC_ACQUIRE) == IDENTITY_TOLD)
				return;
		return;
	}
	memcpy(name, segment->recording, FDAR_CONTROL_NAME_BYTES);
	name[FDAR_CONTROL_NAME_BYTES] = '\0';
	flowdar_link_.process.write(name, getppid());
	fdar_processor_tell();
	if (!__atomic_exchange_n(&state.counted, 1, __ATOMIC_RELAXED))
		fdar_control_add(told, 1);
	__atomic_store_n(&state.identity, IDENTITY_TOLD, __ATOMIC_RELEASE);
}

void fdar_control_tell_again(void)
{
	uint32_t told = IDENTITY_TOLD;

	__atomic_compare_exchange_n(&state.identity, &told, IDENTITY_UNTOLD, false,
				    __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* Where the process goes on: LTTng has registered it by now, or has given up waiting for that
 * (LTTNG_UST_REGISTER_TIMEOUT). */
static void ready_look(void)
{
	const struct fdar_control *segment = flowdar_control_segment();

	if (segment && recording_of(segment) && !FLOWDAR_ENABLED(process))
		fdar_control_add(unready, 1);
}

/* Of who was known last, by fork() or otherwise, and not known yet. */
static bool is_child(void)
{
	return here && !__atomic_load_n(&here->known, __ATOMIC_RELAXED);
}

/* Nobody has announced this process. LTTng makes such children, too, while this thread is in a fork. */
static bool is_unknown(void)
{
	return is_child() && !forking;
}

/* It is told of by its counters, which count nothing. */
static void unknown_note(void)
{
	if (!__atomic_exchange_n(&here->noted, 1, __ATOMIC_RELAXED))
		fdar_counters_forked();
}

static bool before(bool may_wait)
{
	const struct fdar_control *segment = flowdar_control_segment();

	if (!segment)
		return true;
	if (!recording_of(segment))
		return false;
	if (__builtin_expect(is_unknown(), 0)) {
		unknown_note();
		return false;
	}
	if (__builtin_expect(__atomic_load_n(&state.identity, __ATOMIC_ACQUIRE) != IDENTITY_TOLD,
			     0))
		identity_tell(segment);
	if (__builtin_expect(__atomic_load_n(&segment->gate, __ATOMIC_RELAXED) == FDAR_CONTROL_WAIT,
			     0) &&
	    may_wait && !passes_gate && !__atomic_load_n(&state.gone, __ATOMIC_RELAXED))
		gate_wait(segment);
	return true;
}

bool flowdar_control_before(void)
{
	return before(true);
}

bool flowdar_control_before_now(void)
{
	return before(false);
}

bool fdar_control_event_slow(void)
{
	const struct fdar_control_user *user = fdar_control_user();
	unsigned why = 0;

	if (!before(true))
		return false;
	uint64_t off_ns = fdar_processor_switched() ? flowdar_control_off_ns(&why) : 0;
	if (user && !asks_user) {
		asks_user = 1;
		user->event();
		asks_user = 0;
	}
	if (off_ns)
		flowdar_control_off(off_ns, why);
	return true;
}

bool fdar_control_packs(const struct fdar_mark *mark)
{
	const struct fdar_control_user *user = fdar_control_user();

	return user && !is_unknown() && user->mark(mark);
}

void flowdar_control_use(const struct fdar_control_user *user)
{
	__atomic_store_n(&state.user, user, __ATOMIC_RELEASE);
	__atomic_store_n(&fdar_control_attention, (const void *)user, __ATOMIC_RELEASE);
}

/* Written before the file was in its place, and never changed. */
static bool segment_is_one(const struct fdar_control *segment)
{
	/* An older recorder's has zeros behind its rules. */
	return segment->magic == FDAR_CONTROL_MAGIC && segment->bytes == FDAR_CONTROL_BYTES &&
	       segment->struct_bytes >= offsetof(struct fdar_control, marks_packed) &&
	       segment->struct_bytes <= FDAR_CONTROL_BYTES;
}

bool fdar_control_map(const char *path)
{
	int fd = fdar_aside_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct fdar_control *segment = MAP_FAILED;
	struct stat status;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size >= (off_t)FDAR_CONTROL_BYTES)
		segment = mmap(NULL, FDAR_CONTROL_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (segment == MAP_FAILED)
		return false;
	if (!segment_is_one(segment)) {
		munmap(segment, FDAR_CONTROL_BYTES);
		return false;
	}
	fdar_control_gone(false);
	fdar_processor_begin();
	fdar_counters_open(path);
	__atomic_store_n(&state.identity, IDENTITY_UNTOLD, __ATOMIC_RELEASE);
	__atomic_store_n(&state.counted, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&state.segment, segment, __ATOMIC_RELEASE);
	__atomic_store_n(&fdar_control_attention, (const void *)segment, __ATOMIC_RELEASE);
	return true;
}

void flowdar_control_fork_begin(void)
{
	const struct fdar_control_user *user = fdar_control_user();

	if (forking)
		return;
	forking = __atomic_add_fetch(&state.forks, 1, __ATOMIC_RELAXED);
	if (FLOWDAR_ENABLED(forking))
		flowdar_link_.forking.write(forking);
	if (user)
		user->fork_begin();
}

void flowdar_control_fork_end(void)
{
	const struct fdar_control_user *user = fdar_control_user();

	if (!forking)
		return;
	forking = 0;
	if (user)
		user->fork_end();
}

struct fdar_control_birth fdar_control_birth(void)
{
	return state.birth;
}

static void ended_set(uint64_t ended)
{
	struct fdar_control_counters *counters = flowdar_control_counters();

	if (counters)
		__atomic_store_n(&counters->ended, ended, __ATOMIC_RELAXED);
}

void flowdar_control_daemon(bool begins)
{
	daemonizing = begins;
	ended_set(begins ? 1 : 0);
}

void flowdar_control_forked(void)
{
	pid_t pid = getpid();

	/* The first of a pid namespace has its father's number where that is another's first. */
	if (state.pid == pid && !is_child())
		return;
	if (here)
		__atomic_store_n(&here->known, 1, __ATOMIC_RELAXED);
	state.birth = (struct fdar_control_birth){ state.pid, forking, daemonizing };
	fdar_processor_restart();
	daemonizing = 0;
	state.pid = pid;
	__atomic_store_n(&state.counted, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&state.ending, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&state.identity, IDENTITY_UNTOLD, __ATOMIC_RELEASE);
	flowdar_control_fork_end();
	fdar_standard_forked();
	fdar_counters_forked();
	if (fdar_control_user())
		fdar_control_user()->forked();
	fdar_helper_forget();
	/* First who it is, by this thread: a child that ends at once would take the helper with it in the
	 * middle of that, and what nobody has put a name to is not of this recording. */
	flowdar_control_before_now();
	ready_look();
	fdar_helper_start();
}

bool fdar_control_own_memory(void)
{
	return state.pid == getpid() || is_child() || !here;
}

bool fdar_control_known(void)
{
	return state.pid == getpid() && !is_child();
}

/* The end of the process ends whoever is telling of it as well. May be below us on this very stack. */
static void identity_wait(void)
{
	struct timespec step = { .tv_nsec = TELLING_STEP_NS };

	for (unsigned i = 0; i < TELLING_STEPS; i++) {
		if (__atomic_load_n(&state.identity, __ATOMIC_ACQUIRE) != IDENTITY_TELLING)
			return;
		nanosleep(&step, NULL);
	}
}

/* What a child that nobody announced has done is nowhere: if it was less than a buffer, nobody has noted it yet. */
static void unknown_ending(const struct fdar_control_user *user)
{
	if (flowdar_control_segment() && flowdar_control_recording() && is_unknown() && user &&
	    user->pending())
		unknown_note();
}

/* In a fork LTTng is locked, and a child of vfork() has its parent's memory: nothing is said there. */
void flowdar_control_ending(unsigned how)
{
	const struct fdar_control_user *user = fdar_control_user();
	int saved_errno = errno;

	if (forking || !fdar_control_known()) {
		unknown_ending(user);
		errno = saved_errno;
		return;
	}
	if (!flowdar_control_recording()) {
		ended_set(1);
		return;
	}
	fdar_helper_rest();
	identity_wait();
	if (user)
		user->flush();
	if (!__atomic_exchange_n(&state.ending, 1, __ATOMIC_RELAXED) &&
	    FLOWDAR_ENABLED(process_end))
		flowdar_link_.process_end.write(how);
	ended_set(1);
	errno = saved_errno;
}

void flowdar_control_not_ending(void)
{
	if (!fdar_control_known())
		return;
	__atomic_store_n(&state.ending, 0, __ATOMIC_RELAXED);
	ended_set(0);
	fdar_helper_wake();
}

__attribute__((destructor)) static void control_end(void)
{
	flowdar_control_ending(FDAR_PROCESS_EXIT);
}

static void here_make(void)
{
	void *page = mmap(NULL, sizeof(*here), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		return;
	if (madvise(page, sizeof(*here), MADV_WIPEONFORK) != 0) {
		munmap(page, sizeof(*here));
		return;
	}
	here = page;
	here->known = 1;
}

__attribute__((constructor)) static void control_init(void)
{
	const char *path = getenv(FDAR_CONTROL_ENV);
	int saved_errno = errno;

	flowdar_link_init_();
	state.pid = getpid();
	here_make();
	if (path && path[0] == '/')
		fdar_control_map(path);
	fdar_helper_start();
	flowdar_control_before_now();
	ready_look();
	errno = saved_errno;
}
