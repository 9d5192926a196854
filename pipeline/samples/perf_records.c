/* What the kernel wrote down, record by record. */
#include <linux/perf_event.h>
#include <string.h>

#include "pipeline/samples/perf.h"
#include "pipeline/samples/samples.h"

/* What is still to be read of one; short: it ended too early. */
struct cursor {
	const uint8_t *at, *end;
	gboolean is_short;
};

static const uint8_t *take(struct cursor *cursor, uint64_t length)
{
	const uint8_t *at = cursor->at;

	if (length > (uint64_t)(cursor->end - cursor->at)) {
		cursor->is_short = TRUE;
		cursor->at = cursor->end;
		return NULL;
	}
	cursor->at += length;
	return at;
}

static uint64_t take_u64(struct cursor *cursor)
{
	const uint8_t *at = take(cursor, 8);
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t take_u32(struct cursor *cursor)
{
	const uint8_t *at = take(cursor, 4);
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static gboolean parse_sample(struct cursor *cursor, struct fdar_perf_record *record)
{
	uint64_t room, copied;

	record->kind = FDAR_PERF_SAMPLE;
	record->pid = take_u32(cursor);
	record->tid = take_u32(cursor);
	record->time_ns = take_u64(cursor);
	take_u32(cursor);                  /* the processor */
	record->weight = take_u32(cursor); /* the kernel's 0, which is one */
	record->weight = MAX(record->weight, 1);
	record->chain_count = take_u64(cursor);
	if (record->chain_count > 4096)
		return FALSE;
	record->chain = take(cursor, 8 * record->chain_count);
	if (take_u64(cursor) == PERF_SAMPLE_REGS_ABI_64)
		record->registers = take(cursor, 8 * (uint64_t)FDAR_PERF_REGISTERS);
	room = take_u64(cursor);
	record->stack = take(cursor, room);
	copied = room ? take_u64(cursor) : 0;
	record->stack_bytes = MIN(copied, room);
	if (!record->stack)
		record->stack_bytes = 0;
	return !cursor->is_short;
}

static gboolean parse_mapped(struct cursor *cursor, struct fdar_perf_record *record)
{
	record->kind = FDAR_PERF_MAPPED;
	record->pid = take_u32(cursor);
	record->tid = take_u32(cursor);
	record->start = take_u64(cursor);
	record->end = record->start + take_u64(cursor);
	record->page_offset = take_u64(cursor);
	take(cursor, 8); /* the device */
	record->inode = take_u64(cursor);
	take(cursor, 8 + 8); /* the inode's generation, rights and flags */
	record->path = (const char *)cursor->at;
	return !cursor->is_short && memchr(cursor->at, 0, (size_t)(cursor->end - cursor->at));
}

static gboolean parse_task(struct cursor *cursor, struct fdar_perf_record *record,
			   enum fdar_perf_kind kind)
{
	record->kind = kind;
	record->pid = take_u32(cursor);
	record->parent = take_u32(cursor);
	record->tid = take_u32(cursor);
	record->outer = take_u32(cursor); /* the kernel's is of the parent's thread */
	return !cursor->is_short;
}

/* Told in the event's own buffer, with a time of its own in front. */
static gboolean parse_throttle(struct cursor *cursor, struct fdar_perf_record *record,
			       enum fdar_perf_kind kind)
{
	record->kind = kind;
	record->time_ns = take_u64(cursor);
	record->event = take_u64(cursor);
	return !cursor->is_short;
}

static gboolean parse_count(struct cursor *cursor, struct fdar_perf_record *record, uint32_t type)
{
	if (type - FDAR_PERF_RECORD_COUNT >= FDAR_COUNT_KINDS)
		return FALSE;
	record->kind = FDAR_PERF_COUNT;
	record->count = (uint8_t)(type - FDAR_PERF_RECORD_COUNT);
	record->pid = take_u32(cursor);
	record->tid = take_u32(cursor);
	record->time_ns = take_u64(cursor);
	record->number = (uint32_t)take_u64(cursor);
	return !cursor->is_short && record->number;
}

static gboolean parse_body(const struct perf_event_header *header, struct cursor *cursor,
			   struct fdar_perf_record *record, uint64_t *lost)
{
	switch (header->type) {
	case PERF_RECORD_SAMPLE:
		return parse_sample(cursor, record);
	case PERF_RECORD_MMAP2:
		return parse_mapped(cursor, record);
	case PERF_RECORD_FORK:
		return parse_task(cursor, record, FDAR_PERF_FORK);
	case PERF_RECORD_EXIT:
		return parse_task(cursor, record, FDAR_PERF_EXIT);
	case PERF_RECORD_THROTTLE:
		return parse_throttle(cursor, record, FDAR_PERF_THROTTLED);
	case PERF_RECORD_UNTHROTTLE:
		return parse_throttle(cursor, record, FDAR_PERF_UNTHROTTLED);
	case PERF_RECORD_COMM:
		record->kind = FDAR_PERF_EXEC;
		record->pid = take_u32(cursor);
		record->tid = take_u32(cursor);
		return (header->misc & PERF_RECORD_MISC_COMM_EXEC) && !cursor->is_short;
	case PERF_RECORD_LOST:
		take_u64(cursor);
		*lost += take_u64(cursor);
		return FALSE;
	default:
		return parse_count(cursor, record, header->type);
	}
}

static gboolean is_of_task(enum fdar_perf_kind kind)
{
	return kind != FDAR_PERF_SAMPLE && kind != FDAR_PERF_THROTTLED &&
	       kind != FDAR_PERF_UNTHROTTLED && kind != FDAR_PERF_COUNT;
}

gboolean fdar_perf_parse(const uint8_t *bytes, gsize length, struct fdar_perf_record *record,
			 gsize *size, uint64_t *lost)
{
	struct perf_event_header header;
	struct cursor cursor;

	*record = (struct fdar_perf_record){ 0 };
	*size = 0;
	if (length < sizeof(header))
		return FALSE;
	memcpy(&header, bytes, sizeof(header));
	if (header.size < sizeof(header) || header.size > length)
		return FALSE;
	*size = header.size;
	cursor = (struct cursor){ bytes + sizeof(header), bytes + header.size, FALSE };
	if (!parse_body(&header, &cursor, record, lost))
		return FALSE;
	/* All of tasks end with thread, time and processor (sample_id_all). */
	if (is_of_task(record->kind)) {
		if (header.size < sizeof(header) + 24)
			return FALSE;
		memcpy(&record->time_ns, bytes + header.size - 16, sizeof(record->time_ns));
	}
	return TRUE;
}

void fdar_perf_registers(const struct fdar_perf_record *sample,
			 uint64_t registers[FDAR_PERF_REGISTERS])
{
	/* The kernel's order: ax bx cx dx si di bp sp ip, r8 to r15. */
	static const uint8_t from[FDAR_PERF_REGISTERS] = { 0,  3,  2,  1,  4,  5,  6,  7, 9,
							   10, 11, 12, 13, 14, 15, 16, 8 };

	for (unsigned i = 0; i < FDAR_PERF_REGISTERS; i++)
		memcpy(&registers[i], sample->registers + 8 * from[i], sizeof(registers[i]));
}
