#include "functions/writer.h"

#define DT_INLINE 31u

static uint8_t *number_put(uint8_t *to, uint64_t number)
{
	while (number >= 0x80) {
		*to++ = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	*to++ = (uint8_t)number;
	return to;
}

static uint64_t zigzag(uint64_t delta)
{
	return (delta << 1) ^ (uint64_t)((int64_t)delta >> 63);
}

/* The time of a record, from the base: never before the last. */
static uint64_t time_ns(const struct fdar_writer *writer, uint64_t at)
{
	uint64_t ns = at > writer->base ? fdar_clock_ns(at - writer->base, writer->scale) : 0;

	return ns > writer->last_ns ? ns : writer->last_ns;
}

/* The record's first byte, and its time. */
static inline uint8_t *op_put(struct fdar_writer *writer, enum fdar_calls_op op, uint64_t at)
{
	uint8_t *to = writer->next;
	uint64_t ns, dt;

	if (fdar_writer_empty(writer)) {
		__atomic_store_n(&writer->base, at, __ATOMIC_RELAXED);
		writer->scale = fdar_clock_scale();
		*to++ = (uint8_t)op;
		return to;
	}
	ns = time_ns(writer, at);
	dt = ns - writer->last_ns;
	writer->last_ns = ns;
	if (dt < DT_INLINE) {
		*to++ = (uint8_t)(op | dt << 3);
		return to;
	}
	*to++ = (uint8_t)(op | DT_INLINE << 3);
	return number_put(to, dt - DT_INLINE);
}

static inline uint8_t *function_put(struct fdar_writer *writer, uint8_t *to, uint64_t function)
{
	uint64_t delta = function - writer->function;

	writer->function = function;
	return number_put(to, zigzag(delta));
}

void fdar_writer_init(struct fdar_writer *writer)
{
	writer->limit = writer->data + FDAR_WRITER_BYTES - 3 * FDAR_WRITER_RECORD_MAX;
	fdar_writer_reset(writer, 0);
}

void fdar_writer_reset(struct fdar_writer *writer, uint32_t depth)
{
	writer->next = writer->data + FDAR_WRITER_HEAD_MAX;
	__atomic_store_n(&writer->base, 0, __ATOMIC_RELAXED);
	writer->last_ns = 0;
	writer->function = 0;
	writer->key = 0;
	writer->marks = 0;
	writer->depth = depth;
	writer->depth_was = depth;
}

void fdar_writer_enter(struct fdar_writer *writer, uint64_t at, uint64_t function)
{
	uint8_t *to = op_put(writer, FDAR_CALLS_ENTER, at);

	writer->next = function_put(writer, to, function);
	writer->depth++;
}

void fdar_writer_exit(struct fdar_writer *writer, uint64_t at)
{
	writer->next = op_put(writer, FDAR_CALLS_EXIT, at);
	writer->depth--;
}

/* The end of a call, as its duration. */
static inline uint8_t *duration_put(struct fdar_writer *writer, uint8_t *to, uint64_t end)
{
	uint64_t ns = time_ns(writer, end), duration = ns - writer->last_ns;

	writer->last_ns = ns;
	return number_put(to, duration);
}

void fdar_writer_call(struct fdar_writer *writer, uint64_t begin, uint64_t end, uint64_t function)
{
	uint8_t *to = op_put(writer, FDAR_CALLS_CALL, begin);

	to = function_put(writer, to, function);
	writer->next = duration_put(writer, to, end);
}

void fdar_writer_call_over(struct fdar_writer *writer, uint64_t begin, uint64_t end,
			   uint64_t function, uint64_t count, uint64_t ticks)
{
	uint8_t *to = op_put(writer, FDAR_CALLS_CALL_OVER, begin);

	to = function_put(writer, to, function);
	to = duration_put(writer, to, end);
	to = number_put(to, count);
	writer->next = number_put(to, fdar_clock_ns(ticks, writer->scale));
}

void fdar_writer_open(struct fdar_writer *writer, uint64_t at, uint64_t function, uint64_t begin)
{
	uint8_t *to = op_put(writer, FDAR_CALLS_OPEN, at);

	to = function_put(writer, to, function);
	writer->next = number_put(to, at > begin ? fdar_clock_ns(at - begin, writer->scale) : 0);
	writer->depth++;
}

void fdar_writer_skipped(struct fdar_writer *writer, uint64_t at, uint64_t count, uint64_t ticks)
{
	uint8_t *to = op_put(writer, FDAR_CALLS_SKIPPED, at);

	to = number_put(to, count);
	writer->next = number_put(to, fdar_clock_ns(ticks, writer->scale));
}

void fdar_writer_unwound(struct fdar_writer *writer, uint64_t at, uint32_t count)
{
	uint8_t *to = op_put(writer, FDAR_CALLS_UNWOUND, at);

	writer->next = number_put(to, count);
	writer->depth -= count;
}

void fdar_writer_lost(struct fdar_writer *writer, uint64_t at, uint64_t count)
{
	writer->next = number_put(op_put(writer, FDAR_CALLS_LOST, at), count);
}

void fdar_writer_mark(struct fdar_writer *writer, uint64_t at, const struct fdar_writer_mark *mark,
		      uint32_t text_bytes)
{
	static const uint8_t have[FDAR_CALLS_MARKS] = FDAR_CALLS_MARKS_HAVE;
	uint8_t *to = op_put(writer, FDAR_CALLS_LOST, at);
	unsigned has = have[mark->kind];

	*to++ = FDAR_CALLS_MARK;
	*to++ = (uint8_t)mark->kind;
	if (has & FDAR_CALLS_HAS_KEY) {
		to = number_put(to, zigzag(mark->key - writer->key));
		writer->key = mark->key;
	}
	if (has & FDAR_CALLS_HAS_SMALL)
		to = number_put(to, mark->small);
	if (has & FDAR_CALLS_HAS_FD)
		to = number_put(to, zigzag((uint64_t)(int64_t)mark->fd));
	if (has & FDAR_CALLS_HAS_RESULT)
		to = number_put(to, zigzag((uint64_t)mark->result));
	if (has & FDAR_CALLS_HAS_TEXT) {
		to = number_put(to, text_bytes);
		for (uint32_t i = 0; i < text_bytes; i++)
			*to++ = (uint8_t)mark->text[i];
	}
	writer->next = to;
	writer->marks++;
}

const uint8_t *fdar_writer_finish(struct fdar_writer *writer, uint64_t now, uint32_t *length)
{
	uint8_t head[FDAR_WRITER_HEAD_MAX];
	uint8_t *end = number_put(number_put(head, writer->depth_was), time_ns(writer, now));
	size_t bytes = (size_t)(end - head);
	uint8_t *from = writer->data + FDAR_WRITER_HEAD_MAX - bytes;

	for (size_t i = 0; i < bytes; i++)
		from[i] = head[i];
	*length = (uint32_t)(writer->next - from);
	return from;
}
