/*
 * Expands calls events for the scripts: lines of trace_stop (lttng.sh) on standard input, "PID TID
 * EVENT FIELDS"; those of calls become a line a record:
 *
 *	PID TID func_entry addr = 0xN
 *	PID TID func_exit addr = 0xN
 *	PID TID skipped COUNT NS
 *	PID TID unwound COUNT
 *	PID TID lost COUNT
 *
 * with the tid that made the calls. A call that was open comes as func_entry. Fails if the data are
 * broken, if a header's depth is not what was counted, or if an exit has no call.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls_decode.h"

#define THREADS_MAX 4096
#define DEPTH_MAX   4096

static struct thread {
	unsigned pid, tid;
	size_t depth;
	uint64_t open[DEPTH_MAX];
} * threads[THREADS_MAX];

static struct thread *thread_get(unsigned pid, unsigned tid)
{
	for (size_t i = 0; i < THREADS_MAX; i++) {
		if (!threads[i]) {
			threads[i] = calloc(1, sizeof(*threads[i]));
			if (!threads[i])
				abort();
			threads[i]->pid = pid;
			threads[i]->tid = tid;
		}
		if (threads[i]->pid == pid && threads[i]->tid == tid)
			return threads[i];
	}
	abort();
}

static void fail(const char *what, const char *line)
{
	fprintf(stderr, "calls_text: %s: %.120s\n", what, line);
	exit(1);
}

static void enter(struct thread *thread, uint64_t function)
{
	if (thread->depth == DEPTH_MAX)
		fail("too deep", "");
	thread->open[thread->depth++] = function;
	printf("%u %u func_entry addr = 0x%" PRIX64 "\n", thread->pid, thread->tid, function);
}

static void leave(struct thread *thread)
{
	if (thread->depth == 0)
		fail("an exit without a call", "");
	printf("%u %u func_exit addr = 0x%" PRIX64 "\n", thread->pid, thread->tid,
	       thread->open[--thread->depth]);
}

static void tell(struct thread *thread, const struct calls_record *record)
{
	switch (record->op) {
	case FDAR_CALLS_ENTER:
	case FDAR_CALLS_OPEN:
		enter(thread, record->function);
		break;
	case FDAR_CALLS_EXIT:
		leave(thread);
		break;
	case FDAR_CALLS_CALL:
	case FDAR_CALLS_CALL_OVER:
		enter(thread, record->function);
		if (record->op == FDAR_CALLS_CALL_OVER)
			printf("%u %u skipped %" PRIu64 " %" PRIu64 "\n", thread->pid, thread->tid,
			       record->count, record->ns);
		leave(thread);
		break;
	case FDAR_CALLS_SKIPPED:
		printf("%u %u skipped %" PRIu64 " %" PRIu64 "\n", thread->pid, thread->tid,
		       record->count, record->ns);
		break;
	case FDAR_CALLS_UNWOUND:
		if (record->count > thread->depth)
			fail("more unwound than open", "");
		thread->depth -= record->count;
		printf("%u %u unwound %" PRIu64 "\n", thread->pid, thread->tid, record->count);
		break;
	case FDAR_CALLS_LOST:
		printf("%u %u lost %" PRIu64 "\n", thread->pid, thread->tid, record->count);
		break;
	}
}

/* "tid = N, _data_length = N, data = [ [0] = 0xN, ... ]" */
static void expand(unsigned pid, const char *fields, const char *line)
{
	static uint8_t data[FDAR_CALLS_BYTES_MAX];
	struct calls_reader reader;
	struct calls_record record;
	struct thread *thread;
	size_t length = 0;
	unsigned tid;

	if (sscanf(fields, "tid = %u", &tid) != 1)
		fail("no tid", line);
	for (const char *at = strstr(fields, "data = ["); at && (at = strstr(at, "] = ")); at += 4)
		if (length < sizeof(data))
			data[length++] = (uint8_t)strtoul(at + 4, NULL, 0);
	calls_open(&reader, data, length);
	thread = thread_get(pid, tid);
	if (reader.depth != thread->depth) {
		fprintf(stderr, "depth %" PRIu64 ", counted %zu\n", reader.depth, thread->depth);
		fail("an event is missing", line);
	}
	while (calls_next(&reader, &record))
		tell(thread, &record);
	if (reader.broken)
		fail("broken", line);
}

int main(void)
{
	static char line[65536];

	while (fgets(line, sizeof(line), stdin)) {
		unsigned pid, tid;
		int at = 0;

		if (sscanf(line, "%u %u calls %n", &pid, &tid, &at) == 2 && at > 0)
			expand(pid, line + at, line);
		else
			fputs(line, stdout);
	}
	return 0;
}
