#include "functions/marks.h"

#include <errno.h>
#include <string.h>

#include "flowdar/flowdar.h"
#include "functions/clock.h"
#include "functions/life.h"
#include "functions/records.h"
#include "instrument/wire/events.h"
#include "provider/processor.h"

#define SEVERAL 1u /* no thread has that place */

static const uint32_t never;
static const uint32_t *recording = &never; /* atomic; what it leads to, too */

/* Atomic: the state of the thread that tells of sessions; 0: none has yet; SEVERAL. */
static uintptr_t teller;

void fdar_marks_settings(const uint32_t *switched)
{
	__atomic_store_n(&recording, switched ? switched : &never, __ATOMIC_RELAXED);
}

void fdar_marks_forked(void)
{
	__atomic_store_n(&teller, 0, __ATOMIC_RELAXED);
}

/* Not once the server has locked itself in: getting at another thread's buffer takes system calls. */
static bool is_on(void)
{
	return FLOWDAR_ENABLED(packed) && !fdar_processor_ended() &&
	       __atomic_load_n(__atomic_load_n(&recording, __ATOMIC_RELAXED), __ATOMIC_RELAXED) !=
		       0;
}

/* Only the thread's own: it and the helper know the order. */
static bool is_own(const struct fdar_mark *mark)
{
	return mark->kind == FDAR_CALLS_WAIT_BEGIN || mark->kind == FDAR_CALLS_WAIT_END;
}

/* Where a thread ends what it did for a session, or begins: for others' work, or on a descriptor. */
static bool is_turn(const struct fdar_mark *mark)
{
	return mark->kind == FDAR_CALLS_WAIT_BEGIN &&
	       (mark->small == FDAR_WAIT_IO || mark->small == FDAR_WAIT_POLL ||
		mark->small == FDAR_WAIT_ACCEPT || mark->small == FDAR_WAIT_COND);
}

static bool is_teller(const struct fdar_thread *thread, uint64_t data)
{
	return (uintptr_t)thread == (uintptr_t)data;
}

static void write_out(struct fdar_thread *thread)
{
	fdar_thread_flush(thread, false);
}

/* Whether the thread (NULL: it can have no state) is the only one that tells of sessions. When it is the second, all
 * that the first has not written is written, before this one goes on. */
static bool tells_alone(const struct fdar_thread *thread)
{
	uintptr_t before = __atomic_load_n(&teller, __ATOMIC_ACQUIRE);

	if (__builtin_expect(thread && before == (uintptr_t)thread, 1))
		return true;
	if (thread && before == 0 &&
	    __atomic_compare_exchange_n(&teller, &before, (uintptr_t)thread, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return true;
	if (before == SEVERAL)
		return false;
	before = __atomic_exchange_n(&teller, SEVERAL, __ATOMIC_SEQ_CST);
	if (before != 0 && before != SEVERAL)
		fdar_threads_others(is_teller, write_out, before);
	return false;
}

static bool may_pack(const struct fdar_thread *thread, const struct fdar_mark *mark)
{
	if (is_own(mark))
		return thread != NULL;
	return tells_alone(thread) && mark->kind != FDAR_CALLS_NO_MARK;
}

static uint32_t text_bytes(const char *text)
{
	size_t length = text ? strnlen(text, FDAR_TEXT_MAX + 1) : 0;

	if (length <= FDAR_TEXT_MAX)
		return (uint32_t)length;
	/* Not in the middle of a UTF-8 character: back to before its first byte. */
	length = FDAR_TEXT_MAX;
	while (length > FDAR_TEXT_MAX - 4 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return (uint32_t)length;
}

/* The owner, inside: it did tell alone just now, and unless it still does, another one may have written out
 * what was pending already. */
static bool put(struct fdar_thread *thread, const struct fdar_mark *mark)
{
	struct fdar_writer_mark told = { mark->kind, mark->key,   mark->result,
					 mark->fd,   mark->small, mark->text };
	uint32_t length = text_bytes(mark->text);
	uint64_t now;

	if (!is_own(mark) && __atomic_load_n(&teller, __ATOMIC_RELAXED) != (uintptr_t)thread)
		return false;
	/* Who is off the processor meanwhile says so by an event, after what is pending: so does the mark. */
	if (!thread->named || fdar_processor_switched()) {
		thread->named = 1;
		return false;
	}
	now = fdar_clock_ticks();
	fdar_records_tell_open(thread, now, true);
	if (!fdar_writer_has_room(&thread->writer, length)) {
		fdar_thread_flush(thread, true);
		now = fdar_clock_ticks();
		/* A child of vfork(), whose buffer is its parent's. */
		if (!fdar_writer_has_room(&thread->writer, length))
			return false;
	}
	fdar_writer_mark(&thread->writer, now, &told, length);
	fdar_counting_mark(&thread->counting, mark->counted_as);
	/* Another thread may tell of the session's end next. */
	if (is_turn(mark) && __atomic_load_n(&teller, __ATOMIC_RELAXED) != (uintptr_t)thread)
		fdar_thread_flush(thread, true);
	return true;
}

/* False: it is inside already, this is a signal's handler. */
static bool enter(struct fdar_thread *thread, uintptr_t here)
{
	if (__builtin_expect(__atomic_load_n(&thread->busy, __ATOMIC_RELAXED) != 0, 0) &&
	    !fdar_records_abandoned(thread, here))
		return false;
	__atomic_store_n(&thread->busy, here, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE))
		fdar_thread_attend(thread, here);
	return true;
}

bool fdar_marks_put(const struct fdar_mark *mark)
{
	struct fdar_thread *thread = fdar_thread_self;
	int saved_errno = errno;
	bool taken = false;

	if (!is_on())
		return false;
	if (__builtin_expect(!thread, 0))
		thread = fdar_thread_begin();
	if (may_pack(thread, mark) && enter(thread, (uintptr_t)__builtin_frame_address(0))) {
		taken = put(thread, mark);
		__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
	}
	errno = saved_errno;
	return taken;
}
