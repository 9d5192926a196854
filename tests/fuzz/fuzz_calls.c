/*
 * Fuzzing what takes calls events apart. The input is a few of them, of a few threads: each a byte
 * that says the thread (low bits) and how much is taken at a time (high bits), two of how long its
 * data is, lowest first, and the data; those of odd threads may have marks. What must hold whatever is in them is checked: the times of
 * a thread ascend, none is after its event's, and nothing ends that did not begin.
 */
#include <glib.h>
#include <stdlib.h>

#include "pipeline/events/calls.h"

#define THREADS 4u
#define BATCH   40u
#define STEP_NS 1000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct thread {
	uint64_t last_ns;
	uint64_t open;
};

static void check(gboolean holds)
{
	if (!holds)
		abort();
}

static gboolean is_mark(unsigned kind)
{
	return kind == FDAR_EVENT_SESSION_RESUME || kind == FDAR_EVENT_SESSION_SUSPEND ||
	       kind == FDAR_EVENT_REQUEST_BEGIN || kind == FDAR_EVENT_REQUEST_END ||
	       kind == FDAR_EVENT_WAIT_BEGIN || kind == FDAR_EVENT_WAIT_END ||
	       kind == FDAR_EVENT_IO;
}

static void look_at(struct thread *thread, const struct fdar_event *event, uint64_t time_ns)
{
	check(event->time_ns >= thread->last_ns);
	check(event->time_ns <= MAX(time_ns, thread->last_ns));
	thread->last_ns = event->time_ns;
	switch (event->kind) {
	case FDAR_EVENT_FUNC_ENTRY:
		thread->open++;
		break;
	case FDAR_EVENT_FUNC_EXIT:
		check(thread->open-- > 0);
		break;
	case FDAR_EVENT_FUNC_UNWOUND:
		check(thread->open >= event->addr);
		thread->open -= event->addr;
		break;
	case FDAR_EVENT_FUNC_SKIPPED:
	case FDAR_EVENT_FUNC_LOST:
		break;
	default:
		check(is_mark(event->kind) && event->data[event->data_len] == '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdar_texts *texts = fdar_texts_new();
	struct fdar_calls *calls = fdar_calls_new(texts);
	struct thread threads[THREADS] = { 0 };
	struct fdar_event batch[BATCH];
	uint64_t time_ns = 0;

	while (size >= 3) {
		uint32_t tid = data[0] % THREADS;
		size_t capacity = 1 + data[0] / THREADS % BATCH, n;
		size_t length = MIN((size_t)data[1] | (size_t)data[2] << 8, size - 3);
		/* Of exactly that length, for the sanitizer to see what is behind. */
		g_autofree char *copy = length ? g_memdup2(data + 3, length) : NULL;
		struct fdar_event event = { .time_ns = time_ns += STEP_NS,
					    .data = copy ? copy : "",
					    .data_len = (uint32_t)length,
					    .tid = tid,
					    .kind = data[0] % 2 ? FDAR_EVENT_RAW_PACKED
								: FDAR_EVENT_RAW_CALLS };

		fdar_calls_begin(calls, &event);
		do {
			n = fdar_calls_take(calls, batch, capacity);
			check(n <= capacity);
			for (size_t i = 0; i < n; i++)
				look_at(&threads[tid], &batch[i], time_ns);
		} while (n == capacity);
		data += 3 + length;
		size -= 3 + length;
	}
	fdar_calls_free(calls);
	fdar_texts_free(texts);
	return 0;
}
