#include "pipeline/samples/ticks_records.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/samples/perf.h"

_Static_assert(FDAR_TICKS_STACK_BYTES == FDAR_PERF_STACK_BYTES, "one copy fits the other");
_Static_assert(FDAR_TICKS_REGISTERS == FDAR_PERF_REGISTERS, "the same registers");

#define PATH_BYTES 4096u

/* What all records of tasks end with (sample_id_all). */
struct end {
	uint32_t pid, tid;
	uint64_t time_ns;
	uint64_t processor;
};

static void put(struct fdar_wiped *bytes, uint32_t type, uint16_t misc, const void *body,
		gsize length)
{
	struct perf_event_header header = { .type = type,
					    .misc = misc,
					    .size = (uint16_t)(sizeof(header) + length) };

	fdar_wiped_append(bytes, (const uint8_t *)&header, sizeof(header));
	fdar_wiped_append(bytes, body, length);
}

static void put_task(struct fdar_wiped *bytes, uint32_t type, uint64_t time_ns,
		     const uint32_t numbers[4])
{
	struct {
		uint32_t pid, parent, tid, parent_tid;
		uint64_t time_ns;
		struct end end;
	} body = { numbers[0], numbers[1], numbers[2],
		   numbers[3], time_ns,    { numbers[0], numbers[2], time_ns, 0 } };

	put(bytes, type, 0, &body, sizeof(body));
}

void fdar_ticks_put_fork(struct fdar_wiped *bytes, uint64_t time_ns, uint32_t key, uint32_t parent,
			 uint32_t pid, uint32_t outer)
{
	put_task(bytes, PERF_RECORD_FORK, time_ns, (uint32_t[]){ key, parent, pid, outer });
}

void fdar_ticks_put_exit(struct fdar_wiped *bytes, uint64_t time_ns, uint32_t key)
{
	put_task(bytes, PERF_RECORD_EXIT, time_ns, (uint32_t[]){ key, key, key, key });
}

void fdar_ticks_put_exec(struct fdar_wiped *bytes, uint64_t time_ns, uint32_t key)
{
	struct {
		uint32_t pid, tid;
		char name[8];
		struct end end;
	} body = { key, key, "", { key, key, time_ns, 0 } };

	put(bytes, PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC, &body, sizeof(body));
}

static void put_mapping(struct fdar_wiped *bytes, uint32_t key, uint64_t time_ns, const char *line)
{
	struct {
		uint32_t pid, tid;
		uint64_t start, length, page_offset, device, inode, generation, rights;
		char path[PATH_BYTES]; /* and behind its end: */
		struct end end;
	} body = { .pid = key, .tid = key };
	const struct end end = { key, key, time_ns, 0 };
	unsigned long long start, stop, offset, inode;
	gsize length;
	char rights[8];

	if (sscanf(line, "%llx-%llx %7s %llx %*s %llu %4095[^\n]", &start, &stop, rights, &offset,
		   &inode, body.path) < 5 ||
	    !strchr(rights, 'x') || stop <= start)
		return;
	body.start = start;
	body.length = stop - start;
	body.page_offset = offset;
	body.inode = inode;
	length = (strlen(body.path) + 8) / 8 * 8;
	memcpy(body.path + length, &end, sizeof(end));
	put(bytes, PERF_RECORD_MMAP2, 0, &body,
	    (gsize)(body.path + length - (char *)&body) + sizeof(end));
}

static void put_mappings(struct fdar_wiped *bytes, uint32_t key, const struct fdar_tick *tick,
			 gsize length)
{
	g_autofree char *text = g_strndup((const char *)tick->bytes, length);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++)
		put_mapping(bytes, key, tick->time_ns, *line);
}

static void put_sample(struct fdar_wiped *bytes, uint32_t key, const struct fdar_tick *tick,
		       gsize length)
{
	struct {
		uint32_t pid, tid;
		uint64_t time_ns;
		uint32_t processor, weight;
		uint64_t chain_count;
		uint64_t chain[1];
		uint64_t abi;
		uint64_t registers[FDAR_PERF_REGISTERS];
		uint64_t room;
		uint8_t stack[FDAR_PERF_STACK_BYTES];
		uint64_t copied;
	} body = { .pid = key,
		   .tid = tick->tid,
		   .time_ns = tick->time_ns,
		   .weight = CLAMP(tick->weight, 1, FDAR_TICKS_WEIGHT_MAX),
		   .chain_count = 1,
		   .chain = { tick->flags & FDAR_TICK_SYSTEM ? PERF_CONTEXT_KERNEL
							     : PERF_CONTEXT_USER },
		   .abi = PERF_SAMPLE_REGS_ABI_64,
		   .room = FDAR_PERF_STACK_BYTES,
		   .copied = length };

	memcpy(body.registers, tick->registers, sizeof(body.registers));
	memcpy(body.stack, tick->bytes, length);
	put(bytes, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER, &body, sizeof(body));
	explicit_bzero(&body, sizeof(body));
}

void fdar_ticks_put_tick(struct fdar_wiped *bytes, uint32_t key, const struct fdar_tick *tick)
{
	gsize length = MIN(tick->length, sizeof(tick->bytes));

	if (tick->kind == FDAR_TICK_SAMPLE)
		put_sample(bytes, key, tick, length);
	else if (tick->kind == FDAR_TICK_MAPPED)
		put_mappings(bytes, key, tick, length);
}
